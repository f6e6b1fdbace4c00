"""What was planned and what became of it: the report of a run, as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.model.change import Change
from connectors.model.plan import Plan
from connectors.model.private import VEIL
from connectors.model.receipt import Note, Outcome, Receipt
from connectors.model.values import CLEAR, Pending, encode_value
from connectors.sdk.clock import now
from tasks.brake import HALTED
from tasks.lifecycle.guard_measure import Measure
from tasks.lifecycle.guard_objection import Objection
from tasks.run import Receipts, Run
from tasks.shown import Private

REPORT_FORMAT: Final = 1
MISNAMED: Final = frozenset({"unknown_person", "unknown_department"})
"""Notes about what was asked for, and not about somebody."""
NOTHING_PRIVATE: Final[Private] = {}


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
    measures: Sequence[Measure] = (),
    people: Mapping[str, int] | None = None,
    settled: int = 0,
    private: Private = NOTHING_PRIVATE,
    unseen: Mapping[str, str] = MappingProxyType({}),
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
        measures: What every guard counted.
        people: How many persons and contracts came in, and how many come, move and go.
        settled: How many writes of earlier runs this one has looked up.
        private: Fields whose values are left out.
        unseen: Targets that could not be read, and why.
    """
    answers = {receipt.change: receipt for shard in receipts for receipt in shard.receipts}
    changes = list(plan.changes) if plan is not None else []
    notes = [*(plan.notes if plan is not None else ()), *_notes_of(answers.values())]
    approved = plan is not None and run.approve == plan.digest
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
        "messages": [],
        "objections": [
            {**one.to_json(), "lifted": is_lifted}
            for some, is_lifted in ((objections, False), (lifted, True))
            for one in some
        ],
        "people": people,
        "guards": [one.to_json(approved=approved) for one in measures],
        "settled": settled,
        "unseen": dict(unseen),
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


def told(messages: Sequence[Mapping[str, Any]]) -> str:
    """How many messages there were, and what became of them."""
    counts = Counter(str(one["outcome"]) for one in messages)
    words = {"would_send": "would be sent", "failed": "not sent", "held": "held back"}
    return ", ".join(f"{n} {words.get(outcome, outcome)}" for outcome, n in counts.items())


def veiled(change: Change, private: Private) -> Change:
    """The change under its id, without values that concern nobody."""
    hidden = private.get(change.target, frozenset()) & {*change.before, *change.after}
    if not hidden:
        return change
    before, after = (
        {n: VEIL if n in hidden and value is not CLEAR else value for n, value in held.items()}
        for held in (change.before, change.after)
    )
    return change.under_its_id(before=before, after=after)


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
