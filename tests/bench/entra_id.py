"""Creating in Entra ID: 1,000 accounts at 50 ms per call, in batches of 20 and one by one.

Entra ID is the sandbox, over HTTP and in a process of its own. The ideal is a bare loop on httpx
that sends the same requests, as full and as many at once, and does nothing else.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx

from connectors.entra_id.settings import EntraIdSettings
from connectors.entra_id.writer import EntraIdWriter
from connectors.model.change import CreateAccount
from connectors.sdk.passwords import MemorySink, make_password
from tests.bench.creating import (
    AT_ONCE,
    CALL_SECONDS,
    PERSONS,
    Ask,
    Race,
    figures,
    in_another_process,
    in_turn,
    wrote,
)
from tests.bench.figure import Figure

BATCH: Final = 20
TIMES: Final = 10
"""Batches are to be so many times as fast as single calls."""


def measure() -> Iterator[Figure]:
    """Create a thousand accounts in batches, one by one, and by the bare loops."""
    # One by one takes half a minute a time: a fifth of the persons tells the same speed.
    few = PERSONS // 5 if "RETOUR_BENCH_QUICK" in os.environ else PERSONS
    with in_another_process(_serve) as (settings, ask):
        ask("slow", CALL_SECONDS)
        batched = _race(settings, ask, size=BATCH, persons=PERSONS, rounds=3)
        single = _race(settings, ask, size=1, persons=few, rounds=1)
    yield from figures(f"in batches of {BATCH}", batched, single, times=TIMES)


def _race(settings: dict[str, Any], ask: Ask, *, size: int, persons: int, rounds: int) -> Race:
    return in_turn(
        ask,
        lambda mark: _write(settings, _creates(persons, mark), size=size),
        lambda mark: _loop(settings, _bodies(persons, mark), size=size),
        rounds=rounds,
        persons=persons,
    )


def _write(settings: dict[str, Any], changes: Sequence[CreateAccount], *, size: int) -> float:
    given = EntraIdSettings(**{**settings, "batch_size": size, "concurrency": AT_ONCE})
    with closing(EntraIdWriter(given, "entra_id", MemorySink())) as writer:
        return wrote(writer, changes)


def _loop(settings: dict[str, Any], bodies: Sequence[dict[str, Any]], *, size: int) -> float:
    """The same requests, by httpx and a pool of threads."""
    begun = time.perf_counter()
    form = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    address = f"{settings['authority_url']}/{settings['tenant_id']}/oauth2/v2.0/token"
    token = httpx.post(address, data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    graph = settings["graph_url"]
    with (
        httpx.Client(headers=headers) as client,
        ThreadPoolExecutor(max_workers=AT_ONCE) as pool,
    ):

        def send(some: Sequence[dict[str, Any]]) -> None:
            if size == 1:
                assert client.post(f"{graph}/users", json=some[0]).status_code == 201
                return
            requests = [
                {
                    "id": str(place),
                    "method": "POST",
                    "url": "/users",
                    "body": body,
                    "headers": {"Content-Type": "application/json"},
                }
                for place, body in enumerate(some)
            ]
            answer = client.post(f"{graph}/$batch", json={"requests": requests}).json()
            assert all(one["status"] == 201 for one in answer["responses"])

        list(pool.map(send, [bodies[at : at + size] for at in range(0, len(bodies), size)]))
    return time.perf_counter() - begun


def _creates(persons: int, mark: str) -> list[CreateAccount]:
    return [
        CreateAccount(target="entra_id", person=f"{mark}{place}", after=_values(place, mark))
        for place in range(persons)
    ]


def _bodies(persons: int, mark: str) -> list[dict[str, Any]]:
    password = make_password()
    more = {
        "accountEnabled": False,
        "passwordProfile": {"password": password, "forceChangePasswordNextSignIn": True},
    }
    return [{**_values(place, mark), **more} for place in range(persons)]


def _values(place: int, mark: str) -> dict[str, Any]:
    name = f"{mark}.{place}"
    return {
        "userPrincipalName": f"{name}@example.org",
        "mail": f"{name}@example.org",
        "mailNickname": name,
        "employeeId": f"{mark}{place}",
        "displayName": f"Bo Smit {place}",
        "givenName": "Bo",
        "surname": "Smit",
        "jobTitle": "Nurse",
        "department": "Ward 3",
    }


def _serve(orders: Connection) -> None:
    from connectors.entra_id.sandbox.served import serve
    from connectors.model.connector import SandboxOptions

    with serve(SandboxOptions()) as served:
        orders.send(dict(served.settings))
        while True:
            what, *given = orders.recv()
            with served.tenant.lock:
                if what == "slow":
                    served.tenant.switches.call_seconds = given[0]
                else:
                    for user in [one for one in served.tenant.of("user") if one.deleted_at is None]:
                        if user.properties.get("employeeId"):
                            served.tenant.purge(user)
            orders.send(None)
