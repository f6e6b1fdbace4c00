"""What each person is due in one target, and since when somebody is not."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import pandas as pd

from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import Rule

Because = tuple[str, ...]

NOT_DUE: Final = "not_due"
"""The reason behind what is taken away because no rule names it any more."""


@dataclass(frozen=True, slots=True)
class Due:
    """What is due in one target.

    Attributes:
        account: Person -> the rules and contracts that say so.
        access: The same for signing in.
        permissions: Person -> permission as rules name it -> reasons.
    """

    account: Mapping[str, Because] = field(default_factory=dict)
    access: Mapping[str, Because] = field(default_factory=dict)
    permissions: Mapping[str, Mapping[str, Because]] = field(default_factory=dict)


def due_per_target(
    assignments: pd.DataFrame, policies: Mapping[str, TargetPolicy]
) -> dict[str, Due]:
    """Sort assignments by target; a write-back target follows the targets that feed it.

    Args:
        assignments: Columns person, target, kind, permission, because, as `rules.assign` gives
            them.
        policies: In dependency order.
    """
    dues: dict[str, Due] = {}
    for name, policy in policies.items():
        if policy.follows:
            feeding = [dues[other] for other in policy.depends_on]
            dues[name] = Due(
                account=_together([due.account for due in feeding]),
                access=_together([due.access for due in feeding]),
            )
            continue
        dues[name] = _due(assignments[assignments["target"] == name])
    return dues


def _together(reasons: Sequence[Mapping[str, Because]]) -> Mapping[str, Because]:
    """Person -> reasons, from all of these."""
    if len(reasons) == 1:
        return reasons[0]
    joined: dict[str, Because] = {}
    for one in reasons:
        for person, because in one.items():
            joined[person] = tuple(sorted({*joined.get(person, ()), *because}))
    return joined


def _due(rows: pd.DataFrame) -> Due:
    permissions: dict[str, dict[str, Because]] = {}
    held = rows[rows["kind"] == "permission"]
    for person, permission, because in zip(
        held["person"].tolist(),
        held["permission"].tolist(),
        held["because"].tolist(),
        strict=True,
    ):
        permissions.setdefault(person, {})[permission] = because
    return Due(_reasons(rows, "account"), _reasons(rows, "access"), permissions)


def _reasons(rows: pd.DataFrame, kind: str) -> dict[str, Because]:
    chosen = rows[rows["kind"] == kind]
    return dict(zip(chosen["person"].tolist(), chosen["because"].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Gone:
    """Since when somebody is due no account.

    Attributes:
        first_day: The first day without.
        reason: `ended:…` with the last day, or `absent:…` with the first day missing from HR.
    """

    first_day: date
    reason: str


def too_late(policy: TargetPolicy, rules: Iterable[Rule]) -> str | None:
    """What is wrong with clearing the records of leavers so late, None if nothing is.

    Args:
        policy: Of the target.
        rules: All rules. The days until a delete begin when the last of them lets go.
    """
    longest, waits = policy.manifest.shows_leavers_days, policy.leavers.delete_after_days
    if longest is None or waits is None or not policy.manifest.delete_clears:
        return None
    granting = policy.depends_on if policy.follows else (policy.name,)
    kept = [
        rule.window.until_days
        for rule in rules
        if rule.counts and any(t in rule.grant and rule.grant[t].account for t in granting)
    ]
    lingers = max(kept, default=0)
    if lingers + waits <= longest:
        return None
    return (
        f"records are cleared {lingers + waits} days after the last day ({lingers} by the rules, "
        f"{waits} by delete_after_days), and leavers are shown for {longest} days only: some are "
        f"never cleared; at most {max(0, longest - lingers)} days are in time"
    )


def gone_since(
    policy: TargetPolicy,
    upstream: Mapping[str, Mapping[str, Gone]],
    *,
    holders: Mapping[str, Collection[str]],
    ended: pd.DataFrame,
    absences: Mapping[str, date],
) -> dict[str, Gone]:
    """First day without an account being due, and the reason, per person who was due one once.

    Args:
        policy: Of the target. One that follows the targets that feed it has lost somebody when the
            last of these has.
        upstream: The same for the targets before it.
        holders: Target -> persons who have an account of ours there.
        ended: Columns person, target, ended_on (last day it was due), as `rules.ended` gives them.
        absences: Person -> first day they were missing from the source.
    """
    since: dict[str, Gone] = {}
    if policy.follows:
        for feeding in policy.depends_on:
            for person, gone in upstream[feeding].items():
                known = since.setdefault(person, gone)
                since[person] = max(known, gone, key=lambda one: one.first_day)
        # Where a feeding target still holds an account and cannot say since when, nobody can.
        unsure = {
            person
            for feeding in policy.depends_on
            for person in holders[feeding]
            if person not in upstream[feeding]
        }
        return {person: gone for person, gone in since.items() if person not in unsure}
    rows = ended[ended["target"] == policy.name]
    for person, last in zip(rows["person"].tolist(), rows["ended_on"].tolist(), strict=True):
        day = last.date()
        since[person] = Gone(day + timedelta(days=1), f"ended:{day.isoformat()}")
    for person, day in absences.items():
        since.setdefault(person, Gone(day, f"absent:{day.isoformat()}"))
    return since
