"""What is wrong with the files, collected so that one look at the message mends all of it."""

from dataclasses import dataclass
from typing import Final

from connectors.model.errors import ConfigError

SHOWN: Final = 20
"""Problems that a message lists; the others are counted."""
VALUE_IN_MESSAGE: Final = 60
"""Characters of a cell that a message quotes."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend.

    Attributes:
        file: The file, and the sheet where it has sheets.
        row: As a person counts rows in the file, the heading being row 1; 0 for the whole file.
        column: The heading; "" for the whole row.
        message: What is wrong.
        value: What the cell holds.
        place: What rows are called: `row` in tables, `item` in JSON.
    """

    file: str
    row: int
    column: str
    message: str
    value: str | None = None
    place: str = "row"

    def __str__(self) -> str:
        """Print `persons.csv row 3, start_date '1-2-2026': …`."""
        text = f"{self.file} {self.place} {self.row}" if self.row else self.file
        if self.column:
            text = f"{text}, {self.column}"
        if self.value is not None:
            shown = (
                self.value
                if len(self.value) <= VALUE_IN_MESSAGE
                else f"{self.value[:VALUE_IN_MESSAGE]}…"
            )
            text = f"{text} {shown!r}"
        return f"{text}: {self.message}"


def raise_for(problems: list[Problem]) -> None:
    """Do nothing without problems.

    Raises:
        ConfigError: Lists the problems, a line each, files together and rows in order.
    """
    if not problems:
        return
    lines = [str(problem) for problem in sorted(problems, key=lambda one: (one.file, one.row))]
    if len(lines) == 1:
        raise ConfigError(lines[0])
    shown = lines[:SHOWN]
    if len(lines) > SHOWN:
        shown.append(f"and {len(lines) - SHOWN} more")
    message = "\n  ".join([f"{len(lines)} problems in the files of HR", *shown])
    raise ConfigError(message)
