"""Changes a window of persons at a time: order, receipts and giving up are those of one by one."""

import itertools
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from hypothesis import given, settings, strategies

from connectors.model.change import (
    DeleteAccount,
    GrantPermission,
    RevokePermission,
    UpdateAccount,
)
from connectors.model.errors import Misconfigured, Refused, Unavailable, Unreachable
from connectors.sdk import windows
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.windows import apply_in_windows
from tests.examples import tries

TARGET = "ad"


def update(person):
    return UpdateAccount(target=TARGET, person=person, ref=person, after={"title": "x"})


def grant(person, group):
    after = {"permission": group, "name": group}
    return GrantPermission(target=TARGET, person=person, ref=person, after=after)


def revoke(person, group):
    before = {"permission": group, "name": group}
    return RevokePermission(target=TARGET, person=person, ref=person, before=before)


def delete(person):
    return DeleteAccount(target=TARGET, person=person, ref=person)


class Target:
    """Executes changes, and fails those it is told to."""

    def __init__(self, failing=()):
        self.failing = dict(failing)
        self.order = []
        self.batches = Counter()
        self.foreseen = []

    def execute(self, change):
        self.order.append(change)
        if change.id in self.failing:
            raise self.failing[change.id]
        return Written(ref=change.ref)

    def join(self, changes):
        self.batches[len(changes)] += 1
        outcomes = []
        for change in changes:
            try:
                outcomes.append(self.execute(change))
            except (Refused, Unavailable, Misconfigured) as error:
                outcomes.append(error)
        return outcomes

    def apply(self, changes, **options):
        options = {"size": 100, "concurrency": 3, **options}
        return apply_in_windows(
            iter(changes), self.execute, foresee=self.foreseen.append, join=self.join, **options
        )


def many(persons, groups=("a", "b")):
    return [
        change
        for number in range(persons)
        for change in (
            update(f"p{number:03}"),
            *(grant(f"p{number:03}", group) for group in groups),
        )
    ]


def said(receipts):
    return sorted((one.change, one.outcome.value, one.detail) for one in receipts)


def test_a_group_is_written_once_for_a_window():
    target = Target()
    receipts = list(target.apply(many(10)))
    assert len(receipts) == 30
    assert target.batches == {10: 2}


def test_a_window_has_so_many_persons():
    target = Target()
    list(target.apply(many(10), size=4))
    assert target.batches == {4: 4, 2: 2}
    assert [len({one.person for one in some}) for some in target.foreseen] == [5, 5, 2]


def test_the_eager_look_at_the_next_window_while_the_last_of_this_one_are_written():
    order = []

    def foresee(changes):
        order.append(f"look at {changes[-1].person}")

    def execute(change):
        if change.person == "p002":  # the last of its window: it waits for the look
            for _ in range(1000):
                if len([one for one in order if one.startswith("look")]) > 1:
                    break
                time.sleep(0.01)
        order.append(change.person)
        return Written(ref=change.ref)

    changes = [update(f"p{number:03}") for number in range(6)]
    options = {"foresee": foresee, "size": 3, "concurrency": 2}
    receipts = list(apply_in_windows(iter(changes), execute, eager=True, **options))
    assert [one.outcome.value for one in receipts] == ["done"] * 6
    assert order.index("look at p005") < order.index("p002")


def test_a_slow_system_has_small_windows_so_that_a_run_can_be_stopped(monkeypatch):
    clock = itertools.count(0, 10)  # ten seconds a look
    monkeypatch.setattr(windows, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    target = Target()
    list(target.apply(many(60), size=100))
    assert [len({one.person for one in some}) - 1 for some in target.foreseen][:3] == [25, 12, 6]


def test_a_quick_one_has_larger_and_larger_ones():
    target = Target()
    list(target.apply(many(300), size=100))
    assert [len({one.person for one in some}) - 1 for some in target.foreseen][:3] == [25, 50, 100]


def test_nothing_is_pulled_beyond_the_next_window():
    pulled = []

    def stream():
        for change in many(1000):
            pulled.append(change)
            yield change

    receipts = Target().apply(stream(), size=10)
    next(receipts)
    assert len({one.person for one in pulled}) == 11
    receipts.close()


def test_a_person_who_fails_has_the_rest_set_aside_and_nobody_else_has():
    changes = many(4)
    target = Target({changes[4].id: Refused("no")})  # the second person's first group
    receipts = list(target.apply(changes))
    by_person = {
        person: [one.outcome.value for one in some]
        for person, some in itertools.groupby(
            sorted(receipts, key=lambda one: one.person), key=lambda one: one.person
        )
    }
    assert by_person.pop("p001") == ["done", "failed", "set_aside"]
    assert set(map(tuple, by_person.values())) == {("done",) * 3}


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("place", [0, 1, 5, 59, 61])
def test_a_fatal_error_stops_and_everything_pulled_has_its_receipt(place, eager):
    changes = many(200)
    pulled, receipts = [], []

    def stream():
        for change in changes:
            pulled.append(change.id)
            yield change

    target = Target({changes[place].id: Misconfigured("no such domain")})
    with pytest.raises(Misconfigured):
        receipts.extend(iter_into(receipts, target.apply(stream(), size=20, eager=eager)))
    assert sorted(one.change for one in receipts) == sorted(pulled)
    assert len(pulled) < 200


def iter_into(receipts, stream):
    for receipt in stream:
        receipts.append(receipt)
    return ()


def test_a_silent_target_is_given_up():
    changes = many(50)
    receipts = []
    target = Target({one.id: Unavailable("nobody there") for one in changes})
    with pytest.raises(Unreachable, match="3 persons in a row"):
        iter_into(receipts, target.apply(changes, size=10))
    outcomes = Counter(one.outcome.value for one in receipts)
    assert outcomes["in_doubt"] <= 8
    assert outcomes["done"] == 0


def test_what_cannot_be_foreseen_fails_nobody_and_what_is_fatal_stops_everybody():
    def blind(_):
        raise Unavailable("nobody there")

    def hopeless(_):
        raise Misconfigured("no such domain")

    target = Target()
    options = {"join": target.join, "size": 10, "concurrency": 2}
    changes = many(3)
    done = list(apply_in_windows(iter(changes), target.execute, foresee=blind, **options))
    assert {one.outcome.value for one in done} == {"done"}
    receipts = []
    with pytest.raises(Misconfigured):
        iter_into(
            receipts,
            apply_in_windows(iter(changes), target.execute, foresee=hopeless, **options),
        )
    assert {one.outcome.value for one in receipts} == {"set_aside"}
    assert len(receipts) == 9


KINDS = strategies.sampled_from(
    [
        lambda who: [update(who)],
        lambda who: [grant(who, "a"), grant(who, "b")],
        lambda who: [update(who), grant(who, "b"), revoke(who, "a")],
        lambda who: [revoke(who, "a"), delete(who)],
        lambda who: [grant(who, "a"), update(who), grant(who, "b")],
        lambda who: [delete(who)],
    ]
)


@settings(max_examples=tries(25))
@given(
    kinds=strategies.lists(KINDS, max_size=12),
    failing=strategies.sets(strategies.integers(0, 40)),
    size=strategies.integers(1, 5),
    concurrency=strategies.integers(1, 3),
    eager=strategies.booleans(),
)
def test_the_outcome_is_that_of_one_person_at_a_time(kinds, failing, size, concurrency, eager):
    changes = [one for number, kind in enumerate(kinds) for one in kind(f"p{number:02}")]
    failures = {
        change.id: Refused("no") for place, change in enumerate(changes) if place in failing
    }
    plain = Target(failures)
    wanted = list(apply_per_person(iter(changes), plain.execute, concurrency=1))
    target = Target(failures)
    receipts = list(target.apply(changes, size=size, concurrency=concurrency, eager=eager))
    assert said(receipts) == said(wanted)
    assert {one.id for one in target.order} == {one.id for one in plain.order}
    for person in {one.person for one in changes}:
        mine = [one.id for one in changes if one.person == person]
        tried = [one.id for one in target.order if one.person == person]
        assert tried == mine[: len(tried)]
        assert [one.change for one in receipts if one.person == person] == mine
