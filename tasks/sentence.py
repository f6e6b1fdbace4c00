"""How a run ended, in one sentence with counts: the message of its state in Prefect."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tasks.lifecycle.guard_measure import TRIPPED
from tasks.lifecycle.guard_objection import plural
from tasks.run import (
    APPROVABLE,
    INTERRUPTED,
    REFUSED,
    STALE,
    UNREACHABLE,
    USAGE,
    WAITING,
)
from tasks.shown import Shown, plain

LONGEST: Final = 1000
_NAMED: Final = 3
_WRITTEN: Final = ("done", "already", "recorded")
_LEFT: Final = ("failed", "in_doubt", "set_aside")

Report = Mapping[str, Any]


def sentence_of(report: Report, shown: Shown | None = None) -> str:
    """How a run ended.

    Args:
        report: As `--report` writes it.
        shown: How much may be said; left out, everything.
    """
    shown = shown or Shown()
    unread = (
        f" {target} could not be read, and nothing is planned there: {plain(why).rstrip('.')}."
        for target, why in unseen(report, shown)
    )
    return "".join([_ended(report, shown), *unread])


def _ended(report: Report, shown: Shown) -> str:
    code, live = report["exit"], report["mode"] == "live"
    why = plain((report["refused"] or "").partition(APPROVABLE)[0], LONGEST)
    if code == USAGE:
        return f"{why}; nothing was written."
    why = shown.said(why, report["run"])
    if code == STALE:
        return f"The approved plan holds no longer: {why}; nothing was written."
    if code in {REFUSED, WAITING}:
        return _refused(report, why)
    if code == UNREACHABLE and report["refused"] and not has_begun(report):
        return f"Unreachable: {why}; nothing was written."
    count = plural(len(report["changes"]), "change")
    if report["refused"] or code == INTERRUPTED:
        said = "Interrupted" if code == INTERRUPTED else "Stopped"
        done = _done(report) if live and report["changes"] else "nothing was written"
        return f"{said}{f': {why}' if why else ''}; {done}."
    if not report["changes"]:
        people = report.get("people") or {}
        looked = f" for {plural(people['persons'], 'person')}" if people else ""
        return f"{'Nothing' if live else 'Preview: nothing'} to do{looked}; nothing was written."
    if not live:
        persons = len({change["person"] for change in report["changes"]})
        return f"Preview: {count} planned for {plural(persons, 'person')}; nothing was written."
    return f"{_done(report)}{_given_up(report, shown)}."


def has_begun(report: Report) -> bool:
    """Whether something was written, or may have been, before the run was stopped."""
    tried = {"done", "already", "failed", "in_doubt"}
    return any(change["outcome"] in tried for change in report["changes"])


def _refused(report: Report, why: str) -> str:
    tripped = [guard for guard in report.get("guards", ()) if guard["state"] == TRIPPED]
    waits = report["exit"] == WAITING
    if not tripped:
        return f"Refused: {why}; nothing was written."
    what = plural(len(tripped), "guard says no", "guards say no")
    some = "; ".join(measured(guard) for guard in tripped[:_NAMED])
    more = f" and {len(tripped) - _NAMED} more" if len(tripped) > _NAMED else ""
    live = report["mode"] == "live"
    end = "" if not waits else "a person has to approve it; " if live else "it would have to wait; "
    said = "Waiting" if waits else "Refused"
    return f"{said}: {what} ({some}{more}); {end}nothing was written."


def measured(guard: Mapping[str, Any]) -> str:
    """What a guard counted, beside its limit: `active_directory disable 3 of 198, limit 10%`."""
    name = " ".join(filter(None, (guard["target"] or "source", name_of(guard))))
    of = "" if guard["of"] is None else f" of {guard['of']}"
    return f"{name} {guard['figure']}{of}, limit {guard['limit']}"


def name_of(guard: Mapping[str, Any]) -> str:
    """What a guard is called: the key of its limit, else what it looks for."""
    own = {"vanished", "empty_source", "protected", "unsupported", "keys"}
    name = guard["code"] if guard["code"] in own else guard["key"].partition("limits.")[2]
    said = name.replace("_", " ").replace(".", " ") or guard["code"]
    return f"{said} {guard['field']}".strip()


def _done(report: Report) -> str:
    """`10 of 12 changes done, 1 failed, 1 set aside`."""
    outcomes = Counter(change["outcome"] for change in report["changes"])
    done, count = sum(outcomes[one] for one in _WRITTEN), len(report["changes"])
    said = f"{plural(done, 'change')} done"
    if done < count:
        said = f"{done} of {plural(count, 'change')} done"
    already = f" ({outcomes['already']} of them were so already)" if outcomes["already"] else ""
    left = [f"{outcomes[one]} {one.replace('_', ' ')}" for one in _LEFT if outcomes[one]]
    return ", ".join([f"{said}{already}", *left])


def _given_up(report: Report, shown: Shown) -> str:
    reasons = given_up(report, shown)
    return "".join(f"; {target} was given up: {plain(why)}" for target, why in reasons)


def unseen(report: Report, shown: Shown) -> Iterable[tuple[str, str]]:
    """Targets that could not be read, and why."""
    for name, why in (report.get("unseen") or {}).items():
        yield name, shown.said(why, report["run"])


def given_up(report: Report, shown: Shown) -> Iterable[tuple[str, str]]:
    """Targets that were given up, and why."""
    for name, target in report["targets"].items():
        if target["given_up"] is not None:
            yield name, shown.said(target["given_up"], report["run"])
