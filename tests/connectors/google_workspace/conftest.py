"""A workspace per test, and a plain client for it."""

import pytest

from connectors.google_workspace.sandbox import serve
from connectors.model.connector import SandboxOptions
from connectors.sdk.conformance.bounds import unhurried
from tests.connectors.google_workspace.lab import Direct


@pytest.fixture
def served():
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def ask(served):
    direct = Direct(served)
    yield direct
    direct.close()


@pytest.fixture
def waits():
    """Waits are heard of instead of waited for, in seconds."""
    with unhurried() as heard:
        yield heard
