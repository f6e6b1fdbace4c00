"""Somebody who is employed twice is two HR persons and one person in AFAS."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.sandbox.records import Employee
from connectors.afas.turns import TURNS, Turns
from connectors.afas.user_writer import UserWriter
from connectors.model.receipt import Outcome
from tests.connectors.afas.lab import employee_update, user_update

JANINE, TWICE = "1000001", "1000900"
USERS = "T4E_HelloID_Users_v2"


@pytest.fixture
def twice(afas) -> list[str]:
    """Janine, employed a second time, with both of her employee numbers."""
    first = afas.records.employees[JANINE]
    second = Employee(number=TWICE, person=first.person, name=first.name, lines=first.lines)
    afas.records.employees[TWICE] = second
    afas.records.touch()
    # The original definition shows one employment of a person, this customer's shows both.
    [row] = [row for row in afas.rows(USERS) if row["Medewerker"] == JANINE]
    afas.catalogue.further[USERS] = [{**row, "Medewerker": TWICE}]
    afas.switches.write_seconds = 0.03
    return [JANINE, TWICE]


@pytest.fixture
def colleagues(afas, twice) -> list[str]:
    return [
        afas.hire(nick_name="Kim", family_name=f"N{number}", department="IT", title="T")
        for number in range(8)
    ]


def updates(afas, employees):
    """A field of her own for each of the first two, and one for everybody else."""
    fields = ["EmAd", "TeNr", *["MbNr"] * len(employees)]
    return [
        employee_update(afas, employee, {name: f"{employee}@example.org"})
        for employee, name in zip(employees, fields, strict=False)
    ]


def test_two_employments_of_one_person_take_turns_and_others_do_not_wait(
    afas, twice, colleagues, employee_settings, opened
):
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    receipts = list(writer.apply(updates(afas, [*twice, *colleagues])))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    assert afas.errors == []
    assert 3 <= afas.counts["most_at_once"] <= 5


def test_both_targets_take_turns_on_one_person(
    afas, twice, employee_settings, user_settings, opened
):
    together = threading.Barrier(2)
    employee = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    user = opened(UserWriter(user_settings(), "afas_user"))
    login = user_update(JANINE, {"Upn": "janine@example.org"})
    object.__setattr__(login, "context", {"BcCo": JANINE})

    def run(writer, change):
        together.wait()
        return next(iter(writer.apply([change]))).outcome

    with ThreadPoolExecutor(2) as pool:
        running = [
            pool.submit(run, employee, employee_update(afas, TWICE, {"TeNr": "030"})),
            pool.submit(run, user, login),
        ]
        assert [one.result() for one in running] == [Outcome.DONE] * 2
    assert afas.errors == []


def test_two_processes_that_cannot_take_turns_are_refused_by_afas_and_try_again(
    afas, twice, employee_settings, opened, monkeypatch
):
    monkeypatch.setattr(Turns, "of", lambda *_: nullcontext())
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    receipts = list(writer.apply(updates(afas, twice)))
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE] * 2
    assert {"another user" in error.message for error in afas.errors} == {True}
    held = afas.person_of(JANINE).fields
    assert (held["EmAd"], held["TeNr"]) == (f"{JANINE}@example.org", f"{TWICE}@example.org")


def test_the_same_value_from_both_employments_is_written_once(
    afas, twice, employee_settings, opened
):
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    mail = {"EmAd": "janine@example.org"}
    afas.catalogue.further[USERS][0]["Email_werk"] = mail["EmAd"]
    receipts = list(writer.apply(employee_update(afas, employee, mail) for employee in twice))
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE, Outcome.ALREADY}


def test_a_failed_write_gives_its_turn_away(afas, write_employee):
    afas.fail_next("unexpected", verb="PUT")
    outcomes = [write_employee(JANINE, {"EmAd": "j@example.org"}).outcome for _ in range(2)]
    assert outcomes == [Outcome.FAILED, Outcome.DONE]


def test_a_turn_is_of_one_key_and_no_key_is_remembered():
    turns, held, most = Turns(), Counter(), Counter()
    lock = threading.Lock()
    everybody = threading.Barrier(3, timeout=5)

    def write(key):
        for _ in range(20):
            with turns.of(key):
                with lock:
                    held[key] += 1
                    most[key] = max(most[key], held[key])
                with lock:
                    held[key] -= 1

    def meet(key):
        with turns.of(key):
            everybody.wait()

    with ThreadPoolExecutor(6) as pool:
        for one in [pool.submit(write, key) for key in ("a", "b", "a", "b", "a", "b")]:
            one.result()
        for one in [pool.submit(meet, key) for key in ("a", "b", "c")]:
            one.result()
    assert most == {"a": 1, "b": 1}
    assert not turns._taken
    assert not TURNS._taken
