"""What of a run may be read in Prefect, and how text gets there without becoming anything else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

Private = Mapping[str, frozenset[str]]
"""Target -> fields of somebody's private life."""
MOST_ROWS: Final = 1000
"""Rows of an artifact's table; the UI slows down beyond, and the whole plan is in the ledger."""
LONGEST: Final = 300
"""Letters of a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a run may be read in Prefect.

    Attributes:
        private: Fields whose values are left out everywhere.
        values: Whether values are shown, and what systems said; else ids and names of fields only.
        rows: Rows of a table.
    """

    private: Private = field(default_factory=dict)
    values: bool = True
    rows: int = MOST_ROWS

    def said(self, text: str | None, run: str) -> str:
        """What a system said, which may quote a value; else where that stands."""
        if not text:
            return ""
        return text if self.values else f"see `retour show {run}`"


def plain(text: object, longest: int = LONGEST) -> str:
    """Text for a cell of a table: one line, no HTML (the older UI would read it), not too long."""
    line = "".join(letter if letter.isprintable() else " " for letter in str(text))
    line = " ".join(line.split()).replace("<", "‹")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def cell(text: object, longest: int = LONGEST) -> str:
    """Text for a cell of a table in markdown, of which nothing is markdown."""
    shown = plain(text, longest).replace("\\", "\\\\")
    for letter in "|`*_[":
        shown = shown.replace(letter, f"\\{letter}")
    return shown
