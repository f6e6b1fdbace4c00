"""`retour audit`: is the trail what was written, hand it out, and cut off what is too old."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from connectors.model.errors import ConfigError
from flows.options import Live, as_day, file_to_write
from flows.terminal import as_json, line, say, write_atomically

if TYPE_CHECKING:
    from connectors.ledger.ledger import Ledger
    from connectors.ledger.records import AuditSeal

BROKEN: Final = 1
RUNS_ASKED: Final = 20
"""Latest runs whose reports are asked what the end of the trail was."""

Head = Annotated[
    str | None,
    typer.Option(
        metavar="[N:]HASH", help="An end of the trail that was noted earlier: it must be in it."
    ),
]
Since = Annotated[
    date | None, typer.Option(parser=as_day, metavar="DATE", help="From this day on, in UTC.")
]
Until = Annotated[
    date | None, typer.Option(parser=as_day, metavar="DATE", help="To this day, that included.")
]
Person = Annotated[str | None, typer.Option(metavar="ID", help="Only about this person.")]
OfRun = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN", help="Only of this run; its beginning will do."),
]
OfProfile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Only of this profile.")
]
Output = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Into this file, readable by its owner, not to stdout."),
]
WithPrivate = Annotated[
    bool, typer.Option("--with-private", help="Also private values of before and after.")
]
OlderThan = Annotated[
    int,
    typer.Option(
        "--older-than", metavar="DAYS", min=1, max=36_500, help="Lines older than so many days."
    ),
]

audit = typer.Typer(help="The audit trail.", no_args_is_help=True)


@audit.command()
def verify(head: Head = None) -> None:
    """Walk the chain and name the first line that is not what was written.

    Exit 0: it is whole. Exit 1: it is not. Print the end, to note it down somewhere else.
    """
    with _ledger() as ledger:
        noted = _noted(ledger, head)
        broken = ledger.verify_audit(seals=[*noted, *_of_reports(ledger)])
        if broken is not None:
            line(Text("BROKEN", "bold red"), f" - line {broken.sequence}: {broken.reason}")
            raise typer.Exit(BROKEN)
        end, anchor = ledger.audit_seal(), ledger.audit_anchor()
    cut = f"; lines 1-{anchor.sequence} were cut off, as the trail tells" if anchor.sequence else ""
    count = end.sequence - anchor.sequence
    line(Text("WHOLE", "bold green"), f" - {count} {'line' if count == 1 else 'lines'}{cut}")
    line(Text("Head   ", "dim"), f"{end.sequence}:{end.hash}")
    say("Note the head elsewhere: `retour audit verify --head` proves by it that nothing was cut.")


@audit.command()
def export(
    since: Since = None,
    until: Until = None,
    person: Person = None,
    run: OfRun = None,
    profile: OfProfile = None,
    output: Output = None,
    with_private: WithPrivate = False,
) -> None:
    """Write the trail as JSON Lines: who, what, why, before and after."""
    from flows.audit_export import entries

    file = file_to_write(output, "--output")
    with _ledger() as ledger:
        chosen = ledger.audit(
            profile=profile,
            run=ledger.run(run).run if run else None,
            person=person,
            since=_instant(since),
            until=_instant(until + timedelta(days=1)) if until else None,
        )
        lines = entries(ledger, chosen, with_private=with_private)
        if file is None:
            for entry in lines:
                sys.stdout.write(_json(entry))
            return
        _write(file, map(_json, lines))


@audit.command()
def prune(older_than: OlderThan, live: Live = False) -> None:
    """Cut off the oldest lines; the rest still verifies. A preview, unless --live."""
    from connectors.sdk.clock import now

    before = now() - timedelta(days=older_than)
    with _ledger() as ledger:
        if (broken := ledger.verify_audit()) is not None:
            message = f"the trail is broken at line {broken.sequence}: {broken.reason}"
            raise ConfigError(f"{message}; look into that before anything is cut off")
        last = ledger.old_audit_lines(before).sequence
        count = last - ledger.audit_anchor().sequence if last else 0
        if live and count:
            from tasks.asking import who_runs

            count = ledger.prune_audit(before, at=now(), by=who_runs())
    what = f"{count} {'line' if count == 1 else 'lines'} of before {before:%Y-%m-%d}"
    if live:
        line(Text("LIVE", "bold green"), f" - cut off {what}")
        return
    line(Text("PREVIEW", "bold cyan"), f" - would cut off {what}; nothing was written")


def _ledger() -> "Ledger":
    from config.settings import read_settings
    from connectors.ledger.ledger import open_ledger

    return open_ledger(read_settings().ledger_url)


def _noted(ledger: "Ledger", head: str | None) -> "list[AuditSeal]":
    """The end that was noted.

    Raises:
        ConfigError: It is none.
    """
    from connectors.ledger.records import AuditSeal

    if head is None:
        return []
    number, _, noted = head.rpartition(":")
    if len(noted) != len(AuditSeal(0, "0" * 64).hash) or (number and not number.isdecimal()):
        message = f"{head!r} is no head; that is what `retour audit verify` prints behind Head"
        raise ConfigError(message, key="--head")
    if number:
        return [AuditSeal(int(number), noted)]
    found = ledger.audit_number(noted)
    # No line has it: beyond the end, where it is missed.
    return [AuditSeal(ledger.audit_seal().sequence + 1 if found is None else found, noted)]


def _of_reports(ledger: "Ledger") -> "list[AuditSeal]":
    """What the latest live runs noted about the end of the trail."""
    from connectors.ledger.records import AuditSeal

    found = []
    for record in ledger.runs(limit=RUNS_ASKED):
        noted = (ledger.run(record.run).report or {}).get("audit")
        if noted:
            found.append(AuditSeal(int(noted["line"]), str(noted["hash"])))
    return found


def _instant(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time_of_day(), UTC)


def _json(entry: dict[str, Any]) -> str:
    return as_json(entry) + "\n"


def _write(file: Path, lines: Iterator[str]) -> None:
    try:
        write_atomically(file, "".join(lines))
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", key="--output") from error
