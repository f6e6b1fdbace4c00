"""Desired state of one target: what each due person's account should hold, as columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Need
from connectors.model.manifest import Attribute
from connectors.model.receipt import Note
from tasks.lifecycle.allot import NAME_PARTS
from tasks.lifecycle.mapping import Column, World, evaluate
from tasks.lifecycle.order import upstream_of
from tasks.lifecycle.policy import FieldMapping, TargetPolicy

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Desired:
    """Wanted attributes of some persons' accounts.

    Attributes:
        persons: The persons, sorted.
        columns: Attribute -> a value per person; None is "no value known".
        notes: Values that the target cannot hold, and that are left out.
    """

    persons: tuple[str, ...]
    columns: Mapping[str, Column]
    notes: tuple[Note, ...] = ()


def desire(policy: TargetPolicy, action: str, world: World) -> Desired:
    """Evaluate the fields of an action for the persons of a world.

    Raises:
        ConfigError: A customer's function failed.
    """
    columns: dict[str, Column] = {}
    notes: list[Note] = []
    for mapping in policy.mapped(action):
        if mapping.name == policy.manifest.correlation:
            # Whatever a profile maps to it: by this value the account is found again.
            mapping = replace(mapping, kind="from", argument=policy.correlate)  # noqa: PLW2901
        wanted = evaluate(mapping, world, names=NAME_PARTS)
        known = policy.manifest.attribute(mapping.name)
        if known is not None:
            notes += _fit(wanted, known, policy.name, world.persons)
        columns[mapping.name] = wanted
    return Desired(world.persons, columns, tuple(notes))


def _fit(wanted: Column, known: Attribute, target: str, persons: tuple[str, ...]) -> list[Note]:
    """Bring values into the shape of the attribute; leave out what does not fit, with a note."""
    notes: list[Note] = []
    longest = known.max_length
    for place, value in enumerate(wanted):
        if isinstance(value, str):
            if known.multi:
                wanted[place] = (value,)
            misfit = longest is not None and len(value) > longest
            reason = f"is longer than the {longest} characters that fit"
        else:
            misfit = isinstance(value, tuple) and not known.multi
            reason = "has several values, and only one fits"
        if misfit:
            wanted[place] = None
            sentence = f"{known.name} {reason}; it is left out"
            notes.append(Note(target=target, person=persons[place], code="misfit", reason=sentence))
    return notes


def needs_of(mappings: Iterable[FieldMapping]) -> dict[str, Need]:
    """Fields that take their value unchanged from an upstream account."""
    needs: dict[str, Need] = {}
    for mapping in mappings:
        source = upstream_of(mapping)
        if source is not None:
            needs[mapping.name] = Need(mapping.name, *source)
    return needs


def rows_of(accounts: Accounts, refs: Iterable[str]) -> Rows:
    """Where accounts stand in a reading, by native id."""
    index: Rows = accounts.attributes.index.get_indexer(pd.Index(list(refs), dtype="str"))
    return index


def current(accounts: Accounts, rows: Rows, attribute: str) -> Column:
    """What accounts hold in one attribute, by their rows; None where it is empty."""
    if attribute not in accounts.attributes.columns:
        return np.full(len(rows), None, dtype=object)
    values: Column = accounts.attributes[attribute].to_numpy(dtype=object)[rows]
    values[pd.isna(values)] = None
    values[values == ""] = None
    return values
