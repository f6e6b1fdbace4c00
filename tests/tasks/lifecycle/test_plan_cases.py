"""Golden cases of the planner: a file each, a folder per topic, in `cases/plan`.

`cases/README.md` says how to read and write one.
"""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.model.values import encode_value
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import make_plan
from tasks.lifecycle.scope import Scope
from tests.tasks.lifecycle import hr
from tests.tasks.lifecycle.landscape import Landscape, Target
from tests.tasks.lifecycle.site import OPTIONS, policy

SEVERAL = ("persons", "targets", "departments", "fields")
SITE = hr.case("site.yaml")


def merged(base, over):
    """Nested objects laid over each other; null removes."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    both = {key: merged(base.get(key), value) for key, value in over.items()}
    return {key: value for key, value in {**base, **both}.items() if value is not None}


def with_settled(case):
    """The case, laid over the accounts of the people who were there already."""
    base = {}
    for name in case.get("settled", ()):
        base = merged(base, SITE["settled"][name])
    given = {key: case[key] for key in ("accounts", "ledger") if key in case}
    return {**case, **merged(base, given)}


def inputs_of(case):
    case = with_settled(case)
    chosen = case.get("targets", ["ad", "hr"])
    policies = {name: policy(name, case.get("policies", {}).get(name, {})) for name in chosen}
    landscape = Landscape(policies, {name: target_of(case, name) for name in chosen})
    ledger = case.get("ledger", {})
    landscape.links = {
        (target, person): ref
        for target, links in ledger.get("links", {}).items()
        for person, ref in links.items()
    }
    landscape.grants = {
        (target, person): set(permissions)
        for target, grants in ledger.get("grants", {}).items()
        for person, permissions in grants.items()
    }
    landscape.absences = ledger.get("absences", {})
    landscape.names = [tuple(row) for row in ledger.get("names", ())]
    return Inputs(
        profile="golden",
        as_of=case["as_of"],
        people=people_of(case),
        rules=tuple(map(hr.rule, case.get("rules", SITE["rules"]))),
        policies=policies,
        accounts=landscape.read(),
        memory=landscape.memory(),
        options=OPTIONS,
        scope=scope_of(case.get("scope", {})),
        protected=frozenset(case.get("protected", ())),
    )


def scope_of(given):
    several = {name: frozenset(of) for name, of in given.items() if name in SEVERAL}
    if "done" in given:
        several["done"] = frozenset(map(tuple, given["done"]))
    return Scope(**{**given, **several})


def people_of(case):
    persons = [
        SITE["persons"].get(p, p) if isinstance(p, str) else p
        for p in case.get("persons", case.get("settled", ()))
    ]
    contracts = [
        {"external_id": f"c{place}", **contract}
        for place, contract in enumerate(case.get("contracts", []), start=1)
    ]
    return People(
        persons=pd.DataFrame(persons),
        contracts=pd.DataFrame(contracts),
        departments=pd.DataFrame(SITE["departments"]),
        blocked=pd.DataFrame(case["blocked"]) if "blocked" in case else None,
        taken_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
    )


def target_of(case, name):
    records, members = {}, set()
    attributes = {}
    for ref, account in case.get("accounts", {}).get(name, {}).items():
        given = dict(account)
        members |= {(ref, group) for group in given.pop("groups", ())}
        attributes[ref] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in given.pop("holds", {}).items()
        }
        records[ref] = given
    return Target(
        accounts=records,
        attributes=attributes,
        groups=case.get("groups", SITE["groups"]).get(name, {}),
        members=members,
        fixed=set(case.get("fixed", {}).get(name, ())),
        others=[tuple(row) for row in case.get("taken", {}).get(name, [])],
        without_account=case.get("records", {}).get(name),
    )


def plain(change):
    encoded = change.to_json()
    encoded["needs"] = [f"{field}={target}.{name}" for field, target, name in encoded["needs"]]
    return encoded


def compared(expected, change):
    """The change, cut down to what the case says about it."""
    found = plain(change)
    return {name: found[name] for name in expected}


def written(expected):
    """What a case says, in the shape of a change: days of YAML are text in a plan."""
    return {
        name: {key: encode_value(as_value(value)) for key, value in content.items()}
        if name in {"before", "after"}
        else content
        for name, content in expected.items()
    }


def as_value(value):
    if isinstance(value, date):
        return value.isoformat()
    return tuple(value) if isinstance(value, list) else value


@pytest.fixture(scope="module", params=hr.cases("plan"))
def planned(request):
    """A case and its plan, made once."""
    return request.param, make_plan(inputs_of(request.param))


def test_plan(planned):
    case, plan = planned
    expected, notes = case.get("changes", []), case.get("notes", [])
    assert "changes" in case or "notes" in case, "a case without changes states its notes"
    assert expected or notes or case.get("silent"), "silence has a reason too: say it"

    changes = list(plan.changes)
    assert [(c.target, c.person, c.verb.value) for c in changes] == [
        (one["target"], one["person"], one["verb"]) for one in expected
    ]
    for one, change in zip(expected, changes, strict=True):
        assert compared(one, change) == written(one)
    assert sorted((n.target, n.person, n.code) for n in plan.notes) == sorted(
        (one.get("target", ""), one.get("person", ""), one["code"]) for one in notes
    ), [note.to_json() for note in plan.notes]
    for one in notes:
        assert any(
            one["code"] == note.code
            and one.get("person", "") == note.person
            and one.get("reason", "") in note.reason
            and one.get("ref", note.ref) == note.ref
            for note in plan.notes
        ), f"no note says {one}: {[note.reason for note in plan.notes]}"


def test_plan_survives_bytes_and_gives_every_reason(planned):
    _, plan = planned
    assert Plan.from_bytes(plan.to_bytes()).to_bytes() == plan.to_bytes()
    assert all(change.because for change in plan.changes)
    assert all(note.reason and note.code for note in plan.notes)
