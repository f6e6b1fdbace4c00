"""A run in Prefect that waits for a person: it gives up its process, and begins again later.

What Prefect adds to the ledger's `approvals` is the form, and somebody to start the run again.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, ObjectNotFound, Pause
from prefect.input import RunInput
from prefect.input.run_input import keyset_from_paused_state
from prefect.states import Cancelled, Scheduled, Suspended
from prefect.utilities.engine import propose_state_sync
from pydantic import Field

from config.settings import read_settings
from connectors.ledger.approvals import Approval
from connectors.ledger.audit_text import in_a_line
from connectors.ledger.ledger import Ledger, open_ledger
from connectors.model.errors import RunRefused, Unreachable
from connectors.sdk.clock import now

STATE_NAME: Final = "WaitingForApproval"
"""As Prefect shows a run that is suspended until somebody answers, and one that only asked."""
SETTLED_SECONDS: Final = 2
"""How long after its start a run may be suspended."""
NAMELESS: Final = "somebody without a name"
"""Whose name is nothing that can be read."""
_LONGEST_NOTE: Final = 2000


class Answer(RunInput):
    """What a person says to a plan."""

    approve: bool = Field(
        default=False,
        title="Approve",
        description="On: exactly this plan is carried out. Off: nothing is written.",
        json_schema_extra={"position": 0},
    )
    # Without a default: Prefect takes an empty form for an answer when every field has one.
    approver: str = Field(
        min_length=2,
        max_length=200,
        pattern=r"\S.*\S",
        title="Approver",
        description="Your name. It goes into the audit trail.",
        json_schema_extra={"position": 1},
    )
    note: str = Field(
        default="",
        max_length=_LONGEST_NOTE,
        title="Note",
        description="Why, for whoever reads it later.",
        json_schema_extra={"position": 2},
    )


def suspend(asked: Approval, question: str = "", said: str = "") -> Answer:
    """Suspend this run until its form is filled in.

    Args:
        asked: What the ledger knows about the question.
        question: Markdown above the form; without it, why it has to be asked.
        said: The same in a sentence, for the list of runs.

    Returns:
        What was filled in, in a run that was resumed. Otherwise it raises Prefect's `Pause`, which
        ends the process.

    Raises:
        RunRefused: Prefect cannot suspend it.
    """
    # As `prefect.suspend_flow_run`, whose states are all called "Suspended": an operator sees a run
    # that waits for a person, and one that somebody stopped, in a list of names.
    listed = "\n".join(f"- {reason}" for reason in asked.reasons.splitlines())
    form = Answer.with_initial_data(description=question or listed)
    state: State[Any] = Suspended(
        timeout_seconds=max(1, int((asked.until - now()).total_seconds())),
        pause_key=asked.digest.removeprefix("sha256:"),  # keys are letters, digits and dashes
    )
    state.name, state.message = STATE_NAME, said or asked.reasons
    keys = keyset_from_paused_state(state)
    state.state_details.run_input_keyset = dict(keys)  # type: ignore[arg-type]  # its own keys are literals
    context = FlowRunContext.get()
    assert context is not None and context.flow_run is not None  # noqa: S101,PT018 - whoever asks is a flow
    # Prefect sends a sign of life when a run starts. If it arrives after the suspension, the run
    # that waits looks like one that died (`flows.zombies`).
    time.sleep(max(0.0, SETTLED_SECONDS - (now() - context.start_time).total_seconds()))
    with get_client(sync_client=True) as client:
        try:
            accepted = propose_state_sync(client, state, flow_run_id=context.flow_run.id)
        except Abort as error:
            message = f"this run cannot wait for an approval: {error}"
            raise RunRefused(message) from error
    if accepted.is_running():
        answer = form.load(keys)
        assert isinstance(answer, Answer)  # noqa: S101 - the form is one
        return answer
    form.save(keys)
    raise Pause(state=accepted)


def note_answer(ledger: Ledger, asked: Approval, said: Answer) -> Approval:
    """Put what a person said into the ledger, for good.

    Raises:
        ConfigError: Somebody else was faster, or the question is too old.
    """
    return ledger.answer_approval(
        asked.run,
        "approved" if said.approve else "refused",
        by=_plain(said.approver) or NAMELESS,
        note=_plain(said.note),
    )


def _plain(text: str) -> str:
    """A text as the ledger keeps it: in a line, without what no database takes."""
    return " ".join(in_a_line(text).split())


def can_be_answered(asked: Approval) -> bool:
    """Whether there is still somebody who would hear the answer."""
    if asked.flow_run is None:
        return True
    with suppress(ObjectNotFound), get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(asked.flow_run)).state
        return state is not None and state.is_paused()
    return False


def withdraw(older: Iterable[Approval]) -> None:
    """Cancel runs in Prefect whose question nobody needs to answer any more; best effort."""
    for one in older:
        if one.flow_run is None:
            continue
        with suppress(ObjectNotFound), get_client(sync_client=True) as client:
            found = client.read_flow_run(UUID(one.flow_run))
            if found.state is not None and found.state.is_paused():
                client.set_flow_run_state(
                    UUID(one.flow_run),
                    Cancelled(name="Superseded", message="A later run asked for another plan."),
                )


def pass_on(asked: Approval, answer: Answer) -> str:
    """Give an answer to a suspended run, from outside.

    Args:
        asked: The question.
        answer: What a person said.

    Returns:
        What happens next, in a sentence.

    Raises:
        Unreachable: There is no such run in this Prefect.
        RunRefused: Prefect does not take the answer.
    """
    assert asked.flow_run is not None  # noqa: S101 - else there is nobody to pass it to
    flow_run = UUID(asked.flow_run)
    with get_client(sync_client=True) as client:
        try:
            state = client.read_flow_run(flow_run).state
        except ObjectNotFound as error:
            raise Unreachable(
                f"this Prefect does not know the run {flow_run} that waits",
                system="prefect",
                hint="Check PREFECT_API_URL: it is the server on which the run was started.",
            ) from error
        if state is not None and state.is_paused():
            reply = client.resume_flow_run(flow_run, run_input=answer.model_dump())
            if reply.status.value != "ACCEPT":
                message = f"Prefect does not take the answer: {reply.details.reason}"  # type: ignore[union-attr]
                raise RunRefused(message)
            return "A worker goes on with it."
        if state is not None and state.type in {StateType.RUNNING, StateType.SCHEDULED}:
            message = f"run {asked.run} is going on already ({state.name})"
            raise RunRefused(message)
    # Crashed while it waited (an automation that took it for dead), or given up by Prefect. The
    # answer counts all the same: it goes into the ledger, and the run starts again.
    with open_ledger(read_settings().ledger_url) as ledger:
        note_answer(ledger, asked, answer)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(
            flow_run, Scheduled(scheduled_time=now(), name="AwaitingRetry"), force=True
        )
    return "It had been given up in Prefect, and is started again."
