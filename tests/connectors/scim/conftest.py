"""A sandbox for each test, and a lab on it."""

import httpx
import pytest

from connectors.scim.sandbox.access import TOKEN
from connectors.scim.sandbox.served import ServedScim
from tests.connectors.scim.lab import Lab


@pytest.fixture
def served():
    with ServedScim() as running:
        yield running


@pytest.fixture
def lab(served):
    return Lab(served)


@pytest.fixture
def http(served):
    """A plain client, as anybody could write it."""
    kind = "application/scim+json"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    with httpx.Client(base_url=served.url, headers=headers) as client:
        yield client
