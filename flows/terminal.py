"""What the command line writes to: results on stdout, talk on stderr, plain when nobody looks."""

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from json import dumps
from pathlib import Path
from types import FrameType
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

UNBOUND: Final = 100_000
"""Columns of a pipe: nothing is wrapped and no digest is cut."""

STOPPING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Cell = str | Text


def results() -> Console:
    """Console on stdout."""
    wide = None if sys.stdout.isatty() else UNBOUND
    return Console(file=sys.stdout, width=wide, highlight=False, emoji=False, soft_wrap=False)


def talk() -> Console:
    """Console on stderr."""
    wide = None if sys.stderr.isatty() else UNBOUND
    return Console(file=sys.stderr, width=wide, highlight=False, emoji=False, stderr=True)


def line(*parts: Cell) -> None:
    """Write a line of results; it is never wrapped by us."""
    results().print(Text("").join(_text(part) for part in parts), soft_wrap=True)


def say(sentence: str, style: str = "") -> None:
    """Tell the person at the terminal something that is no result."""
    for each in sentence.splitlines() or [""]:
        talk().print(_text(Text(each, style)), soft_wrap=True)


def complain(problem: object) -> None:
    """Say what is wrong, a line each."""
    for sentence in str(problem).splitlines():
        talk().print(Text("error: ", "bold red") + _text(sentence), soft_wrap=True)


class Rows(Table):
    """A table of what systems and people wrote: in a cell, brackets are no markup of ours."""

    def add_row(self, *cells: Cell, **look: Any) -> None:  # type: ignore[override]  # cells are texts
        """Add a row.

        Args:
            cells: From the left to the right.
            look: What `rich` offers for a row.
        """
        super().add_row(*(_text(cell, keep="\n") for cell in cells), **look)


def table(*headings: str, numbers: tuple[int, ...] = (), wrapped: tuple[int, ...] = ()) -> Rows:
    """An empty table of results.

    Args:
        headings: Of its columns; without any visible one it has no head.
        numbers: Places of columns that are set to the right.
        wrapped: Places of columns that are wrapped when the terminal is too narrow.
    """
    made = Rows(
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        show_header=any(headings),
        header_style="dim",
    )
    for place, heading in enumerate(headings):
        made.add_column(
            heading,
            justify="right" if place in numbers else "left",
            no_wrap=place not in wrapped,
            overflow="fold",
        )
    return made


def show(content: Table, *, indent: int = 0) -> None:
    """Write a table of results. In a pipe without the blanks that fill up its last column."""
    console = results()
    console.width -= indent
    with console.capture() as held:
        console.print(content)
    for row in held.get().splitlines():
        sys.stdout.write(f"{' ' * indent}{row.rstrip()}\n")


def show_json(content: Any) -> None:
    """Write JSON for a program to read."""
    sys.stdout.write(as_json(content, indent=2) + "\n")


def as_json(content: Any, *, indent: int | None = None) -> str:
    """JSON with letters as they are, and escapes for what steers a terminal or is half a letter."""
    text = dumps(content, ensure_ascii=False, indent=indent)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else dumps(one)[1:-1] for one in text)


def write_atomically(path: Path, content: str) -> None:
    """Replace a file: readers see the old one or the whole new one. Only its owner may read it."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def interruptible(console: Console, first: str) -> Iterator[None]:
    """Let Ctrl-C, or SIGTERM, end the context in order, and a second one at once.

    Args:
        console: Where talk goes.
        first: What is said at the first one.
    """
    pressed = False

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            os._exit(128 + number)
        pressed = True
        console.print(Text(first, "yellow"), soft_wrap=True)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOPPING_SIGNALS}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def _text(part: Cell, *, keep: str = "") -> Text:
    """Text that does nothing to a terminal: no markup, no escape sequence, no other control.

    Args:
        part: What somebody wrote.
        keep: Controls that are meant.
    """
    shown = Text(part) if isinstance(part, str) else part.copy()
    if not shown.plain.isprintable():
        # One for one, so that what is bold stays bold.
        shown.plain = "".join(
            one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}"
            for one in shown.plain
        )
    return shown
