"""Where a target stands before a word is said about attributes: who is due what, who has what."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Verb
from connectors.model.receipt import Note
from tasks.lifecycle.due import Due
from tasks.lifecycle.matching import Match, Numbers, match_accounts
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.records import reasons_against
from tasks.lifecycle.roster import Mask, Positions, Roster


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one target stands.

    Attributes:
        match: Whose account is whose.
        due: What is due, without persons who are frozen.
        new: Due persons without an account, whom the target can give one.
        correlate: Person -> value of the correlation attribute, of persons without an account.
        notes: Why somebody who is due an account is not among the new ones, and more of the kind.
    """

    match: Match
    due: Due
    new: frozenset[str]
    correlate: Mapping[str, str]
    notes: tuple[Note, ...]


def take_stand(  # noqa: PLR0913 - what a stand is taken from
    policy: TargetPolicy,
    accounts: Accounts,
    due: Due,
    *,
    roster: Roster,
    numbers: Numbers,
    links: "pd.Series[str]",
    linked: Positions,
    frozen: Mask,
) -> Stand:
    """Match the accounts of a target and see who needs one.

    Args:
        policy: What the profile decides about it.
        accounts: What it holds.
        due: What is due in it, without persons who are frozen.
        roster: Everybody.
        numbers: Per person the value of the correlation attribute.
        links: Native id by person, as the ledger knows them.
        linked: Positions of these persons.
        frozen: Persons who are left as they are.
    """
    match = match_accounts(
        accounts,
        roster=roster,
        numbers=numbers,
        links=links,
        linked=linked,
        one_record=policy.manifest.write_back,
    )
    lacking = due.account.mask & (match.row < 0) & ~match.is_ambiguous
    missing = roster.names(lacking)
    correlate = {
        person: number
        for person, number in zip(missing, numbers.of(lacking), strict=True)
        if number is not None
    }
    refused = dict(_refusals(policy, accounts, match, correlate, missing))
    new = frozenset(missing).difference(refused)

    def note(person: str, code: str, reason: str) -> Note:
        return Note(target=policy.name, person=person, code=code, reason=reason)

    notes = [*match.notes, *(note(person, *why) for person, why in refused.items())]
    notes += [
        note(person, "gone", "the account we knew is gone; a new one is made")
        for person in new & match.gone.keys()
    ]
    notes += [
        note(person, "no_account", "rules give access or permissions here, and none an account")
        for person in roster.names((due.access.mask | due.permissions.mask) & ~due.account.mask)
    ]
    left = [
        person
        for person in match.gone
        if person not in due.account and not frozen[roster.position(person)]
    ]
    if left:
        what = "account" if len(left) == 1 else "accounts"
        # A record that a delete only clears is there, also where it is not shown.
        left_there = (
            "what they hold is not known"
            if policy.manifest.delete_clears
            else "there is nothing to take away"
        )
        reason = (
            f"{len(left)} {what} that we knew, of people who are due none any more, cannot be "
            f"seen; {left_there}"
        )
        notes.append(note("", "gone", reason))
    return Stand(match, due, new, correlate, tuple(notes))


def _refusals(
    policy: TargetPolicy,
    accounts: Accounts,
    match: Match,
    numbers: Mapping[str, str],
    missing: Collection[str],
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Due persons without an account who get none: (code, reason) by person."""
    if not missing:
        return
    may_create = policy.can(Verb.CREATE)
    elsewhere = set(accounts.taken["ref"].tolist()) if match.gone else set()
    key = policy.manifest.attribute(policy.manifest.correlation)
    longest = key.max_length if key is not None else None
    told = {
        person: (code, reason)
        for person, code, reason in reasons_against(
            accounts, numbers, title=policy.manifest.title, may_create=may_create
        )
    }
    for person in missing:
        if person not in numbers:
            reason = f"{policy.correlate} is empty, so an account could not be recognised again"
            yield person, ("no_key", reason)
        elif person in told:
            yield person, told[person]
        elif not may_create:
            reason = f"{policy.manifest.title} shows no account for this person, and makes none"
            yield person, ("not_visible", reason)
        elif match.gone.get(person) in elsewhere:
            # It still holds a name in the target, so it is there, out of the managed scope.
            reason = "the account we knew was put where we do not look; nothing is done"
            yield person, ("not_visible", reason)
        elif longest is not None and len(numbers[person]) > longest:
            reason = f"{policy.correlate} is longer than the {longest} characters that fit"
            yield person, ("no_key", reason)
