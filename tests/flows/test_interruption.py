"""A run that is stopped in the middle: by Ctrl-C, by SIGTERM, by a kill."""

import os
import signal
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.ledger.records import RunRecord
from connectors.memory.writer import MemoryWriter
from tests.flows.site import DAY, Site, assert_no_traceback, report_of, retour, start_retour


def test_ctrl_c_finishes_who_is_being_written_reports_and_gives_the_lock_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = MemoryWriter._send

    def press_ctrl_c(self: MemoryWriter, change: Any) -> Any:
        if (change.person, change.verb) == ("1000003", "create"):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        return send(self, change)

    site.profile["targets"]["directory"]["concurrency"] = 1
    monkeypatch.setattr(MemoryWriter, "_send", press_ctrl_c)
    result = site.provision("--live", "--report", "report.json")

    assert result.exit_code == 130
    assert_no_traceback(result)
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 130
    outcome = {
        (change["target"], change["person"], change["verb"]): change["outcome"]
        for change in report["changes"]
    }
    assert outcome["directory", "1000003", "create"] == "done"
    assert outcome["directory", "1000003", "enable"] == "done"
    assert outcome["directory", "1000012", "create"] == "set_aside"
    written = {entry.attributes["personId"] for entry in site.store.entries.values()}
    assert written == {
        person
        for (target, person, verb), became in outcome.items()
        if (target, verb, became) == ("directory", "create", "done")
    }
    assert f"retour show {report['run']}" in result.stderr

    monkeypatch.setattr(MemoryWriter, "_send", send)
    assert site.provision("--live").exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_at_a_terminal_and_a_stop_from_outside_end_it_with_130_and_a_report(
    site: Site, number: signal.Signals
) -> None:
    slow = (
        "import time; from connectors.memory.writer import MemoryWriter as W; send = W._send\n"
        "def late(*given): print('WRITING', flush=True); time.sleep(0.3); return send(*given)\n"
        "W._send = late"
    )
    asked = ("provision", "--profile", "site.yaml", "--as-of", DAY, "--live")
    process = start_retour(*asked, "--report", "report.json", patch=slow)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "WRITING\n":
            break
    os.killpg(process.pid, number)
    said = process.communicate(timeout=60)[1]

    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Interrupted: " in said
    report = report_of(site.folder / "report.json")
    assert report["exit"] == 130
    assert "done" in {change["outcome"] for change in report["changes"]}
    assert site.provision("--live").exit_code == 0


def test_a_run_that_was_killed_is_closed_by_the_next_one(site: Site) -> None:
    killed = "20261122-010000-abcdef"
    with open_ledger(os.environ["RETOUR_LEDGER_URL"]) as ledger:
        for profile in ("site", "another"):
            ledger.start_run(
                RunRecord(
                    run=killed if profile == "site" else "20261122-020000-abcdef",
                    profile=profile,
                    mode="live",
                    as_of=date(2026, 11, 22),
                    started=datetime(2026, 11, 22, tzinfo=UTC),
                )
            )

    assert site.provision().exit_code == 0

    listed = {line.split()[0]: line for line in retour("runs").stdout.splitlines()}
    assert listed[killed].endswith("137 broken off")
    assert listed["20261122-020000-abcdef"].endswith("open")
    assert "BROKEN OFF" in retour("show", killed).stdout
