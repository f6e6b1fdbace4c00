"""`retour backfill`: a slice of the accounts is written again."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import typer

from connectors.model.errors import ConfigError
from flows.options import (
    Approve,
    AsOf,
    Live,
    Profile,
    Report,
    as_day,
    digest_of,
    file_to_write,
    ids_of,
    log_level,
    profile_of,
)
from flows.requests import Request

Persons = Annotated[
    list[str] | None,
    typer.Option("--person", metavar="ID", help="Write only this person; may be given again."),
]
Departments = Annotated[
    list[str] | None,
    typer.Option(
        "--department",
        metavar="ID|NAME",
        help="Only persons with a contract there, now or to come; may be given again.",
    ),
]
HiredSince = Annotated[
    date | None,
    typer.Option(
        parser=as_day,
        metavar="DATE",
        help="Only persons whose first contract begins then or later.",
    ),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="NAME", help="Write only this target; may be given again."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="[TARGET.]ATTRIBUTE",
        help="Write only this field, and make, open or shut nothing; may be given again.",
    ),
]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN",
        help="Go on with the slice of an earlier backfill, without what that one wrote.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRequest(Request):
    """What was asked for on the command line.

    Attributes:
        departments: Ids or names: only persons with a contract there; empty for all.
        hired_since: Only persons whose first contract begins on this day or later.
        fields: The only fields to write; empty for everything.
        resume: An earlier backfill, whose slice it is; None for a slice of its own.
    """

    departments: tuple[str, ...] = ()
    hired_since: date | None = None
    fields: tuple[str, ...] = ()
    resume: str | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow."""
        return {
            "profile": self.profile,
            "dry_run": not self.live,
            "persons": list(self.persons),
            "departments": list(self.departments),
            "hired_since": self.hired_since,
            "targets": list(self.targets),
            "fields": list(self.fields),
            "as_of": self.as_of,
            "approve": self.approve,
            "resume": self.resume,
        }

    @property
    def command(self) -> list[str]:
        """The command line that asks for a preview of the same."""
        words = ["retour", "backfill", "--profile", self.profile]
        named = {
            "--resume": (self.resume,),
            "--as-of": (self.as_of,),
            "--person": self.persons,
            "--department": self.departments,
            "--hired-since": (self.hired_since,),
            "--target": self.targets,
            "--field": self.fields,
        }
        for option, given in named.items():
            for one in given:
                words += [option, str(one)] if one is not None else []
        return words


def backfill(  # noqa: PLR0917 - its options
    profile: Profile = None,
    live: Live = False,
    person: Persons = None,
    department: Departments = None,
    hired_since: HiredSince = None,
    target: Targets = None,
    field: Fields = None,
    as_of: AsOf = None,
    approve: Approve = None,
    resume: Resume = None,
    report: Report = None,
) -> None:
    """Write a slice again, whatever the targets hold already. A preview, unless --live."""
    slice_ = {"--person": person, "--department": department, "--target": target, "--field": field}
    given = [name for name, one in slice_.items() if one]
    given += ["--hired-since"] if hired_since else []
    if resume is not None and given:
        raise ConfigError(
            "a backfill that is resumed keeps its slice: leave this out", key=given[0]
        )
    request = BackfillRequest(
        profile=profile_of(profile),
        live=live,
        as_of=as_of,
        persons=ids_of(person, "--person"),
        departments=ids_of(department, "--department"),
        hired_since=hired_since,
        targets=ids_of(target, "--target"),
        fields=ids_of(field, "--field"),
        approve=digest_of(approve),
        resume=resume,
        report=file_to_write(report),
    )
    raise typer.Exit(run_backfill(request, log_level()))


def run_backfill(request: BackfillRequest, log_level: str) -> int:
    """Run `backfill` and show how it ended; returns the exit code."""
    from flows.running import carry_out

    def begin() -> Any:
        from flows.backfill import backfill as flow

        return flow(**request.parameters, return_state=True)

    return carry_out(request, begin, log_level, fields=request.fields)
