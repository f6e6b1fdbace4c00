"""Messages: written down before they are sent, noted after, and none of them twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.ledger import messages as messages_module
from connectors.ledger.messages import WORTH_TELLING, Message, Told
from connectors.model.receipt import Outcome
from connectors.sdk.clock import now
from tests.connectors.ledger.examples import MORNING, PROFILE, carry_out, create, done, grant

DUE = Message(
    key="k1",
    run="run-1",
    occasion="joined",
    person="1",
    recipient="a@example.org",
    state="due",
    content={"subject": "Hello", "text": "Zoë"},
    made=MORNING,
)


def heard(ledger, run="run-1", at=MORNING):
    return ledger.hear(PROFILE, run, at)


def test_the_journal_is_heard_once(ledger):
    carry_out(ledger, done(create("1"), "a1"), at=MORNING)
    first = heard(ledger)
    assert [change.person for change, _ in first.settled] == ["1"]
    ledger.keep_messages(PROFILE, [], heard=first)
    assert heard(ledger).settled == []

    carry_out(ledger, done(create("2"), "a2"), run="run-2")
    assert [change.person for change, _ in heard(ledger, "run-2").settled] == ["2"]


def test_what_was_before_the_first_question_is_not_news(ledger):
    carry_out(ledger, done(create("1"), "a1"))
    carry_out(ledger, done(create("2"), "a2"), run="run-2")
    assert [change.person for change, _ in heard(ledger, "run-2").settled] == ["2"]


def test_what_failed_is_no_news_and_what_is_open_is_heard_when_it_is_settled(ledger):
    carry_out(
        ledger,
        (create("1"), Outcome.FAILED, None),
        (create("2"), Outcome.IN_DOUBT, None),
        done(grant("3", "care"), "a3"),
    )
    first = heard(ledger)
    assert [change.person for change, _ in first.settled] == ["3"]
    assert len(first.open) == 1
    ledger.keep_messages(PROFILE, [], heard=first)
    (intent,) = ledger.open_intents(PROFILE)
    _, receipt = heard_receipt(ledger)
    closed = replace(receipt, change=intent.change.id, person="2", outcome=Outcome.DONE)
    ledger.close_intents("run-2", [(intent, closed)])

    second = heard(ledger, "run-2")
    assert [change.person for change, _ in second.settled] == ["2"]
    ledger.keep_messages(PROFILE, [], heard=second)
    assert heard(ledger, "run-2").settled == []
    assert heard(ledger, "run-2").open == ()


def heard_receipt(ledger):
    (entry,) = [one for one in ledger.journal("run-1") if one.change.person == "3"]
    return entry.change, entry.receipt


def test_what_is_long_ago_is_not_worth_telling(ledger):
    carry_out(ledger, done(create("1"), "a1"), at=MORNING)
    assert heard(ledger, at=now() + WORTH_TELLING + timedelta(days=1)).settled == []


def test_another_profile_hears_of_its_own(ledger):
    ledger.keep_messages("other", [], heard=ledger.hear("other", "run-2", MORNING))
    carry_out(ledger, done(create("1"), "a1"))
    assert ledger.hear("other", "run-2", MORNING).settled == []


def test_a_message_is_due_until_it_has_left_and_is_forgotten_then(ledger):
    ledger.keep_messages(PROFILE, [DUE])
    assert ledger.messages(PROFILE, "due") == [DUE]
    assert ledger.claim(PROFILE, "k1")
    assert not ledger.claim(PROFILE, "k1"), "somebody has it in hand"
    ledger.note_unsent(PROFILE, "k1", "nobody is there")
    (kept,) = ledger.messages(PROFILE, "due")
    assert (kept.tries, kept.error) == (1, "nobody is there")
    assert ledger.claim(PROFILE, "k1")
    ledger.note_sent(PROFILE, "k1")

    assert ledger.messages(PROFILE, "due") == []
    (sent,) = ledger.messages(PROFILE, "sent")
    assert (sent.content, sent.recipient) == ({}, "")
    assert not ledger.claim(PROFILE, "k1")
    ledger.keep_messages(PROFILE, [DUE])
    assert ledger.messages(PROFILE, "due") == [], "the same is told once"


def test_whoever_died_with_a_message_in_hand_is_followed_by_another(ledger, monkeypatch):
    ledger.keep_messages(PROFILE, [DUE])
    assert ledger.claim(PROFILE, "k1")
    monkeypatch.setattr(messages_module, "CLAIM", timedelta(0))
    assert ledger.claim(PROFILE, "k1")


def test_what_is_held_may_change_and_becomes_due(ledger):
    held = replace(DUE, state="held", content={"accounts": 1})
    ledger.keep_messages(PROFILE, [held])
    ledger.keep_messages(PROFILE, [replace(held, content={"accounts": 2})])
    assert [one.content for one in ledger.messages(PROFILE, "held")] == [{"accounts": 2}]

    ledger.keep_messages(PROFILE, [replace(DUE, key="k2")], drop=["k1"])
    assert [one.key for one in ledger.messages(PROFILE, "held", "due")] == ["k2"]


def test_incidents_are_remembered_until_they_are_over(ledger):
    told = {"target:ad": Told(occasion="failed", digest="d", told=MORNING)}
    ledger.keep_messages(PROFILE, [], told=told)
    assert ledger.told_incidents(PROFILE) == told
    assert ledger.told_incidents("other") == {}
    ledger.keep_messages(PROFILE, [], over=["target:ad"])
    assert ledger.told_incidents(PROFILE) == {}


def test_all_of_it_or_nothing(ledger):
    carry_out(ledger, done(create("1"), "a1"))
    first = heard(ledger)
    with pytest.raises(TypeError):
        ledger.keep_messages(PROFILE, [replace(DUE, content={"not": object()})], heard=first)
    assert len(heard(ledger).settled) == 1


def test_whoever_is_forgotten_is_in_no_message_and_no_incident_any_more(ledger):
    carry_out(ledger, done(create("1", mail="zoe.ketel@example.org"), "a1"))
    mentions = {"subject": "1 thing went wrong", "text": "person 1: zoe.ketel@example.org is taken"}
    ledger.keep_messages(
        PROFILE,
        [DUE, replace(DUE, key="k2", person="", content=mentions)],
        told={
            "change:directory:1:create:": Told(occasion="failed", digest="d", told=MORNING),
            "target:directory": Told(occasion="failed", digest="d", told=MORNING),
        },
    )

    gone = ledger.forget(PROFILE, "1", at=MORNING, by="Ann")

    assert (gone.found["messages"], gone.found["incidents"]) == (1, 1)
    (left,) = ledger.messages(PROFILE, "due")
    assert "zoe.ketel" not in left.content["text"]
    assert list(ledger.told_incidents(PROFILE)) == ["target:directory"]
