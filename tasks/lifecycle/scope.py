"""The slice of a run: whom, where and what it may change. Planning sees everybody all the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from connectors.model.change import Change, Verb
from connectors.model.people import People
from connectors.model.receipt import Note
from tasks.lifecycle.roster import Mask, Roster

WRITES_FIELDS = frozenset({Verb.CORRELATE, Verb.UPDATE})
"""What is left of a plan for some fields: the account is known, and they are written."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run may change.

    Attributes:
        persons: Their ids; empty for everybody.
        targets: Their names; empty for all. A target outside is read, never written, and what it
            holds now is what the others build on.
        departments: Ids or names; only persons with a contract there that runs or is to begin.
            Empty for all.
        hired_since: Only persons whose first contract begins on this day or later.
        fields: Attributes, or `TARGET.ATTRIBUTE`; only these are written, and nothing is made,
            opened or shut. Empty for everything.
        again: Whether attributes are written although the target holds them already.
        done: Target and person of accounts that are not written again for that reason: an earlier
            run did.
    """

    persons: frozenset[str] = field(default_factory=frozenset)
    targets: frozenset[str] = field(default_factory=frozenset)
    departments: frozenset[str] = field(default_factory=frozenset)
    hired_since: date | None = None
    fields: frozenset[str] = field(default_factory=frozenset)
    again: bool = False
    done: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @property
    def is_whole(self) -> bool:
        """Whether it leaves nobody and nothing out."""
        return not (self.selects or self.targets or self.fields)

    @property
    def selects(self) -> bool:
        """Whether it leaves persons out."""
        return bool(self.persons or self.departments or self.hired_since)

    def writes(self, target: str) -> bool:
        """Whether the target may be written."""
        return not self.targets or target in self.targets

    def writes_field(self, target: str, attribute: str) -> bool:
        """Whether an attribute of a target may be written."""
        names = {attribute, f"{target}.{attribute}"}
        return not self.fields or not names.isdisjoint(self.fields)

    def of_fields(self, changes: Iterable[Change]) -> list[Change]:
        """The changes that are left when only some fields are written."""
        return [one for one in changes if not self.fields or one.verb in WRITES_FIELDS]

    def chosen(self, people: People, as_of: date, roster: Roster) -> Mask:
        """Whom it may change, of everybody a plan speaks of."""
        chosen = np.ones(len(roster), dtype=np.bool_)
        if self.persons:
            chosen &= roster.mask(self.persons)
        if self.departments:
            chosen &= roster.mask(_in_departments(people, as_of, self.departments))
        if self.hired_since is not None:
            chosen &= roster.mask(_hired_since(people, self.hired_since))
        return chosen

    def written_again(self, target: str, chosen: Mask, roster: Roster) -> Mask | None:
        """Whose attributes are written whatever the target holds; None for nobody's."""
        if not self.again:
            return None
        return chosen & ~roster.mask({person for where, person in self.done if where == target})

    def notes(self, people: People) -> Iterator[Note]:
        """What it names that is not there."""
        known = {*_texts(people, "department_id"), *_texts(people, "department_name")}
        if not people.departments.empty:
            known |= {*people.departments["external_id"], *people.departments["name"].dropna()}
        for department in sorted(self.departments - known):
            near = get_close_matches(department, sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            reason = f"HR knows no department {department!r}{hint}"
            yield Note(target="", person="", code="unknown_department", reason=reason)


def _in_departments(people: People, as_of: date, departments: frozenset[str]) -> set[str]:
    contracts = people.contracts
    # Not over yet, and not one that ends before it begins: HR calls contracts off like that.
    counts = ~(contracts["end_date"] < pd.Timestamp(as_of))
    counts &= ~(contracts["end_date"] < contracts["start_date"])
    there = pd.Series(data=False, index=contracts.index)
    for name in contracts.columns.intersection(["department_id", "department_name"]):
        there |= contracts[name].isin(departments)
    return set(contracts.loc[counts & there, "person_id"])


def _hired_since(people: People, day: date) -> set[str]:
    first = people.contracts.groupby("person_id")["start_date"].min()
    return set(first.index[first >= pd.Timestamp(day)])


def _texts(people: People, column: str) -> set[str]:
    held = people.contracts
    return set(held[column].dropna()) if column in held else set()
