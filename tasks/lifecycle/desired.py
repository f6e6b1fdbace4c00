"""Desired state of one target: what each due person's account should hold, as columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Need
from connectors.model.manifest import Attribute
from tasks.lifecycle.allot import NAME_PARTS
from tasks.lifecycle.mapping import Column, World, evaluate
from tasks.lifecycle.order import upstream_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.roster import Positions


@dataclass(frozen=True, slots=True)
class Desired:
    """Wanted attributes of some persons' accounts.

    Attributes:
        places: The persons, by position in the roster, sorted.
        columns: Attribute -> a value per person; None is "no value known".
    """

    places: Positions
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.places)


def desire(policy: TargetPolicy, action: str, world: World) -> Desired:
    """Evaluate the fields of an action for the persons of a world.

    Raises:
        ConfigError: A customer's function failed.
    """
    columns: dict[str, Column] = {}
    for mapping in policy.mapped(action):
        if mapping.name == policy.manifest.correlation:
            # Whatever a profile maps to it: by this value the account is found again.
            mapping = replace(mapping, kind="from", argument=policy.correlate)  # noqa: PLW2901
        wanted = evaluate(mapping, world, names=NAME_PARTS)
        known = policy.manifest.attribute(mapping.name)
        if known is not None and known.multi:
            wanted = _as_list(wanted)
        columns[mapping.name] = wanted
    return Desired(world.places, columns)


def _as_list(wanted: Column) -> Column:
    """A text as the only entry of a list, for attributes that hold several."""
    if pd.api.types.infer_dtype(wanted, skipna=True) != "string":
        wanted = wanted.copy()
        for place, value in enumerate(wanted):
            wanted[place] = (value,) if isinstance(value, str) else value
        return wanted
    codes, distinct = pd.factorize(wanted)
    lists = np.empty(len(distinct) + 1, dtype=object)  # the last, None, is for code -1
    for place, value in enumerate(distinct):
        lists[place] = (value,)
    return lists[codes]


def misfit(value: object, known: Attribute | None) -> str | None:
    """Why a target cannot hold a value, None if it can: too long, or several where one fits."""
    if known is None:
        return None
    longest = known.max_length
    if isinstance(value, str) and longest is not None and len(value) > longest:
        return f"{known.name} is longer than the {longest} characters that fit; it is left out"
    if isinstance(value, tuple) and not known.multi:
        return f"{known.name} has several values, and only one fits; it is left out"
    return None


def needs_of(mappings: Iterable[FieldMapping]) -> dict[str, Need]:
    """Fields that take their value unchanged from an upstream account."""
    needs: dict[str, Need] = {}
    for mapping in mappings:
        source = upstream_of(mapping)
        if source is not None:
            needs[mapping.name] = Need(mapping.name, *source)
    return needs


def current(accounts: Accounts, rows: Positions, attribute: str) -> Column:
    """What accounts hold in one attribute, by their rows; None where it is empty."""
    if attribute not in accounts.attributes.columns:
        return np.full(len(rows), None, dtype=object)
    values: Column = accounts.attributes[attribute].to_numpy(dtype=object)[rows]
    values[pd.isna(values)] = None
    values[values == ""] = None
    return values
