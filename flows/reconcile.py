"""Actual state against rules and ledger: what does not agree, and the fixes that were asked for."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from connectors.model.errors import ConfigError, RetourError, UnsafePlan
from flows.applying import apply_plan
from flows.deciding import read_everything
from flows.run_names import live_or_preview, run_name
from tasks.asked import as_asked
from tasks.attempt import Attempt
from tasks.ignoring import ignore_issues, unignore_issues
from tasks.lifecycle.reconcile_wishes import read_wishes
from tasks.reconcile import Findings, look_for_issues, show_issues
from tasks.report import show_plan
from tasks.run import Ending, Run
from tasks.task_runner import threads


def _mode(given: Mapping[str, Any]) -> str:
    if given.get("ignore") or given.get("unignore"):
        return "ignore"
    return live_or_preview(given) if given.get("fix") else ""


@flow(
    name="reconcile",
    flow_run_name=run_name("reconcile", mode=_mode),
    validate_parameters=False,  # `tasks.asked` does, without a traceback
    task_runner=threads(),
)
def reconcile(  # noqa: PLR0917 - the form in the Prefect UI
    profile: str = "demo",
    fix: list[str] = [],  # noqa: B006 - Prefect reads the default into the form; never changed
    dry_run: bool = True,
    as_of: date | None = None,
    approve: str | None = None,
    ignore: list[str] = [],  # noqa: B006 - as above
    until: date | None = None,
    reason: str = "",
    unignore: list[str] = [],  # noqa: B006 - as above
) -> State[Ending] | State[None]:
    """Look where targets, ledger and rules do not agree, and fix what is asked for.

    Args:
        profile: Name of a profile, or path of its file.
        fix: Issues to fix: their ids, `ISSUE:FIX` for another fix than the usual one, or types of
            issues such as `drifted`. Empty for looking only.
        dry_run: On: show what the fixes would do, write nothing. Off: do it.
        as_of: The day to decide for; empty for today.
        approve: Digest of the previewed plan of fixes. Lifts the limits for exactly that plan.
        ignore: Issues, by id, that are not to be shown for a while. Nothing else is done then.
        until: Their last day, at most 36 months ahead.
        reason: Why they are ignored.
        unignore: Issues, by id, that are shown again from now on. Nothing else is done then.
    """
    if ignore or unignore:
        return _set_aside(profile, ignore, until, reason, unignore, fix)
    attempt = Attempt(
        profile=profile,
        dry_run=dry_run,
        as_of=as_of,
        persons=[],
        targets=[],
        approve=approve,
        fix=fix,
    )
    with attempt:
        run = attempt.ready()
        read_wishes(fix)  # a slip is told before anything is read
        findings = _look(run, attempt, fix)
        attempt.found, attempt.said = findings.to_json(), findings.sentence
        if fix:
            show_plan(run, findings.verdict.plan)
            plan = attempt.judge(findings.verdict, whole=False)
            attempt.receipts = apply_plan(run, plan)
        elif findings.verdict.objections:
            raise UnsafePlan(
                tuple(objection.reason for objection in findings.verdict.objections),
                structural=any(objection.structural for objection in findings.verdict.objections),
            )
    return attempt.conclude()


def _look(run: Run, attempt: Attempt, fix: list[str]) -> Findings:
    """Read everything, then find out what does not agree."""
    people, readings = read_everything(run, attempt)
    findings = look_for_issues(run, people, readings, fix)
    show_issues(run, findings)
    return findings


def _set_aside(
    profile: str,
    ignore: list[str],
    until: date | None,
    reason: str,
    unignore: list[str],
    fix: list[str],
) -> State[None]:
    """Remember what is not looked at; whoever wants something fixed too is told to ask for that."""
    try:
        asked = as_asked({"ignore": ignore, "until": until, "unignore": unignore, "reason": reason})
        if fix or (ignore and unignore):
            raise ConfigError("ignore, unignore and fix are asked for one at a time", key="ignore")
        said = (
            ignore_issues(profile, asked["ignore"], asked["until"], reason)
            if ignore
            else unignore_issues(profile, asked["unignore"])
        )
        return Completed(message=said, data=None)
    except RetourError as error:
        return Failed(name="Misconfigured", message=str(error), data=None)
