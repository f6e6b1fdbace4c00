"""What a person has to know about an undo: what stays as it is, what the next run does again."""

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text

from flows.terminal import line
from tasks.lifecycle.undo_parts import CANNOT, SINCE

MOST_RULES: Final = 5


def show_undo(report: Mapping[str, Any]) -> None:
    """Write to stdout what the plan itself does not say."""
    told = report["undo"]
    left = told["left"]
    line(Text("Undoes ", "dim"), f"run {told['run']}: {told['flow']} of {told['as_of']}")
    if left.get(CANNOT):
        line(
            Text("Stays  ", "dim"), f"{_things(left[CANNOT])} that cannot be undone: see the notes"
        )
    if left.get(SINCE):
        said = f"{_things(left[SINCE])} that changed since, left alone: see the notes"
        line(Text("Stays  ", "dim"), said)
    _show_again(told)


def _show_again(told: Mapping[str, Any]) -> None:
    again = told["again"]
    if again is None:
        said = "HR and the rules come to no plan now, so nobody can tell what the next run does"
        line(Text("Again  ", "yellow"), said)
    elif again:
        counts = "; ".join(
            f"{target}: {', '.join(f'{count} {verb}' for verb, count in verbs.items())}"
            for target, verbs in again.items()
        )
        count = told["again_persons"]
        whom = f"{count} {'person' if count == 1 else 'persons'}"
        line(
            Text("Again  ", "bold yellow"),
            f"with HR and rules as they are, the next run does for {whom}: {counts}",
        )
        line(Text("       ", "dim"), _prevention(told["rules"]))


def _prevention(rules: list[str]) -> str:
    named = ", ".join(rules[:MOST_RULES]) + (", ..." if len(rules) > MOST_RULES else "")
    behind = f" (behind it: {named})" if rules else ""
    return (
        f"to prevent that, change the rules{behind} or correct HR, or exclude these persons in HR, "
        "before that run"
    )


def _things(count: int) -> str:
    return f"{count} {'thing' if count == 1 else 'things'}"
