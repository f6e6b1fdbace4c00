"""`retour runs` and `retour show`: what ran, and all of one."""

import json
import os
import re

from connectors.ledger.ledger import open_ledger
from tests.flows.site import Site, report_of, retour


def test_runs_lists_what_ran_and_show_tells_all_of_one(site: Site) -> None:
    empty = retour("runs")
    assert empty.exit_code == 0
    assert empty.stdout == ""
    assert "No runs in " in empty.stderr

    site.provision()
    site.store.trouble.refuse(person="1000002")
    site.provision("--live", "--report", "report.json")
    report = report_of(site.folder / "report.json")

    listed = retour("runs").stdout.splitlines()
    assert [line.split()[2:4] for line in listed[1:]] == [
        ["provision", "live"],
        ["provision", "preview"],
    ]
    assert listed[1].startswith(report["run"])
    assert listed[1].endswith("1 incomplete")
    assert len(retour("runs", "--limit", "1").stdout.splitlines()) == 2
    assert retour("runs", "--profile", "other").stdout == ""

    shown = retour("show", report["run"][:-2])
    assert shown.exit_code == 0
    assert "Journal" in shown.stdout
    for change in report["changes"]:
        assert re.search(rf"{change['person']}  {change['verb']} ", shown.stdout)
    assert "refused, as the test asked" in shown.stdout

    content = json.loads(retour("show", report["run"], "--json").stdout)
    assert content["changes"] == report["changes"]
    tried = [entry["change"]["id"] for entry in content["journal"]]
    assert tried
    for change in report["changes"]:
        # What was set aside for something upstream never came to the writer.
        assert change["id"] in tried or change["outcome"] == "set_aside"
    assert {entry["receipt"]["outcome"] for entry in content["journal"]} >= {"done", "failed"}


def test_show_knows_a_run_that_never_ended(site: Site) -> None:
    from tests.connectors.ledger.examples import a_run

    with open_ledger(os.environ["RETOUR_LEDGER_URL"]) as ledger:
        ledger.start_run(a_run("run-1"))

    shown = retour("show", "run-1")

    assert shown.exit_code == 0
    assert "OPEN" in shown.stdout
    assert "open" in retour("runs").stdout
