import pandas as pd
import pytest

from tasks.lifecycle.conditions import All
from tasks.lifecycle.rule import Grant, Rule, Status, Window
from tasks.lifecycle.rule_names import unknown_names

THERE = pd.DataFrame(
    {
        "name": ["G-All-Staff", "G-Nursing", "Twice", "twice", "Admins", "G{x}", None],
        "grantable": [True, True, True, True, False, True, True],
    },
    index=pd.Index(["id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7"], name="permission"),
)


def said(*groups: str, status: Status = "published", target: str = "ad") -> list[str]:
    rule = Rule("staff", "", All(), Window(), {"ad": Grant(groups=groups)}, status)
    return [finding.sentence for finding in unknown_names([rule], target, THERE)]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("G-Al-Staff", "there is no group 'G-Al-Staff'; did you mean G-All-Staff?"),
        ("Nowhere", "there is no group 'Nowhere'"),
        ("TWICE", "2 are called like group 'TWICE'; name one by its id"),
        ("admins", "the members of group 'admins' are not ours to set"),
        ("H-{contract.title}", "no name is like that of group 'H-{contract.title}'"),
        ("G-Nursing{contract.title}", "no name is like that of group 'G-Nursing{contract.title}'"),
        ("{contract.title}-x", "no name is like that of group '{contract.title}-x'"),
    ],
)
def test_a_name_that_is_not_there_or_not_ours_is_told(name, sentence):
    assert said(name) == [sentence]


@pytest.mark.parametrize(
    "name", ["g-all-staff", "ID-3", "G-{contract.department.id}", "{contract.title}ing", "G{{x}}"]
)
def test_a_name_that_is_there_is_nothing_to_tell(name):
    assert said(name) == []


def test_drafts_retired_rules_and_other_targets_are_left_out():
    assert said("Nowhere", status="draft") == said("Nowhere", status="retired") == []
    assert said("Nowhere", target="entra") == []


def test_a_permission_is_told_with_its_place():
    rule = Rule("staff", "", All(), Window(), {"ad": Grant(permissions=("Nowhere",))})
    (finding,) = unknown_names([rule], "ad", THERE)
    assert finding == ("staff", "there is no permission 'Nowhere'", ("grant", "ad", "permissions"))
