"""What was looked up beforehand, of a window of persons and of the one before."""

import uuid

from connectors.active_directory.directory import Entry
from connectors.active_directory.foresight import Foreseen


def account(name: str) -> Entry:
    guid = uuid.uuid5(uuid.NAMESPACE_DNS, name).bytes_le
    values = {"objectguid": (guid,), "employeeid": (name.encode(),)}
    classes = {"objectclass": (b"user",), "samaccountname": (name.encode(),)}
    return Entry(f"CN={name},DC=example,DC=org", values | classes)


def test_an_answer_is_given_once_and_kept_for_one_window_more():
    foreseen, boele = Foreseen(), account("boele")
    foreseen.turn([])
    foreseen.keep(boele, ["title"])
    foreseen.turn([])
    assert foreseen.account(boele.guid, ["title"]) == boele
    assert foreseen.account(boele.guid, []) is None
    foreseen.keep(boele, [])
    foreseen.turn([])
    foreseen.turn([])
    assert foreseen.account(boele.guid, []) is None


def test_what_was_seen_again_hides_what_was_seen_before():
    foreseen, boele = Foreseen(), account("boele")
    foreseen.keep(boele, [])
    foreseen.turn([])
    moved = Entry("CN=boele,OU=Elsewhere,DC=example,DC=org", boele.attributes)
    foreseen.keep(moved, [])
    assert foreseen.account(boele.guid, []) == moved
    assert foreseen.account(boele.guid, []) is None


def test_nobody_held_a_value_is_no_answer_about_a_manager_who_is_made_meanwhile():
    foreseen, boss = Foreseen(), account("boss")
    foreseen.turn(["boss"])
    foreseen.turn(["other"])
    foreseen.keep_holders(["boss", "nobody"], [], "employeeID")
    assert foreseen.manager_of("BOSS") is None
    assert foreseen.manager_of("nobody") == []
    foreseen.turn(["nobody"])
    assert foreseen.manager_of("boss") is None
    assert foreseen.manager_of("nobody") is None
    foreseen.keep_holders(["boss"], [boss], "employeeID")
    assert foreseen.manager_of("boss") == [boss]
    assert foreseen.manager_of("boss") == [boss]


def test_an_address_that_was_claimed_in_an_earlier_window_is_not_free():
    foreseen = Foreseen()
    assert foreseen.claim({"a@example.org"}, "1") is None
    for _ in range(3):
        foreseen.turn([])
    assert foreseen.claim({"a@example.org"}, "2") == "a@example.org"
    assert foreseen.claim({"a@example.org"}, "1") is None
