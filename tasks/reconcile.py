"""Step: find what targets, ledger and rules do not agree on, and plan the fixes asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from connectors.ledger.ignored import Ignored
from connectors.model.people import People
from tasks.collect import Reading
from tasks.decide import Verdict, gather, weigh
from tasks.lifecycle.plan import decide
from tasks.lifecycle.reconcile import find_issues
from tasks.lifecycle.reconcile_fixes import plan_fixes
from tasks.lifecycle.reconcile_issue import Issue
from tasks.lifecycle.reconcile_wishes import choose, read_wishes
from tasks.run import Run
from tasks.setup import site_of
from tasks.shown import Shown, plain


class Findings:
    """What a reconciliation found, and the plan of the fixes. An opaque object to Prefect.

    Attributes:
        issues: All of them.
        ignored: Those that somebody does not want to see now, by id.
        verdict: The plan of the fixes, and what speaks against it. Its plan is empty when nothing
            was asked for.
        unseen: Targets that could not be read: nobody knows the issues there.
    """

    __slots__ = ("ignored", "issues", "unseen", "verdict")

    def __init__(
        self,
        issues: Sequence[Issue],
        ignored: Mapping[str, Ignored],
        verdict: Verdict,
        unseen: Iterable[str] = (),
    ) -> None:
        """Keep the parts; of what is ignored only what is still there."""
        self.unseen = tuple(unseen)
        there = {issue.id for issue in issues}
        self.issues, self.verdict = issues, verdict
        self.ignored = {name: one for name, one in ignored.items() if name in there}

    def __repr__(self) -> str:
        """Counts only."""
        return f"Findings({len(self.issues)} issues, {len(self.ignored)} ignored)"

    @property
    def open(self) -> list[Issue]:
        """Issues that nobody ignores."""
        return [issue for issue in self.issues if issue.id not in self.ignored]

    @property
    def counts(self) -> dict[str, int]:
        """Open issues by type, in the order of a report."""
        return dict(Counter(issue.kind.value for issue in self.open))

    @property
    def sentence(self) -> str:
        """How many there are."""
        count = len(self.open)
        said = f"{count or 'no'} {'issue' if count == 1 else 'issues'}"
        said += f", {len(self.ignored)} ignored" if self.ignored else ""
        return f"{said}; {', '.join(self.unseen)} could not be read" if self.unseen else said

    def to_json(self) -> dict[str, Any]:
        """What a report says about it, besides the fixes."""
        return {
            "issues": [
                issue.to_json() | {"ignored": self._ignored(issue)} for issue in self.issues
            ],
            "issue_counts": self.counts,
            "issues_ignored": len(self.ignored),
        }

    def _ignored(self, issue: Issue) -> dict[str, str] | None:
        found = self.ignored.get(issue.id)
        if found is None:
            return None
        return {"until": found.until.isoformat(), "reason": found.reason}


@task(name="find issues", cache_policy=NO_CACHE)
def look_for_issues(run: Run, people: People, readings: list[Reading], fix: list[str]) -> Findings:
    """Find every issue, plan the fixes that were asked for, and let the guards judge them.

    Raises:
        ConfigError: A fix of an issue that is not there, or that it does not have.
    """
    wishes = read_wishes(fix)
    inputs = gather(run, people, readings)
    decided = decide(inputs)
    issues = find_issues(decided)
    site = site_of(run)
    ignored = site.ledger.ignored(site.name, run.as_of)
    plan = plan_fixes(decided, choose(issues, wishes, ignored, unseen=inputs.unseen))
    return Findings(issues, ignored, weigh(run, inputs, plan), inputs.unseen)


@task(name="show issues", cache_policy=NO_CACHE)
def show_issues(run: Run, findings: Findings) -> None:
    """The issues as artifacts."""
    create_table_artifact(
        table=rows(findings, site_of(run).shown),
        key="issues",
        description=f"Reconciliation {run.id}: {findings.sentence}",
    )
    create_markdown_artifact(
        markdown=summary(site_of(run).name, run, findings),
        key="reconciliation",
        description="What targets, ledger and rules do not agree on",
    )


def rows(findings: Findings, shown: Shown) -> list[dict[str, str]]:
    """The open issues as flat rows of text, as many as the profile lets into a table."""
    found, most = findings.open, shown.rows
    flat = [
        {
            "issue": issue.id,
            "type": issue.kind.value,
            "target": issue.target,
            "person": issue.person,
            "account": plain(issue.label or issue.ref) if shown.values else "",
            "detail": plain(issue.detail) if shown.values else "",
            "next run": plain(issue.next_run or "nothing"),
            "fixes": ", ".join(fix.name for fix in issue.fixes) or plain(issue.advice),
        }
        for issue in found[:most]
    ]
    if len(found) > most:
        flat.append({"issue": f"and {len(found) - most} more, see `retour reconcile --all`"})
    return flat


def summary(profile: str, run: Run, findings: Findings) -> str:
    """The issues counted, in a page of markdown."""
    lines = [f"# {profile}: reconciliation of {run.as_of}", "", f"{findings.sentence}.", ""]
    if findings.counts:
        lines += ["| type | issues | settled by the next run |", "|---|---|---|"]
        settled = Counter(issue.kind.value for issue in findings.open if issue.changes)
        lines += [f"| {kind} | {n} | {settled[kind]} |" for kind, n in findings.counts.items()]
    return "\n".join(lines)
