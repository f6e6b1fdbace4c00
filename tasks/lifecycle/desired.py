"""Desired state of one target: what each due person's account should hold, as columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Need
from connectors.model.manifest import Attribute
from connectors.model.texts import TEXT_DTYPE, as_objects, as_texts, take
from tasks.lifecycle.claims import NAME_PARTS
from tasks.lifecycle.columns import Column
from tasks.lifecycle.mapping import evaluate
from tasks.lifecycle.order import upstream_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy
from tasks.lifecycle.roster import Positions
from tasks.lifecycle.world import World


@dataclass(frozen=True, slots=True)
class Desired:
    """Wanted attributes of some persons' accounts.

    Attributes:
        places: The persons, by position in the roster, sorted.
        columns: Attribute -> a value per person; None is "no value known".
    """

    places: Positions
    columns: Mapping[str, Column]


def desire(policy: TargetPolicy, action: str, world: World) -> Desired:
    """Evaluate the fields of an action for the persons of a world.

    Raises:
        ConfigError: A customer's function failed.
    """
    columns = {one.name: wanted(policy, one, world) for one in policy.mapped(action)}
    return Desired(world.places, columns)


def wanted(policy: TargetPolicy, mapping: FieldMapping, world: World) -> Column:
    """Wanted values of one field, in the form in which the target holds it.

    Raises:
        ConfigError: A customer's function failed.
    """
    values = evaluate(meant(policy, mapping), world, names=NAME_PARTS)
    known = policy.manifest.attribute(mapping.name)
    if known is not None and known.multi:
        return _as_list(values)
    longest = room_of(known)
    return values if longest is None else _cut(values, longest)


def room_of(known: Attribute | None) -> int | None:
    """Characters to which a longer text is cut; None where it is not cut."""
    return known.max_length if known is not None and known.cut else None


def _cut(values: Column, longest: int) -> Column:
    for place, value in enumerate(values):
        if isinstance(value, str) and len(value) > longest:
            values[place] = value[:longest].rstrip()
    return values


def meant(policy: TargetPolicy, mapping: FieldMapping) -> FieldMapping:
    """The mapping that counts: by the correlation attribute the account is found again."""
    if mapping.name != policy.manifest.correlation:
        return mapping
    return replace(mapping, kind="from", argument=policy.correlate)


def _as_list(values: Column) -> Column:
    """A text as the only entry of a list, for attributes that hold several."""
    if pd.api.types.infer_dtype(values, skipna=True) != "string":
        values = values.copy()
        for place, value in enumerate(values):
            values[place] = (value,) if isinstance(value, str) else value
        return values
    codes, distinct = pd.factorize(values)
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
    column = accounts.attributes[attribute]
    if column.dtype == TEXT_DTYPE:
        return as_objects(take(as_texts(column), rows))
    values: Column = column.to_numpy(dtype=object)[rows]
    values[pd.isna(values)] = None
    values[values == ""] = None
    return values
