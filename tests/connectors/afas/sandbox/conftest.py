import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.afas.sandbox.serve import ServedAfas
from tests.connectors.afas.contract import description_file

# `tests/connectors/afas/test_contract.py` says that it is skipped, and why; once is enough.
collect_ignore = [] if description_file() else ["test_description.py"]
USERS = "/connectors/T4E_HelloID_Users_v2"


@pytest.fixture
def http(served: ServedAfas) -> Iterator[httpx.Client]:
    """A client that knows nothing of Retour."""
    token = base64.b64encode(served.afas.token.encode()).decode()
    with httpx.Client(
        base_url=served.settings["base_url"],
        headers={"Authorization": f"AfasToken {token}"},
        verify=False,  # noqa: S501 - plain HTTP; loading certificates would cost 40 ms per test
    ) as client:
        yield client


@pytest.fixture
def users(http: httpx.Client) -> Callable[[str], list[str]]:
    """Employee numbers in the rows of a query."""
    return lambda query: [row["Medewerker"] for row in http.get(f"{USERS}?{query}").json()["rows"]]


@pytest.fixture
def put_user(http: httpx.Client) -> Callable[..., httpx.Response]:
    """PUT KnUser for a code."""

    def put(code: str, **fields: Any) -> httpx.Response:
        body = {"KnUser": {"Element": {"@UsId": code, "Fields": fields}}}
        return http.put("/connectors/KnUser", json=body)

    return put


@pytest.fixture
def put_person(http: httpx.Client) -> Callable[..., httpx.Response]:
    """PUT KnPerson."""
    return lambda **fields: http.put(
        "/connectors/KnPerson", json={"KnPerson": {"Element": {"Fields": fields}}}
    )
