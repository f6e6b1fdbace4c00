from dataclasses import replace

from tasks.lifecycle.allot import allot
from tasks.lifecycle.naming import Taken
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
