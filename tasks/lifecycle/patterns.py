"""Regular expressions that a rule may use: those that no text can keep busy.

Python's engine tries one way after the other. A repetition inside a repetition, as in `(a+)+b`, has
more ways than there is time, and one name in HR that nearly fits would stop a run. So it is refused
when the rule is loaded, and what is left is cheap on the short texts that HR holds.
"""

import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Final

MAX_LENGTH: Final = 200
"""Characters of a pattern."""
OPEN: Final = 50
"""A repetition without an end counts as so many ways to try: HR's texts are short."""
MAX_WAYS: Final = OPEN**4
"""Ways in which one text may be tried at most: four open repetitions, or what amounts to it."""

_PIECE: Final = re.compile(
    r"""
    \\(?P<back>[1-9])                               # a back-reference
    | \\.                                           # an escaped character
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])           # a set: nothing in it repeats
    | \((?P<open>\?(?::|=|!|.))?                    # a group begins
    | (?P<close>\))
    | (?P<either>\|)
    | (?:(?P<sign>[*+?])|\{(?P<low>\d*)(?:(?P<to>,)(?P<high>\d*))?\})[?+]?
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_GROUPS: Final = {None, "?:", "?=", "?!"}


@cache
def compiled(pattern: str) -> "re.Pattern[str]":
    """A pattern, ready to be held against whole texts; case makes no difference.

    Raises:
        re.error: It is no regular expression. `objection` says so beforehand.
    """
    return re.compile(pattern, re.IGNORECASE)


@cache
def objection(pattern: str) -> str | None:
    """Why a pattern is not taken, None when it is."""
    if len(pattern) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters; write several conditions under any"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # Python will read it otherwise one day
            compiled(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        return f"is not a regular expression: {error}"
    return _stray(pattern) or _too_slow(pattern)


def _stray(pattern: str) -> str | None:
    """What a pattern may not have in it, None when there is nothing."""
    for piece in _PIECE.finditer(pattern):
        if piece["back"]:
            return "refers back to a group, which can take for ever"
        if piece["open"] not in _GROUPS:
            return f"has a group ({piece['open']}…; there are (…), (?:…), (?=…) and (?!…)"
    return None


def _too_slow(pattern: str) -> str | None:
    """What can take for ever in a pattern that compiles, None when nothing can.

    Counts the ways in which a text may be tried: alternatives add up, what follows each other
    multiplies.
    """
    levels = [_Level()]
    last = 1  # ways through what stands before: only a group has more than one
    for piece in _PIECE.finditer(pattern):
        level = levels[-1]
        low, high = _times(piece)
        if high is None or high > 1:
            if last > 1:
                return "repeats a group that repeats or chooses, which can take for ever"
            level.here *= OPEN if high is None else high - low + 1
        elif low < high:
            level.here *= 2
        last = 1
        if piece["close"]:
            last = levels.pop().ways
            levels[-1].here *= last
        elif piece["either"]:
            level.before, level.here = level.ways, 1
        elif piece[0].startswith("("):
            levels.append(_Level())
    if levels[0].ways > MAX_WAYS:
        return "can fit one text in too many ways, which can take for ever; use fewer * and +"
    return None


@dataclass(slots=True)
class _Level:
    """A group: the ways through the alternatives before, and through the one that goes on."""

    before: int = 0
    here: int = 1

    @property
    def ways(self) -> int:
        return self.before + self.here


def _times(piece: "re.Match[str]") -> tuple[int, int | None]:
    """How often it repeats what stands before: at least and at most, None without an end."""
    if piece["sign"]:
        return int(piece["sign"] == "+"), 1 if piece["sign"] == "?" else None
    if not (piece["low"] or piece["to"]):
        return 1, 1
    low = int(piece["low"] or 0)
    if not piece["to"]:
        return low, low
    return low, int(piece["high"]) if piece["high"] else None
