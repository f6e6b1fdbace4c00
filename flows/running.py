"""Running a flow for the command line: Prefect around it, progress beside it, report behind it."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from shlex import join
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.text import Text

from connectors.model.errors import RetourError
from connectors.sdk.clock import now
from flows.estimate_view import show_estimate
from flows.impact_view import impact_markdown, show_impact
from flows.one_command import prefect_server, prepare
from flows.report_view import MOST_CHANGES, MOST_NOTES, reasons, show_end, show_report
from flows.requests import Request
from flows.terminal import (
    complain,
    interruptible,
    line,
    say,
    show,
    table,
    talk,
    write_atomically,
)
from flows.undo_view import show_undo
from flows.watch import Watch, watching
from tasks.asked import NOTHING
from tasks.reporting import MISNAMED, build_report
from tasks.run import (
    DONE,
    INCOMPLETE,
    INTERRUPTED,
    UNREACHABLE,
    Ending,
    exit_code_of,
    new_run,
)
from tasks.setup import load_site

STARTING: Final = "Starting Prefect"
STOPPING: Final = (
    "Stopping: whoever is being written is finished first. Ctrl-C again breaks off at once."
)


def run_provision(request: Request, log_level: str) -> int:
    """Run `provision` and show how it ended; returns the exit code."""

    def provision() -> Any:
        from flows.provision import provision

        return provision(**request.parameters, return_state=True)

    return carry_out(request, provision, log_level)


def carry_out(
    request: Request, begin: Callable[[], Any], log_level: str, *, fields: Sequence[str] = ()
) -> int:
    """Run a flow that makes a plan, and show how it ended; returns the exit code.

    Args:
        request: What was asked for.
        begin: Imports the flow and runs it; returns its state.
        log_level: Of Prefect.
        fields: The only fields that it writes; empty for all.
    """
    try:
        zone, _ = load_site(request.profile, request.targets, request.rules, fields)
    except RetourError as error:
        # No need to import Prefect, let alone to start its server, to say so.
        return _close(request, refused_at_once(request.parameters, error))
    if request.live and request.as_of is not None:
        _warn_of_another_day(request.as_of, now().astimezone(zone).date())
    return _close(request, watched(begin, request.report, log_level))


def _warn_of_another_day(day: date, today: date) -> None:
    """A run of another day does now what is due on that day."""
    if day < today:
        say(
            f"warning: {day} is over, and this run does now what was due then: who has started "
            "since is due nothing on that day, and who has left since gets everything back",
            "yellow",
        )
    if day > today:
        say(
            f"warning: {day} is still to come, and this run does now what is due then: who leaves "
            "before that day is shut out now",
            "yellow",
        )


def watched(begin: Callable[[], Any], report: Path | None, log_level: str) -> Ending:
    """Run a flow with Prefect around it and progress beside it; returns how it ended.

    Args:
        begin: Imports the flow and runs it; returns its state.
        report: Where the report goes, should the flow break.
        log_level: Of Prefect.
    """
    prepare(log_level)
    console = talk()
    with watching(console) as watch:
        try:
            with interruptible(console, STOPPING):
                return _ending_of(begin, watch)
        except KeyboardInterrupt:
            if watch.ending is None:
                raise
            return watch.ending
        except Exception:
            if watch.ending is not None:
                write_report(report, watch.ending)
            raise


def refused_at_once(parameters: Mapping[str, Any], error: RetourError) -> Ending:
    """How a run ended that could not even begin.

    Args:
        parameters: Of the flow.
        error: Why.
    """
    zone, code = ZoneInfo("UTC"), exit_code_of(error)
    run = new_run({**NOTHING, **parameters}, zone)
    report = build_report(run, profile=run.profile, zone=zone, exit_code=code, refused=str(error))
    return Ending(run.id, code, report)


def _ending_of(begin: Callable[[], Any], watch: Watch) -> Ending:
    watch.phase(STARTING)
    with prefect_server():
        watch.phase("Beginning")
        result: Any = begin().result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    assert isinstance(result, Ending)  # noqa: S101 - what the flow returns
    return result


def _close(request: Request, ending: Ending) -> int:
    """Show and write the report; returns the exit code."""
    report, code = ending.report, ending.exit
    written = write_report(request.report, ending)
    for note in report["notes"]:
        if note["code"] in MISNAMED:
            whom = f"{note['person']}: " if note["person"] else ""
            say(f"warning: {whom}{note['reason']}", "yellow")
    if "impact" in report:
        show_impact(report)
        written = _write_markdown(request, report) and written
    elif report["plan"]:
        show_report(report, most_changes=MOST_CHANGES, most_notes=MOST_NOTES)
    if report["plan"] and "estimate" in report:
        show_estimate(report["estimate"])
    if report["plan"] and "undo" in report:
        show_undo(report)
    complain_of_targets(report)
    if report["refused"]:
        complain(reasons(report))
    if report["plan"]:
        command = [] if request.rules else request.command  # other rules are never run
        show_end(report, command, approved=request.approve is not None)
    if code == INTERRUPTED:
        explain_interruption(ending)
    return code if written or code != DONE else INCOMPLETE


def complain_of_targets(report: Mapping[str, Any]) -> None:
    """Say which targets could not be read or were given up, and why."""
    for name, why in report.get("unseen", {}).items():
        complain(f"{name} could not be read, and nothing is planned there: {why}")
    for name, target in report["targets"].items():
        if target["given_up"] is not None:
            aside = target["outcomes"].get("set_aside", 0)
            left = f"; {aside} {'change' if aside == 1 else 'changes'} set aside" if aside else ""
            complain(f"{name} was given up: {target['given_up']}{left}")


def explain_interruption(ending: Ending) -> None:
    """Say what was done before somebody stopped the run."""
    outcomes = [change["outcome"] for change in ending.report["changes"]]
    done = sum(outcome in {"done", "already"} for outcome in outcomes)
    if ending.report["mode"] == "preview" or not outcomes:
        say("Interrupted; nothing was written.", "yellow")
        return
    say(
        f"Interrupted: {done} of {len(outcomes)} changes were done. A new run does the rest.",
        "yellow",
    )
    say(f"What was written: retour show {ending.run}", "yellow")


def write_report(file: Path | None, ending: Ending) -> bool:
    """Write the report of a run, if anybody wants one; returns whether that went well."""
    if file is None:
        return True
    return _write(file, json.dumps(ending.report, ensure_ascii=False, indent=2) + "\n")


def _write_markdown(request: Request, report: Mapping[str, Any]) -> bool:
    return request.markdown is None or _write(request.markdown, impact_markdown(report))


def _write(file: Path, content: str) -> bool:
    try:
        write_atomically(file, content)
    except OSError as error:
        complain(f"the report could not be written to {file}: {error.strerror}")
        return False
    return True


def run_check(profile: str, log_level: str) -> int:
    """Run `check` and show what it found; returns the exit code."""
    load_site(profile)
    prepare(log_level)
    console = talk()
    with watching(console) as watch:
        watch.phase(STARTING)
        with prefect_server():
            from flows.check import Checkup, check

            watch.phase("Asking every system")
            result: Any = check(profile, return_state=True).result(raise_on_failure=False)
    if isinstance(result, BaseException):
        raise result
    assert isinstance(result, Checkup)  # noqa: S101 - what the flow returns
    if result.refused is not None:
        complain(result.refused)
        return result.exit
    rows = table("system", "", "looked at", "found", wrapped=(2, 3))
    for system in result.systems:
        for finding in system.findings:
            verdict = Text("ok", "green") if finding.ok else Text("NOT OK", "bold red")
            if finding.ok and finding.warns:
                verdict = Text("look", "yellow")
            rows.add_row(Text(system.name, "bold"), verdict, finding.subject, finding.detail)
    show(rows)
    line()
    line(_summary(result.exit, result.systems, following=Request(profile=profile).command))
    return int(result.exit)


def _summary(code: int, systems: Sequence[Any], *, following: Sequence[str]) -> Text:
    bad = sum(not finding.ok for system in systems for finding in system.findings)
    if code == DONE:
        return Text("READY", "bold green") + Text(f" - next: {join(following)}")
    said = f" - {bad} {'thing is' if bad == 1 else 'things are'} not as a run needs it"
    if code == UNREACHABLE:
        said += "; a system did not answer, or refused us"
    return Text("NOT READY", "bold red") + Text(said)
