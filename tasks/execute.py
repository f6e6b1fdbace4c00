"""Executing a shard: what upstream receipts allow, through whoever sits in the writer's seat."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Final

from connectors.model.change import Change
from connectors.model.compare import same
from connectors.model.connector import Writer
from connectors.model.errors import (
    ConfigError,
    ConnectorError,
    PlanViolated,
    RetourError,
    RunRefused,
)
from connectors.model.manifest import Compare
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import Attributes, Pending, Value, is_empty
from connectors.sdk.fanout import receipt_of
from tasks.brake import Brake, WhyNot, nothing
from tasks.progress import tell
from tasks.run import Receipts, Shard

LEDGER: Final = "ledger"
"""What an error of the ledger names as its system."""


class Upstream:
    """What became of the changes that a shard builds on.

    Args:
        receipts: Of the shards with the same number in the targets depended on.
    """

    def __init__(self, receipts: Sequence[Receipts]) -> None:
        """Index by person."""
        self._failed: dict[str, Receipt] = {}
        self._recorded: set[tuple[str, str]] = set()
        self._produced: dict[tuple[str, str], dict[str, Value]] = {}
        for shard in receipts:
            for receipt in shard.receipts:
                if not receipt.outcome.succeeded:
                    self._failed.setdefault(receipt.person, receipt)
                if receipt.outcome is Outcome.RECORDED:
                    self._recorded.add((shard.target, receipt.person))
                self._produced.setdefault((shard.target, receipt.person), {}).update(
                    receipt.produced
                )

    def reason_to_wait(self, person: str) -> str | None:
        """Why nothing is done for a person here, None if nothing speaks against it."""
        failed = self._failed.get(person)
        if failed is None:
            return None
        return f"set aside, because {failed.verb} in {failed.target} {_said(failed)}"

    def resolve(self, change: Change) -> Change:
        """Fill in what the upstream target produced; after a preview it stays pending.

        Raises:
            PlanViolated: It produced something else than the plan knew.
            LookupError: It did not produce a value that is needed.
        """
        if not change.needs:
            return change
        after = dict(change.after)
        for need in change.needs:
            produced: Attributes = self._produced.get((need.target, change.person), {})
            planned = after[need.field]
            given = produced.get(need.attribute)
            if isinstance(planned, Pending):
                if is_empty(given) and (need.target, change.person) in self._recorded:
                    continue
                if given is None or is_empty(given):
                    message = f"{need.target} did not say what {need.attribute} is"
                    raise LookupError(message)
                after[need.field] = given
            elif given is not None and not same(given, planned, Compare.IGNORE_CASE):
                message = (
                    f"the plan expected {need.attribute} of {change.person} in {need.target} to be "
                    f"{planned}, it is {given}"
                )
                raise PlanViolated(message)
        return change.resolved(ref=change.ref, after=after)


def execute(
    shard: Shard,
    upstream: Sequence[Receipts],
    take: Callable[[], Writer],
    brake: Brake | None = None,
    why_not: WhyNot = nothing,
) -> Receipts:
    """Execute a shard; every change of it gets a receipt.

    Args:
        shard: What to execute.
        upstream: Receipts of the shards it builds on.
        take: Opens a writer, or gives a recorder.
        brake: Pulled to stop it; None where nobody can.
        why_not: Asked before each person: what else is a reason to stop.
    """
    brake = brake or Brake()
    before = Upstream(upstream)
    ready: list[Change] = []
    receipts: list[Receipt] = []
    lacking: dict[str, str] = {}
    for change in shard.changes:
        reason = before.reason_to_wait(change.person) or lacking.get(change.person)
        resolved = change
        try:
            if reason is None:
                resolved = before.resolve(change)
        except LookupError as error:
            reason = lacking[change.person] = f"set aside, because {error.args[0]}"
        except PlanViolated as error:
            return set_aside(shard, str(error))
        if reason is not None:
            receipts.append(receipt_of(change, Outcome.SET_ASIDE, detail=reason))
        else:
            ready.append(resolved)
    reason, unreachable = None, False
    pulled: list[Change] = []
    try:
        if ready:
            with closing(take()) as writer:
                for receipt in writer.apply(_noting(brake.until_pulled(ready, why_not), pulled)):
                    receipts.append(receipt)
                    tell().answered(shard.target, 1)
    except (ConfigError, RunRefused, ConnectorError) as error:
        reason, unreachable = str(error), isinstance(error, ConnectorError)
        receipts += _unheard(pulled, receipts, error)
    answered = {receipt.change for receipt in receipts}
    left = [change for change in ready if change.id not in answered]
    if left and reason is None:
        reason = brake.why_not(why_not)
    detail = f"set aside, because {shard.target} was given up: {reason}"
    receipts.extend(receipt_of(change, Outcome.SET_ASIDE, detail=detail) for change in left)
    tell().answered(shard.target, len(shard.changes) - len(ready) + len(left))
    place = {change.id: number for number, change in enumerate(shard.changes)}
    receipts.sort(key=lambda receipt: place[receipt.change])
    return Receipts(
        shard.target, shard.number, tuple(receipts), stopped=reason, unreachable=unreachable
    )


def _noting(changes: Iterable[Change], pulled: list[Change]) -> Iterator[Change]:
    """Hand changes over one by one, and remember which."""
    for change in changes:
        pulled.append(change)
        yield change


def _unheard(
    pulled: Sequence[Change], receipts: Sequence[Receipt], error: RetourError
) -> list[Receipt]:
    """Receipts of changes that were on their way when the ledger stopped answering.

    A writer that gives up answers for everything it has sent. When the ledger gives up, writers are
    cut off in the middle, and only the target knows; the next run asks it.
    """
    if not (isinstance(error, ConnectorError) and error.system == LEDGER):
        return []
    answered = {receipt.change for receipt in receipts}
    return [
        receipt_of(change, Outcome.IN_DOUBT, detail=f"the ledger was lost meanwhile: {error}")
        for change in pulled
        if change.id not in answered
    ]


def set_aside(shard: Shard, reason: str, *, outcome: Outcome = Outcome.SET_ASIDE) -> Receipts:
    """Receipts of a shard of which nothing was tried."""
    detail = f"set aside, because {shard.target} was given up: {reason}"
    return Receipts(
        shard.target,
        shard.number,
        tuple(receipt_of(change, outcome, detail=detail) for change in shard.changes),
        stopped=reason,
    )


def _said(receipt: Receipt) -> str:
    outcome = receipt.outcome.value.replace("_", " ")
    return f"{outcome}: {receipt.detail}" if receipt.detail else outcome
