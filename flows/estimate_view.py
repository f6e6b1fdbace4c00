"""What a plan costs, as a person reads it."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from flows.terminal import line
from tasks.spans import roughly


def show_estimate(estimate: Mapping[str, Any]) -> None:
    """Write to stdout how many writes there are, and about how long they take."""
    if estimate["writes"]:
        line(Text("Costs  ", "dim"), in_a_sentence(estimate))


def in_a_sentence(estimate: Mapping[str, Any]) -> str:
    """Writes per target, and about how long they take as far as earlier runs tell."""
    parts = [
        f"{one['writes']:,} {'write' if one['writes'] == 1 else 'writes'} in {target}"
        for target, one in estimate["targets"].items()
    ]
    unknown = [name for name, one in estimate["targets"].items() if one["seconds"] is None]
    if estimate["seconds"] is not None:
        took = f"about {roughly(estimate['seconds'])}, going by earlier runs"
    else:
        took = f"nothing tells yet how fast {' and '.join(unknown)} can be written"
    return f"{', '.join(parts)}; {took}"
