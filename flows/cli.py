"""The `retour` command: the same flows from a terminal."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

# Prefect takes a second to import and pandas half of one. So nothing here imports them, or a module
# of ours that does, before a command that needs them runs: `retour --help` answers at once.
from connectors.model.errors import ConfigError, RetourError, shown
from flows.answering import approve, refuse
from flows.audit_command import audit
from flows.backfilling import backfill
from flows.connectors_command import new as new_connector
from flows.deploy_command import deploy
from flows.forgetting import forget
from flows.options import (
    Approve,
    AsJson,
    AsOf,
    Live,
    Profile,
    Report,
    alone,
    as_day,
    digest_of,
    file_to_write,
    ids_of,
    log_level,
    profile_of,
)
from flows.terminal import complain, say
from flows.undoing import undo

INTERRUPTED = 130
FAULT = 1


class Commands(TyperGroup):
    """Commands that end with an exit code and a sentence, never with a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except TyperException as error:
            error.message = shown(error.message)  # quotes what was typed
            raise
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            say("Interrupted; nothing was written.", "yellow")
            raise typer.Exit(INTERRUPTED) from None
        except RetourError as error:
            complain(error)
            raise typer.Exit(_code_of(error)) from None
        except Exception as error:  # noqa: BLE001 - the last one who can say it in a sentence
            _explain_fault(error)
            raise typer.Exit(FAULT) from None


_MARKUP: Literal["rich"] | None = (
    "rich" if sys.stdout.isatty() and sys.stderr.isatty() else None  # plain in a pipe
)
app = typer.Typer(
    cls=Commands,
    rich_markup_mode=_MARKUP,
    name="retour",
    help="Keeps accounts true to HR, and HR true to the accounts.",
    epilog="Results go to stdout, talk to stderr. Nothing is written without --live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
connectors = typer.Typer(
    help="The connectors there are.", invoke_without_command=True, rich_markup_mode=_MARKUP
)
app.add_typer(connectors, name="connectors")


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"retour {version('retour')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_say_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Nothing of its own to do."""
    del version


@app.command()
def provision(  # noqa: PLR0917 - its options
    profile: Profile = None,
    live: Live = False,
    as_of: AsOf = None,
    person: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Change only this person; may be given again."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Write only this target; may be given again."),
    ] = None,
    approve: Approve = None,
    report: Report = None,
    rules: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Preview these rules instead of the profile's, and show whom that moves; may be "
            "given again.",
        ),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --rules: also write what it moves as markdown."),
    ] = None,
) -> None:
    """Make the accounts agree with HR, and write back to HR. A preview, unless --live."""
    from flows.requests import Request
    from flows.running import run_provision

    if rules and live:
        raise ConfigError("other rules are only previewed: leave --live out", key="--rules")
    if markdown is not None and not rules:
        raise ConfigError("it tells what other rules move: give --rules too", key="--markdown")
    request = Request(
        profile=profile_of(profile),
        live=live,
        as_of=as_of,
        persons=ids_of(person, "--person"),
        targets=ids_of(target, "--target"),
        approve=digest_of(approve),
        report=file_to_write(report),
        rules=ids_of(rules, "--rules"),
        markdown=file_to_write(markdown, "--markdown"),
    )
    raise typer.Exit(run_provision(request, log_level()))


@app.command()
def reconcile(  # noqa: PLR0917 - its options
    profile: Profile = None,
    fix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ISSUE|TYPE",
            help="Fix this issue (ISSUE:FIX for another fix than the usual one), or all of a type; "
            "may be given again.",
        ),
    ] = None,
    live: Live = False,
    as_of: AsOf = None,
    approve: Approve = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every issue, ignored ones too.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ISSUE",
            help="Do not show this issue for a while, and do nothing else; may be given again.",
        ),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(parser=as_day, metavar="DATE", help="With --ignore: the last day of it."),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="With --ignore: why.")] = "",
    unignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ISSUE",
            help="Show this issue again from now on, and do nothing else; may be given again.",
        ),
    ] = None,
    report: Report = None,
) -> None:
    """Show where targets, ledger and rules do not agree, and fix what is asked for."""
    if (until or reason) and not ignore:
        raise ConfigError("it belongs to --ignore", key="--until" if until else "--reason")
    if ignore or unignore:
        alone(
            "--ignore" if ignore else "--unignore",
            {"--fix": fix, "--live": live, "--approve": approve, "--report": report}
            | {"--unignore": ignore and unignore},
        )
        from flows.reconciling import run_ignore, run_unignore

        if ignore:
            raise typer.Exit(run_ignore(profile_of(profile), tuple(ignore), until, reason))
        raise typer.Exit(run_unignore(profile_of(profile), tuple(unignore or ())))
    from flows.reconciling import ReconcileRequest, run_reconcile

    request = ReconcileRequest(
        profile=profile_of(profile),
        fix=ids_of(fix, "--fix"),
        live=live,
        as_of=as_of,
        approve=digest_of(approve),
        everything=everything,
        report=file_to_write(report),
    )
    raise typer.Exit(run_reconcile(request, log_level()))


@app.command()
def check(profile: Profile = None) -> None:
    """Look whether a run could work: settings, connections, rights, fields. Read-only."""
    from flows.running import run_check

    raise typer.Exit(run_check(profile_of(profile), log_level()))


@app.command()
def explain(
    person: Annotated[
        str,
        typer.Argument(
            metavar="PERSON", help="HR id; or an address or a name, if only one person has it."
        ),
    ],
    profile: Profile = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """Say why, and why not: contracts, rules, accounts, groups and fields of one person.

    Read-only, also beside a live run.
    """
    from flows.explaining import run_explain

    code = run_explain(profile_of(profile), person, as_of, log_level(), as_json=as_json)
    raise typer.Exit(code)


@app.command()
def sandbox(
    name: Annotated[
        list[str] | None,
        typer.Argument(help="Connectors; without any, those of the demo profile.", metavar="NAME"),
    ] = None,
    people: Annotated[int, typer.Option(min=0, help="Number of invented persons.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same persons.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(exists=True, help="Start from this instead; the connector's README says how."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the first; 0 is any free one.")
    ] = 0,
) -> None:
    """Serve sandboxes on loopback until Ctrl-C, and print the settings to reach them."""
    from flows.serving import serve

    serve(name or (), people=people, seed=seed, data=data, port=port)


@app.command()
def runs(
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only runs of this profile.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = 20,
) -> None:
    """List what ran, newest first."""
    from flows.history import list_runs

    list_runs(profile, limit)


@app.command("show")
def show_one(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or the beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Show one run: what was planned and why, what became of it, its journal."""
    from flows.history import show_run

    show_run(run, as_json=as_json)


app.command("backfill")(backfill)
app.command("undo")(undo)
app.command("forget")(forget)
app.add_typer(audit, name="audit")
app.command("approve")(approve)
app.command("refuse")(refuse)
app.command("deploy")(deploy)


@connectors.callback()
def all_connectors(context: typer.Context) -> None:
    """The connectors there are."""
    if context.invoked_subcommand is None:
        list_all()


@connectors.command("list")
def list_all() -> None:
    """List them: what each is for and what it can do."""
    from flows.catalogue import list_connectors

    list_connectors()


@connectors.command("show")
def show_connector(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As in a profile.")],
) -> None:
    """Show one: rights to grant, settings, attributes."""
    from flows import catalogue

    catalogue.show_connector(name)


connectors.command("new")(new_connector)


def _code_of(error: RetourError) -> int:
    from tasks.run import exit_code_of

    return exit_code_of(error)


def _explain_fault(error: Exception) -> None:
    """One line about a fault of ours; the traceback for whoever asks for it."""
    import os
    import traceback

    sentence = " ".join(str(error).split())
    complain(f"a fault in Retour ({type(error).__name__}: {sentence})")
    if os.environ.get("RETOUR_LOG_LEVEL") == "DEBUG":
        say("".join(traceback.format_exception(error)))
    else:
        say("Run it again with RETOUR_LOG_LEVEL=DEBUG for the traceback.")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
