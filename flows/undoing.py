"""`retour undo`: a run is taken back, as far as it can be."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from connectors.model.errors import ConfigError
from flows.options import Approve, Live, Report, digest_of, file_to_write, ids_of, log_level
from flows.requests import Request

TheRun = Annotated[
    str, typer.Argument(metavar="RUN", help="Id of a live run, or the beginning of it.")
]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME|FILE", help="Its profile; without it the one that the run had."),
]
Persons = Annotated[
    list[str] | None,
    typer.Option("--person", metavar="ID", help="Change only this person; may be given again."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="NAME", help="Write only this target; may be given again."),
]
DeleteCreated = Annotated[
    bool,
    typer.Option("--delete-created", help="Delete accounts that the run made, not just shut them."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRequest(Request):
    """What was asked for on the command line.

    Attributes:
        run: The run to take back.
        delete_created: Whether accounts that it made are deleted, rather than shut.
    """

    run: str
    delete_created: bool = False

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow."""
        return {
            "run": self.run,
            "profile": self.profile,
            "dry_run": not self.live,
            "persons": list(self.persons),
            "targets": list(self.targets),
            "delete_created": self.delete_created,
            "approve": self.approve,
        }

    @property
    def command(self) -> list[str]:
        """The command line that asks for a preview of the same."""
        words = ["retour", "undo", self.run, "--profile", self.profile]
        for person in self.persons:
            words += ["--person", person]
        for target in self.targets:
            words += ["--target", target]
        return [*words, *(["--delete-created"] if self.delete_created else [])]


def undo(  # noqa: PLR0917 - its options
    run: TheRun,
    profile: Profile = None,
    live: Live = False,
    person: Persons = None,
    target: Targets = None,
    delete_created: DeleteCreated = False,
    approve: Approve = None,
    report: Report = None,
) -> None:
    """Take a live run back, as far as it can be. A preview, unless --live."""
    whole, of_run = _find(run)
    request = UndoRequest(
        run=whole,
        profile=profile or of_run,
        live=live,
        persons=ids_of(person, "--person"),
        targets=ids_of(target, "--target"),
        delete_created=delete_created,
        approve=digest_of(approve),
        report=file_to_write(report),
    )
    raise typer.Exit(run_undo(request, log_level()))


def run_undo(request: UndoRequest, log_level: str) -> int:
    """Run `undo` and show how it ended; returns the exit code."""
    from flows.running import carry_out

    def begin() -> Any:
        from flows.undo import undo as flow

        return flow(**request.parameters, return_state=True)

    return carry_out(request, begin, log_level)


def _find(name: str) -> tuple[str, str]:
    """The whole id of a run, and the profile it was asked for: nobody needs to type that again.

    Raises:
        ConfigError: There is no such run, or it wrote nothing.
    """
    from config.settings import read_settings
    from connectors.ledger.ledger import open_ledger

    with open_ledger(read_settings().ledger_url) as ledger:
        record = ledger.run(name)
    if record.mode != "live":
        raise ConfigError(f"run {record.run} was a preview: it wrote nothing")
    return record.run, str((record.parameters or {}).get("profile") or record.profile)
