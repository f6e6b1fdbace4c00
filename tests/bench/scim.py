"""Creating at a SCIM provider: 1,000 accounts at 50 ms per request, in Bulk and one by one.

The provider is the sandbox, over HTTP and in a process of its own. The ideal is a bare httpx loop
that sends the same requests, as full and as many at once, and does nothing else.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx

from connectors.model.change import CreateAccount
from connectors.model.receipt import Outcome
from connectors.scim.settings import BULK_SIZE, ScimSettings
from connectors.scim.urns import BULK_REQUEST, ENTERPRISE, SCIM_JSON, USER
from connectors.scim.writer import ScimWriter
from tests.bench.figure import Figure

PERSONS: Final = 1_000
CALL_SECONDS: Final = 0.05
AT_ONCE: Final = 4
TIMES: Final = 5
"""Bulk is to be so many times as fast as single calls; the provider's own work is in both."""
SHARE: Final = 0.9
"""Of the speed of the bare loop."""

Ask = Callable[..., Any]


def measure() -> Iterator[Figure]:
    """Create a thousand accounts in Bulk, one by one, and by the bare loops."""
    quick = "RETOUR_BENCH_QUICK" in os.environ
    with _sandbox() as (settings, ask):
        ask(CALL_SECONDS)
        bulk, bare_bulk = _best(settings, ask, bulk=True, persons=PERSONS)
        # One by one takes a quarter of a minute a time: a fifth tells the same speed.
        few = PERSONS // 5 if quick else PERSONS
        single, bare_single = _best(settings, ask, bulk=False, persons=few, rounds=1)
    single, bare_single = single * PERSONS / few, bare_single * PERSONS / few
    yield Figure(name=f"{PERSONS:,} creates in bulks of {BULK_SIZE}", value=bulk, unit="s")
    yield Figure(name="… one by one", value=single, unit="s")
    yield Figure(name="… Bulk is faster by", value=single / bulk, unit="x", goal=TIMES, higher=True)
    for name, bare, ours in (
        ("in bulk", bare_bulk, bulk),
        ("one by one", bare_single, single),
    ):
        yield Figure(
            name=f"… share of the speed of a bare loop, {name}",
            value=bare / ours,
            unit="x",
            goal=SHARE,
            higher=True,
            than=f"of {PERSONS / bare:,.0f} creates/s",
        )


def _best(
    settings: dict[str, Any], ask: Ask, *, bulk: bool, persons: int, rounds: int = 6
) -> tuple[float, float]:
    """Seconds of the writer and of the bare loop: the best of some rounds, taken in turn."""
    ours, bare = [], []
    for round_ in range(rounds):
        ask(None)
        ours.append(_write(settings, persons, f"w{round_}{bulk}", bulk=bulk))
        ask(None)
        bare.append(_loop(settings, persons, f"b{round_}{bulk}", bulk=bulk))
    return min(ours), min(bare)


def _write(settings: dict[str, Any], persons: int, mark: str, *, bulk: bool) -> float:
    changes = [
        CreateAccount(target="scim", person=f"{mark}{place}", after=_values(place, mark))
        for place in range(persons)
    ]
    given = ScimSettings(**{**settings, "use_bulk": bulk, "concurrency": AT_ONCE})
    with closing(ScimWriter(given, "scim", None)) as writer:
        begun = time.perf_counter()
        receipts = list(writer.apply(iter(changes)))
        seconds = time.perf_counter() - begun
    bad = [receipt for receipt in receipts if receipt.outcome is not Outcome.DONE]
    assert not bad, bad[:3]
    return seconds


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


@contextmanager
def _sandbox() -> Iterator[tuple[dict[str, Any], Ask]]:
    """A sandbox in another process: the settings to reach it, and a way to order things there."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()

    def ask(order: float | None) -> None:
        ours.send(order)
        ours.recv()

    try:
        yield ours.recv(), ask
    finally:
        process.terminate()
        process.join()


def _serve(orders: Connection) -> None:
    from connectors.scim.sandbox.catalogue import USERS
    from connectors.scim.sandbox.served import ServedScim
    from connectors.scim.sandbox.switches import Switches

    with ServedScim(Switches()) as served:
        orders.send(dict(served.settings))
        while True:
            order = orders.recv()
            if order is not None:
                served.faults.latency_seconds = order
            else:
                with served.lock:
                    for user in list(served.store.all(USERS)):
                        served.store.remove(user)
            orders.send(None)
