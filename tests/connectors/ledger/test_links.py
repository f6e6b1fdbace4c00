from datetime import UTC, datetime

import pytest

from connectors.model.change import (
    CorrelateAccount,
    DeleteAccount,
    DisableAccount,
    UpdateAccount,
)
from connectors.model.receipt import Outcome, Receipt
from tests.connectors.ledger.examples import (
    carry_out,
    create,
    done,
    grant,
    revoke,
)


def links(ledger, profile="demo"):
    rows = ledger.links(profile)[["target", "person", "ref", "how"]]
    return [tuple(row) for row in rows.itertuples(index=False)]


def grants(ledger, profile="demo"):
    rows = ledger.grants(profile)[["target", "person", "permission"]]
    return [tuple(row) for row in rows.itertuples(index=False)]


def correlate(person, ref, target="directory"):
    return CorrelateAccount(target=target, person=person, ref=ref)


def test_an_empty_ledger_gives_empty_frames_of_text(ledger):
    for frame, columns in (
        (ledger.links("demo"), ["target", "person", "ref", "how", "since"]),
        (ledger.grants("demo"), ["target", "person", "permission", "since"]),
    ):
        assert dict(frame.dtypes) == dict.fromkeys(columns, "str")
        assert len(frame) == 0


def test_created_and_correlated_accounts_are_linked(ledger):
    carry_out(ledger, done(create("2"), "ref-2"), done(correlate("1", "ref-1"), "ref-1"))
    carry_out(ledger, (create("3", target="app"), Outcome.ALREADY, "ref-3"))
    assert links(ledger) == [
        ("app", "3", "ref-3", "created"),
        ("directory", "1", "ref-1", "correlated"),
        ("directory", "2", "ref-2", "created"),
    ]
    assert dict(ledger.links("demo").dtypes) == dict.fromkeys(
        ["target", "person", "ref", "how", "since"], "str"
    )
    assert links(ledger, "other") == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.SET_ASIDE, Outcome.IN_DOUBT])
def test_what_did_not_surely_happen_is_not_noted(ledger, outcome):
    carry_out(ledger, (create("1"), outcome, "ref-1"), (grant("1", "care"), outcome, "ref-1"))
    assert links(ledger) == []
    assert grants(ledger) == []


def test_grants_come_and_go_and_keep_their_first_day(ledger):
    first, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    given = (grant("1", "care"), grant("1", "vpn"))
    carry_out(ledger, *(done(change, "ref-1") for change in given), at=first)
    again = (grant("1", "care"), Outcome.ALREADY, "ref-1")
    carry_out(ledger, again, run="run-2", at=later)
    carry_out(ledger, (revoke("1", "vpn"), Outcome.ALREADY, "ref-1"), run="run-2")
    assert grants(ledger) == [("directory", "1", "care")]
    assert ledger.grants("demo")["since"].tolist() == ["2026-01-01T00:00:00+00:00"]


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.ALREADY])
def test_a_deleted_account_is_forgotten_with_its_grants_and_nobody_elses(ledger, outcome):
    for person in ("1", "2"):
        carry_out(ledger, done(create(person), person), done(grant(person, "care"), person))
        carry_out(ledger, done(create(person, target="app"), person))
    delete = DeleteAccount(target="directory", person="1", ref="1")
    carry_out(ledger, (delete, outcome, None))
    assert [row[:2] for row in links(ledger)] == [("app", "1"), ("app", "2"), ("directory", "2")]
    assert grants(ledger) == [("directory", "2", "care")]


def test_consequences_are_drawn_in_the_order_of_the_receipts(ledger):
    carry_out(
        ledger,
        done(create("1"), "old"),
        done(grant("1", "care"), "old"),
        done(DeleteAccount(target="directory", person="1", ref="old")),
        done(create("1", mail="again@example.org"), "new"),
        done(grant("1", "vpn"), "new"),
    )
    assert links(ledger) == [("directory", "1", "new", "created")]
    assert grants(ledger) == [("directory", "1", "vpn")]


def test_correlating_what_is_linked_already_changes_nothing(ledger):
    carry_out(ledger, done(create("1"), "ref-1"))
    before = ledger.links("demo")
    carry_out(ledger, done(correlate("1", "ref-1"), "ref-1"), run="run-2")
    assert ledger.links("demo").equals(before)


def test_a_new_account_does_not_inherit_the_grants_of_a_lost_one(ledger):
    carry_out(ledger, done(create("1"), "lost"), done(grant("1", "care"), "lost"))
    carry_out(ledger, done(create("1"), "new"), run="run-2")
    assert links(ledger) == [("directory", "1", "new", "created")]
    assert grants(ledger) == []


def test_an_account_that_changes_hands_takes_its_grants_along(ledger):
    carry_out(
        ledger,
        done(create("old"), "ref-1"),
        done(grant("old", "care"), "ref-1"),
        done(grant("old", "vpn"), "ref-1"),
        done(create("new"), "ref-2"),
        done(grant("new", "printer"), "ref-2"),
    )
    carry_out(ledger, done(correlate("new", "ref-1"), "ref-1"), run="run-2")
    assert links(ledger) == [("directory", "new", "ref-1", "correlated")]
    assert grants(ledger) == [("directory", "new", "care"), ("directory", "new", "vpn")]


def test_an_account_that_gets_another_id_keeps_its_link_and_grants(ledger):
    carry_out(ledger, done(create("1"), "T.OLD"), done(grant("1", "care"), "T.OLD"))
    rename = UpdateAccount(target="directory", person="1", ref="T.OLD", after={"code": "T.NEW"})
    carry_out(ledger, done(rename, "T.NEW"))
    assert links(ledger) == [("directory", "1", "T.NEW", "created")]
    assert grants(ledger) == [("directory", "1", "care")]


def test_an_update_of_an_account_we_do_not_know_links_nothing(ledger):
    disable = DisableAccount(target="directory", person="1", ref="x", after={"enabled": False})
    carry_out(ledger, done(disable, "x"))
    assert links(ledger) == []


def test_a_create_without_a_native_id_is_kept_as_a_receipt_but_not_as_a_link(ledger):
    carry_out(ledger, done(create("1"), None))
    assert links(ledger) == []
    assert isinstance(ledger.journal("run-1")[0].receipt, Receipt)
    assert "no link was kept" in next(ledger.audit()).text
