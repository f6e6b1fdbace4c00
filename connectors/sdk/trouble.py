"""What can go wrong between us and a system, in words that fit every system.

A sandbox that can make these happen lets the laws ask for them: see `conformance`.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final, Protocol


class Trouble(StrEnum):
    """One way in which a request fails."""

    UNAUTHORIZED = "unauthorized"
    """The credentials are refused (401). Nothing happens."""
    FORBIDDEN = "forbidden"
    """The credentials may not do this (403). Nothing happens."""
    NOT_FOUND = "not found"
    """What the request is about is not there (404). Nothing happens."""
    CONFLICT = "conflict"
    """Somebody else is at it (409). Nothing happens."""
    SLOW_DOWN = "slow down"
    """Too many requests (429), and for how many seconds to keep quiet. Nothing happens."""
    SLOW_DOWN_UNSAID = "slow down, unsaid"
    """The same, without a time."""
    BUSY = "busy"
    """The system is overloaded (503). Nothing happens."""
    BROKEN = "broken"
    """The system fails (500). Nothing happens, but nobody knows."""
    CUT = "cut"
    """The connection breaks before anything happens."""
    LOST = "lost"
    """The request is carried out, and the connection breaks before the answer."""
    REPEATED_PAGE = "repeated page"
    """The next page of a reading is the page before, with the same link to the next one."""


HARMLESS: Final = frozenset(Trouble) - {Trouble.LOST}
"""Kinds that leave the system as it was."""


class Troubled(Protocol):
    """A sandbox that makes trouble on request."""

    @property
    def kinds(self) -> Collection[Trouble]:
        """What it can make."""
        ...

    def order(
        self,
        trouble: Trouble,
        *,
        writing: bool,
        times: int = 1,
        skip: int = 0,
        seconds: int = 1,
    ) -> None:
        """Let the next requests meet trouble.

        Args:
            trouble: One of `kinds`.
            writing: Requests that write; else those that read. Fetching a token is neither.
            times: For how many requests; -1 for all until `heal`.
            skip: So many such requests go well first.
            seconds: What a `SLOW_DOWN` asks for.
        """
        ...

    def heal(self) -> None:
        """No more trouble."""
        ...

    @property
    def writes(self) -> int:
        """How many requests that write have arrived so far, refused ones included."""
        ...
