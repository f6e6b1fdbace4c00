from dataclasses import replace

from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    EnableAccount,
    Need,
    UpdateAccount,
)
from connectors.model.values import CLEAR, Pending
from tasks.lifecycle.allot import LOOKS, allot
from tasks.lifecycle.claims import claims_of
from tasks.lifecycle.taken import Taken
from tests.tasks.lifecycle.site import DIRECTORY, OPTIONS, POLICIES, fields

EMMA = {
    "person.external_id": "1",
    "person.nick_name": "Emma",
    "person.family_name": "Bakker",
    "person.convention": "B",
}


def given(taken, facts=EMMA, **mapped):
    ad = replace(POLICIES["ad"], fields=fields(DIRECTORY, **mapped))
    found = allot(
        ["1"],
        {"ad": frozenset({"1"})},
        policies={"ad": ad},
        facts=lambda _: facts,
        taken=taken,
        options=OPTIONS,
    )
    return found.names["1"].iteration if "1" in found.names else None


def badge(facts):
    return f"{facts['names.local_part']}.badge"


def test_a_function_is_asked_again_for_every_name():
    login = {"call": badge, "unique": True}
    assert given(Taken(), login=login) == 0
    assert given(Taken({"ad:login": {"emma.bakker.badge": None}}), login=login) == 1


def test_a_template_with_an_optional_part_claims_what_it_will_write():
    template = {"template": "{names.local_part}{contract.title?}", "unique": True}
    assert given(Taken({"ad:login": {"emma.bakker": None}}), login=template) == 1


def test_an_alias_of_a_path_claims_like_the_path():
    template = {"template": "{person.id}.{names.local_part}", "unique": True}
    assert given(Taken({"ad:login": {"1.emma.bakker": None}}), login=template) == 1


def test_a_list_claims_every_value_and_the_prefix_of_a_proxy_address_is_none():
    mapped = {
        "upn": {"value": ["SMTP:team@example.org"], "unique": True},
        "login": {"from": "names.login"},
    }
    assert given(Taken(), **mapped) == 0
    assert given(Taken({"address": {"team@example.org": None}}), **mapped) is None


def test_an_attribute_that_only_the_profile_calls_unique_has_a_space_of_its_own():
    badge = {"from": "names.login", "unique": True}
    assert given(Taken({"ad:login": {"ebakker": None}}), badge=badge) == 0
    assert given(Taken({"ad.badge": {"ebakker": None}}), badge=badge) == 1


def test_a_field_without_a_value_claims_nothing():
    mapped = {"login": {"from": "person.initials", "unique": True}, "cn": {"from": "names.login"}}
    assert given(Taken({"ad:login": {"": None}}), **mapped) == 0


ADDRESS = {"upn": {"template": "{names.local_part}@{names.domain}", "unique": True}}


def test_somebody_who_has_one_of_the_names_already_keeps_it():
    assert given(Taken({"address": {"e.bakker@example.org": "1"}}), **ADDRESS) == 1
    assert given(Taken({"address": {"emma.bakker2@example.org": "1"}}), **ADDRESS) == 4


def test_a_name_of_somebody_else_is_kept_by_nobody():
    assert given(Taken({"address": {"e.bakker@example.org": "2"}}), **ADDRESS) == 0
    assert given(Taken({"address": {"e.bakker@example.org": None}}), **ADDRESS) == 0


def test_far_more_namesakes_than_are_looked_up_at_once_get_names_in_order():
    count = max(LOOKS) + 10
    persons = [f"{number:03d}" for number in range(count)]
    found = allot(
        persons,
        {"ad": frozenset(persons)},
        policies=POLICIES,
        facts=lambda _: EMMA,
        taken=Taken(),
        options=OPTIONS,
    )
    assert [found.names[person].iteration for person in persons] == list(range(count))


def test_when_every_try_is_taken_the_person_is_refused_with_a_reason():
    options = replace(OPTIONS, tries=2)
    taken = Taken({"ad:login": {"ebakker": None, "embakker": None}})
    found = allot(
        ["1"],
        {"ad": frozenset({"1"})},
        policies=POLICIES,
        facts=lambda _: EMMA,
        taken=taken,
        options=options,
    )
    assert found.refused == {"1"}
    assert [note.reason for note in found.notes] == [
        "no free name after 2 tries; give this person a name by hand"
    ]


NAMED = {
    "login": "ebakker",
    "upn": "emma.bakker@example.org",
    "mail": "emma.bakker@example.org",
    "cn": "Emma Bakker",
}
CLAIMED = [
    ("ad:login", "ebakker"),
    ("address", "emma.bakker@example.org"),
    ("address", "emma.bakker@example.org"),
    ("ad:common_name", "Emma Bakker"),
]


def test_a_create_takes_the_names_it_gives():
    change = CreateAccount(target="ad", person="1", after={**NAMED, "title": "Nurse"})
    assert claims_of(POLICIES["ad"], change) == CLAIMED


def test_an_update_takes_what_the_account_lacks():
    before = {**NAMED, "cn": "Emma"}
    change = UpdateAccount(target="ad", person="1", ref="a", before=before, after=NAMED)
    assert claims_of(POLICIES["ad"], change) == [("ad:common_name", "Emma Bakker")]
    change = EnableAccount(target="ad", person="1", ref="a", after={"enabled": True, "cn": "E"})
    assert claims_of(POLICIES["ad"], change) == [("ad:common_name", "E")]


def test_aliases_that_are_there_are_not_taken_again():
    ad = replace(
        POLICIES["ad"],
        fields=fields(
            DIRECTORY,
            proxyAddresses={"from": "names.proxy_addresses", "on": ["create"], "unique": True},
        ),
    )
    change = UpdateAccount(
        target="ad",
        person="1",
        ref="a",
        before={"proxyAddresses": ("SMTP:old@x", "sip:old@x")},
        after={"proxyAddresses": ("SMTP:new@x", "sip:old@x", "smtp:old@x")},
    )
    values = [value for _, value in claims_of(ad, change)]
    assert values == ["new@x", "old@x"]


def test_what_comes_from_upstream_was_taken_there():
    change = CreateAccount(
        target="ad",
        person="1",
        after={"upn": "emma@x", "mail": Pending("hr", "mail"), "login": CLEAR},
        needs=(Need("upn", "hr", "mail"),),
    )
    assert claims_of(POLICIES["ad"], change) == []
    gone = DeleteAccount(target="ad", person="1", ref="a", after={"login": "ebakker"})
    assert claims_of(POLICIES["ad"], gone) == []
