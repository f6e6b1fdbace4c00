"""Everything that is wrong, said at once, and what was probably meant."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from connectors.model.errors import ConfigError

MAX_PROBLEMS: Final = 10
"""So many are listed; the rest is counted."""


def raise_all(problems: Sequence[ConfigError]) -> None:
    """Raise everything that is wrong as one error.

    Raises:
        ConfigError: Unless the list is empty.
    """
    if problems:
        raise all_in_one(problems)


def all_in_one(problems: Sequence[ConfigError]) -> ConfigError:
    """One error that prints a line for each problem; its place is that of the first.

    Args:
        problems: At least one. What an anchor brings to five places is said once.
    """
    lines = {_text_of(problem): problem for problem in reversed(problems)}
    first, *others = reversed(lines.values())
    said = [first.message, *map(str, others[: MAX_PROBLEMS - 1])]
    if len(lines) > MAX_PROBLEMS:
        said.append(f"and {len(lines) - MAX_PROBLEMS} more")
    return ConfigError("\n".join(said), file=first.file, line=first.line, key=first.key)


def _text_of(problem: ConfigError) -> tuple[str | int | None, ...]:
    """What tells a problem from others; an anchor brings the same last key to several places."""
    last_key = (problem.key or "").rpartition(".")[2]
    return problem.file, problem.line, last_key, problem.message


def hint(word: str, known: Sequence[str], *, listed: bool = True) -> str:
    """What to say behind an unknown word: the closest known one, else all of them if `listed`."""
    close = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(known)}" if known and listed else ""
