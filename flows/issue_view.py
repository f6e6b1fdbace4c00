"""Issues of a reconciliation as a person reads them: what was found, and what can be done."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rich.text import Text

from flows.terminal import line, show, table
from flows.words import in_words

MOST_ISSUES: Final = 40

Issue = Mapping[str, Any]


def heading_of(report: Mapping[str, Any]) -> Text:
    """Which reconciliation this is."""
    said = Text(f"{report['profile']}: reconciliation of {report['as_of']}", "bold")
    return said + Text(f"   run {report['run']}", "dim")


def show_counts(report: Mapping[str, Any]) -> None:
    """Write how many issues of each type there were.

    Args:
        report: As the ledger keeps it, without the issues: they are of that day.
    """
    for kind, count in report["issue_counts"].items():
        line(Text(f"  {kind.replace('_', ' ')} ({count})", "yellow"))


def show_issues(report: Mapping[str, Any], *, most: int | None) -> None:
    """Write the issues to stdout, by type.

    Args:
        report: With `issues`, as `--report` writes it.
        most: Show no more than so many, and none that are ignored; None for all of both.
    """
    issues = [issue for issue in report["issues"] if most is None or not issue["ignored"]]
    if not issues:
        return
    kinds = {kind: list(some) for kind, some in groupby(issues, key=lambda one: one["type"])}
    left = len(issues) if most is None else most
    for place, (kind, some) in enumerate(kinds.items()):
        # Few leave room to others, and each type shows one at least.
        share = min(len(some), max(1, left // (len(kinds) - place)))
        left -= share
        _show_type(kind, some, share)
        line()


def verdict_of(report: Mapping[str, Any]) -> Text:
    """What a reconciliation without fixes came to."""
    if report["refused"]:
        return Text("REFUSED", "bold red") + Text(" - what was read is not to be trusted")
    count, ignored = sum(report["issue_counts"].values()), report["issues_ignored"]
    beside = f", {ignored} ignored" if ignored else ""
    unread = ", ".join(report.get("unseen") or ())
    beside += f"; nobody knows those of {unread}, which could not be read" if unread else ""
    if not count and unread:
        return Text("NOT SEEN", "bold yellow") + Text(f" - no issues in the other targets{beside}")
    if not count:
        return Text("IN ORDER", "bold green") + Text(f" - no issues{beside}")
    return Text("FOUND", "bold yellow") + Text(
        f" - {count} {'issue' if count == 1 else 'issues'}{beside}; nothing was written"
    )


def _show_type(kind: str, issues: Sequence[Issue], count: int) -> None:
    line(Text(f"{kind.replace('_', ' ')} ({len(issues)})", "bold yellow"))
    rows = table("", "", "", "", "", wrapped=(4,))
    for issue in issues[:count]:
        rows.add_row(
            Text(issue["id"], "cyan"),
            issue["target"],
            issue["person"] or "",
            issue["label"] or issue["ref"] or "",
            _found(issue),
        )
    show(rows, indent=2)
    if len(issues) > count:
        line(Text(f"  ... and {len(issues) - count} more; --all shows them", "dim"))


def _found(issue: Issue) -> Text:
    said = Text(issue["detail"])
    if issue["wanted"] is not None:
        said = Text(f"{issue['subject']}: ", "dim")
        said.append(f"{in_words(issue['held'])} -> ", "dim")
        said.append(in_words(issue["wanted"]))
    if issue["ignored"]:
        since = f"  ignored until {issue['ignored']['until']}: {issue['ignored']['reason']}"
        return said + Text(since, "dim")
    if issue["next_run"]:
        said.append(f"  [next run: {issue['next_run']}]", "dim")
    others = [fix["fix"] for fix in issue["fixes"] if fix["fix"] != "apply"]
    if others:
        said.append(f"  [fix: {' or '.join(others)}]", "dim")
    elif issue["advice"]:
        said.append(f"  [{issue['advice']}]", "dim")
    return said
