"""AFAS in every kind of trouble, end to end: what a person reads, what is written, what is left."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import connectors.sdk.http
from connectors.hr_file.sandbox import write_hr_files
from connectors.sdk.invent import invent
from tasks.run import Ending
from tests.flows.site import retour
from tests.flows.stage import Stage, a_stage, outcomes

USERS = "T4E_HelloID_Users_v2"
EMPLOYMENTS = "T4E_HelloID_Employments_v2"
ALWAYS = 99
PEOPLE = 6


@dataclass(frozen=True)
class Reading:
    """A fault while AFAS is read, and what a person reads about it."""

    kind: str
    exit: int
    said: str
    advice: str = ""
    seconds: float = 0.0


READINGS = [
    Reading("401", 6, "AFAS refused the token", "Check that it is complete, not expired"),
    Reading("403", 6, "AFAS refused this machine", "Check the IP addresses"),
    Reading("404", 2, "AFAS does not know this address", "Check `base_url`"),
    Reading("unexpected", 6, "An unexpected error has occurred.", "under this reference"),
    Reading("500", 6, "HTTP 500: a web page (4 attempts)", "Run again later"),
    Reading("503", 6, "maintenance. (it asks to come back after 2 hours)", "in 2 hours", 7200),
    Reading("cut_body", 6, "cut off or not JSON", "Run again"),
    Reading("same_page", 6, "AFAS gave the same page twice"),
    Reading("twins", 6, "two rows with "),
    Reading("no_key", 6, "has no Medewerker"),
]


@dataclass(frozen=True)
class Writing:
    """A fault while AFAS is written, what becomes of the target, and what a person reads."""

    kind: str
    became: set[str]
    said: str = ""
    times: int = ALWAYS
    seconds: float = 0.0
    given_up: bool = False


WRITINGS = [
    (
        Writing("401", {"failed", "set_aside"}, "AFAS refused the token", given_up=True),
        Writing("drop_reply", {"done"}, "confirmed by read", times=1),
    ),
    (
        Writing("404", {"failed", "set_aside"}, "Check `base_url`", given_up=True),
        Writing("unexpected", {"done", "failed"}, "An unexpected error", times=1),
    ),
    (
        Writing("503", {"failed", "set_aside"}, "after 2 hours", seconds=7200, given_up=True),
        Writing("500", {"done"}, times=1),
    ),
    (
        Writing("cut", {"in_doubt", "set_aside"}, "the connection broke", given_up=True),
        Writing("503", {"done"}, times=2, seconds=9),
    ),
    (
        Writing("403", {"failed", "set_aside"}, "Check the IP addresses", given_up=True),
        Writing("cut_body", {"done"}),
    ),
]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were to be waited before another attempt; nobody really waits."""
    planned: list[float] = []
    seconds = connectors.sdk.http._wait

    def wait(state: Any) -> float:
        planned.append(seconds(state))
        return 0.0

    monkeypatch.setattr(connectors.sdk.http, "_wait", wait)
    return planned


@pytest.fixture(scope="module")
def in_use(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A site in daily use, with somebody hired and somebody leaving since the last run."""
    with a_stage(tmp_path_factory.mktemp("in-use"), people=PEOPLE) as stage:
        first = stage.live()
        assert first.exit == 0, first.report["refused"]
        stage.afas.hire(nick_name="Kim", family_name="Verhoeven", department="CARE", title="Nurse")
        stage.afas.calls.clear()
        yield stage


@pytest.fixture
def stage(in_use: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The same site for one more test; AFAS is healthy before and after."""
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{in_use.folder / 'ledger.db'}")
    before = deepcopy(in_use.profile)
    yield in_use
    in_use.profile = before
    in_use.afas.fail_no_more()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Stage]:
    """A site before its first run."""
    with a_stage(tmp_path, people=PEOPLE) as stage:
        yield stage


def read_in_pages(stage: Stage) -> None:
    """Let AFAS be read three rows at a time."""
    for part in (stage.profile["source"], *stage.profile["targets"].values()):
        if part["connector"].startswith("afas"):
            part["settings"]["max_rows"] = 3


def from_hr_files(stage: Stage) -> None:
    """Let people come from elsewhere, so that only targets read AFAS."""
    folder = stage.folder / "hr"
    write_hr_files(invent(PEOPLE, 1, stage.afas.today), folder)
    stage.profile["source"] = {"connector": "hr_file", "settings": {"path": str(folder)}}


def assert_fit_to_be_read(stage: Stage, ending: Ending) -> None:
    """No traceback, no token, nothing of a query."""
    text = json.dumps(ending.report)
    secret = stage.afas.token.partition("<data>")[2][:64]
    for unfit in ("Traceback", secret, "AfasToken", "filter", "skip=", "<html"):
        assert unfit not in text


def assert_untouched(stage: Stage, ending: Ending, usn: int) -> None:
    assert stage.afas.writes == []
    assert stage.directory.usn == usn
    assert ending.report["changes"] == []
    assert ending.report["plan"] is None


def assert_converged(stage: Stage) -> None:
    """HR holds for everybody what the directory holds, and nobody was made by the way."""
    for employee, held in stage.held_by_afas().items():
        account = stage.directory.account(employee)
        assert held == (account["mail"], account["userPrincipalName"], account["mail"])
    assert stage.afas.counts["inserted_persons"] == stage.afas.counts["inserted_users"] == 0


# --- While people or accounts are read ------------------------------------------------------------


@pytest.mark.parametrize("fault", READINGS, ids=lambda fault: f"{fault.kind}-{fault.seconds:g}")
def test_an_import_that_breaks_stops_the_run_with_a_sentence_and_nothing_is_written(
    stage: Stage, waits: list[float], fault: Reading
) -> None:
    if fault.kind == "same_page":
        read_in_pages(stage)
    usn = stage.directory.usn
    stage.afas.fail_next(fault.kind, connector=EMPLOYMENTS, times=ALWAYS, seconds=fault.seconds)

    ending = stage.live()

    assert (ending.exit, ending.report["exit"]) == (fault.exit, fault.exit)
    said = ending.report["refused"]
    assert said.startswith(f"afas GET {EMPLOYMENTS}: ")
    assert fault.said in said
    assert fault.advice in said
    assert len(said.splitlines()) == 1
    assert_fit_to_be_read(stage, ending)
    assert_untouched(stage, ending, usn)
    assert bool(waits) == (fault.kind == "500")


def test_a_wrong_address_of_accounts_stops_the_run_too(stage: Stage) -> None:
    from_hr_files(stage)
    usn = stage.directory.usn
    stage.afas.fail_next("404", connector=USERS, times=ALWAYS)

    ending = stage.live()

    assert ending.exit == 2
    assert f"GET {USERS}: " in ending.report["refused"]
    assert_fit_to_be_read(stage, ending)
    assert_untouched(stage, ending, usn)


def test_accounts_that_cannot_be_read_stop_what_needs_them(fresh: Stage) -> None:
    from_hr_files(fresh)
    read_in_pages(fresh)
    fresh.afas.fail_next("same_page", connector=USERS, times=ALWAYS)

    ending = fresh.live()

    assert (ending.exit, ending.report["refused"]) == (6, None)
    assert list(ending.report["unseen"]) == ["afas_employee", "afas_user"]
    assert all(f"GET {USERS}: " in why for why in ending.report["unseen"].values())
    assert list(ending.report["targets"]) == ["active_directory"]
    waiting = [one for one in ending.report["notes"] if one["code"] == "waiting"]
    assert {one["target"] for one in waiting} == {"active_directory"}
    assert fresh.afas.writes == []
    assert_fit_to_be_read(fresh, ending)


def test_after_all_that_a_healthy_run_does_what_was_due_and_no_more(
    stage: Stage, waits: list[float]
) -> None:
    stage.afas.fail_next("503", verb="GET", times=2, seconds=7)
    stage.afas.fail_next("as_xml", times=ALWAYS)

    ending = stage.live()

    assert ending.exit == 0, ending.report["refused"]
    assert waits == [7, 7]
    assert len({change["person"] for change in ending.report["changes"]}) == 1
    assert_converged(stage)


def test_two_rows_for_one_record_leave_that_person_alone_and_nobody_else(fresh: Stage) -> None:
    from_hr_files(fresh)
    doubled = min(fresh.held_by_afas())
    fresh.afas.fail_next("twins", connector=USERS, times=ALWAYS)

    ending = fresh.live()

    assert ending.exit == 0, ending.report
    written = {c["person"] for c in ending.report["changes"] if c["target"] == "afas_employee"}
    assert written == set(fresh.held_by_afas()) - {doubled}
    notes = {(n["person"], n["code"]) for n in ending.report["notes"]}
    assert (doubled, "ambiguous") in notes
    fresh.afas.fail_no_more()
    healed = fresh.live()
    assert healed.exit == 0
    assert {change["person"] for change in healed.report["changes"]} == {doubled}
    assert_converged(fresh)


# --- While AFAS is written ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_employees", "of_users"), WRITINGS, ids=lambda fault: f"{fault.kind}-{fault.times}"
)
def test_writes_that_fail_are_told_one_by_one_the_others_go_on_and_the_next_run_does_the_rest(
    fresh: Stage, waits: list[float], of_employees: Writing, of_users: Writing
) -> None:
    faults = {"afas_employee": of_employees, "afas_user": of_users}
    for connector, fault in (("KnEmployee", of_employees), ("KnUser", of_users)):
        fresh.afas.fail_next(
            fault.kind, verb="PUT", connector=connector, times=fault.times, seconds=fault.seconds
        )

    ending = fresh.live()

    good = {"done", "already"}
    given_up = any(fault.given_up for fault in faults.values())
    assert ending.exit == (6 if given_up else 1)
    assert_fit_to_be_read(fresh, ending)
    assert set(outcomes(ending, "active_directory")) == {"done"}
    for target, fault in faults.items():
        updates = [
            c for c in ending.report["changes"] if c["target"] == target and c["verb"] == "update"
        ]
        assert {change["outcome"] for change in updates} <= fault.became
        assert fault.became & good or all(c["outcome"] not in good for c in updates)
        assert any(fault.said in (change["detail"] or "") for change in updates) or not fault.said
        if fault.kind == "unexpected" and fault.times == 1:
            assert [change["outcome"] for change in updates].count("failed") == 1
    if of_users.seconds:
        assert waits == [of_users.seconds] * of_users.times

    left = {
        (change["target"], change["person"])
        for change in ending.report["changes"]
        if change["outcome"] not in good
    }
    usn = fresh.directory.usn
    fresh.afas.fail_no_more()
    healed = fresh.live()
    assert healed.exit == 0, healed.report["refused"]
    assert {(c["target"], c["person"]) for c in healed.report["changes"]} == left
    assert fresh.directory.usn == usn
    assert_converged(fresh)


# --- The same thing has the same code everywhere --------------------------------------------------


def test_a_wrong_path_is_a_configuration_error_in_a_run_and_in_a_check(stage: Stage) -> None:
    settings = stage.profile["source"]["settings"]
    stage.profile["source"] = {
        "connector": "afas",
        "settings": {**settings, "base_url": settings["base_url"].replace("Profit", "Profti")},
    }
    profile = str(stage.write())

    run, check = stage.live(), retour("check", "--profile", profile)

    assert (run.exit, check.exit_code) == (2, 2)
    assert "Check `base_url`" in run.report["refused"]
    assert "Check `base_url`" in check.stdout
