"""Issues of links, of accounts that more than one person claims, and of what waits."""

from collections.abc import Iterator

from connectors.model.change import Change, Verb
from connectors.model.receipt import Note
from tasks.lifecycle.reconcile_issue import FORGET, UNLINK, Fix, Issue, Kind
from tasks.lifecycle.reconcile_view import View

_IN_THE_TARGET = "decide in the target, until one account carries the number"


def dangling(view: View) -> Iterator[Issue]:
    """Links that lead nowhere, or to whom they should not.

    When the account we knew is gone, who is due one is `missing`, and whose record is to be
    cleared is `expired`.
    """
    there = view.accounts.accounts.index
    present = set(there[there.isin(list(view.links.values()))])
    strays = _strays(view, present)
    for person, ref in view.links.items():
        if ref not in present:
            settled = person in view.stand.due.account or view.planned(person, Verb.DELETE)
            if not settled and person not in view.frozen:
                yield _not_there(view, person, ref)
        elif person not in view.in_hr:
            deleted = view.planned(person, Verb.DELETE)
            detail = "HR does not know the person it is linked to"
            yield _dangling(view, person, ref, "person", detail, UNLINK, deleted)
        elif person in strays:
            yield _stray(view, person, ref, strays[person])


def _not_there(view: View, person: str, ref: str) -> Issue:
    """Of a link to an account that cannot be seen, of somebody who is due none."""
    if view.policy.manifest.delete_clears:  # out of sight is not gone
        detail, fix = "the record it leads to is not shown", UNLINK
    else:
        detail, fix = "the account it leads to is gone", FORGET
    return _dangling(view, person, ref, "", detail, fix)


def _strays(view: View, present: set[str]) -> dict[str, str]:
    """Person -> the number that the account linked to them carries, where it is not theirs."""
    refs = {ref: person for person, ref in view.links.items() if ref in present}
    carried = view.accounts.accounts["person"].reindex(list(refs)).tolist()
    numbers = {r: n for r, n in zip(refs, carried, strict=True) if isinstance(n, str)}
    own = view.numbers
    owned = frozenset(own.values()) if numbers else frozenset[str]()
    return {
        refs[ref]: number
        for ref, number in numbers.items()
        if number != own.get(refs[ref]) and (refs[ref] in own or number in owned)
    }


def _stray(view: View, person: str, ref: str, number: str) -> Issue:
    correlation = view.policy.manifest.correlation
    corrected = tuple(
        change for change in view.planned(person, Verb.UPDATE) if correlation in change.after
    )
    detail = f"the account carries {number}, which is not the number of {person}"
    return _dangling(view, person, ref, "number", detail, UNLINK, corrected)


def _dangling(
    view: View,
    person: str,
    ref: str,
    subject: str,
    detail: str,
    fix: Fix,
    changes: tuple[Change, ...] = (),
) -> Issue:
    return Issue(
        kind=Kind.DANGLING,
        target=view.target,
        person=person,
        ref=ref,
        subject=subject,
        label=view.label(ref),
        detail=detail,
        changes=changes,
        fixes=() if view.is_protected(person, ref) else (fix,),
    )


def claimed_twice(view: View) -> Iterator[Issue]:
    """People with several accounts, and accounts with several people."""
    for note in view.stand.match.notes:
        if note.code == "several" or (note.code == "ambiguous" and not note.ref):
            ref = view.stand.match.refs.get(note.person, "")
            yield _of_note(view, Kind.SEVERAL, note, ref, advice=_IN_THE_TARGET)
        elif note.code == "ambiguous" and view.links.get(note.person) != note.ref:
            advice = "decide whose it is and correct the numbers"
            yield _of_note(view, Kind.CONTESTED, note, note.ref, advice=advice)


def waiting(view: View) -> Iterator[Issue]:
    """What waits for an account or a value upstream."""
    for person in sorted(view.notes):
        for note in view.notes[person]:
            if note.code == "waiting":
                ref = view.stand.match.refs.get(person, "")
                yield _of_note(view, Kind.WAITING, note, ref, subject=note.reason)


def _of_note(
    view: View, kind: Kind, note: Note, ref: str, *, subject: str = "", advice: str = ""
) -> Issue:
    return Issue(
        kind=kind,
        target=view.target,
        person=note.person,
        ref=ref,
        subject=subject,
        label=view.label(ref),
        detail=note.reason,
        advice=advice,
    )
