"""Spans of time in the words of people."""

from typing import Final

MINUTE: Final = 60
HOUR: Final = 3600


def roughly(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3 h 20 min."""
    if seconds < 2 * MINUTE:
        return f"{max(round(seconds), 1)} s"
    if seconds < 2 * HOUR:
        return f"{round(seconds / MINUTE)} min"
    hours, rest = divmod(round(seconds / MINUTE), MINUTE)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
