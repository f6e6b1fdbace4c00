"""Issues of a reconciliation as a person reads them: what was found, and what can be done."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from rich.text import Text

from connectors.model.values import CLEAR, decode_value, is_empty
from flows.terminal import line, show, table

MOST_ISSUES: Final = 40

Issue = Mapping[str, Any]


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
        said.append(f"{_value(issue['held'])} -> ", "dim")
        said.append(_value(issue["wanted"]))
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


def _value(encoded: Any) -> str:
    value = None if encoded is None else decode_value(encoded)
    if value is CLEAR or is_empty(value):
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
