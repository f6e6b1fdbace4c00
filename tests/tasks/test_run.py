import pickle
from datetime import UTC, date, datetime
from types import SimpleNamespace

import cloudpickle
import pytest
from prefect.utilities.collections import visit_collection

from connectors.model.change import Change, CreateAccount, UpdateAccount
from connectors.model.errors import ConfigError, RunRefused, StalePlan, Unreachable, UnsafePlan
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Pending
from connectors.sdk.fanout import receipt_of
from tasks.lifecycle.scope import Scope
from tasks.run import Receipts, Run, Shard, exit_code_of, exit_code_of_receipts, shards_of
from tasks.ticket import Ticket


def change(target, person, **after):
    return UpdateAccount(target=target, person=person, ref="r", after=after or {"a": "b"})


def plan_of(**persons):
    return Plan(
        profile="p",
        as_of=date(2026, 11, 23),
        sections=tuple(
            Section(
                target=target,
                depends_on=(),
                changes=tuple(change(target, person) for person in who),
                managed=1,
            )
            for target, who in persons.items()
        ),
    )


def test_a_shard_of_a_number_holds_the_same_persons_in_every_target():
    shards = list(shards_of(plan_of(ad=["1", "2", "4"], hr=["2", "3", "4"]), 2))
    assert [(one.target, one.number, [c.person for c in one.changes]) for one in shards] == [
        ("ad", 0, ["1", "2"]),
        ("ad", 1, ["4"]),
        ("hr", 0, ["2"]),
        ("hr", 1, ["3", "4"]),
    ]


def test_one_person_is_never_cut_in_two():
    plan = Plan(
        profile="p",
        as_of=date(2026, 11, 23),
        sections=(
            Section(
                target="ad",
                depends_on=(),
                changes=tuple(change("ad", "1", n=n) for n in range(5)),
                managed=1,
            ),
        ),
    )
    (shard,) = shards_of(plan, 1)
    assert len(shard.changes) == 5


def test_an_empty_plan_has_no_shards():
    assert list(shards_of(plan_of(ad=[]), 100)) == []


@pytest.mark.parametrize(("persons", "targets"), [(100_000, 5), (60_000, 12), (1_000, 300)])
def test_however_many_people_there_are_a_run_stays_below_three_hundred_tasks(persons, targets):
    who = tuple(str(number) for number in range(persons))
    one = change("t", "1")
    sections = []
    for place in range(targets):
        # Shards only look at whose a change is; a hundred thousand different ones take a while.
        changes = tuple(SimpleNamespace(person=person, id=one.id) for person in who)
        sections.append(SimpleNamespace(target=f"t{place}", changes=changes))
    plan = SimpleNamespace(
        sections=sections, changes=[c for section in sections for c in section.changes]
    )
    shards = list(shards_of(plan, 200))
    assert targets <= len(shards) <= max(250, targets)
    assert sum(len(shard.changes) for shard in shards) == persons * targets
    assert {shard.number for shard in shards if shard.target == "t0"} == {
        shard.number for shard in shards if shard.target == f"t{targets - 1}"
    }


def a_receipt(one):
    return receipt_of(
        one, Outcome.DONE, ref="ref-1", produced={"mail": "x@example.org", "proxies": ("a", "b")}
    )


def test_shards_and_receipts_travel_to_another_process_whole_and_small():
    changes = tuple(
        CreateAccount(
            target="ad",
            person=str(number),
            after={"mail": f"{number}@example.org", "phone": CLEAR, "upn": Pending("x", "upn")},
            because=("rule:staff", "contract:7"),
        )
        for number in range(2_000)
    )
    known = changes[0].resolved(ref="r", after={"mail": "y"})
    shard = Shard("ad", 3, (*changes, known))
    receipts = Receipts(
        "ad", 3, tuple(map(a_receipt, changes)), stopped="it does not answer", unreachable=True
    )
    sent, answered = cloudpickle.dumps(shard), cloudpickle.dumps(receipts)
    assert max(len(sent), len(answered)) < 200 * len(changes)

    arrived, heard = pickle.loads(sent), pickle.loads(answered)  # noqa: S301 - our own

    assert (arrived.target, arrived.number, arrived.changes) == ("ad", 3, shard.changes)
    assert [one.id for one in arrived.changes] == [one.id for one in shard.changes]
    assert arrived.changes[0].after["phone"] is CLEAR
    assert (heard.target, heard.number, heard.receipts) == ("ad", 3, receipts.receipts)
    assert (heard.stopped, heard.unreachable) == ("it does not answer", True)


def test_a_run_travels_without_whom_it_may_change():
    run = Run(
        run_id="run-1",
        profile="demo",
        dry_run=False,
        as_of=date(2026, 11, 23),
        scope=Scope(persons=frozenset(str(number) for number in range(10_000))),
        approve=None,
        started=datetime(2026, 11, 23, tzinfo=UTC),
    )
    run.ticket = Ticket("token", "/etc/retour/demo.yaml", (), "digest", shared=True)

    sent = cloudpickle.dumps(run)

    arrived = pickle.loads(sent)  # noqa: S301 - our own
    assert len(sent) < 1_000
    assert (arrived.id, arrived.mode, arrived.ticket) == ("run-1", "live", run.ticket)
    assert not hasattr(arrived, "scope")


def test_prefect_looks_into_no_person_among_the_arguments_of_a_shard():
    changes = tuple(change("ad", str(number)) for number in range(100))
    upstream = Receipts("ad", 0, tuple(map(a_receipt, changes)))
    given = {
        "run": SimpleNamespace(),
        "shard": Shard("ad", 0, changes),
        "upstream": [upstream],
        "after": [upstream],
    }
    looked_at = []
    visit_collection(given, visit_fn=looked_at.append, return_data=False)
    assert len(looked_at) < 20
    assert not any(isinstance(one, Change | Receipt) for one in looked_at)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2),
        (UnsafePlan(("x",)), 3),
        (RunRefused("x"), 3),
        (StalePlan("x"), 5),
        (Unreachable("x"), 6),
    ],
)
def test_each_end_has_its_own_exit_code(error, code):
    assert exit_code_of(error) == code


@pytest.mark.parametrize(
    ("outcome", "unreachable", "code"),
    [
        (Outcome.DONE, False, 0),
        (Outcome.ALREADY, False, 0),
        (Outcome.RECORDED, False, 0),
        (Outcome.FAILED, False, 1),
        (Outcome.SET_ASIDE, False, 1),
        (Outcome.IN_DOUBT, False, 1),
        (Outcome.SET_ASIDE, True, 6),
    ],
)
def test_exit_code_of_what_was_executed(outcome, unreachable, code):
    receipts = Receipts("ad", 0, (receipt_of(change("ad", "1"), outcome),), unreachable=unreachable)
    assert exit_code_of_receipts([receipts]) == code


def test_nothing_to_do_is_done():
    assert exit_code_of_receipts([]) == 0
