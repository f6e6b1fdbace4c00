"""What moved since a plan, and what did not."""

import pytest

from connectors.model.change import (
    HR_ID,
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    GrantPermission,
    MoveAccount,
    UpdateAccount,
)
from connectors.model.errors import Moved
from connectors.model.manifest import Attribute, Compare, Manifest
from connectors.model.values import CLEAR
from connectors.sdk.before_image import BeforeImage

MANIFEST = Manifest(
    connector="c",
    title="C",
    correlation="number",
    attributes=(
        Attribute(name="number"),
        Attribute(name="mail", compare=Compare.IGNORE_CASE),
        Attribute(name="aliases", compare=Compare.IGNORE_CASE, multi=True),
        Attribute(name="mobile", private=True),
    ),
    open_attributes=True,
)
IMAGE = BeforeImage(MANIFEST, "dir")


def change(kind=UpdateAccount, *, before=None, after=None, hr_id="7"):
    context = {} if hr_id is None else {HR_ID: hr_id}
    return kind(
        target="dir", person="7", ref="r", before=before or {}, after=after or {}, context=context
    )


def moved(one, held, hr_id="7", but=()):
    with pytest.raises(Moved) as caught:
        IMAGE.require(one, held, hr_id=hr_id, but=but)
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ({"mail": "a@x"}, {"mail": "b@x"}, {"mail": "A@X"}),
        ({"mail": "a@x"}, {"mail": "b@x"}, {"mail": "b@x"}),
        ({}, {"mail": "b@x"}, {}),
        ({}, {"mail": "b@x"}, {"mail": ""}),
        ({"mail": "a@x"}, {"mail": CLEAR}, {"mail": None}),
        ({"aliases": ("a", "b")}, {"aliases": ("c",)}, {"aliases": ("B", "a")}),
        ({"aliases": ("a",)}, {"aliases": ("c", "d")}, {"aliases": "a"}),
        ({"flag": False}, {"flag": True}, {"flag": "false"}),
    ],
)
def test_as_it_was_or_as_it_shall_be_is_no_move(before, after, held):
    IMAGE.require(change(before=before, after=after), held, hr_id="7")


def test_a_move_says_whose_account_what_the_plan_saw_and_what_is_there():
    one = change(before={"mail": "a@x", "title": "Nurse"}, after={"mail": "b@x", "title": "Cook"})

    assert moved(one, {"mail": "c@x", "title": "Nurse"}) == (
        "dir update: the account of 7 moved since the plan: mail was a@x and is c@x now "
        "(code moved_since). The next plan decides anew."
    )


def test_what_was_filled_or_emptied_since_has_moved():
    assert "mail was empty and is c@x now" in moved(change(after={"mail": "b@x"}), {"mail": "c@x"})
    emptied = change(before={"aliases": ("a", "b")}, after={"aliases": ("c",)})
    assert "aliases was a, b and is empty now" in moved(emptied, {})


def test_what_is_private_is_named_and_not_shown():
    one = change(before={"mobile": "1", "homePhone": "2"}, after={"mobile": "3", "homePhone": "4"})

    text = moved(one, {"mobile": "5", "homePhone": "6"})

    assert "mobile was (private)" in text
    assert "homePhone was (private)" in text
    assert not set("123456") & set(text)


@pytest.mark.parametrize("now", [None, "", "8"])
def test_an_account_that_carries_another_hr_id_has_moved(now):
    for kind, after in ((DeleteAccount, {}), (DisableAccount, {"enabled": False})):
        text = moved(change(kind, after=after), {"enabled": False}, hr_id=now)
        assert f"number was 7 and is {now or 'empty'} now" in text


def test_an_account_that_carried_none_has_moved_when_it_carries_one():
    assert "number was empty and is 8 now" in moved(change(DeleteAccount, hr_id=""), {}, hr_id="8")
    IMAGE.require(change(DeleteAccount, hr_id=""), {}, hr_id=None)


def test_an_hr_id_that_the_change_writes_is_an_attribute_like_others():
    one = change(after={"number": "7"}, hr_id="")
    for held in ({}, {"number": "7"}):
        IMAGE.require(one, held, hr_id=held.get("number"))
    assert "number was empty and is 8 now" in moved(one, {"number": "8"}, hr_id="8")


def test_containers_are_compared_as_names():
    one = change(MoveAccount, before={"container": "OU=A, DC=x"}, after={"container": "OU=B,DC=x"})
    IMAGE.require(one, {"container": "ou=a,dc=X"}, hr_id="7")
    assert "container was OU=A, DC=x and is OU=C,DC=x now" in moved(one, {"container": "OU=C,DC=x"})


def test_what_nobody_saw_cannot_have_moved():
    IMAGE.require(change(after={"mail": "b@x"}, hr_id=None), {"mail": "c@x"}, hr_id="8")
    IMAGE.require(change(after={"mail": "b@x"}), {"mail": "c@x"}, hr_id="7", but={"mail"})
    IMAGE.require(change(CreateAccount, after={"mail": "b@x"}), {"mail": "c@x"}, hr_id="8")
    IMAGE.require(change(GrantPermission, after={"permission": "g"}), {}, hr_id="8")
