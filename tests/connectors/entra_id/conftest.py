"""A tenant of our own, watched by Graph's description; time that passes at once."""

from collections.abc import Iterator

import httpx
import pytest

from connectors.entra_id.sandbox.served import ServedGraph, serve
from connectors.entra_id.sandbox.tenant import Tenant
from connectors.model.connector import SandboxOptions
from connectors.sdk import clock
from tests.connectors.entra_id.contract import Watch
from tests.connectors.entra_id.lab import Lab


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[ServedGraph]:
    """A running tenant; whatever is said to it and by it has to be as Graph describes it."""
    with serve(SandboxOptions()) as running:
        watch = Watch(running.graph)
        yield running
    assert not watch.wrong, "\n".join(watch.wrong)


@pytest.fixture
def tenant(served: ServedGraph) -> Tenant:
    return served.tenant


@pytest.fixture
def waits(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited; nobody really waits, but in the tenant the time passes."""
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        tenant.clock.advance(seconds)

    monkeypatch.setattr(clock, "wait", wait)
    return waited


@pytest.fixture
def lab(served: ServedGraph, waits: list[float]) -> Lab:
    return Lab(served)


@pytest.fixture
def graph(served: ServedGraph) -> Iterator[httpx.Client]:
    """Graph, by bare requests with a good token."""
    headers = {"Authorization": f"Bearer {served.graph.tokens.issue()}"}
    with httpx.Client(base_url=str(served.settings["graph_url"]), headers=headers) as client:
        yield client
