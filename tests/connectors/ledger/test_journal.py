from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from connectors.ledger.ledger import open_ledger
from connectors.model.change import Need, UpdateAccount
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR, Pending
from connectors.sdk.fanout import Written, apply_per_person, receipt_of
from tests.connectors.ledger.examples import (
    MORNING,
    at_the_database,
    carry_out,
    create,
    done,
    grant,
)


def open_ids(ledger):
    return [intent.change.id for intent in ledger.open_intents("demo")]


def test_an_intent_is_down_before_its_change_is_handed_over(ledger, ledger_url):
    with open_ledger(ledger_url) as somebody_else:
        for change in ledger.announce("run-1", "demo", [create("1"), create("2")]):
            assert change.id in open_ids(somebody_else)


def test_intents_are_written_together_or_not_at_all(ledger):
    changes = [create("1"), grant("1", "care"), create("2")]
    assert ledger.announce("run-1", "demo", changes) == changes
    assert open_ids(ledger) == [change.id for change in changes]
    assert ledger.announce("run-1", "demo", []) == []


def test_what_no_writer_has_seen_is_withdrawn_and_nothing_else(ledger):
    seen, settled, unseen = create("1"), create("2"), create("3")
    ledger.announce("run-1", "demo", [seen, settled, unseen])
    ledger.settle("run-1", "demo", [receipt_of(settled, Outcome.DONE, ref="ref-2")], {})
    ledger.withdraw("run-1", [unseen, settled])
    assert open_ids(ledger) == [seen.id]
    assert [entry.change for entry in ledger.journal("run-1")] == [seen, settled]


def test_an_intent_holds_the_whole_change_also_with_values_filled_in(ledger):
    planned = UpdateAccount(
        target="hr",
        person="1",
        ref="7",
        before={"mail": "old@example.org", "tags": ("a", "b")},
        after={"mail": Pending("directory", "mail"), "phone": CLEAR},
        because=("rule:staff", "contract:7"),
        needs=(Need("mail", "directory", "mail"),),
        context={"number": "42"},
    )
    change = planned.resolved(ref="7", after={"mail": "zoë@example.org", "phone": CLEAR})
    ledger.announce("run-1", "demo", [change])
    (intent,) = ledger.open_intents("demo")
    assert intent.change.to_json() == change.to_json()
    assert intent.change.id == planned.id
    assert (intent.run, intent.profile, intent.receipt) == ("run-1", "demo", None)
    assert open_ids(ledger) == [planned.id]
    assert ledger.open_intents("other") == []


def test_a_change_that_carries_a_secret_is_not_handed_over(ledger):
    changes = [create("1"), create("2", mail="x@example.org", unicodePwd="Welcome-2026")]
    with pytest.raises(AssertionError, match="'unicodePwd'"):
        ledger.announce("run-1", "demo", changes)
    assert open_ids(ledger) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pwdLastSet", "0"),
        ("changePasswordAtNextLogin", False),
        ("password", ""),
        ("hasToken", True),
    ],
)
def test_a_field_that_only_speaks_of_secrets_is_none(ledger, name, value):
    change = create("1", **{name: value})
    assert ledger.announce("run-1", "demo", [change]) == [change]


def test_a_run_that_nobody_started_announces_nothing(ledger):
    with pytest.raises(IntegrityError):
        ledger.announce("run-9", "demo", [create("1")])


def test_a_receipt_settles_its_intent_and_is_kept_whole(ledger):
    change = create("1")
    ledger.announce("run-1", "demo", [change])
    receipt = receipt_of(
        change,
        Outcome.DONE,
        ref="ref-1",
        produced={"mail": "1@example.org", "proxies": ("SMTP:1@example.org",), "active": True},
        detail="confirmed by read",
    )
    ledger.settle("run-1", "demo", [receipt], {})
    assert open_ids(ledger) == []
    (entry,) = ledger.journal("run-1")
    assert (entry.change, entry.receipt, entry.settled_by) == (change, receipt, "run-1")


def test_a_change_that_was_set_aside_needs_no_intent(ledger):
    change = create("1")
    receipt = receipt_of(change, Outcome.SET_ASIDE, detail="its directory account failed")
    ledger.settle("run-1", "demo", [receipt], {change.id: change})
    (entry,) = ledger.journal("run-1")
    assert (entry.change, entry.announced, entry.receipt) == (change, None, receipt)
    assert open_ids(ledger) == []


def test_the_same_receipt_twice_is_one(ledger):
    (receipt,) = carry_out(ledger, done(create("1"), "ref-1"))
    ledger.settle("run-1", "demo", [receipt], {})
    assert len(list(ledger.audit())) == 1
    assert len(ledger.journal("run-1")) == 1


def test_a_receipt_that_comes_twice_in_one_batch_is_one(ledger):
    change = create("1")
    receipt = receipt_of(change, Outcome.SET_ASIDE)
    ledger.settle("run-1", "demo", [receipt, receipt], {change.id: change})
    assert len(ledger.journal("run-1")) == 1


def test_a_preview_leaves_no_trace(ledger):
    change = create("1")
    ledger.announce("run-1", "demo", [change])
    with pytest.raises(ValueError, match="preview"):
        ledger.settle("run-1", "demo", [receipt_of(change, Outcome.RECORDED)], {})
    assert ledger.links("demo").empty
    assert list(ledger.audit()) == []


def test_a_secret_in_what_a_target_gave_back_is_masked_and_the_receipt_kept(ledger):
    change = create("1")
    ledger.announce("run-1", "demo", [change])
    produced = {"mail": "1@example.org", "initial_password": "Welcome-2026"}
    receipt = receipt_of(change, Outcome.DONE, ref="ref-1", produced=produced)
    ledger.settle("run-1", "demo", [receipt], {})
    kept = ledger.journal("run-1")[0].receipt
    assert kept == replace(receipt, produced={"mail": "1@example.org", "initial_password": "***"})


def test_receipts_of_one_batch_are_stored_together_or_not_at_all(ledger, ledger_url):
    changes = {change.id: change for change in (create("1"), create("2"))}
    ledger.announce("run-1", "demo", changes.values())
    receipts = [receipt_of(c, Outcome.DONE, ref=c.person) for c in changes.values()]
    at_the_database(ledger_url, "ALTER TABLE audit_head RENAME TO elsewhere")
    with pytest.raises(Exception, match="audit_head"):
        ledger.settle("run-1", "demo", receipts, changes)
    at_the_database(ledger_url, "ALTER TABLE elsewhere RENAME TO audit_head")
    assert open_ids(ledger) == list(changes)
    assert ledger.links("demo").empty


def test_more_receipts_than_fit_in_one_transaction_are_all_stored(ledger, monkeypatch):
    monkeypatch.setattr("connectors.ledger.journal.RECEIPTS_AT_ONCE", 3)
    carry_out(ledger, *[done(create(f"{number}"), f"ref-{number}") for number in range(10)])
    assert len(ledger.links("demo")) == 10
    assert open_ids(ledger) == []
    assert ledger.verify_audit() is None


def test_a_lost_answer_stays_open_until_somebody_looked(ledger):
    change = grant("1", "care")
    (receipt,) = carry_out(ledger, (change, Outcome.IN_DOUBT, "ref-1"))
    (intent,) = ledger.open_intents("demo")
    assert intent.receipt == receipt

    still = receipt_of(change, Outcome.IN_DOUBT, ref="ref-1", detail="still no answer")
    ledger.close_intents("run-2", [(intent, still)])
    (intent,) = ledger.open_intents("demo")
    assert intent.receipt == still

    found = receipt_of(change, Outcome.DONE, ref="ref-1", detail="confirmed by read")
    ledger.close_intents("run-2", [(intent, found)])
    assert open_ids(ledger) == []
    assert ledger.grants("demo")["permission"].tolist() == ["care"]
    (entry,) = ledger.journal("run-1")
    assert (entry.receipt, entry.settled_by) == (found, "run-2")
    assert [(line.run, line.outcome) for line in ledger.audit()] == [
        ("run-1", "in_doubt"),
        ("run-2", "in_doubt"),
        ("run-2", "done"),
    ]


def test_an_intent_that_never_happened_is_closed_without_consequences(ledger):
    change = create("1")
    ledger.announce("run-1", "demo", [change])
    (intent,) = ledger.open_intents("demo")
    never = receipt_of(change, Outcome.FAILED, detail="not found after the crash")
    ledger.close_intents("run-2", [(intent, never)])
    assert open_ids(ledger) == []
    assert ledger.links("demo").empty


def test_a_step_that_is_retried_announces_again_and_is_settled_anew(ledger):
    change = create("1")
    carry_out(ledger, (change, Outcome.FAILED, None))
    announced = ledger.journal("run-1")[0].announced
    assert announced > MORNING
    assert ledger.announce("run-1", "demo", [change]) == [change]
    assert open_ids(ledger) == [change.id]
    receipt = receipt_of(change, Outcome.DONE, ref="ref-1")
    ledger.settle("run-1", "demo", [receipt], {})
    (entry,) = ledger.journal("run-1")
    assert entry.receipt == receipt
    assert entry.announced >= announced
    assert ledger.links("demo")["ref"].tolist() == ["ref-1"]


def test_the_same_change_in_two_runs_is_two_entries(ledger):
    change = create("1")
    carry_out(ledger, (change, Outcome.FAILED, None))
    carry_out(ledger, done(change, "ref-1"), run="run-2")
    outcomes = [ledger.journal(run)[0].receipt.outcome for run in ("run-1", "run-2")]
    assert outcomes == [Outcome.FAILED, Outcome.DONE]


def test_shards_write_side_by_side_on_several_threads(ledger):
    def apply_shard(number):
        changes = [
            change
            for person in range(number * 20, number * 20 + 20)
            for change in (create(f"{person}"), grant(f"{person}", "care"))
        ]
        by_id = {change.id: change for change in changes}
        announced = ledger.announce("run-1", "demo", changes)
        write = apply_per_person(announced, lambda c: Written(ref=f"ref-{c.person}"), concurrency=3)
        for receipt in write:
            ledger.settle("run-1", "demo", [receipt], by_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(apply_shard, range(4)))
    people = sorted(str(person) for person in range(80))
    assert ledger.links("demo")["person"].tolist() == people
    assert ledger.grants("demo")["person"].tolist() == people
    assert open_ids(ledger) == []
    assert ledger.verify_audit() is None
    assert ledger.audit_seal().sequence == 160


def test_of_two_processes_that_announce_a_person_in_one_run_the_second_is_told(ledger):
    first, second = create("1"), grant("1", "care")
    assert ledger.announce("run-1", "demo", [first, second]) == [first, second]
    assert ledger.being_written("run-1") == 2
    receipt = receipt_of(first, Outcome.DONE, ref="ref-1")
    ledger.settle("run-1", "demo", [receipt], {})
    told = []

    again = ledger.announce("run-1", "demo", [first, second, create("2")], known=told.extend)

    assert again == [create("2")]
    assert told == [first, second]
    assert ledger.so_far("run-1", told) == {first.id: receipt, second.id: None}
    assert ledger.so_far("run-2", told) == {}
    assert ledger.being_written("run-1") == 2


def test_a_run_that_nobody_started_is_not_taken_for_one_that_announced(ledger):
    with pytest.raises(IntegrityError):
        ledger.announce("run-9", "demo", [create("1")], known=lambda _: None)
