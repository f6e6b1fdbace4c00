"""Golden cases of the impact of other rules, in `cases/impact`; `impact` is all but the plan."""

from datetime import date

import pytest

from connectors.model.change import CreateAccount, DisableAccount
from connectors.model.plan import Plan, Section
from tasks.lifecycle.impact import weigh
from tests.tasks.lifecycle import hr


def plan_of(*changes, targets=("ad",)):
    return Plan(
        profile="golden",
        as_of=date(2026, 11, 23),
        sections=tuple(
            Section(
                target=target,
                depends_on=(),
                changes=tuple(one for one in changes if one.target == target),
                managed=0,
            )
            for target in targets
        ),
    )


def impact_of(case, plans):
    contracts = [{"external_id": f"c{place}", **one} for place, one in enumerate(case["contracts"])]
    ours, others = (map(hr.rule, case[name]) for name in ("ours", "others"))
    return weigh(hr.people(contracts), case["as_of"], ours=ours, others=others, plans=plans)


@pytest.mark.parametrize("case", hr.cases("impact"))
def test_impact(case):
    found = impact_of(case, (plan_of(), plan_of())).to_json()

    assert found == {**case["impact"], "targets": {"ad": {}}}


@pytest.mark.parametrize("case", hr.cases("impact"))
def test_the_way_back_is_the_opposite(case):
    there = impact_of(case, (plan_of(), plan_of())).to_json()
    back = impact_of(
        {**case, "ours": case["others"], "others": case["ours"]}, (plan_of(), plan_of())
    ).to_json()

    assert back["moved"] == there["moved"]
    assert back["by_window_only"] == there["by_window_only"]
    for one, other in zip(there["rules"], back["rules"], strict=True):
        assert _counts(one["gains"]) == _counts(other["loses"])
        assert _counts(one["loses"]) == _counts(other["gains"])


def _counts(moves):
    return [(one["target"], one["kind"], one["name"], one["persons"]) for one in moves]


def test_planned_changes_are_counted_under_both():
    case = hr.case("impact/same-things-by-another-rule-move-nobody.yaml")
    ours = plan_of(
        CreateAccount(target="ad", person="1"),
        CreateAccount(target="ad", person="2"),
        targets=("ad", "hr"),
    )
    others = plan_of(
        CreateAccount(target="ad", person="1"),
        DisableAccount(target="ad", person="3", ref="a3"),
        targets=("ad", "hr"),
    )

    assert impact_of(case, (ours, others)).to_json()["targets"] == {
        "ad": {
            "create": {"before": 2, "after": 1, "difference": -1},
            "disable": {"before": 0, "after": 1, "difference": 1},
        },
        "hr": {},
    }


def test_without_any_rule_nobody_moves():
    case = {"as_of": date(2026, 11, 23), "contracts": [{"person_id": "1"}]}
    found = impact_of({**case, "ours": [], "others": []}, (plan_of(), plan_of()))
    assert (found.rules, found.persons) == ((), ())
