"""A run without Prefect: the same steps, one after the other."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path
from unittest.mock import patch

from connectors.ledger.records import AuditLine, RunRecord
from connectors.model.plan import Plan
from connectors.model.receipt import Receipt
from connectors.sdk.clock import now
from tasks.apply import apply_shard
from tasks.attempt import Attempt
from tasks.collect import Reading, import_people, read_accounts, readings_of, unseen_among
from tasks.decide import Verdict, plan_changes
from tasks.lifecycle.guard_objection import Objection
from tasks.lifecycle.scope import Scope
from tasks.run import Ending, Receipts, Run, shards_of
from tasks.setup import forget, open_site

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to.

    Attributes:
        plan: What was decided.
        objections: What stood against it; then nothing was executed.
        receipts: By id of the change.
        audit: Lines that the run added to the audit trail.
    """

    plan: Plan
    objections: tuple[Objection, ...]
    receipts: dict[str, Receipt]
    audit: tuple[AuditLine, ...]


def a_run(profile: Path, *, live: bool, as_of: date) -> Run:
    """A run of a profile that has not begun."""
    return Run(
        run_id=f"plain-{next(_NUMBERS)}",
        profile=str(profile),
        dry_run=not live,
        as_of=as_of,
        scope=Scope(),
        approve=None,
        started=now(),
    )


def decide(run: Run) -> Verdict:
    """Begin a run, read everything, and plan."""
    site = open_site(run)
    site.ledger.start_run(
        RunRecord(
            run=run.id, profile=site.name, mode=run.mode, as_of=run.as_of, started=run.started
        )
    )
    return plan_changes.fn(run, import_people.fn(run), read_all(run))


def read_all(run: Run) -> list[Reading]:
    """What every target holds, as far as they can be read."""
    targets = open_site(run).policies
    return readings_of(run, {one: partial(read_accounts.fn, run, one) for one in targets})


def run_plainly(profile: Path, *, live: bool, as_of: date) -> Done:
    """Import, read, plan, and execute shard by shard, as the flow does it."""
    run = a_run(profile, live=live, as_of=as_of)
    try:
        verdict, site = decide(run), open_site(run)
        answers: dict[tuple[str, int], Receipts] = {}
        if not verdict.objections:
            site.seat.accept(verdict.people, as_of)
            answers = _apply(run, verdict.plan)
        return Done(
            verdict.plan,
            verdict.objections,
            {one.change: one for answer in answers.values() for one in answer.receipts},
            tuple(site.ledger.audit(run=run.id)),
        )
    finally:
        forget(run)


def _apply(run: Run, plan: Plan) -> dict[tuple[str, int], Receipts]:
    """Execute a plan shard by shard."""
    answers: dict[tuple[str, int], Receipts] = {}
    for shard in shards_of(plan, open_site(run).shard_size):
        before = plan.section(shard.target).depends_on
        upstream = [
            answers[name, shard.number] for name in before if (name, shard.number) in answers
        ]
        answers[shard.target, shard.number] = apply_shard.fn(run, shard, upstream, [])
    return answers


def attempt_plainly(
    profile: Path, *, live: bool, as_of: date, approve: str | None = None
) -> Ending:
    """A run to its end, with its exit code and its report, as `retour provision` gives them."""
    attempt = Attempt(
        profile=str(profile),
        dry_run=not live,
        as_of=as_of,
        persons=[],
        targets=[],
        approve=approve,
    )
    with patch("tasks.attempt.publish"), attempt:  # artifacts go to Prefect, and there is none
        run = attempt.ready()
        people = import_people.fn(run)
        readings = read_all(run)
        attempt.unseen = unseen_among(readings)
        plan = attempt.judge(plan_changes.fn(run, people, readings))
        attempt.receipts = list(_apply(run, plan).values())
    assert attempt.ending is not None
    return attempt.ending
