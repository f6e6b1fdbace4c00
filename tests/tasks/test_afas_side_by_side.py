"""One person, one write at a time, over both AFAS targets, and nobody waits for somebody else.

The flow's own code says which shard waits for which; threads stand in for Prefect's task runner.
"""

import time
from collections import Counter, defaultdict
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date

import pytest

from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.model.receipt import Outcome
from connectors.sdk.invent import invent
from flows.applying import apply_plan
from tasks.run import Receipts
from tasks.setup import forget
from tasks.task_runner import MOST_TASKS_AT_ONCE
from tests.plainly import a_run, decide
from tests.write_back import write_profile

TODAY = date(2026, 11, 23)
PEOPLE = 60
SHARD_SIZE = 8
EMPLOYEE, USER = "afas_employee", "afas_user"
WRITE_BACKS = {
    EMPLOYEE: ("afas.employee", {"EmAd": "mail"}),
    USER: ("afas.user", {"EmAd": "mail", "Upn": "mail"}),
}
CONFLICTS = 4


@dataclass
class Threads:
    """`apply_shard` as the flow submits it, on threads; remembers when each shard ran.

    Attributes:
        began: (target, number) -> when its first change could be sent.
        ended: The same for its end.
    """

    pool: ThreadPoolExecutor
    began: dict[tuple[str, int], float] = field(default_factory=dict)
    ended: dict[tuple[str, int], float] = field(default_factory=dict)

    def submit(self, task, given) -> Future[Receipts]:
        def work():
            before = [future.result() for future in given["upstream"]]
            behind = [future.result() for future in given["after"]]
            shard = given["shard"]
            key = (shard.target, shard.number)
            self.began[key] = time.monotonic()
            receipts = task.fn(given["run"], shard, before, behind)
            self.ended[key] = time.monotonic()
            return receipts

        return self.pool.submit(work)


@pytest.fixture
def afas():
    afas = Afas.from_people(invent(PEOPLE, 1, TODAY), today=TODAY)
    afas.switches.write_seconds = 0.02
    return afas


@pytest.fixture
def run(afas, tmp_path, monkeypatch):
    """A live run that has not begun, over AFAS, a directory and both write-backs."""
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("RETOUR_SHARD_SIZE", str(SHARD_SIZE))
    with ServedAfas(afas) as served:
        profile = write_profile(tmp_path, served.settings, WRITE_BACKS)
        run = a_run(profile, live=True, as_of=TODAY)
        yield run
        forget(run)


@pytest.fixture
def provisioned(run, afas, monkeypatch):
    """Run it all; gives the receipts and when each shard ran."""

    def provision():
        verdict = decide(run)
        assert not verdict.objections
        afas.counts["most_at_once"] = 0  # from here on: writes, and a look before each
        afas.calls.clear()
        with ThreadPoolExecutor(MOST_TASKS_AT_ONCE) as pool:
            threads = Threads(pool)
            monkeypatch.setattr("flows.applying.started", lambda _: nullcontext(threads))
            monkeypatch.setattr("flows.applying.as_completed", as_completed)
            answers = apply_plan(run, verdict.plan)
        return [one for answer in answers for one in answer.receipts], threads

    return provision


def written_in(receipts):
    """Target -> persons of whom something was written there."""
    persons = defaultdict(set)
    for receipt in receipts:
        if receipt.verb != "correlate":
            persons[receipt.target].add(receipt.person)
    return persons


def test_no_person_is_written_twice_at_once_and_several_persons_are(provisioned, afas):
    receipts, _ = provisioned()
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    persons = written_in(receipts)
    both = persons[EMPLOYEE] & persons[USER]
    assert len(both) > PEOPLE / 2
    assert afas.errors == []
    made = Counter(call.verb for call in afas.calls)
    assert made.keys() == {"GET", "PUT"}
    assert made["PUT"] >= 2 * len(both)
    # Nothing is read but the record that is written next, by its key.
    assert made["GET"] <= made["PUT"]
    assert all("filterfieldids" in call.query for call in afas.calls if call.verb == "GET")
    assert 3 <= afas.counts["most_at_once"] <= 5


def test_a_shard_of_users_waits_for_the_employees_of_the_same_number_only(provisioned):
    _, threads = provisioned()
    users = [number for target, number in threads.began if target == USER]
    assert len(users) > 3
    for number in users:
        assert threads.began[USER, number] >= threads.ended[EMPLOYEE, number]
    last_employee = max(at for (target, _), at in threads.ended.items() if target == EMPLOYEE)
    overlapping = [number for number in users if threads.began[USER, number] < last_employee]
    assert overlapping


def test_a_write_that_somebody_else_is_in_the_way_of_is_tried_again(provisioned, afas):
    afas.fail_next("conflict", verb="PUT", times=CONFLICTS, after=10)
    receipts, _ = provisioned()
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    assert len(afas.errors) == CONFLICTS
    assert all("another user" in error.message for error in afas.errors)
    for person in written_in(receipts)[EMPLOYEE]:
        assert afas.person_of(person).fields["EmAd"].endswith("@example.org")
