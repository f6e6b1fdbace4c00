"""Step: plan how a run is taken back, and see what the next run would do again."""

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.ledger.ledger import Ledger
from connectors.ledger.records import JournalEntry, RunRecord
from connectors.model.change import Verb
from connectors.model.errors import ConfigError, RetourError, Unreachable
from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk.fanout import receipt_of
from tasks.collect import Reading
from tasks.decide import Verdict, gather, weigh
from tasks.lifecycle.afterwards import afterwards
from tasks.lifecycle.inputs import Inputs, Memory
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.scope import Scope
from tasks.lifecycle.undo import Past, plan_undo
from tasks.lifecycle.undo_effects import Tried
from tasks.lifecycle.undo_parts import CANNOT
from tasks.run import Run
from tasks.settle import recall
from tasks.setup import site_of

RULE: Final = "rule:"


class Undoing:
    """How a run is taken back. An opaque object to Prefect.

    Attributes:
        verdict: The plan, and what speaks against it.
        told: What the report says about it, besides the plan.
    """

    __slots__ = ("told", "verdict")

    def __init__(self, verdict: Verdict, told: dict[str, Any]) -> None:
        """Keep the parts."""
        self.verdict, self.told = verdict, told

    def __repr__(self) -> str:
        """Counts only."""
        return f"Undoing({self.verdict!r})"


def run_to_undo(ledger: Ledger, name: str, profile: str) -> RunRecord:
    """The run that is to be taken back.

    Args:
        ledger: Knows it.
        name: Its id, or the beginning of it.
        profile: Name of the profile.

    Raises:
        ConfigError: There is no such run, or nothing of it can be taken back.
    """
    record = ledger.run(name)
    if record.profile != profile:
        message = f"run {record.run} is of the profile {record.profile}, not of {profile}"
        raise ConfigError(message, key="run")
    if record.mode != "live":
        message = f"run {record.run} was a preview: it wrote nothing"
        raise ConfigError(message, key="run")
    return record


@task(name="plan undo", cache_policy=NO_CACHE)
def look_back(
    run: Run, name: str, people: People, readings: list[Reading], *, delete_created: bool
) -> Undoing:
    """Plan how a run is taken back, let the guards judge that, and plan the run after it.

    Raises:
        ConfigError: There is no such run, or nothing of it can be taken back.
        Unreachable: A target that it wrote to could not be read.
    """
    site = site_of(run)
    inputs = gather(run, people, readings)  # settles what an earlier run left open
    record = run_to_undo(site.ledger, name, site.name)
    journal = site.ledger.journal(record.run)
    _require_seen(inputs, {entry.change.target for entry in journal})
    found = site.seat.found_out()
    past = Past(
        run=record.run,
        tried=[_tried(entry, found.get(entry.change.id)) for entry in journal],
        kept=site.ledger.given_until(record.run),
        deletes=delete_created,
    )
    verdict = weigh(run, inputs, plan_undo(inputs, past), from_import=False)
    return Undoing(verdict, _told(record, inputs, verdict.plan))


def _require_seen(inputs: Inputs, written: Collection[str]) -> None:
    """A run is taken back as a whole, or as far as somebody asks for; never as far as it goes."""
    for target, why in inputs.unseen.items():
        if target in written and inputs.scope.writes(target):
            hint = "The run wrote there; to take back the rest of it alone, name the other targets."
            message = f"nothing is taken back while it cannot be read: {why}"
            raise Unreachable(message, system=target, hint=hint)


def _tried(entry: JournalEntry, found: Receipt | None) -> Tried:
    receipt = entry.receipt
    if found is not None and (receipt is None or receipt.outcome is Outcome.IN_DOUBT):
        receipt = found
    if receipt is None:
        return Tried(change=entry.change, outcome=None)
    return Tried(
        change=entry.change,
        outcome=receipt.outcome,
        ref=receipt.ref,
        produced=receipt.produced,
    )


def _told(record: RunRecord, inputs: Inputs, plan: Plan) -> dict[str, Any]:
    again, rules, persons = _again(inputs, plan)
    return {
        "run": record.run,
        "flow": record.flow,
        "as_of": record.as_of.isoformat(),
        "started": record.started.isoformat(timespec="seconds"),
        "again": again,
        "again_persons": persons,
        "rules": rules,
        "left": dict(sorted(Counter(note.code for note in plan.notes).items())),
        "cannot": sum(note.code == CANNOT for note in plan.notes),
    }


def _again(inputs: Inputs, plan: Plan) -> tuple[dict[str, dict[str, int]] | None, list[str], int]:
    """What the next run does to the same accounts: by target and verb, because of which rules.

    None where that cannot be told: the import or the rules do not come to a plan now.
    """
    touched = {(change.target, change.person) for change in plan.changes}
    if not touched:
        return {}, [], 0
    try:
        following = make_plan(_afterwards(inputs, plan))
    except RetourError:
        return None, [], 0
    changes = [c for c in following.changes if (c.target, c.person) in touched]
    counts: dict[str, Counter[str]] = {}
    for change in changes:
        counts.setdefault(change.target, Counter())[change.verb.value] += 1
    rules = {
        reason.removeprefix(RULE)
        for change in changes
        for reason in change.because
        if reason.startswith(RULE)
    }
    persons = len({change.person for change in changes})
    again = {target: dict(sorted(count.items())) for target, count in counts.items()}
    return again, sorted(rules), persons


def _afterwards(inputs: Inputs, plan: Plan) -> Inputs:
    """What a run finds after this plan, on the same day, with the same import and rules."""
    manifests = {name: policy.manifest for name, policy in inputs.policies.items()}
    done = [
        (change, receipt_of(change, Outcome.DONE, ref=None if _gone(change.verb) else change.ref))
        for change in plan.changes
    ]
    memory = inputs.memory
    links, grants = recall(memory.links, memory.grants, done)
    return Inputs(
        profile=inputs.profile,
        as_of=inputs.as_of,
        people=inputs.people,
        rules=inputs.rules,
        policies=inputs.policies,
        accounts=afterwards(inputs.accounts, manifests, plan),
        memory=Memory(
            links=links,
            grants=grants,
            absences=memory.absences,
            names=memory.names,
            called=memory.called,
        ),
        options=inputs.options,
        scope=Scope(),
        protected=inputs.protected,
        unseen=inputs.unseen,
    )


def _gone(verb: Verb) -> bool:
    return verb in {Verb.DELETE, Verb.UNMANAGE}
