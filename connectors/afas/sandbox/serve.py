"""Serving the sandbox: `retour sandbox afas`, the demo, and tests."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.data import environment_in
from connectors.afas.sandbox.variety import add_variety
from connectors.model.connector import SandboxOptions
from connectors.sdk.clock import now
from connectors.sdk.invent import invent
from connectors.sdk.serve import HttpServer

TIMEZONE: Final = ZoneInfo("Europe/Amsterdam")


class ServedAfas:
    """A running sandbox.

    Attributes:
        afas: The environment, to look into and to make things happen.
    """

    def __init__(self, afas: Afas, *, port: int = 0) -> None:
        """Start serving on loopback."""
        self.afas = afas
        self._server = HttpServer(afas, port=port)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which all three connectors reach it."""
        return {"base_url": f"{self._server.url}/ProfitRestServices", "token": self.afas.token}

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(options: SandboxOptions) -> ServedAfas:
    """Serve an invented environment.

    Args:
        options: `data` is a JSON file as in the README; without it people are invented.

    Raises:
        ConfigError: The file is not of that form.
    """
    today = now().astimezone(TIMEZONE).date()
    if options.data:
        return ServedAfas(environment_in(options.data, today=today), port=options.port)
    afas = Afas.from_people(invent(options.people, options.seed, today), today=today)
    add_variety(afas)
    return ServedAfas(afas, port=options.port)
