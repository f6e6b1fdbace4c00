"""A plan and what became of it as the rows of a table: flat text, what went wrong first."""

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.model.change import Change
from connectors.model.plan import Plan
from connectors.model.receipt import Outcome, Receipt
from tasks.reporting import describe, veiled
from tasks.run import Receipts
from tasks.shown import Shown, plain

Row = dict[str, str]

_FIRST: Final = {
    outcome: place
    for place, outcome in enumerate((Outcome.FAILED, Outcome.IN_DOUBT, Outcome.SET_ASIDE))
}
"""What somebody has to look at stands above what went well, so that the cap never hides it."""


def plan_rows(plan: Plan, run: str, shown: Shown) -> list[Row]:
    """The plan, in the order in which it is executed.

    Args:
        plan: The plan.
        run: Id of the run: there all of it stands.
        shown: How much of it.
    """
    return list(_capped([(change, None) for change in plan.changes], run, shown))


def outcome_rows(plan: Plan, receipts: Sequence[Receipts], run: str, shown: Shown) -> list[Row]:
    """What became of every change: what went wrong first, then in the order of the plan.

    Args:
        plan: The plan.
        receipts: What became of it, as far as it was executed.
        run: Id of the run: there all of it stands.
        shown: How much of it.
    """
    answers = {receipt.change: receipt for shard in receipts for receipt in shard.receipts}
    pairs = [(change, answers.get(change.id)) for change in plan.changes]
    pairs.sort(key=lambda pair: _FIRST.get(pair[1].outcome, 9) if pair[1] else 9)
    return list(_capped(pairs, run, shown, with_outcome=True))


def _capped(
    pairs: Sequence[tuple[Change, Receipt | None]],
    run: str,
    shown: Shown,
    *,
    with_outcome: bool = False,
) -> Iterator[Row]:
    for change, receipt in pairs[: shown.rows]:
        row = {
            "target": change.target,
            "person": change.person,
            "verb": change.verb.value,
        }
        if with_outcome:
            row["outcome"] = receipt.outcome.value if receipt else ""
            row["detail"] = plain(shown.said(receipt.detail, run) if receipt else "")
        # The long ones last: the UI shows a row as one line, the end of it off the screen.
        row["what"] = plain(_what(change, shown))
        row["because"] = plain(", ".join(_rules_first(change.because)))
        yield row
    more = len(pairs) - shown.rows
    if more > 0:
        yield {"target": f"and {more} more", "what": f"all of them: retour show {run}"}


def _rules_first(because: Sequence[str]) -> list[str]:
    """A rule says more than the id of a contract, which in AFAS is 73 characters long."""
    return sorted(because, key=lambda reason: not reason.startswith("rule:"))


def _what(change: Change, shown: Shown) -> str:
    """What a change writes; of fields only the names where values are masked."""
    if shown.values:
        return describe(veiled(change, shown.private))
    held = {**change.before, **change.after}
    return "a membership or permission" if "permission" in held else ", ".join(held)
