"""Issues that the next run settles by itself: every change of the plan belongs to one of them.

So a reconciliation and a run never disagree about what is wrong.
"""

from collections.abc import Iterator
from typing import Final

from connectors.model.change import Change, Verb
from connectors.model.private import VEIL
from connectors.model.values import Value
from tasks.lifecycle.reconcile_issue import APPLY, Issue, Kind
from tasks.lifecycle.reconcile_view import View

SENTENCES: Final = {
    Kind.WRONGLY_ENABLED: "no access is due, and the account is enabled",
    Kind.WRONGLY_DISABLED: "access is due, and the account is disabled",
}


def settled_by_itself(view: View) -> Iterator[Issue]:
    """An issue, or more, per person for whom the plan does something in a target."""
    for person, changes in view.changes.items():
        first = {change.verb: change for change in reversed(changes)}
        if Verb.CREATE in first:
            yield _missing(view, person, changes)
        elif Verb.CORRELATE in first:
            detail = f"carries the number of {person}, who is due an account; nobody linked it yet"
            yield _issue(view, Kind.UNMANAGED, first[Verb.CORRELATE], detail, changes)
        elif Verb.DELETE in first:
            yield _expired(view, first[Verb.DELETE], changes)
        else:
            yield from _of_an_account(view, changes)


def _missing(view: View, person: str, changes: tuple[Change, ...]) -> Issue:
    gone = view.stand.match.gone.get(person)
    detail = "an account is due, and there is none"
    if gone is not None:
        detail = f"an account is due, and the one we knew ({gone}) is gone"
    return Issue(
        kind=Kind.MISSING,
        target=view.target,
        person=person,
        ref=gone or "",
        detail=detail,
        changes=changes,
        fixes=(APPLY,),
    )


def _expired(view: View, delete: Change, changes: tuple[Change, ...]) -> Issue:
    detail = "the days after which it is deleted are over"
    if view.policy.manifest.delete_clears:
        detail = "the days after which it is cleared are over"
        if delete.ref not in view.accounts.accounts.index:
            detail += "; the record is not shown, and is asked for once more"
    return _issue(view, Kind.EXPIRED, delete, detail, changes)


def _of_an_account(view: View, changes: tuple[Change, ...]) -> Iterator[Issue]:
    """Issues of somebody who has an account of ours and keeps it."""
    moves = tuple(change for change in changes if change.verb is Verb.MOVE)
    crossing = False
    for change in changes:
        match change.verb:
            case Verb.DISABLE | Verb.ENABLE:
                crossing = True
                off = change.verb is Verb.DISABLE
                kind = Kind.WRONGLY_ENABLED if off else Kind.WRONGLY_DISABLED
                yield _issue(view, kind, change, SENTENCES[kind], (change, *moves))
            case Verb.UPDATE:
                yield from _drifted(view, change)
            case Verb.GRANT | Verb.REVOKE | Verb.UNMANAGE:
                yield _about_permission(view, change)
            case _:
                pass
    if not crossing:
        for change in moves:
            detail = f"stands in {change.before['container']}, not in {change.after['container']}"
            yield _issue(view, Kind.MISPLACED, change, detail)


def _drifted(view: View, change: Change) -> Iterator[Issue]:
    private = view.policy.manifest.private
    for name, value in change.after.items():
        held: Value | None = change.before.get(name)
        wanted = value
        if name in private:
            held, wanted = None if held is None else VEIL, VEIL
        yield _issue(
            view,
            Kind.DRIFTED,
            change,
            f"{name} is not what it should be",
            subject=name,
            held=held,
            wanted=wanted,
        )


def _about_permission(view: View, change: Change) -> Issue:
    content = {**change.before, **change.after}
    if "permission" not in content:
        detail = "given by a rule that is retired; it stays, and the ledger lets go of it"
        return _issue(view, Kind.RELEASED, change, detail)
    permission, name = str(content["permission"]), content["name"]
    ours = permission in view.granted.get(change.person, ())
    if change.verb is Verb.UNMANAGE:
        kind = Kind.RELEASED
        detail = f"{name!r} was given by a rule that is retired; it stays, and is ours no more"
    elif change.verb is Verb.REVOKE:
        kind = Kind.PERMISSION_UNDUE if change.before else Kind.PERMISSION_GONE
        detail = f"{name!r} was granted by us, and no rule gives it any more"
        if not change.before:
            detail += "; it is gone already"
    elif change.before:
        kind, detail = Kind.PERMISSION_UNMANAGED, f"{name!r} is due and held, and not by our grant"
    elif ours:
        kind, detail = Kind.PERMISSION_GONE, f"{name!r} was granted by us, and is held no more"
    else:
        kind, detail = Kind.PERMISSION_MISSING, f"{name!r} is due, and not held"
    return _issue(view, kind, change, detail, subject=permission)


def _issue(  # noqa: PLR0913 - the parts of an issue
    view: View,
    kind: Kind,
    change: Change,
    detail: str,
    changes: tuple[Change, ...] = (),
    *,
    subject: str = "",
    held: Value | None = None,
    wanted: Value | None = None,
) -> Issue:
    ref = change.ref or ""
    return Issue(
        kind=kind,
        target=view.target,
        person=change.person,
        ref=ref,
        subject=subject,
        label=view.label(ref),
        detail=detail,
        held=held,
        wanted=wanted,
        changes=changes or (change,),
        fixes=(APPLY,),
    )
