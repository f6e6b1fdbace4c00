"""Asking a person: a plan over a limit is kept, shown, and carried out once somebody approved it.

A run that is resumed begins from the top, so everything is read and decided again: if it comes to
the plan that was approved, exactly that is carried out, and otherwise nothing.
"""

import getpass
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from prefect import runtime

from config.settings import read_settings
from connectors.ledger.approvals import Approval
from connectors.ledger.ledger import open_ledger
from connectors.model.errors import RunRefused
from connectors.model.plan import Plan
from tasks.question import question
from tasks.run import WAITING, Run, as_json
from tasks.sentence import sentence_of
from tasks.setup import site_of
from tasks.shown import Shown
from tasks.waiting import can_be_answered, note_answer, suspend, withdraw


class Question:
    """What a run asks a person, if it asks anything.

    Attributes:
        said: Why it asks nothing, "" when it does.
    """

    def __init__(self) -> None:
        """Nothing is asked yet."""
        self.said = ""
        self._asked: Approval | None = None
        self._superseded: Sequence[Approval] = ()

    def ask(self, run: Run, profile: str, plan: Plan, reasons: str) -> None:
        """Note that somebody has to look at the plan. A preview asks nobody.

        Args:
            run: The run, while it holds its lock.
            profile: Name of its profile.
            plan: Is kept already.
            reasons: What the guards say.
        """
        if run.dry_run:
            return
        site = site_of(run)
        for other in site.ledger.approvals(profile):
            same = other.run != run.id and other.digest == plan.digest
            if same and can_be_answered(other):
                self.said = f"run {other.run} waits for the approval of the same plan already"
                return
        self._superseded = site.ledger.ask_approval(
            run.id,
            profile,
            digest=plan.digest,
            reasons=reasons,
            flow=str(runtime.flow_run.flow_name),
            parameters=as_json(runtime.flow_run.parameters or {}),
            flow_run=_flow_run_that_can_wait(),
            hours=site.approval_hours,
        )
        self._asked = site.ledger.approval(run.id)

    def wait(self, report: Mapping[str, Any], shown: Shown) -> None:
        """Suspend the run until somebody has answered, where somebody can start it again.

        Args:
            report: Of the run so far; what it asks stands above the form.
            shown: How much of it.
        """
        withdraw(self._superseded)
        if self._asked is not None and self._asked.flow_run is not None:
            suspend(self._asked, question(report, shown), sentence_of(report, shown))


def answer_to_this_run() -> Approval | None:
    """What this run asked before it was suspended, with the answer; None when it asked nothing.

    Does not return when nobody has answered: the run is suspended again.

    Raises:
        RunRefused: Prefect cannot suspend it.
    """
    flow_run = _flow_run_that_can_wait()
    if flow_run is None:
        return None
    with open_ledger(read_settings().ledger_url) as ledger:
        asked = ledger.approval_of_flow_run(flow_run)
        if asked is None or ledger.run(asked.run).exit != WAITING:
            return None  # what became of that question is told: this is another attempt
        if asked.answer is None:
            return note_answer(ledger, asked, suspend(asked))
        return asked


def refuse_unless_approved(answered: Approval | None) -> None:
    """Go on only with a yes.

    Raises:
        RunRefused: Somebody said no.
    """
    if answered is None or answered.answer == "approved":
        return
    if answered.answer == "superseded":
        message = f"run {answered.by} asked for another plan since"
        raise RunRefused(message)
    why = f": {answered.note}" if answered.note else ""
    message = f"{answered.by} refused the plan{why}"
    raise RunRefused(message)


def who_runs() -> str:
    """Whoever started this process, for the audit trail."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError):  # no such user in a container
        return socket.gethostname()


def _flow_run_that_can_wait() -> str | None:
    """Id of this run in Prefect, if somebody can start it again: it belongs to a deployment."""
    flow_run, deployment = runtime.flow_run.id, runtime.deployment.id
    return str(flow_run) if flow_run and deployment else None
