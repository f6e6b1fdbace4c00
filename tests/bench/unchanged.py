"""Twenty thousand people of whom nobody changed: the engine, and a loop that reads and compares.

People come from CSV files, accounts from a SCIM provider over HTTP (the sandbox, apart from us).
The loop reads the same files, lists the same pages and compares two dicts; it knows no rules,
names, contracts in time, guards, ledger or groups.
"""

import csv
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from connectors.hr_file.sandbox import write_hr_files
from connectors.sdk.invent import invent
from tests.bench.creating import in_another_process
from tests.bench.figure import Figure
from tests.bench.rounds import of_rounds, ratios
from tests.profiles import staff

DAY: Final = date(2026, 11, 23)
PEOPLE: Final = 20_000
FEW: Final = 2_000
MOST: Final = 1.5
ROUNDS: Final = 3
PAGE: Final = 200
VERBS: Final = ("create", "update", "enable", "disable", "delete")


def measure() -> Iterator[Figure]:
    """Load everybody once; then a preview that finds nothing to do, and the loop, in turn."""
    people = FEW if "RETOUR_BENCH_QUICK" in os.environ else PEOPLE
    with tempfile.TemporaryDirectory() as folder, in_another_process(_serve) as (settings, _):
        os.chdir(folder)
        os.environ["RETOUR_LEDGER_URL"] = f"sqlite:///{folder}/ledger.db"
        profile = _site(Path(folder), people, {**settings, "page_size": PAGE})
        from tests.plainly import attempt_plainly

        begun = time.perf_counter()
        loaded = attempt_plainly(profile, live=True, as_of=DAY, at_once=True)
        assert loaded.exit == 0, loaded.report["refused"]
        pace = len(loaded.report["changes"]) / (time.perf_counter() - begun)
        yield Figure(name=f"{people:,} people, the first load", value=pace, unit="changes/s")
        took: list[float] = []

        def engine(_: int) -> float:
            begun = time.perf_counter()
            ending = attempt_plainly(profile, live=False, as_of=DAY, at_once=True)
            took.append(time.perf_counter() - begun)
            assert ending.exit == 0, ending.report["refused"]
            assert ending.report["plan"]["changes"] == 0
            return took[-1]

        def loop(_: int) -> float:
            return _loop(Path(folder) / "hr", settings)

        engine(0)  # warm
        found = ratios(engine, loop, rounds=ROUNDS)
    yield Figure(name=f"{people:,} people, nothing to do", value=min(took), unit="s")
    yield of_rounds("… to a bare loop", found, unit="x", goal=MOST, higher=False)


def _site(folder: Path, people: int, settings: dict[str, Any]) -> Path:
    write_hr_files(invent(people, 1, DAY), folder / "hr")
    profile = {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "hr_file", "settings": {"path": "hr"}},
        "targets": {
            "directory": {
                "connector": "scim",
                "settings": settings,
                "limits": dict.fromkeys(VERBS, "unlimited"),
            }
        },
        "rules": ["rules.yaml"],
        "names": {"domain": "example.org"},
    }
    (folder / "rules.yaml").write_text(yaml.safe_dump([staff()]), encoding="utf-8")
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(profile), encoding="utf-8")
    return path


def _loop(folder: Path, settings: dict[str, Any]) -> float:
    begun = time.perf_counter()
    with (folder / "persons.csv").open(newline="", encoding="utf-8") as file:
        persons = {row["external_id"]: row for row in csv.DictReader(file)}
    with (folder / "contracts.csv").open(newline="", encoding="utf-8") as file:
        contracts = {row["person_id"]: row for row in csv.DictReader(file)}
    accounts: dict[str, Any] = {}
    with httpx.Client(headers={"Authorization": f"Bearer {settings['token']}"}) as client:
        told, given = 1, 0
        while given < told:
            params = {"startIndex": str(given + 1), "count": str(PAGE)}
            page = client.get(f"{settings['base_url']}/Users", params=params).json()
            told, given = page["totalResults"], given + len(page["Resources"])
            accounts |= {one["externalId"]: one for one in page["Resources"] if "externalId" in one}
    differing = [
        person
        for person, row in persons.items()
        if person in accounts
        and person in contracts
        and accounts[person]["name"]["givenName"] != row["nick_name"]
    ]
    seconds = time.perf_counter() - begun
    assert len(accounts) > len(persons) / 2, len(accounts)
    assert not differing, differing[:3]
    return seconds


def _serve(orders: Connection) -> None:
    from connectors.scim.sandbox.served import ServedScim
    from connectors.scim.sandbox.switches import Switches

    with ServedScim(Switches()) as served:
        orders.send(dict(served.settings))
        while True:
            orders.recv()
            orders.send(None)
