"""Joiners from one end to the other: AFAS, eight targets, write-back, journal and audit trail.

The demo profile (Active Directory, Entra ID, Google Workspace, both write-backs into AFAS) with a
SCIM application and three directories in files besides. What answers over HTTP is in a process of
its own; the domain of the sandbox and the files are in ours, so their work counts as ours.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import yaml

from config.loader import PACKAGED
from config.yaml_file import read_yaml
from connectors.ledger.ledger import open_ledger
from tests.bench.creating import in_another_process
from tests.bench.figure import Figure
from tests.profiles import names_of_accounts

PEOPLE: Final = 1_000
FEW: Final = 150
GOAL: Final = 100.0
FILES: Final = ("shop", "canteen", "library")
VERBS: Final = (
    "create", "update", "enable", "disable", "delete", "move", "grant", "revoke", "losses",
    "grant_permission", "revoke_permission",
)  # fmt: skip


def measure() -> Iterator[Figure]:
    """One first load; a second run has nothing left to do."""
    people = FEW if "RETOUR_BENCH_QUICK" in os.environ else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETOUR_BENCH_SITE"] = folder
        os.environ["RETOUR_BENCH_PEOPLE"] = str(people)
        with in_another_process(_serve) as (settings, _):
            os.environ.update(settings["variables"])
            os.chdir(folder)
            profile = _site(Path(folder), settings["scim"])
            from tests.plainly import attempt_plainly

            open_ledger(settings["variables"]["RETOUR_LEDGER_URL"]).close()  # as after a preview
            day = date.fromisoformat(settings["day"])
            begun, busy = time.perf_counter(), time.process_time()
            loaded = attempt_plainly(profile, live=True, as_of=day, at_once=True)
            seconds, processor = time.perf_counter() - begun, time.process_time() - busy
            assert loaded.exit == 0, (
                loaded.exit,
                loaded.report["refused"],
                loaded.report["notes"][:3],
            )
            changes = loaded.report["changes"]
            joined = len({one["person"] for one in changes if one["verb"] == "create"})
            again = attempt_plainly(profile, live=False, as_of=day)
            assert again.report["plan"]["changes"] == 0, again.report["changes"][:2]
    yield Figure(
        name=f"{joined:,} joiners in eight targets", value=joined / seconds, unit="persons/s",
        goal=GOAL, higher=True,
    )  # fmt: skip
    yield Figure(name="… changes", value=len(changes) / seconds, unit="changes/s")
    yield Figure(
        name="… processor time of ours, per person", value=1000 * processor / joined, unit="ms"
    )


def _site(folder: Path, scim: dict[str, Any]) -> Path:
    profile = dict(read_yaml(PACKAGED / "demo.yaml").content)
    targets = {name: dict(spec) for name, spec in profile["targets"].items()}
    targets["scim"] = {"connector": "scim", "settings": scim}
    for name in FILES:
        targets[name] = {
            "connector": "memory",
            "settings": {"name": name, "path": f"{name}.json"},
            "fields": {**names_of_accounts(), "displayName": {"from": "names.display_name"}},
        }
    for spec in targets.values():
        spec["limits"] = dict.fromkeys(VERBS, "unlimited")
    more = {name: {"account": True, "access": True} for name in ("scim", *FILES)}
    rule = {"id": "everywhere", "description": "All have these.", "grant": more}
    (folder / "more.yaml").write_text(yaml.safe_dump([rule]), encoding="utf-8")
    profile |= {"targets": targets, "rules": [str(PACKAGED.parent / "rules"), "more.yaml"]}
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(profile), encoding="utf-8")
    return path


def _serve(orders: Connection) -> None:
    from connectors.scim.sandbox.served import ServedScim
    from connectors.scim.sandbox.switches import Switches
    from flows.playground import playground

    folder, people = Path(os.environ["RETOUR_BENCH_SITE"]), int(os.environ["RETOUR_BENCH_PEOPLE"])
    with playground(folder / "ground", people=people) as ground, ServedScim(Switches()) as served:
        orders.send(
            {
                "variables": ground.variables,
                "scim": dict(served.settings),
                "day": str(ground.afas.today),
            }
        )
        while True:
            orders.recv()
            orders.send(None)
