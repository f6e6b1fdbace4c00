"""Running `reconcile` for the command line, and leaving issues alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shlex import join
from typing import Any

from rich.text import Text

from connectors.model.errors import ConfigError, RetourError
from flows.issue_view import MOST_ISSUES, heading_of, show_issues, verdict_of
from flows.report_view import MOST_CHANGES, MOST_NOTES, reasons, show_end, show_report
from flows.running import (
    complain_of_targets,
    explain_interruption,
    refused_at_once,
    watched,
    write_report,
)
from flows.terminal import complain, line, say
from tasks.lifecycle.reconcile_wishes import read_wishes
from tasks.run import DONE, INCOMPLETE, INTERRUPTED, Ending
from tasks.setup import load_site


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileRequest:
    """What was asked for on the command line.

    Attributes:
        profile: Name or file.
        fix: Issues or types of issues to fix.
        live: Whether to write.
        as_of: The day to decide for, None for today.
        approve: Digest of a previewed plan of fixes.
        everything: Whether to show ignored issues too, and all of the others.
        report: Where the report goes, None for nowhere.
    """

    profile: str
    fix: tuple[str, ...] = ()
    live: bool = False
    as_of: date | None = None
    approve: str | None = None
    everything: bool = False
    report: Path | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow."""
        return {
            "profile": self.profile,
            "fix": list(self.fix),
            "dry_run": not self.live,
            "as_of": self.as_of,
            "approve": self.approve,
        }

    @property
    def command(self) -> list[str]:
        """The command line that asks for a preview of the same."""
        words = ["retour", "reconcile", "--profile", self.profile]
        if self.as_of is not None:
            words += ["--as-of", self.as_of.isoformat()]
        for fix in self.fix:
            words += ["--fix", fix]
        return words


def run_reconcile(request: ReconcileRequest, log_level: str) -> int:
    """Run `reconcile` and show what it found; returns the exit code.

    Raises:
        ConfigError: Something to be written, and nothing to be fixed.
    """
    if request.live and not request.fix:
        raise ConfigError("there is nothing to write without --fix", key="--live")
    try:
        read_wishes(request.fix)
        load_site(request.profile)
    except RetourError as error:
        given = {**request.parameters, "persons": (), "targets": ()}
        return _close(request, refused_at_once(given, error))

    def reconcile() -> Any:
        from flows.reconcile import reconcile

        return reconcile(**request.parameters, return_state=True)

    return _close(request, watched(reconcile, request.report, log_level))


def run_ignore(profile: str, issues: tuple[str, ...], until: date | None, reason: str) -> int:
    """Leave issues alone for a while; returns the exit code. Needs no Prefect and no target."""
    from tasks.ignoring import ignore_issues

    say(ignore_issues(profile, issues, until, reason))
    return DONE


def run_unignore(profile: str, issues: tuple[str, ...]) -> int:
    """Show issues again; returns the exit code. Needs no Prefect and no target."""
    from tasks.ignoring import unignore_issues

    say(unignore_issues(profile, issues))
    return DONE


def _close(request: ReconcileRequest, ending: Ending) -> int:
    """Show and write the report; returns the exit code."""
    report, code = ending.report, ending.exit
    written = write_report(request.report, ending)
    if "issues" in report:
        _show_found(request, report)
    if report["plan"]:
        show_report(report, most_changes=MOST_CHANGES, most_notes=MOST_NOTES)
    complain_of_targets(report)
    if report["refused"]:
        complain(reasons(report))
    if report["plan"]:
        show_end(report, request.command, approved=request.approve is not None)
    elif "issues" in report:
        line(verdict_of(report))
        if not report["refused"] and any(_can_be_fixed(issue) for issue in report["issues"]):
            usual = join([*request.command, "--fix"])
            line(Text("Next   ", "dim"), f"{usual} ISSUE|TYPE, a preview; with --live it is done")
    if code == INTERRUPTED:
        explain_interruption(ending)
    return code if written or code != DONE else INCOMPLETE


def _show_found(request: ReconcileRequest, report: Mapping[str, Any]) -> None:
    line(heading_of(report))
    line()
    show_issues(report, most=None if request.everything else MOST_ISSUES)


def _can_be_fixed(issue: Mapping[str, Any]) -> bool:
    return bool(issue["fixes"]) and not issue["ignored"]
