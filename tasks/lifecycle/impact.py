"""The impact of other rules: who gains and who loses what, because of which rule.

Two answers to the same question about the same people, laid side by side; nothing here looks at one
person at a time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.model.texts import TEXT_DTYPE
from tasks.lifecycle.assignments import Assignments, Gift
from tasks.lifecycle.rule import Rule

THING: Final = ["target", "kind", "name"]
KEY: Final = ["person", *THING]
COLUMNS: Final = [*KEY, "rule"]

What = Literal["new", "gone", "changed", "unchanged"]
WINDOW: Final = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Persons who gain or lose one thing because of one rule.

    Attributes:
        target: Where.
        kind: `account`, `access`, `group` or `permission`.
        name: Of the group or permission, "" for the others.
        persons: Their HR ids, sorted.
        stays: How many of those who lose it keep it, unmanaged, because a rule was retired.
    """

    target: str
    kind: str
    name: str
    persons: tuple[str, ...]
    stays: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON, everybody included."""
        return {
            "target": self.target,
            "kind": self.kind,
            "name": self.name or None,
            "count": len(self.persons),
            "stays": self.stays,
            "persons": list(self.persons),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleMove:
    """What one rule does that it did not do, or did before.

    Attributes:
        rule: Its id.
        description: What it is for; of the other rules where they have it.
        what: What became of it.
        parts: Of a changed one: which of `conditions`, `window`, `grant` and `status` differ.
        gains: Things that somebody is due because of it, and was not.
        loses: Things that somebody was due because of it, and is not any more.
    """

    rule: str
    description: str
    what: What
    parts: tuple[str, ...]
    gains: tuple[Move, ...]
    loses: tuple[Move, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rule": self.rule,
            "description": self.description,
            "what": self.what,
            "parts": list(self.parts),
            "gains": [move.to_json() for move in self.gains],
            "loses": [move.to_json() for move in self.loses],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What other rules move.

    Attributes:
        rules: Every rule that is new, gone or changed, by id.
        persons: Everybody who gains or loses anything, sorted.
        by_window_only: Those of them who are moved by nothing but other days in a window.
        targets: Target -> verb -> number of planned changes under (our rules, the others).
    """

    rules: tuple[RuleMove, ...]
    persons: tuple[str, ...]
    by_window_only: tuple[str, ...]
    targets: Mapping[str, Mapping[str, tuple[int, int]]]

    def to_json(self) -> dict[str, Any]:
        """As JSON, everybody included."""
        return {
            "rules": [rule.to_json() for rule in self.rules],
            "moved": {"count": len(self.persons), "persons": list(self.persons)},
            "by_window_only": {
                "count": len(self.by_window_only),
                "persons": list(self.by_window_only),
            },
            "targets": {
                target: {
                    verb: {"before": before, "after": after, "difference": after - before}
                    for verb, (before, after) in verbs.items()
                }
                for target, verbs in self.targets.items()
            },
        }


def given(people: People, rules: Iterable[Rule], as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Who is given what by which rule on a day, and what retired rules would give.

    Returns:
        Two frames with columns `person`, `target`, `kind`, `name` ("" for account and access),
        `rule` (str), a row each time a rule gives a thing to a person.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """
    made = Assignments(people, rules, as_of)
    return _frame(made, made.gifts), _frame(made, made.released)


def _frame(made: Assignments, gifts: list[Gift]) -> pd.DataFrame:
    owners = [np.unique(made.owner[gift.rows]) for gift in gifts]
    lengths = [len(places) for places in owners]
    columns: dict[str, Any] = {
        "person": made.roster.ids[np.concatenate(owners)] if owners else [],
        "target": np.repeat(np.array([gift.target for gift in gifts], dtype=object), lengths),
        "kind": np.repeat(np.array([gift.kind for gift in gifts], dtype=object), lengths),
        "name": np.repeat(np.array([gift.name for gift in gifts], dtype=object), lengths),
        "rule": np.repeat(
            np.array([made.rules[gift.rule].id for gift in gifts], dtype=object), lengths
        ),
    }
    return pd.DataFrame(columns).astype(TEXT_DTYPE)


def weigh(
    people: People,
    as_of: date,
    *,
    ours: Iterable[Rule],
    others: Iterable[Rule],
    plans: tuple[Plan, Plan],
) -> Impact:
    """What it means to take other rules instead of ours.

    Args:
        people: The import, the same for both. Excluded persons are in it like all others.
        as_of: The day.
        ours: The profile's own rules.
        others: The other ones.
        plans: What is planned under ours, and under the others.
    """
    before, after = {rule.id: rule for rule in ours}, {rule.id: rule for rule in others}
    was, _ = given(people, before.values(), as_of)
    will, released = given(people, after.values(), as_of)
    gained, lost = _only_in(will, was), _only_in(was, will)
    kept = pd.MultiIndex.from_frame(released[KEY])
    lost["stays"] = pd.MultiIndex.from_frame(lost[KEY]).isin(kept)
    gained["stays"] = False
    moves = [
        made
        for rule in sorted(before.keys() | after.keys())
        if (made := _rule_move(rule, before.get(rule), after.get(rule))).what != "unchanged"
    ]
    both = pd.concat([gained, lost])
    windows = {move.rule for move in moves if move.parts == (WINDOW,)}
    otherwise = set(both.loc[~both["rule"].isin(windows), "person"])
    persons = set(both["person"])
    return Impact(
        rules=tuple(
            replace(
                move,
                gains=tuple(_moves(gained[gained["rule"] == move.rule])),
                loses=tuple(_moves(lost[lost["rule"] == move.rule])),
            )
            for move in moves
        ),
        persons=tuple(sorted(persons)),
        by_window_only=tuple(sorted(persons - otherwise)),
        targets=_planned(*plans),
    )


def _only_in(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Rows of things that the other frame gives to nobody of that name, by whatever rule."""
    there = other[KEY].drop_duplicates()
    joined = one.merge(there, on=KEY, how="left", indicator=True)
    return joined.loc[joined["_merge"] == "left_only", COLUMNS].reset_index(drop=True)


def _rule_move(rule: str, before: Rule | None, after: Rule | None) -> RuleMove:
    what: What
    parts: tuple[str, ...] = ()
    if before is None or after is None:
        what = "new" if before is None else "gone"
    else:
        parts = _parts(before, after)
        what = "changed" if parts else "unchanged"
    known = after or before
    assert known is not None  # noqa: S101 - it stands in one of them
    return RuleMove(
        rule=rule, description=known.description, what=what, parts=parts, gains=(), loses=()
    )


def _parts(before: Rule, after: Rule) -> tuple[str, ...]:
    differs = {
        "conditions": before.when != after.when,
        WINDOW: (before.window, dict(before.windows)) != (after.window, dict(after.windows)),
        "grant": dict(before.grant) != dict(after.grant),
        "status": before.status != after.status,
    }
    return tuple(part for part, other in differs.items() if other)


def _moves(rows: pd.DataFrame) -> Iterator[Move]:
    for key, some in rows.groupby(THING, sort=True):
        target, kind, name = map(str, key)
        yield Move(
            target=target,
            kind=kind,
            name=name,
            persons=tuple(sorted(some["person"])),
            stays=int(some["stays"].sum()),
        )


def _planned(ours: Plan, others: Plan) -> dict[str, dict[str, tuple[int, int]]]:
    """Changes per target and verb under both; verbs of neither are left out."""
    before = {section.target: section.counts() for section in ours.sections}
    after = {section.target: section.counts() for section in others.sections}
    return {
        target: {
            verb: (before[target].get(verb, 0), after[target].get(verb, 0))
            for verb in sorted(before[target].keys() | after[target].keys())
        }
        for target in before
    }
