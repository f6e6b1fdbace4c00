from datetime import date

import pytest

from connectors.model.change import UpdateAccount
from connectors.model.errors import ConfigError, RunRefused, StalePlan, Unreachable, UnsafePlan
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Outcome
from connectors.sdk.fanout import receipt_of
from tasks.run import Receipts, exit_code_of, exit_code_of_receipts, shards_of


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
