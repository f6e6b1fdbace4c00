"""Who is told what, decided from changes and their receipts: golden cases."""

import pytest

from connectors.model.addresses import is_address, on_the_wire
from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    GrantPermission,
    MoveAccount,
    UpdateAccount,
)
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR, Pending
from connectors.sdk.fanout import receipt_of
from tasks.lifecycle.recipients import Acquaintance, Recipient, recipients
from tasks.lifecycle.tidings import Difference, Tiding, in_words, tidings_of

WHY = ("rule:staff",)


def settled(change, outcome=Outcome.DONE, **produced):
    return (change, receipt_of(change, outcome, ref="r", produced=produced))


def told(*pairs):
    return tidings_of(pairs, targets={"ad", "google"}, private={"ad": {"homePhone"}})


def create(target="ad", **after):
    return CreateAccount(target=target, person="1", after=after or {"login": "zoe"}, because=WHY)


def change(kind, target="ad", **fields):
    return kind(target=target, person="1", ref="r", because=WHY, **fields)


ENABLED = {"before": {"enabled": False}, "after": {"enabled": True}}
DISABLED = {"before": {"enabled": True}, "after": {"enabled": False}}


def test_a_new_account_is_told_with_what_the_target_made_of_it_and_nothing_private():
    made = create(login="zoe", homePhone="030 1", tags=("a", "b"))
    member = change(GrantPermission, after={"permission": "g", "name": "G"})
    (tiding,) = told(
        settled(made, mail="zoe@example.org"),
        settled(change(EnableAccount, **ENABLED)),
        settled(member),
    )
    assert tiding.occasion == "joined"
    assert tiding.accounts == {
        "ad": {"login": "zoe", "tags": "a, b", "mail": "zoe@example.org", "enabled": "True"}
    }
    assert tiding.because == WHY
    assert made.id in tiding.changes


def test_one_that_was_made_by_a_run_that_died_counts_as_new():
    (tiding,) = told(settled(create(), Outcome.ALREADY))
    assert tiding.occasion == "joined"


def test_an_account_that_is_made_open_and_shut_at_once_is_no_leaving():
    (tiding,) = told(settled(create()), settled(change(DisableAccount, **DISABLED)))
    assert tiding.occasion == "joined"


@pytest.mark.parametrize(
    ("kind", "fields", "how"),
    [(DisableAccount, DISABLED, "disabled"), (DeleteAccount, {}, "deleted")],
)
def test_who_loses_access_has_left_and_what_else_changed_is_part_of_it(kind, fields, how):
    moved = change(MoveAccount, before={"container": "Staff"}, after={"container": "Leavers"})
    (tiding,) = told(settled(change(kind, **fields)), settled(moved))
    assert (tiding.occasion, tiding.how) == ("left", {"ad": how})


def test_who_gets_access_again_and_what_changed_are_two_things():
    enabled, changed = told(
        settled(change(EnableAccount, **ENABLED)),
        settled(
            change(
                UpdateAccount,
                before={"title": "Nurse", "homePhone": "1", "same": "x"},
                after={"title": "Head", "homePhone": "2", "same": "x", "room": CLEAR},
            )
        ),
        settled(change(MoveAccount, before={"container": "A"}, after={"container": "B"})),
    )
    assert (enabled.occasion, changed.occasion) == ("enabled", "changed")
    assert changed.differences == (
        Difference("ad", "title", "Nurse", "Head"),
        Difference("ad", "homePhone", "(private)", "(private)"),
        Difference("ad", "container", "A", "B"),
    )


def test_nothing_is_told_where_nothing_was_written():
    again = change(UpdateAccount, before={"title": "Nurse"}, after={"title": "Nurse"})
    assert told(settled(again)) == []
    assert told(settled(change(UpdateAccount, after={"title": "X"}), Outcome.ALREADY)) == []
    assert told(settled(create(), Outcome.FAILED)) == []
    assert told(settled(create("afas_employee"))) == []
    assert told(settled(change(GrantPermission, after={"permission": "g"}))) == []


def test_a_tiding_comes_back_from_the_ledger_as_it_was_and_joins_a_later_one():
    (first,) = told(settled(create()))
    (second,) = told(settled(create("google", primaryEmail=Pending("ad", "mail"))))
    assert Tiding.from_json(first.to_json()) == first
    both = first.joined_by(second)
    assert both.accounts == {"ad": {"login": "zoe"}, "google": {"primaryEmail": "?"}}
    assert both.because == WHY
    (changed,) = told(settled(change(UpdateAccount, after={"title": "X"})))
    assert Tiding.from_json(changed.to_json()) == changed
    assert in_words(None) == ""


KNOWN = Acquaintance(
    person="1",
    name="Zoë",
    mail="zoe@example.org",
    personal_mail="zoe@home.example.org",
    manager="9",
    manager_mail="boss@example.org",
)


def test_recipients_follow_from_the_person_and_nobody_gets_it_twice():
    found, silences = recipients(
        ["person.manager", "person", "person.personal_email", "BOSS@example.org"], None, KNOWN
    )
    assert found == [
        Recipient("person.manager", "boss@example.org"),
        Recipient("person", "zoe@example.org"),
        Recipient("person.personal_email", "zoe@home.example.org"),
    ]
    assert silences == []
    fresh, _ = recipients(["person"], None, KNOWN, new_mail="z.bakker@example.org")
    assert fresh == [Recipient("person", "z.bakker@example.org")]


@pytest.mark.parametrize(
    ("named", "whom", "silence"),
    [
        ("person.manager", Acquaintance(person="1", name="Z"), "HR names no manager"),
        (
            "person.manager",
            Acquaintance(person="1", name="Z", manager="9"),
            "the manager 9 has no work address",
        ),
        ("person", Acquaintance(person="1", name="Z"), "the person has no work address"),
        (
            "person.personal_email",
            Acquaintance(person="1", name="Z"),
            "HR knows no private address",
        ),
        (
            "person",
            Acquaintance(person="1", name="Z", mail="a@x.org\nBcc: b@x.org"),
            "what stands there as an address is none",
        ),
    ],
)
def test_silence_has_a_reason_and_another_address_takes_its_place(named, whom, silence):
    assert recipients([named], None, whom) == ([], [silence])
    assert recipients([named], "it@example.org", whom) == ([Recipient(named, "it@example.org")], [])


@pytest.mark.parametrize(
    "text", ["a@b.nl", "zoë@voorbeeld.example", "a.b+c@x-y.example.org", "ö@é.nl"]
)
def test_an_address_may_be_of_any_script(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "a@", "@b.nl", "a@b@c.nl", "a b@c.nl", "a@b.nl,c@d.nl", "a@b.nl\n", "<a@b.nl>"),
        *("a..b@c.nl", ".a@b.nl", "a@-b.nl", "a@b..nl", 'a"b@c.nl', "a\u200b@b.nl"),
        *("a\u202e@b.nl", f"{'a' * 250}@b.nl"),
    ],
)
def test_anything_else_is_none(text):
    assert not is_address(text)


def test_a_domain_of_another_script_has_a_form_for_the_wire():
    assert on_the_wire("jan@zoë.example.org") == "jan@xn--zo-ija.example.org"
