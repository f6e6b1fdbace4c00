"""Containers that follow a person: a template per state, filled in and escaped."""

from dataclasses import replace
from datetime import date

import pytest

from connectors.model.change import Verb
from connectors.model.containers import ContainerForm, escape_container
from connectors.model.errors import ConfigError
from tasks.lifecycle.containers import check_container
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.policy import Containers
from tests.tasks.lifecycle.test_plan_cases import inputs_of

BY_TITLE = Containers(
    initial="OU={contract.title},OU=New",
    enabled="OU={contract.title},OU=Active",
    disabled="OU=Shut",
)


def case(title="Nurse, night", **others):
    contract = {
        "person_id": "1001",
        "start_date": "2020-01-01",
        "department_id": "CARE",
        "title": title,
    }
    return {"as_of": date(2026, 11, 23), "contracts": [contract], **others}


def plan(raw, containers=BY_TITLE, form=ContainerForm.DN):
    inputs = inputs_of(raw)
    ad = inputs.policies["ad"]
    manifest = replace(ad.manifest, container_form=form)
    policies = {**inputs.policies, "ad": replace(ad, containers=containers, manifest=manifest)}
    inputs.policies = policies
    made = make_plan(inputs)
    section = next(one for one in made.sections if one.target == "ad")
    return [one for one in section.changes if one.person == "1001"], made.notes


def containers_of(changes):
    return [
        (one.verb, one.before.get("container"), one.after["container"])
        for one in changes
        if "container" in one.after
    ]


def test_somebody_new_begins_and_works_where_the_templates_say():
    changes, _ = plan(case(persons=["janine"]))
    nurse = r"OU=Nurse\, night"
    assert containers_of(changes) == [
        (Verb.CREATE, None, f"{nurse},OU=New"),
        (Verb.MOVE, f"{nurse},OU=New", f"{nurse},OU=Active"),
    ]


@pytest.mark.parametrize(
    ("stands", "moves"),
    [
        ("OU=Carer,OU=Active", True),  # from another container of ours
        (r"ou=nurse\, night, ou=active", False),  # it is there, spelt otherwise
        ("OU=Carer,OU=New", True),
        ("OU=Shut", True),
        ("OU=Board", False),  # an administrator put it there
        ("OU=Board,OU=Carer,OU=Active", False),
    ],
)
def test_somebody_who_moves_within_the_company_is_moved_from_where_we_put_them(stands, moves):
    raw = case(settled=["janine"], accounts={"ad": {"a1": {"container": stands}}})
    changes, _ = plan(raw)
    wanted = [(Verb.MOVE, stands, r"OU=Nurse\, night,OU=Active")]
    assert containers_of(changes) == (wanted if moves else [])


def test_somebody_who_leaves_goes_where_all_leavers_go():
    raw = case(
        settled=["janine"], accounts={"ad": {"a1": {"container": r"OU=Nurse\, night,OU=Active"}}}
    )
    raw["contracts"][0]["end_date"] = "2026-11-20"
    changes, _ = plan(raw)
    assert [one[2] for one in containers_of(changes)] == ["OU=Shut"]


def test_without_a_value_nobody_is_made_in_a_wrong_place_and_nobody_is_moved():
    changes, notes = plan(case(title=None, persons=["janine"]))
    assert changes == []
    [note] = [one for one in notes if one.code == "no_container"]
    assert "OU={contract.title},OU=New lacks a value" in note.reason
    raw = case(title=None, settled=["janine"], accounts={"ad": {"a1": {"container": "OU=New"}}})
    assert containers_of(plan(raw)[0]) == []


def test_a_path_is_escaped_as_a_path():
    paths = Containers(initial="/New", enabled="/Staff/{contract.title}", disabled="/Shut")
    changes, _ = plan(case("Nurse/night", persons=["janine"]), paths, ContainerForm.PATH)
    assert containers_of(changes)[-1][2] == "/Staff/Nurse-night"
    raw = case("Nurse", settled=["janine"], accounts={"ad": {"a1": {"container": "/Staff/Carer"}}})
    assert [one[2] for one in containers_of(plan(raw, paths, ContainerForm.PATH)[0])] == [
        "/Staff/Nurse"
    ]


def test_nothing_is_planned_twice():
    raw = case(
        settled=["janine"], accounts={"ad": {"a1": {"container": r"OU=Nurse\, night,OU=Active"}}}
    )
    assert containers_of(plan(raw)[0]) == []


@pytest.mark.parametrize(
    "named",
    [
        "OU={contract.shoe_size},DC=x",
        "OU={names.login},DC=x",
        "OU={accounts.ad.mail},DC=x",
        "OU={,DC=x",
    ],
)
def test_a_template_that_asks_for_what_nobody_knows_is_refused(named):
    with pytest.raises(ConfigError) as caught:
        check_container(named, "targets.ad.settings.containers.enabled")
    assert caught.value.key == "targets.ad.settings.containers.enabled"


def test_a_template_over_what_hr_knows_is_accepted():
    known = "OU={contract.department.name},OU={person.custom.site},DC=x"
    check_container(known, "targets.ad.settings.containers.enabled")


@pytest.mark.parametrize(
    ("value", "escaped"),
    [(',+"\\<>;=', r"\,\+\"\\\<\>\;\="), ("#x#", r"\#x#"), (" x ", r"\ x\ "), ("a\nb", r"a\0Ab")],
)
def test_no_value_ends_a_part_of_a_name(value, escaped):
    assert escape_container(value, ContainerForm.DN) == escaped
