"""A run on one page of markdown: what people read first in Prefect, and above its form."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.model.change import Verb
from tasks.lifecycle.guard_measure import HOLDS, LIFTED, TRIPPED
from tasks.lifecycle.movement import MOVEMENTS
from tasks.lifecycle.policy import Limit
from tasks.reporting import told
from tasks.run import APPROVABLE
from tasks.sentence import given_up, name_of, sentence_of, unseen
from tasks.shown import Shown, cell

Report = Mapping[str, Any]

_MOST_LINES: Final = 20
_MOST_REASONS: Final = 10
_UNLIMITED: Final = str(Limit())
_NAMED: Final = 5
_MOVES: Final = {"others": "with other fields, or taken over"}
_STATES: Final = {TRIPPED: "**over**", LIFTED: "over, lifted by the approval", HOLDS: "holds"}
_NOT_DONE: Final = {
    "failed": "failed",
    "in_doubt": "in doubt: the next run looks what became of it",
    "set_aside": "set aside: not tried",
}


def summary(report: Report, shown: Shown | None = None) -> str:
    """The report in a page of markdown.

    Args:
        report: As `--report` writes it.
        shown: How much may be said; left out, everything.
    """
    shown = shown or Shown()
    looked = "issue_counts" in report
    what = "reconciliation" if looked and not report["plan"] else report["mode"]
    parts = [
        [f"# {report['profile']}: {what} of {report['as_of']}"],
        [f"**{cell(sentence_of(report, shown), 1000)}**"],
        _facts(report),
        _issues(report) if looked else [],
        _not_done(report, shown),
        _changes(report),
        _guards(report, shown),
        _waiting(report, shown),
        [f"Everything: `retour show {report['run']}`"],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [f"| {' | '.join(str(one) for one in row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines] if lines else []


def _facts(report: Report) -> list[str]:
    rows = [["run", f"`{report['run']}`, exit code {report['exit']}"]]
    if took := _took(report):
        rows.append(["took", took])
    if people := report.get("people"):
        rows.append(["read", f"{people['persons']} persons with {people['contracts']} contracts"])
        moves = [f"{people[name]} {_MOVES.get(name, name)}" for name in MOVEMENTS if people[name]]
        rows.append(["people", ", ".join(moves) or "nobody comes, moves or goes"])
    if report["plan"]:
        plan = report["plan"]
        rows.append(["plan", f"{plan['changes']} changes, `{plan['digest']}`"])
    if settled := report.get("settled"):
        rows.append(["earlier run", f"{settled} writes whose answer was lost were looked up"])
    if messages := report.get("messages"):
        rows.append(["messages", told(messages)])
    return _table(["", ""], rows)


def _took(report: Report) -> str:
    if not report.get("finished"):
        return ""
    begun, ended = (datetime.fromisoformat(report[name]) for name in ("started", "finished"))
    minutes, seconds = divmod(max(0, round((ended - begun).total_seconds())), 60)
    spent = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{spent}, from {begun:%H:%M:%S} to {ended:%H:%M:%S}"


def _issues(report: Report) -> list[str]:
    found, ignored = counts(report["issue_counts"]), report["issues_ignored"]
    return [f"Issues: {found}; {ignored} ignored. The artifact `issues` lists them."]


def _changes(report: Report) -> list[str]:
    """Two tables: one with all of it runs out of the page in the UI."""
    targets = report["targets"]
    verbs = [verb.value for verb in Verb if any(verb in one["planned"] for one in targets.values())]
    planned = _table(
        ["target", "managed", *verbs, "changes"],
        (
            [
                cell(name),
                one["managed"],
                *(one["planned"].get(verb, "") for verb in verbs),
                sum(one["planned"].values()),
            ]
            for name, one in targets.items()
        ),
    )
    if not planned:
        return []
    became: list[str] = []
    if report["mode"] == "live" and not report["refused"] and report["changes"]:
        rows = ([cell(name), _became(one["outcomes"])] for name, one in targets.items())
        became = ["", *_table(["target", "became"], rows)]
    nothing = [] if report.get("changes") else ["", "Nothing changes, so no picture is drawn."]
    return ["## Changes", "", *planned, *became, *nothing]


def _became(outcomes: Mapping[str, int]) -> str:
    return counts({one.replace("_", " "): n for one, n in outcomes.items()})


def _guards(report: Report, shown: Shown) -> list[str]:
    guards = report.get("guards") or []
    told = [
        one
        for one in guards
        if one["state"] != HOLDS or (one["figure"] and one["limit"] != _UNLIMITED)
    ]
    told.sort(key=lambda one: list(_STATES).index(one["state"]))
    rows = [
        [
            _STATES[one["state"]],
            cell(one["target"] or "source"),
            cell(name_of(one)),
            str(one["figure"]) + ("" if one["of"] is None else f" of {one['of']} {one['what']}"),
            one["limit"] + (f" ({one['most']})" if "%" in one["limit"] else ""),
        ]
        for one in told
    ]
    lines = _table(["", "where", "guard", "counted", "limit"], rows[: 4 * _MOST_LINES])
    if quiet := len(guards) - len(told):
        lines += ["", f"{quiet} more found nothing to count, or have no limit."]
    lines += _said(report, shown)
    return ["## Guards", "", *lines] if guards or report["refused"] else []


def _said(report: Report, shown: Shown) -> Iterator[str]:
    """What the guards say, or else what stopped the run."""
    objections = [one for one in report.get("objections") or () if not one["lifted"]]
    reasons = [
        # Of a protected account the reason names the account itself.
        shown.said(one["reason"], report["run"]) if one["code"] == "protected" else one["reason"]
        for one in objections
    ]
    if not objections and report["refused"]:
        reasons = [shown.said(report["refused"].partition(APPROVABLE)[0], report["run"])]
    if reasons:
        yield ""
        yield from (f"- {cell(reason, 1000)}" for reason in reasons[:_MOST_REASONS])
    if len(reasons) > _MOST_REASONS:
        yield f"- and {len(reasons) - _MOST_REASONS} more"


def _not_done(report: Report, shown: Shown) -> list[str]:
    """What failed, is in doubt or was set aside, by target; and targets that were left out."""
    grouped: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for change in report.get("changes") or ():
        if change["outcome"] in _NOT_DONE and not (report["refused"] and not change["detail"]):
            grouped[change["outcome"], change["target"]].append(change)
    order = list(_NOT_DONE)
    rows = [
        [
            _NOT_DONE[outcome],
            cell(target),
            len(some),
            cell(_some(change["person"] for change in some)),
            cell(shown.said(some[0]["detail"], report["run"])),
        ]
        for (outcome, target), some in sorted(grouped.items(), key=lambda it: order.index(it[0][0]))
    ]
    lines = _table(["", "target", "changes", "persons", "the first of them"], rows)
    lines += [
        f"\n**{cell(target)} was given up:** {cell(why)}" for target, why in given_up(report, shown)
    ]
    lines += [
        f"\n**{cell(target)} could not be read:** {cell(why, 1000)}"
        for target, why in unseen(report, shown)
    ]
    return ["## What was not done", "", *lines] if lines else []


def _waiting(report: Report, shown: Shown) -> list[str]:
    """Why nothing is done for some, by kind; what was set aside stands above."""
    grouped: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for note in report["notes"]:
        if note["code"] != "set_aside":
            grouped[note["code"] or "note"].append(note)
    rows = [
        [
            cell(code.replace("_", " ")),
            len(some),
            cell(_some(note.get("person") or "" for note in some)),
            cell(shown.said(some[0].get("reason"), report["run"])),
        ]
        for code, some in sorted(grouped.items())
    ]
    table = _table(["", "notes", "persons", "the first of them"], rows[:_MOST_LINES])
    return ["## What waits, and what is left alone", "", *table] if table else []


def _some(persons: Iterable[str]) -> str:
    there = sorted({person for person in persons if person})
    more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
    return ", ".join(there[:_NAMED]) + more


def counts(of: Mapping[str, int]) -> str:
    """`3 done, 1 failed`; `nothing`."""
    return ", ".join(f"{count} {name}" for name, count in Counter(of).items()) or "nothing"
