"""Serving the sandbox: `retour sandbox afas`, the demo, and tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

import pandas as pd

from connectors.afas.sandbox.afas import Afas
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from connectors.model.people import People
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
        options: `data` is a JSON file with lists `persons`, `contracts` and `departments`, whose
            keys are the columns of `People`; without it people are invented.

    Raises:
        ConfigError: The file is not of that form.
    """
    today = now().astimezone(TIMEZONE).date()
    people = (
        _people_in(options.data) if options.data else invent(options.people, options.seed, today)
    )
    return ServedAfas(Afas.from_people(people, today=today), port=options.port)


def _people_in(file: Path) -> People:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        frames = {
            name: pd.DataFrame(content.get(name, []))
            for name in ("persons", "contracts", "departments")
        }
        return People(**frames, taken_at=now())
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise ConfigError(message, file=str(file)) from error
    except (ValueError, AttributeError, KeyError) as error:
        raise ConfigError(str(error), file=str(file)) from error
