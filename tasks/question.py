"""What stands above the form of a run that waits: as short as a dialog is narrow."""

from collections.abc import Mapping
from typing import Any, Final

from tasks.lifecycle.guard_measure import TRIPPED
from tasks.sentence import measured
from tasks.shown import Shown, cell

_SHOWN: Final = 12
"""Digits of a digest: as many as tell it from others, in a line that does not wrap."""


def question(report: Mapping[str, Any], shown: Shown | None = None) -> str:
    """What a person is asked, in markdown: what would be done, and which limits that is over.

    Args:
        report: Of the run that waits. It names people by their HR ids only.
        shown: How much may be said; left out, everything.
    """
    plan = report["plan"]
    kind, _, digest = plan["digest"].partition(":")
    where = (
        f"Every change is in the artifact `plan` of this run, and in `retour show {report['run']}`."
        f" Decided for {report['as_of']}; {kind} `{digest[:_SHOWN]}…`."
    )
    lines = [
        f"**{report['profile']}: carry out these {plan['changes']} changes?**",
        "",
        "| target | would |",
        "|---|---|",
        *(
            f"| {cell(name)} | {_counts(target['planned'])} |"
            for name, target in report["targets"].items()
            if target["planned"]
        ),
        *(f"| {cell(name)} | do nothing: not read |" for name in report.get("unseen") or ()),
        "",
        "More than a limit allows:",
        "",
        *(f"- {reason}" for reason in _reasons(report, shown or Shown())),
        "",
        where,
    ]
    return "\n".join(lines)


def _reasons(report: Mapping[str, Any], shown: Shown) -> list[str]:
    if shown.values:
        return [_without_way_out(one["reason"]) for one in report["objections"]]
    return [measured(guard) for guard in report["guards"] if guard["state"] == TRIPPED]


def _counts(planned: Mapping[str, int]) -> str:
    return ", ".join(f"{verb} {count}" for verb, count in planned.items())


def _without_way_out(reason: str) -> str:
    """An objection without its last part, which says how to get to this form."""
    return reason.rpartition("; ")[0] or reason
