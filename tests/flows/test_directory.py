"""Runs on Active Directory: reading what changed, and OUs that follow the organisation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.active_directory.sandbox.content import STAFF, TEAMS
from connectors.active_directory.whole import WholeReading
from tests.flows.stage import Stage, a_stage, planned


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with a_stage(tmp_path, people=12) as set_up:
        yield set_up


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes full readings."""
    read: list[str] = []
    real = WholeReading.read

    def noted(self: WholeReading, *, to_keep: bool = False) -> object:
        read.append("to keep" if to_keep else "plain")
        return real(self, to_keep=to_keep)

    monkeypatch.setattr(WholeReading, "read", noted)
    return read


def test_the_next_run_reads_what_changed_and_sees_our_own_writes(
    stage: Stage, whole: list[str]
) -> None:
    assert stage.live().exit == 0
    assert whole == ["to keep"]
    again = stage.live()
    assert again.exit == 0
    assert again.report["plan"]["changes"] == 0
    person = next(iter(stage.directory.accounts()))
    stage.directory.remove_account(person)
    verbs = [one["verb"] for one in planned(stage.run()) if one["person"] == person]
    assert verbs[:1] == ["create"]
    assert stage.live().exit == 0
    assert person in stage.directory.accounts()
    assert whole == ["to keep"]


def test_a_preview_and_a_run_for_some_keep_nothing(stage: Stage, whole: list[str]) -> None:
    stage.run()
    person = stage.run().report["changes"][0]["person"]
    stage.live(persons=[person])
    stage.live()
    assert whole == ["to keep"] * 4


def test_a_profile_may_want_everything_read_in_every_run(stage: Stage, whole: list[str]) -> None:
    stage.profile["targets"]["active_directory"]["full_read_every_days"] = 0
    stage.live()
    stage.live()
    assert len(whole) == 2


def test_everybody_stands_in_the_ou_of_their_department_and_it_is_made(stage: Stage) -> None:
    settings = stage.profile["targets"]["active_directory"]["settings"]
    settings["create_containers"] = True
    settings["containers"] = {
        "initial": STAFF,
        "enabled": f"OU={{contract.department_name}},{TEAMS}",
    }
    assert stage.live().exit == 0
    enabled = [one for one in stage.directory.accounts().values() if one["enabled"]]
    assert enabled
    for one in enabled:
        assert one["container"] == f"OU={one['department']},{TEAMS}"
    again = stage.run()
    assert again.report["plan"]["changes"] == 0


def test_a_template_that_asks_for_what_nobody_knows_is_refused(stage: Stage) -> None:
    settings = stage.profile["targets"]["active_directory"]["settings"]
    settings["containers"] = {"initial": f"OU={{contract.departement}},{STAFF}"}
    ending = stage.run()
    assert ending.exit == 2
    assert "contract.departement" in str(ending.report["refused"])
