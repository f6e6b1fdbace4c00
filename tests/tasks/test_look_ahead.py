"""What is read of the ledger before its time is what would have been read at its time."""

from datetime import UTC, datetime

import pytest

from connectors.ledger.ledger import open_ledger
from connectors.model.errors import Unreachable
from connectors.model.people import People
from tasks.look_ahead import LookAhead
from tests.connectors.ledger.examples import PROFILE, a_run, carry_out, create, done

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        ledger.start_run(a_run("run-1"))
        yield ledger


@pytest.fixture
def ahead(ledger):
    return LookAhead(ledger, PROFILE, started=NOON, unused_since=None, days={1, 7})


def test_what_was_read_before_is_for_one_use_and_then_read_anew(ledger, ahead):
    ahead.look()
    carry_out(ledger, done(create("1"), "a1"))
    assert len(ahead.take("links")) == 0
    assert ahead.take("links")["ref"].tolist() == ["a1"]


def test_what_was_settled_since_is_read_anew(ledger, ahead):
    ahead.look()
    carry_out(ledger, done(create("1"), "a1"))
    ahead.forget()
    assert ahead.take("links")["ref"].tolist() == ["a1"]


def test_a_ledger_that_does_not_answer_says_so_where_it_is_needed(ledger, ahead, monkeypatch):
    def away(self, profile):
        message = "it does not answer"
        raise Unreachable(message, system="ledger")

    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "links", away)
        broken = LookAhead(ledger, PROFILE, started=NOON, unused_since=None, days=())
        broken.look()
        with pytest.raises(Unreachable, match="does not answer"):
            broken.take("links")
    assert len(broken.take("grants")) == 0


def test_every_reading_is_that_of_the_ledger(ledger, ahead):
    ahead.look()
    assert ahead.take("grants").equals(ledger.grants(PROFILE))
    assert ahead.take("names").equals(ledger.names(PROFILE))
    assert (ahead.take("absences"), ahead.take("called")) == ({}, {})
    assert isinstance(ahead.take("snapshot"), People | None)
    assert ahead.take("recent") == {1: {}, 7: {}}
