"""`retour approve` and `retour refuse`: what the form in Prefect does, from a terminal."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connectors.model.errors import ConfigError
from flows.options import Report, file_to_write, log_level
from flows.terminal import line, say

if TYPE_CHECKING:
    from connectors.ledger.approvals import Approval

Waiting = Annotated[
    str, typer.Argument(metavar="RUN", help="Id of a run that waits, or the beginning of it.")
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Who says so; goes into the audit trail. Left out, your login."
    ),
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Why, for whoever reads it later.")]
SHORTEST_NAME: Final = 2


def approve(run: Waiting, by: By = None, note: Note = "", report: Report = None) -> None:
    """Carry out the plan that a run asked for: exactly that, or nothing when it no longer holds.

    A run that waits in Prefect goes on there. One that was started in a terminal is carried out in
    this one.
    """
    asked, who = _waiting(run), _name(by)
    if asked.flow_run is not None:
        _pass_on(asked, who, note, approved=True)
        return
    report = file_to_write(report)
    _answer_here(asked, who, note, approved=True)
    say(f"Run {asked.run} is approved; its plan is carried out now.")
    raise typer.Exit(_carry_out(asked, report))


def refuse(run: Waiting, by: By = None, note: Note = "") -> None:
    """Say no to the plan that a run asked for: nothing of it is written."""
    asked, who = _waiting(run), _name(by)
    if asked.flow_run is not None:
        _pass_on(asked, who, note, approved=False)
        return
    _answer_here(asked, who, note, approved=False)
    line(f"Run {asked.run} is refused. Nothing was written.")


def _waiting(name: str) -> "Approval":
    """The question of a run.

    Raises:
        ConfigError: There is no such run, or nobody has to answer it.
    """
    from config.settings import read_settings
    from connectors.ledger.approvals import already_answered
    from connectors.ledger.ledger import open_ledger

    with open_ledger(read_settings().ledger_url) as ledger:
        run = ledger.run(name).run
        asked, waiting = ledger.approval(run), ledger.approvals()
    if asked is None:
        others = ", ".join(one.run for one in waiting) or "none does"
        message = f"run {run} does not wait for an approval; those that do: {others}"
        raise ConfigError(message)
    if asked.answer is not None:
        raise ConfigError(already_answered(asked))
    return asked


def _name(given: str | None) -> str:
    if given is None:
        from tasks.asking import who_runs

        return who_runs()
    if len(given.strip()) < SHORTEST_NAME:
        raise ConfigError("a name has at least two letters", key="--by")
    return given


def _answer_here(asked: "Approval", who: str, note: str, *, approved: bool) -> None:
    from config.settings import read_settings
    from connectors.ledger.ledger import open_ledger

    with open_ledger(read_settings().ledger_url) as ledger:
        answer = "approved" if approved else "refused"
        ledger.answer_approval(asked.run, answer, by=who, note=note)  # type: ignore[arg-type]  # one of its literals


def _pass_on(asked: "Approval", who: str, note: str, *, approved: bool) -> None:
    """Give the answer to the Prefect in which the run waits."""
    from flows.one_command import prefect_server, prepare

    prepare(log_level())
    from prefect.settings import get_current_settings

    if get_current_settings().api.url is None:
        message = (
            f"run {asked.run} waits in Prefect: say where that is, for example "
            "PREFECT_API_URL=http://127.0.0.1:4200/api"
        )
        raise ConfigError(message, key="PREFECT_API_URL")
    from tasks.waiting import Answer, pass_on

    with prefect_server():
        next_ = pass_on(asked, Answer(approve=approved, approver=who, note=note))
    line(f"Run {asked.run} is {'approved' if approved else 'refused'}. {next_}")


def _carry_out(asked: "Approval", report: Any) -> int:
    """Run the flow that asked, with the digest of its plan."""
    given = asked.parameters
    common: dict[str, Any] = {
        "profile": str(given["profile"]),
        "live": True,
        "as_of": _day(given, "as_of"),
        "approve": asked.digest,
        "report": report,
    }
    if asked.flow == "reconcile":
        from flows.reconciling import ReconcileRequest, run_reconcile

        return run_reconcile(
            ReconcileRequest(**common, fix=tuple(given.get("fix") or ())), log_level()
        )
    common |= {name: tuple(given.get(name) or ()) for name in ("persons", "targets")}
    if asked.flow == "backfill":
        from flows.backfilling import BackfillRequest, run_backfill

        return run_backfill(
            BackfillRequest(
                **common,
                departments=tuple(given.get("departments") or ()),
                hired_since=_day(given, "hired_since"),
                fields=tuple(given.get("fields") or ()),
                resume=given.get("resume"),
            ),
            log_level(),
        )
    if asked.flow == "undo":
        from flows.undoing import UndoRequest, run_undo

        del common["as_of"]
        deletes = bool(given.get("delete_created"))
        request = UndoRequest(**common, run=str(given["run"]), delete_created=deletes)
        return run_undo(request, log_level())
    from flows.requests import Request
    from flows.running import run_provision

    return run_provision(Request(**common), log_level())


def _day(given: Mapping[str, Any], name: str) -> date | None:
    day = given.get(name)
    return None if day is None else date.fromisoformat(str(day))
