"""Reading all users while writing: where a provider has no filter, somebody is found among all."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.model.errors import BrokenSource, Unavailable
from connectors.scim.pages import Resource, read_all
from connectors.sdk.calls import Call, Reply

WHAT: Final = "Users"


@dataclass(frozen=True, slots=True)
class Everybody:
    """The wish for all users, as the body of a call of a conversation: not sent, but fulfilled.

    Attributes:
        looked: Whether a reading of earlier in this run will do.
        asking: Parameters beside those of the pages.
    """

    looked: bool
    asking: Mapping[str, str] = field(default_factory=dict)


class Readings:
    """Fulfils such wishes; thread-safe.

    Args:
        send: Sends a call.
        page_size: Resources to ask for; 0 to leave it to the provider.
        system: Name of the target, for messages.
    """

    def __init__(self, send: Callable[[Call], Reply], *, page_size: int, system: str) -> None:
        """Nobody is known yet."""
        self._send, self._page_size, self._system = send, page_size, system
        self._lock = threading.Lock()
        self._kept: list[Resource] | None = None

    def send(self, path: str, wish: Everybody) -> Reply:
        """All users, as the JSON of a reply.

        Raises:
            ConnectorError: What the reading met; nobody knows then who is there.
        """
        if not wish.looked:
            return Reply(200, self._read(path, wish))
        with self._lock:  # whoever comes meanwhile waits for the reading that is under way
            if self._kept is None:
                self._kept = self._read(path, wish)
            return Reply(200, self._kept)

    def _read(self, path: str, wish: Everybody) -> list[Resource]:
        def fetch(asked: Mapping[str, str]) -> Any:
            return self._send(Call("GET", path, params={**asked, **wish.asking})).json

        try:
            return read_all(fetch, page_size=self._page_size, system=self._system, what=WHAT)
        except BrokenSource as error:
            # We are writing, and that moves the pages: who was looked for may be there or not.
            raise Unavailable(error.message, system=self._system, hint=error.hint) from error
