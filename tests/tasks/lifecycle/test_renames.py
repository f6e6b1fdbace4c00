"""People whose name changes in HR: frozen names, and new ones where a site wants them."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle.called import fingerprints
from tasks.lifecycle.people import person_facts
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.renames import merge_aliases, new_names, renaming, who_is_renamed
from tests.tasks.lifecycle.site import DIRECTORY, OPTIONS, fields
from tests.tasks.lifecycle.test_plan_cases import SITE, inputs_of

DAY = date(2026, 11, 23)
JANINE = SITE["persons"]["janine"]
MARRIED = JANINE | {"partner_name_prefix": "de", "partner_name": "Vries", "convention": "P"}
WORK = {
    "person_id": "1001",
    "start_date": date(2020, 1, 1),
    "department_id": "CARE",
    "title": "Nurse",
}
PROXIES = {"proxyAddresses": {"from": "names.proxy_addresses", "on": ["create"], "unique": True}}


def called_then(*persons):
    frame = pd.DataFrame(persons)
    return dict(zip(frame["external_id"], fingerprints(frame), strict=True))


def plan(person=MARRIED, *, rename=True, called=None, holds=None, **case):
    """A plan for somebody whom HR called Janine van den Boele when she got her account."""
    given = {
        "as_of": DAY,
        "settled": ["janine"],
        "persons": [person],
        "contracts": [WORK],
        "policies": {"ad": {"fields": PROXIES}},
        **case,
    }
    if holds is not None:
        given["accounts"] = {"ad": {"a1": {"holds": holds}}}
    inputs = inputs_of(given)
    inputs.memory.called = called_then(JANINE) if called is None else called
    inputs.options = replace(OPTIONS, rename=rename)
    return make_plan(inputs)


def one_update(found, target="ad"):
    (change,) = [change for change in found.changes if change.target == target]
    assert change.verb == "update"
    return change


def test_names_are_kept_without_a_word_in_the_profile_and_a_note_says_so():
    found = plan(rename=False)
    assert set(one_update(found).after) == {"displayName"}
    assert [(n.person, n.code, n.reason) for n in found.notes] == [
        (
            "1001",
            "name_kept",
            "the name has changed in HR since it was given; names are kept (names.rename is off)",
        )
    ]


def test_a_rename_gives_every_name_that_a_create_would_give():
    found = plan()
    change = one_update(found)
    assert dict(change.after) == {
        "login": "jdevries",
        "upn": "janine.devries@example.org",
        "mail": "janine.devries@example.org",
        "cn": "Janine de Vries",
        "displayName": "Janine de Vries",
        "proxyAddresses": (
            "SMTP:janine.devries@example.org",
            "smtp:janine.vandenboele@example.org",
        ),
    }
    assert change.before["mail"] == "janine.vandenboele@example.org"
    assert change.because
    assert not found.notes


def test_the_new_address_is_written_back():
    change = one_update(plan(), "hr")
    assert dict(change.after) == {"EmAd": "janine.devries@example.org"}


def test_addresses_that_were_there_stay_and_one_is_the_primary_one():
    proxies = ("SMTP:Janine.vandenBoele@example.org", "sip:janine", "smtp:jb@example.org")
    change = one_update(plan(holds={"proxyAddresses": proxies}))
    assert change.after["proxyAddresses"] == (
        "SMTP:janine.devries@example.org",
        "sip:janine",
        "smtp:Janine.vandenBoele@example.org",
        "smtp:jb@example.org",
    )


RENAMED = {
    "login": "jdevries",
    "upn": "janine.devries@example.org",
    "mail": "janine.devries@example.org",
    "cn": "Janine de Vries",
    "displayName": "Janine de Vries",
    "proxyAddresses": ("SMTP:janine.devries@example.org", "smtp:janine.vandenboele@example.org"),
}
WRITTEN_BACK = {"hr": {"1001": {"holds": {"EmAd": "janine.devries@example.org"}}}}


def test_who_has_the_new_names_already_is_left_alone():
    accounts = {"ad": {"a1": {"holds": RENAMED}}, **WRITTEN_BACK}
    assert list(plan(accounts=accounts).changes) == []


def test_a_lower_number_that_became_free_renames_nobody():
    numbered = RENAMED | {
        "login": "jandevries",
        "upn": "j.h.c.devries@example.org",
        "mail": "j.h.c.devries@example.org",
        "cn": "Janine de Vries 02",
        "proxyAddresses": ("SMTP:j.h.c.devries@example.org",),
    }
    # The login is of another try; what most of it agrees with is kept.
    found = plan(holds=numbered)
    assert set(one_update(found).after) == {"login"}


def test_a_new_name_that_is_taken_is_not_given():
    taken = {"ad": [("address", "janine.devries@example.org", "g7")]}
    change = one_update(plan(taken=taken))
    assert change.after["mail"] == "j.h.c.devries@example.org"
    assert change.after["cn"] == "Janine de Vries 02"


def test_a_rename_without_any_free_name_changes_no_name_and_says_so():
    inputs_taken = {"ad": [("common_name", "janine de vries", "g7")]}
    options = replace(OPTIONS, rename=True, tries=1)
    inputs = inputs_of(
        {
            "as_of": DAY,
            "settled": ["janine"],
            "persons": [MARRIED],
            "contracts": [WORK],
            "taken": inputs_taken,
        }
    )
    inputs.memory.called, inputs.options = called_then(JANINE), options
    found = make_plan(inputs)
    assert set(one_update(found).after) == {"displayName"}
    assert "no_name" in [note.code for note in found.notes]


def test_of_whom_nothing_was_noted_nobody_says_that_the_name_has_changed():
    assert set(one_update(plan(called={})).after) == {"displayName"}


def test_a_correction_that_changes_no_name_changes_nothing():
    corrected = JANINE | {"initials": "J.H.K."}
    holds = {"proxyAddresses": ("SMTP:janine.vandenboele@example.org",)}
    assert list(plan(corrected, holds=holds).changes) == []


@pytest.mark.parametrize("rename", [True, False])
def test_excluded_people_keep_everything_and_nothing_is_said_of_names(rename):
    found = plan(MARRIED | {"excluded": True}, rename=rename)
    assert list(found.changes) == []
    assert [note.code for note in found.notes] == ["excluded"]


def test_people_who_leave_get_no_new_names():
    over = WORK | {"end_date": date(2026, 11, 1)}
    found = plan(contracts=[over])
    assert "update" not in {change.verb for change in found.changes if change.target == "ad"}


def test_only_people_of_whom_a_name_was_noted_can_be_renamed():
    facts = person_facts(inputs_of({"as_of": DAY, "persons": [MARRIED, "omar"]}).people, DAY)
    assert who_is_renamed(facts, {}) == []
    assert who_is_renamed(facts, called_then(JANINE)) == ["1001"]
    assert who_is_renamed(facts, called_then(MARRIED) | {"gone": "0" * 16}) == []


def test_a_rename_writes_what_is_made_from_names_at_create_only():
    target = TargetPolicy(
        name="ad",
        manifest=DIRECTORY,
        fields=fields(
            DIRECTORY,
            login={"from": "names.login", "on": ["create"], "unique": True},
            home={"template": r"\\files\{names.login}", "on": ["create"]},
            dn={"from": "names.common_name", "on": ["create"]},
            badge={"call": lambda facts: facts["names.login"], "on": ["create"]},
            title={"from": "contract.title", "on": ["create"]},
            cn=[
                {"from": "names.common_name", "on": ["create"]},
                {"value": "taken over", "on": ["correlate"]},
            ],
            sn=[
                {"from": "names.surname", "on": ["create"]},
                {"value": "kept", "on": ["update"]},
            ],
        ),
    )
    assert [mapping.name for mapping in new_names(target)] == ["login", "home", "cn"]
    again = renaming(target)
    assert {mapping.name for mapping in again.mapped("update")} == {"login", "home", "cn", "sn"}
    assert [m.argument for m in again.mapped("correlate") if m.name == "cn"] == ["taken over"]


addresses = st.sampled_from(["jan@x", "Jan@x", "j@x", "team@x"])
entries = st.builds(
    lambda kind, one: kind + one, st.sampled_from(["SMTP:", "smtp:", "sip:"]), addresses
)


@given(st.lists(entries, max_size=5), addresses, st.lists(addresses, max_size=2))
def test_a_merge_keeps_every_address_and_has_one_primary(held, new, also):
    merged = merge_aliases(held, (f"SMTP:{new}",), also=also)
    mails = [one for one in merged if one.lower().startswith("smtp:")]
    assert [one.lower() for one in merged if one.startswith("SMTP:")] == [f"smtp:{new}".lower()]
    assert len({one.lower() for one in mails}) == len(mails)
    wanted = {one.lower() for one in [*held, f"smtp:{new}", *(f"smtp:{one}" for one in also)]}
    assert {one.lower() for one in merged} == wanted
    assert merge_aliases(merged, (f"SMTP:{new}",), also=also) == merged
