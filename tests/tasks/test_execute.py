from dataclasses import dataclass, field

import pytest

from connectors.model.change import CHANGES, Need, Verb
from connectors.model.errors import (
    ConfigError,
    Forbidden,
    RunRefused,
    Unavailable,
    Unreachable,
)
from connectors.model.receipt import Outcome
from connectors.model.values import Pending
from connectors.sdk.fanout import receipt_of
from connectors.sdk.recorder import Recorder
from tasks.brake import Brake
from tasks.execute import execute, set_aside
from tasks.run import Receipts, Shard

NEED = (Need("EmAd", "ad", "mail"),)
PENDING = Pending("ad", "mail")


@dataclass
class Scripted:
    """A writer that does everything it is given, until it is told to break.

    Attributes:
        error: Raised instead of the answer to change number `after`.
        got: What it was given.
        closed: Whether it was closed.
    """

    error: Exception | None = None
    after: int = 0
    got: list = field(default_factory=list)
    closed: bool = False

    def apply(self, changes):
        for change in changes:
            if self.error is not None and len(self.got) == self.after:
                raise self.error
            self.got.append(change)
            yield receipt_of(change, Outcome.DONE, ref=f"ref-{change.person}")

    def close(self):
        self.closed = True


def change(person, verb=Verb.UPDATE, *, target="hr", needs=(), **after):
    return CHANGES[verb](
        target=target, person=person, ref="r", after=after, needs=needs, because=("rule:x",)
    )


def shard(*changes, target="hr"):
    return Shard(target, 0, changes)


def upstream(person, outcome=Outcome.DONE, *, detail=None, **produced):
    made = change(person, Verb.CREATE, target="ad")
    receipt = receipt_of(made, outcome, produced=produced, detail=detail)
    return Receipts("ad", 0, (receipt,))


def outcomes(receipts):
    return [(receipt.person, receipt.outcome) for receipt in receipts.receipts]


def test_every_change_gets_the_receipt_of_its_writer_in_the_order_of_the_plan():
    writer = Scripted()
    found = execute(shard(change("1", a="x"), change("2", a="y")), [], lambda: writer)
    assert outcomes(found) == [("1", Outcome.DONE), ("2", Outcome.DONE)]
    assert (found.target, found.number, found.stopped, found.unreachable) == ("hr", 0, None, False)
    assert writer.closed


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.IN_DOUBT, Outcome.SET_ASIDE])
def test_a_person_who_failed_upstream_is_set_aside_and_the_others_go_on(outcome):
    writer = Scripted()
    before = [upstream("1", outcome, detail="it said no"), upstream("2")]
    found = execute(shard(change("1", a="x"), change("2", a="y")), before, lambda: writer)
    assert outcomes(found) == [("1", Outcome.SET_ASIDE), ("2", Outcome.DONE)]
    said = outcome.value.replace("_", " ")
    assert found.receipts[0].detail == f"set aside, because create in ad {said}: it said no"
    assert [one.person for one in writer.got] == ["2"]


def test_no_writer_is_opened_when_everybody_is_set_aside():
    def take():
        raise AssertionError("nothing is to be written")

    found = execute(shard(change("1", a="x")), [upstream("1", Outcome.FAILED)], take)
    assert outcomes(found) == [("1", Outcome.SET_ASIDE)]


def test_a_value_to_come_is_filled_in_under_the_planned_id():
    writer = Scripted()
    planned = change("1", needs=NEED, EmAd=PENDING)
    execute(shard(planned), [upstream("1", mail="a@example.org")], lambda: writer)
    (got,) = writer.got
    assert got.after == {"EmAd": "a@example.org"}
    assert got.id == planned.id


def test_without_the_value_to_come_a_person_is_set_aside_with_what_follows():
    writer = Scripted()
    changes = [
        change("1", Verb.CREATE, needs=NEED, EmAd=PENDING),
        change("1", Verb.ENABLE, enabled=True),
        change("2", a="y"),
    ]
    found = execute(shard(*changes), [upstream("1", other="x")], lambda: writer)
    assert outcomes(found) == [
        ("1", Outcome.SET_ASIDE),
        ("1", Outcome.SET_ASIDE),
        ("2", Outcome.DONE),
    ]
    assert found.receipts[0].detail == "set aside, because ad did not say what mail is"
    assert found.stopped is None


def test_in_a_preview_a_value_to_come_stays_to_come_and_nobody_is_set_aside():
    planned = change("1", needs=NEED, EmAd=PENDING)
    before = [upstream("1", Outcome.RECORDED, other="x")]
    found = execute(shard(planned), before, Recorder)
    assert outcomes(found) == [("1", Outcome.RECORDED)]
    assert found.receipts[0].produced == {"EmAd": PENDING}


@pytest.mark.parametrize("given", ["a@example.org", "A@Example.org"])
def test_a_planned_value_that_came_out_so_is_written_as_planned(given):
    writer = Scripted()
    planned = change("1", needs=NEED, EmAd="a@example.org")
    execute(shard(planned), [upstream("1", mail=given)], lambda: writer)
    assert writer.got[0].after == {"EmAd": "a@example.org"}


def test_a_planned_value_of_an_account_that_was_not_written_stands():
    writer = Scripted()
    execute(shard(change("1", needs=NEED, EmAd="a@example.org")), [], lambda: writer)
    assert writer.got[0].after == {"EmAd": "a@example.org"}


def test_a_receipt_that_contradicts_the_plan_sets_the_whole_shard_aside():
    writer = Scripted()
    changes = [change("1", a="x"), change("2", needs=NEED, EmAd="a@example.org")]
    found = execute(shard(*changes), [upstream("2", mail="b@example.org")], lambda: writer)
    assert outcomes(found) == [("1", Outcome.SET_ASIDE), ("2", Outcome.SET_ASIDE)]
    assert "expected mail of 2 in ad to be a@example.org, it is b@example.org" in found.stopped
    assert not found.unreachable
    assert writer.got == []


@pytest.mark.parametrize(
    ("error", "unreachable"),
    [
        (Forbidden("may not", system="hr"), True),
        (Unreachable("silent", system="hr"), True),
        (Unavailable("silent", system="hr"), True),
        (RunRefused("another run has the lock"), False),
        (ConfigError("no such sink"), False),
    ],
)
def test_what_stops_a_target_half_way_sets_the_rest_aside(error, unreachable):
    writer = Scripted(error=error, after=1)
    changes = [change("1", a="x"), change("2", a="y"), change("3", a="z")]
    found = execute(shard(*changes), [], lambda: writer)
    assert outcomes(found) == [
        ("1", Outcome.DONE),
        ("2", Outcome.SET_ASIDE),
        ("3", Outcome.SET_ASIDE),
    ]
    assert found.stopped == str(error)
    assert found.unreachable is unreachable
    assert "hr was given up" in found.receipts[1].detail
    assert writer.closed


def test_a_writer_that_cannot_be_opened_sets_everything_aside():
    def take():
        raise Unreachable("no route", system="hr")

    found = execute(shard(change("1", a="x")), [], take)
    assert outcomes(found) == [("1", Outcome.SET_ASIDE)]
    assert found.unreachable


def test_what_was_on_its_way_when_the_ledger_was_lost_is_in_doubt():
    class Ahead(Scripted):
        """Has two persons on the way when the ledger goes."""

        def apply(self, changes):
            pulled = [next(changes), next(changes)]
            yield receipt_of(pulled[0], Outcome.DONE)
            raise Unreachable("the disk is full", system="ledger")

    changes = [change("1", a="x"), change("2", a="y"), change("3", a="z")]
    found = execute(shard(*changes), [], Ahead)
    assert outcomes(found) == [
        ("1", Outcome.DONE),
        ("2", Outcome.IN_DOUBT),
        ("3", Outcome.SET_ASIDE),
    ]


def test_a_fault_of_ours_is_not_dressed_up_as_a_receipt():
    with pytest.raises(ZeroDivisionError):
        execute(shard(change("1", a="x")), [], lambda: Scripted(error=ZeroDivisionError()))


def test_a_pulled_brake_stops_between_two_persons():
    brake = Brake()

    class Braking(Scripted):
        """The brake is pulled while it writes the first person."""

        def apply(self, changes):
            for receipt in super().apply(changes):
                brake.pulled = True
                yield receipt

    changes = [change("1", a="x"), change("1", a="y"), change("2", a="z")]
    found = execute(shard(*changes), [], Braking, brake)
    assert outcomes(found) == [
        ("1", Outcome.DONE),
        ("1", Outcome.DONE),
        ("2", Outcome.SET_ASIDE),
    ]
    assert "interrupted" in found.stopped


def test_a_shard_set_aside_has_a_receipt_for_each_change():
    found = set_aside(shard(change("1", a="x"), change("2", a="y")), "no lock")
    assert outcomes(found) == [("1", Outcome.SET_ASIDE), ("2", Outcome.SET_ASIDE)]
    assert found.stopped == "no lock"
