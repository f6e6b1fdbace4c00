"""Importing from AFAS: how much it costs beyond fetching the same pages and building one frame.

The sandbox serves from a process of its own, so that only the reading side is measured. Set
`RETOUR_BENCH_PEOPLE` for another number of people than 100,000.
"""

import base64
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from multiprocessing import get_context
from typing import Any, Final

import httpx
import pandas as pd

from connectors.afas.connection import GetConnectors
from connectors.afas.mapping import COLUMNS, ORDER
from connectors.afas.settings import SourceSettings
from connectors.afas.source import AfasSource
from tests.bench.apart import peak
from tests.bench.figure import Figure

PERSONS: Final = int(os.environ.get("RETOUR_BENCH_PEOPLE", "100000"))
ROUNDS: Final = 3
RATIO: Final = 1.5
PAGE: Final = 1000
DAY: Final = date(2026, 11, 23)
KINDS: Final = ("users", "employments", "positions", "organizational_units")

SERVE: Final = """
import sys
from datetime import date
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.sdk.invent import invent

today = date.fromisoformat(sys.argv[2])
with ServedAfas(Afas.from_people(invent(int(sys.argv[1]), 1, today), today=today)) as served:
    print(served.settings["base_url"], flush=True)
    print(served.settings["token"], flush=True)
    sys.stdin.readline()
"""

Measured = tuple[float, float, float, int]
"""Seconds, processor seconds, megabytes beyond what the process had, persons."""


def measure() -> Iterator[Figure]:
    """Import and fetch in turn, each in a fresh process; the middle of three rounds counts."""
    command = [sys.executable, "-c", SERVE, str(PERSONS), DAY.isoformat()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sandbox:
        try:
            assert sandbox.stdout is not None
            base_url, token = (sandbox.stdout.readline().strip() for _ in range(2))
            found: dict[str, list[Measured]] = {"import": [], "bare": []}
            _apart(_fetched, base_url, token)  # the sandbox lays out its rows once
            for _ in range(ROUNDS):
                found["bare"].append(_apart(_fetched, base_url, token))
                found["import"].append(_apart(_imported, base_url, token))
        finally:
            sandbox.kill()
    (seconds, busy, megabytes), (bare, bare_busy, bare_megabytes) = (
        tuple(statistics.median(column) for column in list(zip(*found[name], strict=True))[:3])
        for name in ("import", "bare")
    )
    persons = found["import"][0][-1]
    yield Figure(name=f"{PERSONS:,} people, {persons:,} imported", value=seconds, unit="s")
    yield Figure(name="… people per second", value=persons / seconds, unit="persons/s")
    yield Figure(name="… bare loop over the same pages", value=bare, unit="s")
    yield Figure(
        name="… import to bare loop", value=seconds / bare, unit="x", goal=RATIO, than="bare loop"
    )
    yield Figure(name="… processor time", value=busy, unit="s")
    yield Figure(name="… bare loop, processor time", value=bare_busy, unit="s")
    yield Figure(name="… memory", value=megabytes, unit="MB")
    yield Figure(name="… bare loop, memory", value=bare_megabytes, unit="MB")
    yield Figure(
        name="… memory to bare loop",
        value=megabytes / bare_megabytes,
        unit="x",
        goal=RATIO,
        than="bare loop",
    )


def _apart(work: Callable[[str, str], Any], base_url: str, token: str) -> Measured:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (work, base_url, token))


def _measured(work: Callable[[str, str], Any], base_url: str, token: str) -> Measured:
    before = peak(anew=True)
    start, busy = time.perf_counter(), time.process_time()
    found = work(base_url, token)
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    return seconds, processor, peak() - before, len(found)


def _imported(base_url: str, token: str) -> Any:
    """What Retour makes of it: people."""
    source = AfasSource(SourceSettings(base_url=base_url, token=token))
    try:
        return source.read(as_of=DAY)
    finally:
        source.close()


def _fetched(base_url: str, token: str) -> Any:
    """The least that anybody would do: every page of every connector, one frame each."""
    names = GetConnectors().model_dump()
    headers = {"Authorization": f"AfasToken {base64.b64encode(token.encode()).decode()}"}
    frames = {}
    with httpx.Client(base_url=base_url, headers=headers, timeout=120) as client:
        for kind in KINDS:
            order = ",".join(COLUMNS[kind][name] for name in ORDER[kind])
            rows: list[dict[str, Any]] = []
            while True:
                query = f"skip={len(rows)}&take={PAGE}&orderbyfieldids={order}"
                page = client.get(f"/connectors/{names[kind]}?{query}").json()["rows"]
                rows += page
                if len(page) < PAGE:
                    break
            frames[kind] = pd.DataFrame(rows)
    return frames["users"]
