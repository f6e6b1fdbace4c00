"""A run that dies, and the one after it, with the real ledger and a store."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from connectors.ledger.ledger import open_ledger
from connectors.ledger.names import Name
from connectors.ledger.records import RunRecord
from connectors.memory.manifest import MANIFEST
from connectors.memory.reader import MemoryReader
from connectors.memory.settings import MemorySettings
from connectors.memory.store import STORES, Store
from connectors.memory.writer import MemoryWriter
from connectors.model.errors import Unreachable
from connectors.model.people import People
from connectors.model.receipt import Outcome
from tasks.execute import execute
from tasks.lifecycle.called import fingerprints
from tasks.lifecycle.conditions import All
from tasks.lifecycle.inputs import Inputs, Memory
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import Grant, Rule, Window
from tasks.run import shards_of
from tasks.seat import LiveSeat, PreviewSeat
from tests.connectors.ledger.examples import reserve_names
from tests.tasks.lifecycle.site import OPTIONS, fields

DAY = date(2026, 11, 23)
STORE = "seat"
STAFF = Grant(account=True, access=True, permissions=("G-Staff", "G-Care"))
RULES = (Rule("staff", "", All(), Window(), {"app": STAFF}),)
POLICY = TargetPolicy(
    name="app",
    manifest=MANIFEST,
    fields=fields(
        MANIFEST,
        userName={"from": "names.login", "on": ["create"], "unique": True},
        commonName={"from": "names.common_name", "on": ["create"], "unique": True},
        displayName={"from": "names.display_name"},
        title={"from": "contract.title"},
    ),
    named_by_rules=True,
)


class Killed(BaseException):
    """kill -9: nobody catches it."""


class Mortal:
    """A writer that dies at one place: before a write, or after it, before anybody hears of it."""

    def __init__(self, writer, *, before=None, after=None):
        self._writer, self._before, self._after = writer, before, after

    def apply(self, changes):
        def until_death():
            for place, change in enumerate(changes):
                if place == self._before:
                    raise Killed
                yield change

        for place, receipt in enumerate(self._writer.apply(until_death())):
            if place == self._after:
                raise Killed
            yield receipt

    def close(self):
        self._writer.close()


@pytest.fixture
def store():
    STORES[STORE] = Store({"groups": {"g1": {"name": "G-Staff"}, "g2": {"name": "G-Care"}}})
    yield STORES[STORE]
    del STORES[STORE]


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        yield ledger


def people(*ids, title="Nurse", blocked=()):
    contract = {"start_date": "2026-01-01", "title": title}
    return People(
        persons=pd.DataFrame(
            [{"external_id": i, "nick_name": "Emma", "family_name": f"Bakker {i}"} for i in ids]
        ),
        contracts=pd.DataFrame([{"external_id": i, "person_id": i, **contract} for i in ids]),
        blocked=pd.DataFrame(
            [{"external_id": i, "code": "invalid", "reason": "no name"} for i in blocked]
        ),
        taken_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


STAFF_OF_THREE = people("1", "2", "3")


def read():
    return {"app": MemoryReader(MemorySettings(name=STORE), "app").read()}


def plan_now(ledger, import_, seat=None):
    links, grants = ledger.links("p"), ledger.grants("p")
    if seat is not None:
        links, grants = seat.recall(links, grants)
    memory = Memory(links=links, grants=grants)
    return make_plan(
        Inputs(
            profile="p",
            as_of=DAY,
            people=import_,
            rules=RULES,
            policies={"app": POLICY},
            accounts=read(),
            memory=memory,
            options=OPTIONS,
        )
    )


def run(ledger, name, *, import_=STAFF_OF_THREE, **death):
    """One live run, settling first, as a run does; returns plan and receipts."""
    ledger.start_run(
        RunRecord(run=name, profile="p", mode="live", as_of=DAY, started=datetime.now(UTC))
    )

    def open_writer(target):
        return Mortal(MemoryWriter(MemorySettings(name=STORE), target), **death)

    seat = LiveSeat(ledger, profile="p", run=name, open_writer=open_writer)
    seat.settle(read(), {"app": {}})
    plan = plan_now(ledger, import_, seat)
    return plan, [execute(shard, [], lambda: seat.take("app")) for shard in shards_of(plan, 100)]


CHANGES = 12
"""Create, enable and two grants for three persons."""


@pytest.mark.parametrize("place", range(CHANGES))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_wherever_a_run_dies_the_next_one_ends_where_it_would_have(store, ledger, moment, place):
    with pytest.raises(Killed):
        run(ledger, "run-1", **{moment: place})
    still_open = ledger.open_intents("p")
    assert still_open
    looking = PreviewSeat(ledger, profile="p")
    assert looking.settle(read(), {"app": {}}) == len(still_open)
    preview = plan_now(ledger, STAFF_OF_THREE, looking)
    assert ledger.open_intents("p") == still_open, "a preview leaves no trace"

    plan, _ = run(ledger, "run-2")

    assert plan.to_bytes() == preview.to_bytes()
    assert ledger.open_intents("p") == []
    assert sorted(str(e.attributes["personId"]) for e in store.entries.values()) == ["1", "2", "3"]
    assert all(entry.enabled for entry in store.entries.values())
    assert store.members("g1") == store.members("g2") == set(store.entries)
    links = ledger.links("p")
    assert dict(zip(links["person"], links["ref"], strict=True)) == {
        str(entry.attributes["personId"]): ref for ref, entry in store.entries.items()
    }
    assert len(ledger.grants("p")) == 6
    assert list(plan_now(ledger, STAFF_OF_THREE).changes) == []
    assert store.calls["create"] == 3, "a create is never sent twice"


def test_a_lost_answer_in_doubt_is_settled_by_the_next_run(store, ledger):
    store.trouble.silent(person="2")
    _, (first,) = run(ledger, "run-1")
    assert {r.outcome for r in first.receipts if r.person == "2"} == {
        Outcome.IN_DOUBT,
        Outcome.SET_ASIDE,
    }
    store.trouble.clear()
    run(ledger, "run-2")
    assert len(store.entries) == 3
    assert list(plan_now(ledger, STAFF_OF_THREE).changes) == []


def test_the_journal_of_a_settled_change_names_the_run_that_looked(store, ledger):
    with pytest.raises(Killed):
        run(ledger, "run-1", after=0)
    run(ledger, "run-2")
    by = {entry.settled_by for entry in ledger.journal("run-1")}
    assert "run-2" in by
    assert None not in by


def test_a_write_that_the_ledger_cannot_note_is_told_and_settled_later(store, ledger, monkeypatch):
    def lost(*_):
        raise Unreachable("the disk is full", system="ledger")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "settle", lost)
        _, (found,) = run(ledger, "run-1")
    assert found.unreachable
    outcomes = {receipt.outcome for receipt in found.receipts}
    assert Outcome.IN_DOUBT in outcomes, "it was sent, and nobody may say that it was not tried"
    assert outcomes <= {Outcome.DONE, Outcome.IN_DOUBT, Outcome.SET_ASIDE}

    run(ledger, "run-2")
    assert len(store.entries) == 3
    assert list(plan_now(ledger, STAFF_OF_THREE).changes) == []


def test_what_is_open_in_a_target_that_could_not_be_read_stays_open(store, ledger):
    with pytest.raises(Killed):
        run(ledger, "run-1", after=0)
    still_open = ledger.open_intents("p")
    assert still_open
    assert PreviewSeat(ledger, profile="p").settle({}, {}, unread=["app"]) == 0
    seat = live_seat(ledger)
    assert seat.settle({}, {}, unread=["app"]) == 0
    assert ledger.open_intents("p") == still_open
    assert seat.settle(read(), {"app": {}}) == len(still_open)
    assert ledger.open_intents("p") == []


def test_a_preview_builds_no_writer_and_leaves_no_trace(store, ledger):
    before = store.content()
    plan = plan_now(ledger, STAFF_OF_THREE)
    seat = PreviewSeat(ledger, profile="p")
    seat.accept(STAFF_OF_THREE, DAY)
    (found,) = [execute(shard, [], lambda: seat.take("app")) for shard in shards_of(plan, 100)]
    assert {receipt.outcome for receipt in found.receipts} == {Outcome.RECORDED}
    assert seat.settle(read(), {}) == 0
    assert store.content() == before
    assert store.calls.total() == 0
    assert ledger.open_intents("p") == []
    assert ledger.snapshot("p") is None


def test_preview_and_live_run_plan_the_same(store, ledger):
    previewed = plan_now(ledger, STAFF_OF_THREE)
    plan, _ = run(ledger, "run-1")
    assert plan.to_bytes() == previewed.to_bytes()


def live_seat(ledger):
    ledger.start_run(
        RunRecord(run="r", profile="p", mode="live", as_of=DAY, started=datetime.now(UTC))
    )
    return LiveSeat(ledger, profile="p", run="r", open_writer=lambda _: pytest.fail("no writer"))


def test_an_accepted_import_is_what_the_next_one_is_measured_against(ledger):
    live_seat(ledger).accept(STAFF_OF_THREE, DAY)
    assert ledger.snapshot("p").digest == STAFF_OF_THREE.digest


def test_who_is_managed_and_missing_is_absent_since_the_first_day(store, ledger):
    run(ledger, "run-1")
    seat = live_seat(ledger)
    seat.accept(people("1", blocked=["2"]), DAY)
    assert ledger.absences("p") == {"3": DAY}, "blocked is not absent"
    seat.accept(people("1"), date(2026, 11, 24))
    assert ledger.absences("p") == {"2": date(2026, 11, 24), "3": DAY}
    seat.accept(STAFF_OF_THREE, date(2026, 11, 25))
    assert ledger.absences("p") == {}


def test_of_an_import_that_not_every_target_has_seen_only_who_is_missing_is_remembered(
    store, ledger
):
    run(ledger, "run-1")
    seat = live_seat(ledger)
    seat.accept(STAFF_OF_THREE, DAY)
    seat.accept(people("1", "2"), DAY, whole=False)
    assert ledger.absences("p") == {"3": DAY}
    assert ledger.snapshot("p").digest == STAFF_OF_THREE.digest


def test_a_title_that_changes_is_updated_once(store, ledger):
    run(ledger, "run-1")
    promoted = people("1", "2", "3", title="Head nurse")
    plan, _ = run(ledger, "run-2", import_=promoted)
    assert [change.verb.value for change in plan.changes] == ["update"] * 3
    again, _ = run(ledger, "run-3", import_=promoted)
    assert len(again) == 0


NAMES_OF_1 = [Name("app:login", "ebakker1", "1"), Name("app:common_name", "emma bakker 1", "1")]


def named_run(ledger, name="run", **chosen):
    """A live run of the three that knows which values are names, on a plan made beforehand."""
    plan = plan_now(ledger, STAFF_OF_THREE)
    ledger.start_run(
        RunRecord(run=name, profile="p", mode="live", as_of=DAY, started=datetime.now(UTC))
    )
    return plan, LiveSeat(
        ledger,
        profile="p",
        run=name,
        open_writer=lambda target: MemoryWriter(MemorySettings(name=STORE), target),
        policies={"app": POLICY},
        **chosen,
    )


def outcomes(plan, seat):
    receipts = [execute(shard, [], lambda: seat.take("app")) for shard in shards_of(plan, 100)]
    return [(r.person, r.verb, r.outcome) for shard in receipts for r in shard.receipts], receipts


def test_a_create_reserves_its_names_and_a_preview_none(ledger, store):
    plan, seat = named_run(ledger)
    preview = PreviewSeat(ledger, profile="p")
    preview.accept(STAFF_OF_THREE, DAY)
    outcomes(plan, preview)
    assert ledger.names("p").empty
    assert ledger.called("p") == {}
    outcomes(plan, seat)
    held = {Name(*row) for row in ledger.names("p").itertuples(index=False)}
    assert held >= set(NAMES_OF_1)
    assert len(held) == 6


def test_a_name_that_went_to_somebody_else_meanwhile_stops_its_person_only(ledger, store):
    plan, seat = named_run(ledger)
    other = Name("app:login", "EBakker1", "9")
    assert reserve_names(ledger, "p", [other], datetime.now(UTC)) == []
    found, receipts = outcomes(plan, seat)
    assert {outcome for person, _, outcome in found if person == "1"} == {Outcome.FAILED}
    assert {outcome for person, _, outcome in found if person != "1"} == {Outcome.DONE}
    assert "ebakker1 was given to somebody else since" in receipts[0].receipts[0].detail
    assert len(read()["app"]) == 2
    assert ledger.open_intents("p") == []
    assert [e.receipt.outcome for e in ledger.journal("run") if e.change.person == "1"]
    assert "1" not in set(ledger.names("p")["person"])


def test_names_of_leavers_are_reused_where_the_site_says_so(ledger, store):
    reserve_names(
        ledger, "p", [Name("app:login", "ebakker1", "9")], datetime(2020, 1, 1, tzinfo=UTC)
    )
    plan, seat = named_run(ledger, unused_since=datetime(2026, 1, 1, tzinfo=UTC))
    found, _ = outcomes(plan, seat)
    assert {outcome for _, _, outcome in found} == {Outcome.DONE}


def married(*who):
    changed = people("1", "2", "3")
    changed.persons.loc[changed.persons["external_id"].isin(who), "family_name"] = "Vries"
    return changed


def test_what_hr_calls_people_is_noted_when_they_get_their_names_and_kept(ledger, store):
    plan, seat = named_run(ledger)
    seat.accept(married("1"), DAY)
    seat.accept(STAFF_OF_THREE, DAY)
    noted = ledger.called("p")
    assert noted == dict(fingerprints(STAFF_OF_THREE.persons.set_index("external_id")))
    outcomes(plan, seat)
    seat.accept(married("1", "2"), DAY)
    assert ledger.called("p") == noted


def test_a_rename_is_noted_once_nothing_is_left_to_do(ledger, store):
    plan, seat = named_run(ledger, rename=True)
    seat.accept(STAFF_OF_THREE, DAY)
    outcomes(plan, seat)
    before, after = ledger.called("p"), married("1", "2")
    seat.accept(after, DAY, busy={"2"})
    now = dict(fingerprints(after.persons.set_index("external_id")))
    assert ledger.called("p") == {"1": now["1"], "2": before["2"], "3": before["3"]}
