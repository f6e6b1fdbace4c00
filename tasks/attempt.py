"""One attempt at a run: opens it, holds its lock, turns its end into a report and a state."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from connectors.ledger.records import JournalEntry, RunRecord
from connectors.model.errors import RetourError, StalePlan, Unreachable, UnsafePlan
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome
from connectors.sdk.clock import now
from tasks.asked import NOTHING, as_asked
from tasks.asking import Question, answer_to_this_run, refuse_unless_approved, who_runs
from tasks.brake import HALTED
from tasks.decide import Verdict
from tasks.execute import set_aside
from tasks.garbage import collected_seldom
from tasks.lifecycle.movement import count_movements
from tasks.progress import tell
from tasks.report import publish
from tasks.reporting import MISNAMED, build_report
from tasks.resuming import resumed
from tasks.run import (
    APPROVABLE,
    DONE,
    INCOMPLETE,
    INTERRUPTED,
    REFUSED,
    STALE,
    UNREACHABLE,
    USAGE,
    WAITING,
    Ending,
    Receipts,
    Run,
    Shard,
    as_json,
    exit_code_of,
    exit_code_of_receipts,
    new_run,
    refuse_live_rules,
)
from tasks.sentence import sentence_of
from tasks.setup import forget, load_site, open_site, site_of
from tasks.shown import Shown
from tasks.task_runner import require_server, works_elsewhere
from tasks.telling import Gist, tell_about
from tasks.waiting import STATE_NAME

STATE_NAMES: Final = {
    INCOMPLETE: "CompletedWithFailures",
    USAGE: "Misconfigured",
    REFUSED: "Refused",
    WAITING: STATE_NAME,
    STALE: "StalePlan",
    UNREACHABLE: "Unreachable",
}
NEEDS_APPROVAL: Final = "NeedsApproval"
"""A preview whose plan would have to be approved: nobody is asked for it."""


class Attempt:
    """A run from its parameters to its end.

    Use as a context: errors that Retour raises on purpose end the attempt, with a report that says
    what would have happened. Anything else is a bug and passes through; the lock is given back.

    Attributes:
        run: What was asked for; there once the context is entered.
        plan: Set by `judge`.
        receipts: Set by whoever applies the plan.
        ending: How it ended; there once the context is left.
        found: What else the report says. `issues` in it are not kept in the ledger.
        said: What else was found, in a few words; "" for nothing.
        unseen: Targets that could not be read, and why; set by whoever reads.
        shown: How much of the run may be read in Prefect.
    """

    def __init__(self, **parameters: Any) -> None:
        """Keep the parameters; what is wrong with them is told by `ready`."""
        self._began: RetourError | None = None
        try:
            parameters = as_asked(parameters)
        except RetourError as error:
            self._began = error
            parameters = {**NOTHING, "profile": str(parameters["profile"])}
        self._parameters = parameters
        self._stack = ExitStack()
        self._zone = ZoneInfo("UTC")
        self._name = str(parameters["profile"])
        self.run = new_run(parameters, ZoneInfo("UTC"))
        self.plan: Plan | None = None
        self._verdict: Verdict | None = None
        self.receipts: Sequence[Receipts] = ()
        self.ending: Ending | None = None
        self.found: Mapping[str, Any] = {}
        self.said, self.shown = "", Shown()
        self.unseen: Mapping[str, str] = {}
        self._recorded = False
        self._question, self._answered = Question(), False

    def __enter__(self) -> Self:
        """Compile the profile, take the lock, note the run in the ledger."""
        self._stack.enter_context(collected_seldom())
        try:
            if self._began is None:
                self._begin()
        except RetourError as error:
            self._began = error
        except BaseException:
            self._stack.close()
            raise
        return self

    def _begin(self) -> None:
        given = self._parameters
        refuse_live_rules(given)
        require_server()
        zone, name = _load(given)
        self._zone, self._name = zone, name
        if given.get("resume"):
            given = resumed(given, name)
            _load(given)  # the profile may have changed since that slice was asked for
        answered = None if given["dry_run"] else answer_to_this_run()
        if answered is not None:
            given, self._answered = {**given, "approve": answered.digest}, True
        self.run = new_run(given, zone, goes_on=answered.run if answered else None)
        site = open_site(self.run)
        self.shown = site.shown
        self._stack.callback(forget, self.run)
        shared = works_elsewhere()
        lock = self._stack.enter_context(site.ledger.lock(name, self.run.id, shared=shared))
        self.run.ticket = site.ticket(lock.token, shared=shared)
        site.ledger.break_off_runs(name, now())
        site.ledger.start_run(
            RunRecord(
                run=self.run.id,
                profile=name,
                mode=self.run.mode,
                as_of=self.run.as_of,
                started=self.run.started,
                flow=str(runtime.flow_run.flow_name or "provision"),
                parameters=as_json(self._parameters),
            )
        )
        self._recorded = True
        refuse_unless_approved(answered)
        tell().began(self.run)

    def ready(self) -> Run:
        """The run.

        Raises:
            RetourError: It could not begin.
        """
        if self._began is not None:
            raise self._began
        return self.run

    def judge(self, verdict: Verdict, *, whole: bool = True) -> Plan:
        """The plan, if nothing speaks against it; its import is remembered then.

        Args:
            verdict: The plan, and what speaks against it.
            whole: Whether it is all that the import calls for. After a part of it, the next import
                is measured against the same one as before.

        Raises:
            StalePlan: Another plan was approved. Nothing was written.
            UnsafePlan: A guard says no. Nothing was written.
        """
        self.plan, self._verdict = verdict.plan, verdict
        approved = self.run.approve
        if approved not in {None, self.plan.digest}:
            raise StalePlan(
                f"{approved} was approved, but what is planned now is {self.plan.digest}: "
                "look at it, and approve that"
            )
        if verdict.objections:
            raise UnsafePlan(
                tuple(objection.reason for objection in verdict.objections),
                structural=any(objection.structural for objection in verdict.objections),
            )
        if approved is not None and not self.run.dry_run:
            ledger = site_of(self.run).ledger
            ledger.note_approval(self.run.id)
            if not self._answered:
                ledger.note_answer(
                    self.run.id,
                    self._name,
                    digest=approved,
                    by=who_runs(),
                    note="the digest of its plan was given",
                )
        if whole and self.run.scope.is_whole:
            # A run for one person must not teach the source guard that half a company is normal.
            said = {note.person for note in verdict.plan.notes if note.code != "name"}
            busy = said | {change.person for change in verdict.plan.changes}
            seat = site_of(self.run).seat
            seat.accept(verdict.people, self.run.as_of, busy=busy, whole=not self.unseen)
        return verdict.plan

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Report, note the end in the ledger, give back the lock."""
        expected = isinstance(error, RetourError)
        with self._stack:
            if error is None or expected:
                self._end(error if expected else None)  # type: ignore[arg-type]
            elif self._recorded:
                self._break_off(error)
        return expected

    def _break_off(self, error: BaseException) -> None:
        """Stop what is being written, and report what the journal knows."""
        site = site_of(self.run)
        site.halt()
        journal = site.ledger.journal(self.run.id)
        if self.plan is not None and not self.run.dry_run:
            self.receipts = list(_receipts_so_far(self.plan, journal))
        if isinstance(error, Exception):
            self._record(INCOMPLETE, f"stopped by a fault: {type(error).__name__}")
        else:
            self._record(INTERRUPTED, None if journal else "interrupted")

    def _end(self, error: RetourError | None) -> None:
        if error is None:
            self._record(exit_code_of_receipts(list(self.receipts), self.unseen), None)
            return
        code, refused = exit_code_of(error), str(error)
        if isinstance(error, UnsafePlan):
            refused = "\n".join(error.reasons)
        if isinstance(error, UnsafePlan) and self.plan is not None and not error.structural:
            if site_of(self.run).approval == "ask":
                code = WAITING
                self._question.ask(self.run, self._name, self.plan, refused)
            refused += f"{APPROVABLE}{self.plan.digest}"
        self._record(code, refused)

    def _record(self, code: int, refused: str | None) -> None:
        report = build_report(
            self.run,
            profile=self._name,
            zone=self._zone,
            exit_code=code,
            plan=self.plan,
            receipts=self.receipts,
            refused=refused,
            objections=self._verdict.objections if self._verdict else (),
            lifted=self._verdict.lifted if self._verdict else (),
            measures=self._verdict.measures if self._verdict else (),
            people=self._people(),
            settled=site_of(self.run).settled if self._recorded else 0,
            private=self.shown.private,
            unseen=self.unseen,
        )
        if self._recorded and code != INTERRUPTED:  # whoever stops a run does not wait for mail
            known = self._verdict.known if self._verdict else None
            told = tell_about(self.run, Gist(report, self.plan, self.receipts, known))
            report |= {"messages": told.messages, "notes": [*report["notes"], *told.notes]}
        self.ending = Ending(self.run.id, code, {**report, **self.found})
        if self._recorded:
            try:
                self._keep(refused)
            except Unreachable as error:
                self._lose(refused, error)
        tell().ended(self.ending)
        if self._recorded:
            publish(self.run, self.ending, self.plan, list(self.receipts))

    def _keep(self, refused: str | None) -> None:
        """Note the end in the ledger; the report that is kept is the one that is given."""
        assert self.ending is not None  # noqa: S101 - set just before
        report = self.ending.report
        report |= self._seal()
        site_of(self.run).ledger.finish_run(
            self.run.id,
            finished=now(),
            exit=self.ending.exit,
            digest=self.plan.digest if self.plan is not None else None,
            report={n: part for n, part in report.items() if n != "issues"},
            refused=refused,
        )

    def _lose(self, refused: str | None, error: Unreachable) -> None:
        """The report says what was done, though no ledger keeps it; the next run closes it."""
        assert self.ending is not None  # noqa: S101 - set just before
        said = str(error) if refused is None else f"{refused}\n{error}"
        report = {**self.ending.report, "exit": UNREACHABLE, "refused": said}
        self.ending = Ending(self.run.id, UNREACHABLE, report)

    def _people(self) -> dict[str, int] | None:
        """Who was read, and who comes, moves and goes by this plan."""
        if self._verdict is None:
            return None
        people, policies = self._verdict.people, site_of(self.run).policies
        accounts = {n for n, policy in policies.items() if not policy.manifest.write_back}
        return {
            "persons": len(people),
            "contracts": len(people.contracts),
            **count_movements(self._verdict.plan.changes, accounts),
        }

    def _seal(self) -> dict[str, Any]:
        """The end of the audit trail after a live run: a second place that knows it."""
        if not self._recorded or self.run.dry_run:
            return {}
        seal = site_of(self.run).ledger.audit_seal()
        return {"audit": {"line": seal.sequence, "hash": seal.hash}}

    def conclude(self) -> State[Ending]:
        """How Prefect shows the end. A run that somebody has to approve is suspended here."""
        assert self.ending is not None  # noqa: S101 - set on leaving the context
        self._question.wait(self.ending.report, self.shown)
        return self.state

    @property
    def state(self) -> State[Ending]:
        """How Prefect shows the end."""
        assert self.ending is not None  # noqa: S101 - set on leaving the context
        code = self.ending.exit
        message = self._message(self.ending.report)
        if code == DONE:
            return Completed(message=message, data=self.ending)
        if code == WAITING and self.run.dry_run:
            return Completed(name=NEEDS_APPROVAL, message=message, data=self.ending)
        if code in {INCOMPLETE, WAITING}:
            return Completed(name=STATE_NAMES[code], message=message, data=self.ending)
        return Failed(name=STATE_NAMES[code], message=message, data=self.ending)

    def _message(self, report: Mapping[str, Any]) -> str:
        slips = (
            f"{note['person']}: {note['reason']}" if note["person"] else note["reason"]
            for note in report["notes"]
            if note["code"] in MISNAMED
        )
        said = ". ".join([*slips, sentence_of(report, self.shown)])
        if self._question.said:
            return f"{said} Nobody is asked again: {self._question.said}."
        if not self.said or report["refused"]:
            return said
        return f"{self.said}. {said}" if report["changes"] else f"{self.said}."


def _load(given: Mapping[str, Any]) -> tuple[ZoneInfo, str]:
    return load_site(
        given["profile"], given["targets"], given.get("rules") or (), given.get("fields") or ()
    )


def _receipts_so_far(plan: Plan, journal: Sequence[JournalEntry]) -> Iterator[Receipts]:
    """Receipts of a run that was broken off; one for every change of its plan."""
    settled = {entry.change.id: entry.receipt for entry in journal}
    for section in plan.sections:
        name = section.target
        answered = [settled.get(change.id) for change in section.changes]
        open_ones = tuple(c for c in section.changes if c.id in settled and settled[c.id] is None)
        left = tuple(c for c in section.changes if c.id not in settled)
        yield Receipts(name, 0, tuple(receipt for receipt in answered if receipt is not None))
        yield set_aside(Shard(name, 0, open_ones), HALTED, outcome=Outcome.IN_DOUBT)
        yield set_aside(Shard(name, 0, left), HALTED)
