"""The one place where a connector asks what time it is, or lets some pass."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

LONGEST_WAIT_SECONDS: Final = 30.0
"""A run waits no longer before it tries again: it holds the lock of its profile meanwhile."""


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Let time pass. Who waits by this, and not by `time.sleep`, is quick under the laws."""
    wait(seconds)


def _wait(seconds: float) -> None:
    time.sleep(seconds)


wait: Callable[[float], None] = _wait
"""What `sleep` does; the laws put something in its place that only listens."""
