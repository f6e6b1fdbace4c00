"""Why a rule holds or fails: each rule asked of each contract of one person, test by test."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.model.private import VEIL, is_private
from tasks.lifecycle.conditions import All, AnyOf, Condition, ContractTable, Test
from tasks.lifecycle.explain_nouns import Opening, RuleOnContract, RuleSeen, Trial
from tasks.lifecycle.rule import ACCESS, ACCOUNT, GROUP, KINDS, PERMISSION, Grant, Kind, Rule


class Contracts:
    """The contracts of one person, laid out for asking.

    Args:
        people: The import; all of it, so that a rule is asked exactly as the planner asks it.
        person: Whom it is about.
        as_of: The day.

    Attributes:
        ids: Of the contracts, in the order of the import.
        periods: First and last day of each; the first is None where there was no employment.
    """

    def __init__(self, people: People, person: str, as_of: date) -> None:
        """Find them."""
        self._table, self.as_of = ContractTable(people, as_of), as_of
        self._rows = np.flatnonzero((self._table.contracts["person_id"] == person).to_numpy())
        own = self._table.contracts.take(self._rows)
        self.ids: tuple[str, ...] = tuple(own["external_id"].tolist())
        days = zip(own["start_date"].tolist(), own["end_date"].tolist(), strict=True)
        self.periods = [(_day(start), _day(end)) for start, end in days]

    def fact(self, place: int, path: str) -> Any:
        """What HR says of a path, seen from one contract; None for nothing.

        Raises:
            ConfigError: This import has no such column.
        """
        return plain(self._table.fact(path).iloc[self._rows[place]])

    def holds(self, condition: Condition) -> list[bool]:
        """The answer for each contract."""
        return [bool(answer) for answer in self._table.holds(condition)[self._rows]]

    def window(self, place: int, rule: Rule, kind: Kind) -> tuple[date | None, date | None]:
        """First and last day on which the rule looks at the contract for a kind of thing."""
        start, end = self.periods[place]
        if start is None or not _lasts(start, end):
            return None, None
        window = rule.window_of(kind)
        first, last = _moved(start, window.from_days), end and _moved(end, window.until_days)
        return (None, None) if last is not None and last < first else (first, last)


def _lasts(start: date | None, end: date | None) -> bool:
    return start is not None and (end is None or end >= start)


def _moved(day: date, days: int) -> date:
    """So many days later; at the end of the calendar it is the last day there is."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else value.date()


def plain(value: Any) -> Any:
    """A fact of a frame as JSON knows it: missing is None, days are ISO text."""
    if pd.isna(value):
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.item() if isinstance(value, np.generic) else value


def kinds_of(grant: Grant) -> tuple[Kind, ...]:
    """The kinds of things it gives."""
    gives = {
        ACCOUNT: grant.account,
        ACCESS: grant.access,
        GROUP: bool(grant.groups),
        PERMISSION: bool(grant.permissions),
    }
    return tuple(kind for kind in KINDS if gives[kind])


def see_rules(contracts: Contracts, rules: Iterable[Rule]) -> tuple[RuleSeen, ...]:
    """Each rule with all it says about the person; those that give something come first."""
    seen = [_see(contracts, rule) for rule in rules]
    return tuple(sorted(seen, key=lambda rule: (not rule.gives, not rule.meets)))


def _see(contracts: Contracts, rule: Rule) -> RuleSeen:
    try:
        trials = list(_trials(contracts, rule.when))
    except ConfigError as error:  # the planner never asks a draft, so it may be wrong
        fault = f"{error.key}: {error.message}" if error.key else error.message
        return RuleSeen(
            id=rule.id,
            description=rule.description,
            status=rule.status,
            meets=False,
            gives=False,
            contracts=(),
            fault=fault,
        )
    kinds = [k for k in KINDS if any(k in kinds_of(grant) for grant in rule.grant.values())]
    on: list[RuleOnContract] = []
    for place, trial in enumerate(trials):
        windows = tuple(_opening(contracts, place, rule, kind) for kind in kinds)
        on.append(
            RuleOnContract(
                contract=contracts.ids[place],
                meets=trial.holds,
                gives=rule.counts and trial.holds and any(window.open for window in windows),
                conditions=trial,
                windows=windows,
            )
        )
    return RuleSeen(
        id=rule.id,
        description=rule.description,
        status=rule.status,
        meets=any(one.meets for one in on),
        gives=any(one.gives for one in on),
        contracts=tuple(sorted(on, key=lambda one: (not one.gives, not one.meets))),
    )


def _opening(contracts: Contracts, place: int, rule: Rule, kind: Kind) -> Opening:
    first, last = contracts.window(place, rule, kind)
    day = contracts.as_of
    within = first is not None and first <= day and (last is None or day <= last)
    return Opening(kind=kind, first=first, last=last, open=within)


def _trials(contracts: Contracts, condition: Condition) -> Iterator[Trial]:
    """The tree of a condition, once per contract."""
    answers = contracts.holds(condition)
    match condition:
        case Test(path, operator, value):
            for place, holds in enumerate(answers):
                yield Trial(
                    kind="test",
                    holds=holds,
                    path=path,
                    operator=operator,
                    value=value,
                    actual=_shown(path, contracts.fact(place, path)),
                )
        case All(parts) | AnyOf(parts):
            columns = [list(_trials(contracts, part)) for part in parts]
            for place, holds in enumerate(answers):
                own = tuple(column[place] for column in columns)
                yield Trial(
                    kind="all" if isinstance(condition, All) else "any", holds=holds, parts=own
                )
        case _:
            inside = _trials(contracts, condition.condition)
            for holds, inner in zip(answers, inside, strict=True):
                yield Trial(kind="not", holds=holds, parts=(inner,))


def _shown(path: str, value: Any) -> Any:
    return VEIL if value is not None and is_private(path) else value
