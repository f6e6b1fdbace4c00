"""What was planned and what became of it: the report of a run, as JSON, markdown and rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.model.change import Change
from connectors.model.plan import Plan
from connectors.model.private import VEIL
from connectors.model.receipt import Note, Outcome, Receipt
from connectors.model.values import CLEAR, Pending, encode_value
from connectors.sdk.clock import now
from tasks.brake import HALTED
from tasks.lifecycle.guard_objection import Objection
from tasks.run import INCOMPLETE, INTERRUPTED, Receipts, Run

REPORT_FORMAT: Final = 1
Private = Mapping[str, frozenset[str]]
"""Target -> fields of somebody's private life."""
MISNAMED: Final = frozenset({"unknown_person", "unknown_department"})
"""Notes about what was asked for, and not about somebody."""
NOTHING_PRIVATE: Final[Private] = {}
MOST_ROWS: Final = 1000
"""Rows of an artifact's table; the UI slows down beyond, and the whole plan is in the ledger."""


def build_report(  # noqa: PLR0913 - the parts of a report
    run: Run,
    *,
    profile: str,
    zone: ZoneInfo,
    exit_code: int,
    plan: Plan | None = None,
    receipts: Sequence[Receipts] = (),
    refused: str | None = None,
    objections: Sequence[Objection] = (),
    lifted: Sequence[Objection] = (),
    private: Private = NOTHING_PRIVATE,
) -> dict[str, Any]:
    """The report of a run, as `--report` writes it.

    Args:
        run: The run.
        profile: Name of the profile.
        zone: Time zone in which times are written.
        exit_code: How it ended.
        plan: None when it ended before there was one.
        receipts: Of every shard that was executed.
        refused: Why nothing was executed, None when it was.
        objections: What the guards said against the plan.
        lifted: What they said, and an approval of exactly this plan has lifted.
        private: Fields whose values are left out.
    """
    answers = {receipt.change: receipt for shard in receipts for receipt in shard.receipts}
    changes = list(plan.changes) if plan is not None else []
    notes = [*(plan.notes if plan is not None else ()), *_notes_of(answers.values())]
    return {
        "retour": REPORT_FORMAT,
        "run": run.id,
        "profile": profile,
        "mode": run.mode,
        "as_of": run.as_of.isoformat(),
        "started": run.started.astimezone(zone).isoformat(timespec="seconds"),
        "finished": now().astimezone(zone).isoformat(timespec="seconds"),
        "exit": exit_code,
        "plan": {"digest": plan.digest, "changes": len(plan)} if plan is not None else None,
        "targets": _targets(plan, answers, run, _given_up(receipts)),
        "changes": [
            _change(veiled(change, private), answers.get(change.id), run) for change in changes
        ],
        "notes": [note.to_json() for note in notes],
        "refused": refused,
        "objections": [
            {**one.to_json(), "lifted": is_lifted}
            for some, is_lifted in ((objections, False), (lifted, True))
            for one in some
        ],
    }


def _given_up(receipts: Sequence[Receipts]) -> dict[str, str]:
    """Target -> why it was given up."""
    reasons: dict[str, str] = {}
    for shard in receipts:
        if shard.stopped not in {None, HALTED}:
            reasons.setdefault(shard.target, str(shard.stopped))
    return reasons


def _targets(
    plan: Plan | None, answers: Mapping[str, Receipt], run: Run, given_up: Mapping[str, str]
) -> dict[str, Any]:
    if plan is None:
        return {}
    return {
        section.target: {
            "managed": section.managed,
            "planned": section.counts(),
            "outcomes": dict(
                sorted(
                    Counter(
                        _outcome(answers.get(change.id), run).value for change in section.changes
                    ).items()
                )
            ),
            "given_up": given_up.get(section.target),
        }
        for section in plan.sections
    }


def _outcome(receipt: Receipt | None, run: Run) -> Outcome:
    """What became of a change; without a receipt the run was refused before it came to it."""
    if receipt is not None:
        return receipt.outcome
    return Outcome.RECORDED if run.dry_run else Outcome.SET_ASIDE


def _change(change: Change, receipt: Receipt | None, run: Run) -> dict[str, Any]:
    return {
        "id": change.id,
        "target": change.target,
        "person": change.person,
        "verb": change.verb.value,
        "ref": (receipt.ref if receipt else None) or change.ref,
        "before": {name: encode_value(value) for name, value in change.before.items()},
        "after": {name: encode_value(value) for name, value in change.after.items()},
        "because": list(change.because),
        "outcome": _outcome(receipt, run).value,
        "detail": receipt.detail if receipt else None,
    }


def _notes_of(receipts: Iterable[Receipt]) -> list[Note]:
    """A note for every person who was set aside: silence has a reason too."""
    aside = {
        (receipt.target, receipt.person, receipt.detail or "")
        for receipt in receipts
        if receipt.outcome is Outcome.SET_ASIDE
    }
    return [
        Note(target=target, person=person, code="set_aside", reason=detail)
        for target, person, detail in sorted(aside)
    ]


def summary(report: Mapping[str, Any]) -> str:
    """The report in a page of markdown."""
    looked = "issue_counts" in report
    what = "reconciliation" if looked and not report["plan"] else report["mode"]
    lines = [
        f"# {report['profile']}: {what} of {report['as_of']}",
        "",
        f"Run `{report['run']}`, exit code {report['exit']}.",
        "",
    ]
    if looked:
        found, ignored = _counts(report["issue_counts"]), report["issues_ignored"]
        lines += [f"Issues: {found}; {ignored} ignored. The artifact `issues` lists them.", ""]
    if report["plan"]:
        lines += [f"Plan `{report['plan']['digest']}`: {report['plan']['changes']} changes.", ""]
        lines += ["| target | managed | planned | outcomes |", "|---|---|---|---|"]
        lines += [
            f"| {name} | {target['managed']} | {_counts(target['planned'])} "
            f"| {_counts(target['outcomes'])} |"
            for name, target in report["targets"].items()
        ]
    if report["refused"]:
        broken_off = report["exit"] in {INCOMPLETE, INTERRUPTED}
        said = "Stopped before its end" if broken_off else "Nothing was written"
        lines += ["", f"**{said}:** {report['refused']}"]
    codes = Counter(note["code"] or "note" for note in report["notes"])
    if codes:
        lines += ["", f"Notes: {_counts(dict(sorted(codes.items())))}."]
    return "\n".join(lines)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing"


def table(
    plan: Plan, receipts: Sequence[Receipts] = (), *, private: Private = NOTHING_PRIVATE
) -> list[dict[str, str]]:
    """The plan as flat rows of text, at most `MOST_ROWS`.

    Args:
        plan: The plan.
        receipts: What became of it, as far as it was executed.
        private: Fields whose values are left out.
    """
    answers = {receipt.change: receipt for shard in receipts for receipt in shard.receipts}
    rows: list[dict[str, str]] = []
    for change in plan.changes:
        if len(rows) == MOST_ROWS:
            rows.append({"target": f"and {len(plan) - MOST_ROWS} more, see `retour show`"})
            break
        receipt = answers.get(change.id)
        rows.append(
            {
                "target": change.target,
                "person": change.person,
                "verb": change.verb.value,
                "what": describe(veiled(change, private)),
                "because": ", ".join(change.because),
                "outcome": receipt.outcome.value if receipt else "",
                "detail": (receipt.detail or "") if receipt else "",
            }
        )
    return rows


def veiled(change: Change, private: Private) -> Change:
    """The change under its id, without values that concern nobody."""
    hidden = private.get(change.target, frozenset()) & {*change.before, *change.after}
    if not hidden:
        return change
    before, after = (
        {n: VEIL if n in hidden and value is not CLEAR else value for n, value in held.items()}
        for held in (change.before, change.after)
    )
    shown = replace(change, before=before, after=after)
    object.__setattr__(shown, "id", change.id)
    return shown


def describe(change: Change) -> str:
    """Old -> new, field by field, for people."""
    if "permission" in {**change.before, **change.after}:
        return str(change.after.get("name") or change.before.get("name"))
    return ", ".join(
        f"{name}: {_shown(change.before.get(name))} -> {_shown(value)}"
        if name in change.before and change.before[name] != value
        else f"{name}: {_shown(value)}"
        for name, value in change.after.items()
    )


def _shown(value: object) -> str:
    if value is CLEAR:
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Pending):
        return str(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)
