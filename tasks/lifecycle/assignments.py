"""Assignments: what everybody is due on a day, as arrays; the reasons behind one when asked.

A rule holds for a person when its conditions and its window hold on *the same* contract; any
contract will do, not only the primary one. A rule that asks about the person alone still needs a
contract in its window: without one there is no employment to be due something for. Rules only add
up; nothing in a rule takes away what another one gives.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.people import People
from tasks.lifecycle.columns import known
from tasks.lifecycle.conditions import ContractTable
from tasks.lifecycle.mapping import fill_template
from tasks.lifecycle.order import parse_template
from tasks.lifecycle.roster import Mask, Positions, Roster
from tasks.lifecycle.rule import ACCESS, ACCOUNT, GROUP, PERMISSION, Grant, Kind, Rule, Window

Because = tuple[str, ...]
Days = npt.NDArray[np.datetime64]

NEVER: Final = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class Gift:
    """One thing that one rule gives in one target.

    Attributes:
        rule: Place of the rule among all rules.
        target: Name of the target.
        kind: What kind of thing it is.
        name: Of the group or permission, "" for the other kinds.
        rows: Contracts on which the rule gives it, by place, sorted.
    """

    rule: int
    target: str
    kind: Kind
    name: str
    rows: Positions


class Assignments:
    """Who is due what.

    Args:
        people: The import. Excluded persons are in it like all others.
        rules: All rules; ids unique.
        as_of: The day.
        roster: Everybody who may be spoken of; the persons of the import are in it.

    Attributes:
        rules: All of them; drafts give nothing.
        gifts: What published rules give.
        released: What retired rules would give.
        owner: Per contract the position of its person.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """

    def __init__(
        self, people: People, rules: Iterable[Rule], as_of: date, roster: Roster | None = None
    ) -> None:
        """Ask every rule about every contract."""
        self.rules = tuple(rules)
        self.roster = roster or Roster(people.persons["external_id"])
        self.today = np.datetime64(as_of, "D")
        table = ContractTable(people, as_of)
        places = self.roster.positions(table.persons)
        self.owner: Positions = places[table.owner]
        self._contract_ids = table.contracts["external_id"].to_numpy(dtype=object)
        self._windows = _Windows(table)
        self._holds: dict[int, Mask] = {}
        for number, rule in enumerate(self.rules):
            if rule.status != "draft":
                self._holds[number] = table.holds(rule.when)
        gifts = list(self._gifts(table))
        self.gifts = [gift for gift in gifts if self.rules[gift.rule].counts]
        self.released = [gift for gift in gifts if not self.rules[gift.rule].counts]
        self._of_kind: dict[tuple[str, Kind, bool], list[Gift]] = {}
        for gift in gifts:
            released = not self.rules[gift.rule].counts
            self._of_kind.setdefault((gift.target, gift.kind, released), []).append(gift)
        self._texts = [f"rule:{rule.id}" for rule in self.rules]

    def due(self, target: str, kind: Kind, *, released: bool = False) -> Mask:
        """Who is due an account or access in a target, over the roster.

        Args:
            target: Name of the target.
            kind: `account` or `access`.
            released: Ask the retired rules instead.
        """
        mask = np.zeros(len(self.roster), dtype=np.bool_)
        for gift in self.released if released else self.gifts:
            if (gift.target, gift.kind) == (target, kind):
                mask[self.owner[gift.rows]] = True
        return mask

    def given_to(self, gifts: Iterable[Gift]) -> Positions:
        """Positions of everybody who gets any of these gifts, sorted, each once."""
        given = np.zeros(len(self.roster), dtype=np.bool_)
        for gift in gifts:
            given[self.owner[gift.rows]] = True
        return np.flatnonzero(given)

    def because(self, target: str, kind: Kind, place: int, *, released: bool = False) -> Because:
        """Why the person at a position is due an account or access; or was, by retired rules."""
        return self.reasons(self._of_kind.get((target, kind, released), ()), place)

    def reasons(self, gifts: Iterable[Gift], place: int) -> Because:
        """Contracts and rules behind gifts to one person, sorted, each once."""
        first, last = self.owner.searchsorted((place, place + 1))
        found: set[str] = set()
        for gift in gifts:
            begin, end = gift.rows.searchsorted((first, last))
            if begin < end:
                found.add(self._texts[gift.rule])
                found.update(f"contract:{self._contract_ids[row]}" for row in gift.rows[begin:end])
        return tuple(sorted(found))

    def ended(self, target: str) -> Days:
        """Last day on which somebody was due an account, over the roster.

        Looks at the contracts as they are now. A person who lost an account because a department
        changed in place left no trace here; the ledger knows that the account was granted.

        Returns:
            Per person a day; NaT for who is due one today, and for who never was.
        """
        nowhere = np.iinfo(np.int64).min
        latest = np.full(len(self.roster), nowhere)
        for number, rule in enumerate(self.rules):
            if not rule.counts or not (target in rule.grant and rule.grant[target].account):
                continue
            window = self._windows.around(rule.window_of(ACCOUNT))
            begun = (window.first <= self.today) & ~(window.last < window.first)
            rows = np.flatnonzero(begun & ~np.isnat(window.last) & self._holds[number])
            np.maximum.at(latest, self.owner[rows], window.last[rows].astype(np.int64))
        latest[self.due(target, ACCOUNT)] = nowhere
        return latest.astype("datetime64[D]")  # the least number is NaT

    def _gifts(self, table: ContractTable) -> Iterator[Gift]:
        for number in self._holds:
            rule = self.rules[number]
            open_on: dict[Window, Positions] = {}
            for target, grant in rule.grant.items():
                for kind, name in _named(grant):
                    window = rule.window_of(kind)
                    if window not in open_on:
                        opened = self._windows.around(window).open_on(self.today)
                        open_on[window] = np.flatnonzero(self._holds[number] & opened)
                    for filled, rows in _filled(name, open_on[window], table):
                        yield Gift(number, target, kind, filled, rows)


@dataclass(frozen=True, slots=True)
class _Around:
    """First and last day per contract; the last is NaT for "no end", the first for "never"."""

    first: Days
    last: Days

    def open_on(self, day: np.datetime64) -> Mask:
        return (self.first <= day) & (np.isnat(self.last) | (day <= self.last))


class _Windows:
    """Windows around contracts, worked out once for all rules with the same one.

    A contract without a start, or that ends before it starts (a hire that was called off), has no
    window: nobody is due anything for a day on which there was no employment.
    """

    def __init__(self, table: ContractTable) -> None:
        start: Days = table.contracts["start_date"].to_numpy().astype("datetime64[D]")
        self._end: Days = table.contracts["end_date"].to_numpy().astype("datetime64[D]")
        self._start: Days = np.where(self._end < start, NEVER, start)
        self._made: dict[Window, _Around] = {}

    def around(self, window: Window) -> _Around:
        if window not in self._made:
            first: Days = self._start + np.timedelta64(window.from_days, "D")
            last: Days = self._end + np.timedelta64(window.until_days, "D")
            self._made[window] = _Around(first, last)
        return self._made[window]


def _named(grant: Grant) -> Iterator[tuple[Kind, str]]:
    if grant.account:
        yield ACCOUNT, ""
    if grant.access:
        yield ACCESS, ""
    for name in grant.groups:
        yield GROUP, name
    for name in grant.permissions:
        yield PERMISSION, name


def _filled(name: str, rows: Positions, table: ContractTable) -> Iterator[tuple[str, Positions]]:
    """A name, and the contracts that give it; of a template one per value of what it reads."""
    parts = parse_template(name) if "{" in name or "}" in name else ()
    paths = [part.path for part in parts if part.path is not None]
    if not paths:
        yield "".join(part.literal for part in parts) or name, rows
        return
    coded = [pd.factorize(table.fact(path).take(rows)) for path in paths]
    values = [known(pd.Series(distinct)) for _, distinct in coded]
    codes = pd.DataFrame({place: column for place, (column, _) in enumerate(coded)})
    groups = codes.groupby(list(codes.columns), sort=True).indices
    for key, places in sorted(groups.items()):
        picked: Any = key if isinstance(key, tuple) else (key,)
        facts = [
            column[code] if code >= 0 else None for column, code in zip(values, picked, strict=True)
        ]
        filled = fill_template(parts, facts)
        if filled is not None:
            yield filled, rows[np.sort(places)]


def by_name(gifts: Iterable[Gift], target: str) -> dict[str, list[Gift]]:
    """Groups and permissions of a target, by name, sorted."""
    named = [gift for gift in gifts if gift.target == target and gift.name]
    named.sort(key=lambda gift: gift.name)
    return {name: list(some) for name, some in groupby(named, key=lambda gift: gift.name)}
