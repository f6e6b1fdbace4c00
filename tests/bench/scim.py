"""Creating at a SCIM provider: 1,000 accounts at 50 ms per request, in Bulk and one by one.

The provider is the sandbox, over HTTP and in a process of its own. The ideal is a bare httpx loop
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

from connectors.model.change import CreateAccount
from connectors.scim.settings import BULK_SIZE, ScimSettings
from connectors.scim.urns import BULK_REQUEST, ENTERPRISE, SCIM_JSON, USER
from connectors.scim.writer import ScimWriter
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

TIMES: Final = 5
"""Bulk is to be so many times as fast as single calls; the provider's own work is in both."""


def measure() -> Iterator[Figure]:
    """Create a thousand accounts in Bulk, one by one, and by the bare loops."""
    # One by one takes a quarter of a minute a time: a fifth tells the same speed.
    few = PERSONS // 5 if "RETOUR_BENCH_QUICK" in os.environ else PERSONS
    with in_another_process(_serve) as (settings, ask):
        ask("slow", CALL_SECONDS)
        bulk = _race(settings, ask, bulk=True, persons=PERSONS, rounds=6)
        single = _race(settings, ask, bulk=False, persons=few, rounds=1)
    yield from figures(f"in bulks of {BULK_SIZE}", bulk, single, times=TIMES)


def _race(settings: dict[str, Any], ask: Ask, *, bulk: bool, persons: int, rounds: int) -> Race:
    return in_turn(
        ask,
        lambda mark: _write(settings, persons, mark, bulk=bulk),
        lambda mark: _loop(settings, persons, mark, bulk=bulk),
        rounds=rounds,
        persons=persons,
    )


def _write(settings: dict[str, Any], persons: int, mark: str, *, bulk: bool) -> float:
    changes = [
        CreateAccount(target="scim", person=f"{mark}{place}", after=_values(place, mark))
        for place in range(persons)
    ]
    given = ScimSettings(**{**settings, "use_bulk": bulk, "concurrency": AT_ONCE})
    with closing(ScimWriter(given, "scim", None)) as writer:
        return wrote(writer, changes)


def _loop(settings: dict[str, Any], persons: int, mark: str, *, bulk: bool) -> float:
    """The same requests, by httpx and a pool of threads; what the provider can is asked as well."""
    bodies = [_body(place, mark) for place in range(persons)]
    headers = {"Authorization": f"Bearer {settings['token']}", "Content-Type": SCIM_JSON}
    base = settings["base_url"]
    begun = time.perf_counter()
    with (
        httpx.Client(headers=headers) as client,
        ThreadPoolExecutor(max_workers=AT_ONCE) as pool,
    ):
        for path in ("ServiceProviderConfig", "ResourceTypes", "Schemas"):
            assert client.get(f"{base}/{path}").status_code == 200

        def send(some: Sequence[dict[str, Any]]) -> None:
            if not bulk:
                assert client.post(f"{base}/Users", json=some[0]).status_code == 201
                return
            operations = [
                {"method": "POST", "path": "/Users", "bulkId": str(place), "data": body}
                for place, body in enumerate(some)
            ]
            whole = {"schemas": [BULK_REQUEST], "Operations": operations}
            answer = client.post(f"{base}/Bulk", json=whole).json()
            assert all(one["status"] == "201" for one in answer["Operations"])

        size = BULK_SIZE if bulk else 1
        list(pool.map(send, [bodies[at : at + size] for at in range(0, persons, size)]))
        return time.perf_counter() - begun


def _values(place: int, mark: str) -> dict[str, Any]:
    return {
        "userName": f"{mark}.{place}@example.org",
        "externalId": f"{mark}{place}",
        "displayName": f"Bo Smit {place}",
        "name.givenName": "Bo",
        "name.familyName": "Smit",
        'emails[type eq "work"].value': f"{mark}.{place}@example.org",
        f"{ENTERPRISE}:department": "Ward 3",
    }


def _body(place: int, mark: str) -> dict[str, Any]:
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"{mark}.{place}@example.org",
        "externalId": f"{mark}{place}",
        "displayName": f"Bo Smit {place}",
        "name": {"givenName": "Bo", "familyName": "Smit"},
        "emails": [{"type": "work", "value": f"{mark}.{place}@example.org"}],
        ENTERPRISE: {"department": "Ward 3"},
        "active": False,
    }


def _serve(orders: Connection) -> None:
    from connectors.scim.sandbox.catalogue import USERS
    from connectors.scim.sandbox.served import ServedScim
    from connectors.scim.sandbox.switches import Switches

    with ServedScim(Switches()) as served:
        orders.send(dict(served.settings))
        while True:
            what, *given = orders.recv()
            if what == "slow":
                served.faults.latency_seconds = given[0]
            else:
                with served.lock:
                    for user in list(served.store.all(USERS)):
                        served.store.remove(user)
            orders.send(None)
