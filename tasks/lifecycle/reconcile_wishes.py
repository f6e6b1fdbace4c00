"""Which fixes were asked for: by issue, by issue and name of the fix, or by type of issue."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.model.errors import ConfigError
from connectors.model.receipt import Note
from tasks.lifecycle.reconcile_issue import FIXES, ID_LENGTH, Asked, Fix, Issue, Kind

_ID: Final = re.compile(rf"[0-9a-f]{{{ID_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One fix that was asked for.

    Attributes:
        kind: All issues of this type; None for the one issue `issue`.
        issue: Its id.
        fix: Name of the fix, "" for the usual one.
    """

    kind: Kind | None
    issue: str
    fix: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be fixed, and why some of what was asked for is not.

    Attributes:
        fixes: Issues with the fix of each, in the order of the issues.
        notes: Why nothing is done.
    """

    fixes: tuple[tuple[Issue, Fix], ...] = ()
    notes: tuple[Note, ...] = ()


def read_wishes(texts: Iterable[str]) -> tuple[Wish, ...]:
    """What was asked for, as `ISSUE`, `ISSUE:FIX`, `TYPE` or `TYPE:FIX`.

    Raises:
        ConfigError: Something else.
    """
    return tuple(_wish(text.strip()) for text in texts)


def is_issue(text: str) -> bool:
    """Whether this can be the id of an issue."""
    return _ID.fullmatch(text) is not None


def _wish(text: str) -> Wish:
    subject, colon, fix = text.partition(":")
    if (colon and not fix) or (fix and fix not in FIXES):
        message = f"{text!r} names no fix; there are {', '.join(FIXES)}"
        raise ConfigError(message, key="fix")
    if is_issue(subject):
        return Wish(None, subject, fix)
    if subject in set(Kind):
        return Wish(Kind(subject), "", fix)
    message = (
        f"{subject!r} is neither the id of an issue nor a type of issue; the types are "
        f"{', '.join(Kind)}"
    )
    raise ConfigError(message, key="fix")


def choose(
    issues: Sequence[Issue],
    wishes: Iterable[Wish],
    ignored: Collection[str],
    *,
    unseen: Collection[str] = (),
) -> Chosen:
    """The fixes that were asked for.

    Args:
        issues: All there are.
        wishes: What was asked for. Of one issue the first wish counts.
        ignored: Ids of issues that are not looked at now; a type does not mean these.
        unseen: Targets that could not be read: nobody knows the issues there.

    Raises:
        ConfigError: An issue that is not there, or that has no such fix.
    """
    by_id = {issue.id: issue for issue in issues}
    fixes: dict[str, tuple[Issue, Fix]] = {}
    notes: list[Note] = []
    for wish in wishes:
        if wish.kind is None:
            issue = _named(by_id, wish, unseen)
            fixes.setdefault(issue.id, (issue, _fix_of(issue, wish.fix)))
            continue
        left: list[Issue] = []
        for issue in issues:
            if issue.kind is not wish.kind or issue.id in ignored:
                continue
            fix = issue.fix(wish.fix)
            if fix is None or fix.asked is not Asked.BY_TYPE:
                left.append(issue)
            else:
                fixes.setdefault(issue.id, (issue, fix))
        if left:
            notes.append(_note(wish.kind, left))
    return Chosen(tuple(sorted(fixes.values(), key=lambda one: one[0].order)), tuple(notes))


def _named(by_id: dict[str, Issue], wish: Wish, unseen: Collection[str]) -> Issue:
    if wish.issue not in by_id:
        message = f"there is no issue {wish.issue}; it may be solved: `retour reconcile` lists them"
        if unseen:
            message += f"; nobody knows those of {', '.join(unseen)}, which could not be read"
        raise ConfigError(message, key="fix")
    return by_id[wish.issue]


def _fix_of(issue: Issue, name: str) -> Fix:
    fix = issue.fix(name)
    if fix is None and not name and issue.fixes:
        ways = " or ".join(f"{issue.id}:{fix.name}" for fix in issue.fixes)
        message = f"issue {issue.id} is fixed by name only: {ways}"
        raise ConfigError(message, key="fix")
    if fix is None:
        offered = ", ".join(fix.name for fix in issue.fixes) or "nothing that Retour can do"
        wanted = f"no {name!r}" if name else "no fix"
        advice = f"; {issue.advice}" if issue.advice else ""
        message = f"for issue {issue.id} there is {wanted}, but {offered}{advice}"
        raise ConfigError(message, key="fix")
    return fix


def _note(kind: Kind, left: Sequence[Issue]) -> Note:
    what = "issue is" if len(left) == 1 else "issues are"
    by_id = sum(bool(issue.fixes) for issue in left)
    way = f"{by_id} can be fixed by the id" if by_id else "Retour can do nothing: decide there"
    if by_id == len(left):
        way = "name each by its id, or decide there"
    reason = f"{len(left)} {kind.value} {what} not fixed by type: {way}"
    return Note(target="", person="", code="one_by_one", reason=reason)
