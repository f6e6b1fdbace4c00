"""The sandbox's own clock: real time, which a test can push forward."""

from datetime import UTC, datetime, timedelta

from connectors.sdk.clock import now


class Clock:
    """Tells the time; `advance` lets tokens expire and fresh objects appear."""

    def __init__(self) -> None:
        """Begin with real time."""
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present instant here, UTC."""
        return now() + self._ahead

    def seconds(self) -> float:
        """The same in seconds since 1970."""
        return self.now().timestamp()

    def stamp(self) -> str:
        """The same as Graph writes it."""
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def advance(self, seconds: float) -> None:
        """Push it forward."""
        self._ahead += timedelta(seconds=seconds)
