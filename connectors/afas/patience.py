"""How often a write is tried, and how long is waited before another try."""

import random
from collections.abc import Callable
from typing import Final

from connectors.model.errors import Conflict, ConnectorError, Transient

CONFLICT_RETRIES: Final = 3
LOST_RETRIES: Final = 1
FIRST_WAIT_SECONDS: Final = 0.2

Sleep = Callable[[float], None]


class Patience:
    """How often one write is tried: a lost one once more, one in conflict three times more."""

    def __init__(self, sleep: Sleep) -> None:
        """Nothing went wrong yet."""
        self._sleep = sleep
        self._losses = self._conflicts = 0

    @property
    def lost(self) -> bool:
        """Whether a reply got lost."""
        return self._losses > 0

    def count(self, error: ConnectorError) -> None:
        """Keep in mind what went wrong."""
        self._losses += isinstance(error, Transient)
        self._conflicts += isinstance(error, Conflict)

    def again(self, error: ConnectorError, *, progress: bool = False) -> None:
        """Return when there is to be another try, after a wait if need be.

        Args:
            error: What went wrong with the last one.
            progress: Whether there is less to send now, so that a refusal need not come again.

        Raises:
            ConnectorError: `error`: it will not get better.
        """
        if self._losses > LOST_RETRIES or self._conflicts > CONFLICT_RETRIES:
            raise error
        if not progress and not isinstance(error, Transient | Conflict):
            raise error
        if isinstance(error, Conflict):
            self._sleep(_wait_seconds(self._conflicts))


def _wait_seconds(conflicts: int) -> float:
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - keeps two writers apart, protects nothing
    return float(FIRST_WAIT_SECONDS * 2 ** (conflicts - 1) * jitter)
