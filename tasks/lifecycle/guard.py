"""Guards look at the whole plan before the first write of a run."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.people import (
    CONTRACT_DATES,
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    INVALID,
    PERSON_FLAGS,
    PERSON_TEXT,
    People,
)
from connectors.model.plan import Plan
from tasks.lifecycle.policy import Limit, TargetPolicy

WRITTEN_BACK: Final = frozenset({"work_email", "user_principal_name", "work_phone", "work_mobile"})
"""Columns that change because we changed them."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason not to run.

    Attributes:
        reason: A sentence with the figures and what to do.
        structural: Whether no approval lifts it.
    """

    reason: str
    structural: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """How much an import may differ from the last accepted one.

    Attributes:
        removed: Persons who are gone, of those known.
        added: Persons who are new, of those known.
        blocked: Persons left out for a missing field, of those read.
        changed: Persons of whom anything changed, of those known.
    """

    removed: Limit = field(default_factory=Limit)
    added: Limit = field(default_factory=Limit)
    blocked: Limit = field(default_factory=Limit)
    changed: Limit = field(default_factory=Limit)


def review_source(people: People, known: People | None, limits: SourceLimits) -> list[Objection]:
    """What speaks against an import.

    Args:
        people: The import.
        known: The last accepted import, None before the first.
        limits: From the profile.
    """
    if not len(people):
        return [
            Objection(
                "the source holds no persons at all; nothing is concluded from that",
                structural=True,
            )
        ]
    if people.contracts.empty:
        return [
            Objection(
                "the source holds persons but no contract; the import is broken", structural=True
            )
        ]
    present = frozenset(people.persons["external_id"])
    invalid = frozenset(people.blocked.loc[people.blocked["code"] == INVALID, "external_id"])
    read = len(present | invalid)
    objections: list[Objection] = []
    if invalid and not limits.blocked.allows(len(invalid), of=read):
        objections.append(
            Objection(
                f"{len(invalid)} of {read} persons lack a required field (limit {limits.blocked})"
            )
        )
    if known is None or not len(known):
        return objections
    before = frozenset(known.persons["external_id"])
    found = {
        "have gone from the source": (len(before - present - invalid), limits.removed),
        "are new in the source": (len(present - before), limits.added),
        "changed": (len(_changed(people, known)), limits.changed),
    }
    objections += _other_keys(people, known)
    objections += [
        Objection(f"{count} persons {what}, where {len(before)} were known (limit {limit})")
        for what, (count, limit) in found.items()
        if count and not limit.allows(count, of=len(before))
    ]
    return objections


def _other_keys(people: People, known: People) -> list[Objection]:
    """What speaks against an import that calls the same persons or contracts by other names.

    Contracts under other names are new contracts with the same content: whoever has read that plan
    may approve it. Persons under other names are strangers: everybody would leave, and accounts
    would be made a second time. No plan says "the same person", so none can be approved.
    """
    objections: list[Objection] = []
    for noun in ("person", "contract"):
        then, now = known.keys.get(noun), people.keys.get(noun)
        if not then or not now or then == now:
            continue
        structural = noun == "person"
        way_out = (
            "bring the accounts' correlating values in line and begin with a fresh ledger"
            if structural
            else "read the plan and approve its digest"
        )
        objections.append(
            Objection(
                f"the key of a {noun} is now made from {now}; in the last accepted import it was"
                f" {then}: put the settings of the source back, or {way_out}",
                structural=structural,
            )
        )
    return objections


def _changed(people: People, known: People) -> frozenset[str]:
    """Persons in both imports of whom a field or a contract differs."""
    now, then = _fingerprints(people), _fingerprints(known)
    both = now.index.intersection(then.index)
    return frozenset(both[(now[both] != then[both]).to_numpy()])


def _fingerprints(people: People) -> "pd.Series[int]":
    """One number per person over everything HR says.

    Left out are custom columns, which come and go, and what Retour itself writes back.
    """
    said = [name for name in (*PERSON_TEXT, *PERSON_FLAGS) if name not in WRITTEN_BACK]
    total = pd.Series(
        pd.util.hash_pandas_object(people.persons[said], index=False).to_numpy(),
        index=people.persons["external_id"],
    )
    columns = [*CONTRACT_TEXT, *CONTRACT_DATES, *CONTRACT_NUMBERS]
    rows = pd.util.hash_pandas_object(people.contracts[columns], index=False)
    sums = rows.groupby(people.contracts["person_id"].to_numpy()).sum()
    # Whole numbers throughout: as floats, somebody without a contract would change everybody.
    return total + sums.reindex(total.index, fill_value=0).astype(total.dtype)


def review_plan(
    plan: Plan, policies: Mapping[str, TargetPolicy], protected: Mapping[str, frozenset[str]]
) -> list[Objection]:
    """What speaks against a plan.

    Args:
        plan: All of it: sections of every target.
        policies: By target.
        protected: Target -> native ids nobody may touch.
    """
    objections: list[Objection] = []
    for section in plan.sections:
        policy = policies[section.target]
        counts = Counter(change.verb for change in section.changes if _writes(change, policy))
        for verb, planned in sorted(counts.items()):
            limit = policy.limits.get(verb)
            if limit is not None and not limit.allows(planned, of=section.managed):
                objections.append(
                    Objection(
                        f"{section.target}: {planned} x {verb} with {section.managed} accounts "
                        f"managed (limit {limit})"
                    )
                )
        objections += [
            Objection(
                f"{section.target}: {change.verb} of a protected account ({change.ref})",
                structural=True,
            )
            for change in section.changes
            if change.ref is not None and change.ref in protected.get(section.target, frozenset())
        ]
        objections += [
            Objection(
                f"{section.target} cannot {verb}; this is a fault of the planner", structural=True
            )
            for verb in sorted(counts)
            if not policy.can(verb)
        ]
    return objections


def review_accounts(
    people: People,
    links: Mapping[str, "pd.Series[str]"],
    accounts: Mapping[str, Accounts],
    policies: Mapping[str, TargetPolicy],
) -> list[Objection]:
    """What speaks against a reading of the targets: accounts we know that it does not show.

    A search base that moved, or a right that was taken away, looks like a directory that lost its
    accounts; making them all again would be the wrong answer. The limit is that of `delete`. Only
    persons of this import count: AFAS, for one, stops showing people who have left.

    Args:
        people: The import.
        links: Target -> native id by person, from the ledger.
        accounts: Target -> what it holds.
        policies: By target.
    """
    objections: list[Objection] = []
    present = people.persons["external_id"]
    for name, policy in policies.items():
        known, limit = links[name], policy.limits.get(Verb.DELETE)
        known = known[known.index.isin(present)]
        gone = int((~known.isin(accounts[name].accounts.index)).sum())
        if gone and limit is not None and not limit.allows(gone, of=len(known)):
            objections.append(
                Objection(
                    f"{name}: {gone} of {len(known)} accounts we know are not there any more "
                    f"(limit {limit}); do its settings and rights still show them?"
                )
            )
    return objections


def lift(objections: Iterable[Objection], *, approved: bool) -> tuple[Objection, ...]:
    """The objections that stand: an approval of exactly this plan lifts the others."""
    return tuple(one for one in objections if one.structural or not approved)


def _writes(change: Change, policy: TargetPolicy) -> bool:
    """Whether the target notices: what only brings the ledger in line counts towards no limit."""
    match change.verb:
        case Verb.CORRELATE:
            return False
        case Verb.GRANT:
            return change.before != change.after
        case Verb.REVOKE:
            return bool(change.before)
        case Verb.DELETE:
            return bool(change.before or change.after) or not policy.manifest.delete_clears
        case _:
            return True
