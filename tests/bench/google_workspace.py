"""Creating in Google Workspace: 1,000 accounts at 50 ms per call, in batches of 50 and one by one.

The workspace is the sandbox, over HTTP and in a process of its own. The ideal is a bare loop on
httpx that sends the same requests, as full and as many at once, and does nothing else. Google's
quota, which counts the parts of a batch one by one, is left out: it is the same for all.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, Final

import httpx

from connectors.google_workspace.client import open_to_write
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.google_workspace.talk import SHOWN
from connectors.google_workspace.writer import GoogleWorkspaceWriter
from connectors.model.change import CreateAccount
from connectors.sdk.passwords import MemorySink, make_password
from connectors.sdk.tokens import service_account
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

BATCH: Final = 50
TIMES: Final = 10
"""Batches are to be so many times as fast as single calls."""
SCOPE: Final = "https://www.googleapis.com/auth/admin.directory.user"


def measure() -> Iterator[Figure]:
    """Create a thousand accounts in batches, one by one, and by the bare loops."""
    # One by one takes a quarter of a minute a time: a fifth of the persons tells the same speed.
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
    more = {"batch_size": size, "concurrency": AT_ONCE, "calls_per_minute": 1_000_000}
    given = GoogleWorkspaceSettings(**{**settings, **more})
    workspace = open_to_write(given, "google")
    with closing(GoogleWorkspaceWriter(given, "google", workspace, MemorySink())) as writer:
        return wrote(writer, changes)


def _loop(settings: dict[str, Any], bodies: Sequence[dict[str, Any]], *, size: int) -> float:
    """The same requests, by httpx and a pool of threads."""
    given = GoogleWorkspaceSettings(**settings)
    begun = time.perf_counter()
    token = service_account(
        given.service_account, scopes=[SCOPE], subject=given.subject, token_url=given.token_url
    )().value.get_secret_value()
    path = f"/admin/directory/v1/users?{httpx.QueryParams(SHOWN)}"
    with (
        httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client,
        ThreadPoolExecutor(max_workers=AT_ONCE) as pool,
    ):

        def send(some: Sequence[dict[str, Any]]) -> None:
            if size == 1:
                reply = client.post(f"{given.api_url}{path}", json=some[0])
                assert reply.status_code == 200
                assert reply.json()["id"]
                return
            parts = [
                f"--b\r\nContent-Type: application/http\r\nContent-ID: <{place}>\r\n\r\n"
                f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
                f"{json.dumps(body)}\r\n"
                for place, body in enumerate(some)
            ]
            kind = {"Content-Type": "multipart/mixed; boundary=b"}
            reply = client.post(
                f"{given.api_url}/batch", content="".join([*parts, "--b--\r\n"]), headers=kind
            )
            made = [json.loads(one.rpartition("\r\n\r\n")[2]) for one in _parts(reply.text)]
            assert len(made) == len(some)
            assert all(one["id"] for one in made)

        list(pool.map(send, [bodies[at : at + size] for at in range(0, len(bodies), size)]))
    return time.perf_counter() - begun


def _parts(text: str) -> list[str]:
    boundary = text.partition("\r\n")[0]
    return [one.rstrip("\r\n") for one in text.split(boundary)[1:-1]]


def _creates(persons: int, mark: str) -> list[CreateAccount]:
    return [
        CreateAccount(
            target="google",
            person=f"{mark}{place}",
            after={
                "primaryEmail": f"{mark}.{place}@example.org",
                "givenName": "Bo",
                "familyName": "Smit",
                "externalId": f"{mark}{place}",
                "title": "Nurse",
                "department": "Nursing",
            },
        )
        for place in range(persons)
    ]


def _bodies(persons: int, mark: str) -> list[dict[str, Any]]:
    password = make_password()
    work = {"type": "work", "primary": True, "title": "Nurse", "department": "Nursing"}
    return [
        {
            "primaryEmail": f"{mark}.{place}@example.org",
            "name": {"givenName": "Bo", "familyName": "Smit"},
            "externalIds": [{"type": "organization", "value": f"{mark}{place}"}],
            "organizations": [work],
            "password": password,
            "changePasswordAtNextLogin": True,
            "suspended": True,
            "includeInGlobalAddressList": False,
            "orgUnitPath": "/Staff/Starters",
        }
        for place in range(persons)
    ]


def _serve(orders: Connection) -> None:
    from connectors.google_workspace.sandbox import serve
    from connectors.model.connector import SandboxOptions

    with serve(SandboxOptions()) as served:
        workspace = served.workspace
        first = set(workspace.users)
        orders.send(dict(served.settings))
        while True:
            what, *given = orders.recv()
            with workspace.lock:
                if what == "slow":
                    workspace.switches.call_seconds = given[0]
                else:
                    for ref in set(workspace.users) - first:
                        del workspace.users[ref]
                        workspace.free(ref)
            orders.send(None)
