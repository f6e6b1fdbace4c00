"""Issues of accounts that the next run leaves as they are, a column at a time."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from connectors.model.change import Change, Verb
from tasks.lifecycle.reconcile_changes import SENTENCES
from tasks.lifecycle.reconcile_issue import (
    ADOPT,
    DELETE,
    DISABLE,
    REVOKE,
    TAKE_OVER,
    Fix,
    Issue,
    Kind,
)
from tasks.lifecycle.reconcile_view import View

HR_ID: Final = "person.external_id"
"""Correlated by it, the number of an account is the id of a person."""

_DECIDE: Final = "decide in the target"
_IN_THE_TARGET: Final = "decide in the target: it carries no number, so nobody can be named for it"


def unmanaged(view: View) -> Iterator[Issue]:
    """Accounts that nobody is linked to and the plan does not take over.

    Those of people whose account nobody can tell are `several` or `contested`, not unmanaged.
    """
    match, frame = view.stand.match, view.accounts.accounts
    rows = frame[~frame.index.isin(list(view.links.values()))]
    if view.policy.manifest.write_back:
        # A record of HR that nobody can sign in with is no account that somebody forgot.
        rows = rows[rows["enabled"].notna()]
    owners = {number: person for person, number in view.numbers.items()}
    common = frozenset(frame.loc[frame["person"].duplicated(), "person"].dropna())
    for ref, number, enabled, keep in zip(
        rows.index.tolist(),
        rows["person"].tolist(),
        rows["enabled"].tolist(),
        rows["keep"].tolist(),
        strict=True,
    ):
        person, on = "", enabled is True
        detail, advice = "belongs to nobody: it carries no number", _IN_THE_TARGET
        fixes: tuple[Fix, ...] = ()
        if isinstance(number, str) and number in owners:
            person = owners[number]
            if person in match.ambiguous or match.refs.get(person) != ref:
                continue
            if view.planned(person, Verb.CORRELATE):
                continue
            detail, fixes = _of_somebody(view, person)
            advice = ""
        elif isinstance(number, str):
            detail = f"belongs to nobody: HR does not know {number}"
            alone = view.policy.correlate == HR_ID and number not in view.links
            alone = alone and number not in view.frozen and number not in common
            fixes = _of_nobody(view, on=on, keep=isinstance(keep, str)) if alone else ()
            advice = "" if fixes else _DECIDE
        whose = person or (number if isinstance(number, str) else "")
        if view.is_protected(whose, ref):
            detail, fixes, advice = f"{detail}; it is protected", (), ""
        yield Issue(
            kind=Kind.UNMANAGED,
            target=view.target,
            person=person,
            ref=ref,
            label=view.label(ref),
            detail=f"{detail}; enabled" if on else detail,
            fixes=fixes,
            advice=advice,
        )


def _of_somebody(view: View, person: str) -> tuple[str, tuple[Fix, ...]]:
    """Of an account of somebody HR knows: detail and fixes."""
    if person in view.frozen:
        return f"carries the number of {person}, who is left as they are", ()
    if person in view.stand.due.account:
        return f"carries the number of {person}, who is due an account", ()
    fixes = (TAKE_OVER,) if view.policy.can(Verb.CORRELATE) else ()
    return f"carries the number of {person}, who is due no account", fixes


def _of_nobody(view: View, *, on: bool, keep: bool) -> tuple[Fix, ...]:
    fixes: list[Fix] = []
    if on and view.policy.can(Verb.DISABLE):
        fixes.append(DISABLE)
    clears = view.policy.manifest.delete_clears
    if view.policy.can(Verb.DELETE) and not clears and not keep:
        fixes.append(DELETE)
    return tuple(fixes)


def not_switched(view: View) -> Iterator[Issue]:
    """Accounts of ours that are enabled or disabled as they should not be, and stay so.

    What a retired rule leaves as it is, is as it should be.
    """
    match, due = view.stand.match, view.stand.due
    places = np.flatnonzero(match.is_linked & ~view.is_frozen)
    enabled = view.accounts.accounts["enabled"].iloc[match.row[places]]
    on = enabled.to_numpy(dtype=bool, na_value=False)
    off = (~enabled).to_numpy(dtype=bool, na_value=False)
    access, account, released = due.access.mask, due.account.mask, due.released
    left = np.where(account, released.access.mask, released.account.mask)[places]
    access, account = access[places], account[places]
    wrong = (on & ~access & ~left) | (off & access & account)
    for place, is_on in zip(places[wrong].tolist(), on[wrong].tolist(), strict=True):
        person, ref = str(match.roster.ids[place]), match.ref(place)
        kind, verb = Kind.WRONGLY_DISABLED, Verb.ENABLE
        if is_on:
            kind, verb = Kind.WRONGLY_ENABLED, Verb.DISABLE
        if view.planned(person, verb) or view.is_let_go(person) or view.says(person, "grace"):
            continue
        advice = view.reason(person, "protected", "kept")
        if not view.policy.can(verb):
            advice = f"{view.policy.manifest.title} cannot {verb}"
        yield Issue(
            kind=kind,
            target=view.target,
            person=person,
            ref=ref,
            label=view.label(ref),
            detail=SENTENCES[kind],
            advice=advice or _DECIDE,
        )


def without_account(view: View) -> Iterator[Issue]:
    """People who are due an account and get none. Who waits for one upstream is `waiting`."""
    match, due = view.stand.match, view.stand.due
    lacking = due.account.mask & (match.row < 0) & ~match.is_ambiguous
    for person in match.roster.names(lacking):
        if view.planned(person, Verb.CREATE) or view.says(person, "waiting"):
            continue
        yield Issue(
            kind=Kind.MISSING,
            target=view.target,
            person=person,
            ref=match.gone.get(person, ""),
            detail="an account is due, there is none, and none is made",
            advice=view.reason_against(person),
        )


def unmanaged_permissions(view: View) -> Iterator[Issue]:
    """What accounts of ours hold and we did not grant, where the target lets it be set."""
    match, permissions = view.stand.match, view.accounts.permissions
    owner = {
        match.refs[person]: person
        for person in match.roster.names(match.is_linked & ~view.is_frozen)
        if not view.is_protected(person, match.refs[person])
    }
    rows = view.accounts.grants
    rows = rows[
        rows["ref"].isin(list(owner))
        & rows["permission"].isin(permissions.index[permissions["grantable"]])
    ]
    settled = {(person, one) for person, some in view.granted.items() for one in some}
    settled |= {(c.person, str(c.after["permission"])) for c in _taken_over(view, owner.values())}
    names = permissions["name"].to_dict()
    offered = ((REVOKE, Verb.REVOKE), (ADOPT, Verb.GRANT))
    fixes = tuple(fix for fix, verb in offered if view.policy.can(verb))
    for ref, permission in zip(rows["ref"].tolist(), rows["permission"].tolist(), strict=True):
        person = owner[ref]
        if (person, permission) in settled or view.is_let_go(person):
            continue
        yield Issue(
            kind=Kind.PERMISSION_UNMANAGED,
            target=view.target,
            person=person,
            ref=ref,
            subject=permission,
            label=view.label(ref),
            detail=f"{names[permission]!r} is held, by no rule and not by our grant",
            fixes=fixes,
        )


def _taken_over(view: View, persons: Iterable[str]) -> Iterator[Change]:
    for person in persons:
        for change in view.planned(person, Verb.GRANT):
            if change.before:
                yield change
