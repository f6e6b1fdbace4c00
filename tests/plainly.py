"""A run without Prefect: the same steps, one after the other."""

from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from connectors.ledger.records import AuditLine, RunRecord
from connectors.model.plan import Plan
from connectors.model.receipt import Receipt
from connectors.sdk.clock import now
from tasks.apply import apply_shard
from tasks.collect import import_people, read_accounts
from tasks.decide import Verdict, plan_changes
from tasks.lifecycle.guard import Objection
from tasks.lifecycle.inputs import Scope
from tasks.run import Receipts, Run, shards_of
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
    people = import_people.fn(run)
    accounts = [read_accounts.fn(run, target) for target in site.policies]
    return plan_changes.fn(run, people, accounts)


def run_plainly(profile: Path, *, live: bool, as_of: date) -> Done:
    """Import, read, plan, and execute shard by shard, as the flow does it."""
    run = a_run(profile, live=live, as_of=as_of)
    try:
        verdict, site = decide(run), open_site(run)
        answers: dict[tuple[str, int], Receipts] = {}
        if not verdict.objections:
            site.seat.accept(verdict.people, as_of)
            for shard in shards_of(verdict.plan, site.shard_size):
                before = verdict.plan.section(shard.target).depends_on
                upstream = [
                    answers[name, shard.number]
                    for name in before
                    if (name, shard.number) in answers
                ]
                answers[shard.target, shard.number] = apply_shard.fn(run, shard, upstream, [])
        return Done(
            verdict.plan,
            verdict.objections,
            {one.change: one for answer in answers.values() for one in answer.receipts},
            tuple(site.ledger.audit(run=run.id)),
        )
    finally:
        forget(run)
