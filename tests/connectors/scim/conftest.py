"""A sandbox for each test, and a lab on it."""

import httpx
import pytest

from connectors.scim.sandbox.access import TOKEN
from connectors.scim.sandbox.served import ServedScim
from connectors.scim.sandbox.switches import Switches, poor
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


def reshape(served, switches):
    for name in Switches.__slots__:
        setattr(served.switches, name, getattr(switches, name))


@pytest.fixture(params=["PATCH", "PUT"])
def by(request, served):
    """Every test twice: for a provider that patches, and for one that does not."""
    if request.param == "PUT":
        reshape(served, poor())
        served.switches.etag = True
    return request.param
