from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model.people import People
from tasks.lifecycle.rule import KINDS
from tasks.lifecycle.rules import assign, ended
from tests.examples import tries
from tests.tasks.lifecycle import hr

TODAY = date(2026, 11, 23)


def rows(frame):
    return [
        [
            row.person,
            row.target,
            row.kind,
            row.permission if isinstance(row.permission, str) else None,
            list(row.because),
        ]
        for row in frame.itertuples()
    ]


@pytest.mark.parametrize("case", hr.cases("rules"))
def test_rules(case):
    people = hr.people(
        [
            contract | {"external_id": str(contract["external_id"])}
            for contract in case["contracts"]
        ],
        case.get("persons"),
    )
    rules = [hr.rule(raw) for raw in case["rules"]]
    assert rows(assign(people, rules, case["as_of"])) == case["due"]
    if "ended" in case:
        gone = ended(people, rules, case["as_of"])
        assert [[r.person, r.target, r.ended_on.date()] for r in gone.itertuples()] == case["ended"]


@pytest.mark.parametrize("rules", [[], [hr.rule({"id": "nothing", "grant": {}})]])
def test_without_anything_to_give_the_frames_keep_their_shape(rules):
    people = hr.people([{"external_id": "1", "start_date": "2020-01-01"}])
    for frame, dates in (
        (assign(people, rules, TODAY), []),
        (ended(people, rules, TODAY), ["ended_on"]),
    ):
        assert frame.empty
        assert [name for name in frame if str(frame[name].dtype) == "datetime64[s]"] == dates
        assert str(frame["person"].dtype) == str(frame["target"].dtype) == "str"


def test_without_contracts_nobody_is_due_anything():
    people = hr.people([{"external_id": "1"}])
    people.contracts = people.contracts.iloc[:0]
    rules = [hr.rule({"id": "staff"})]
    assert assign(people, rules, TODAY).empty
    assert ended(people, rules, TODAY).empty


def test_the_frame_has_its_types():
    people = hr.people([{"external_id": "1", "start_date": "2020-01-01"}])
    due = assign(
        people,
        [hr.rule({"id": "r", "grant": {"ad": {"account": True, "permissions": ["G"]}}})],
        TODAY,
    )
    assert {name: str(dtype) for name, dtype in due.dtypes.items()} == {
        "person": "str",
        "target": "str",
        "kind": "str",
        "permission": "str",
        "because": "object",
    }
    assert due["because"].map(type).eq(tuple).all()


days = st.one_of(st.none(), st.dates(date(2026, 11, 15), date(2026, 12, 1)))
contracts = st.lists(
    st.fixed_dictionaries(
        {
            "person_id": st.sampled_from(["p", "q", "r"]),
            "start_date": days,
            "end_date": days,
            "department_id": st.sampled_from(["A", "B", None]),
            "fte": st.sampled_from([0.2, 1.0, None]),
        }
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [{"external_id": f"c{n}", **row} for n, row in enumerate(found)])
conditions = st.recursive(
    st.one_of(
        st.none(),
        st.builds(lambda v: {"contract.department.id": {"equals": v}}, st.sampled_from("ab")),
        st.builds(lambda v: {"contract.fte": {"at_least": v}}, st.sampled_from([0.2, 0.5])),
        st.builds(lambda v: {"person.external_id": {"in": v}}, st.lists(st.sampled_from("PQR"))),
    ),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=2)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=2)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=3,
)
grants = st.dictionaries(
    st.sampled_from(["ad", "mail"]),
    st.fixed_dictionaries(
        {
            "account": st.booleans(),
            "access": st.booleans(),
            "groups": st.lists(st.sampled_from(["G1", "G-{contract.department.id}"]), max_size=2),
            "permissions": st.lists(st.sampled_from(["G1", "G2"]), max_size=2),
        }
    ),
)
windows = st.fixed_dictionaries({"from_days": st.integers(-5, 5), "until_days": st.integers(-5, 5)})
rule_sets = st.lists(
    st.fixed_dictionaries(
        {
            "when": conditions,
            "window": windows,
            "windows": st.dictionaries(st.sampled_from(KINDS), windows, max_size=2),
            "grant": grants,
            "status": st.sampled_from(["published", "published", "draft", "retired"]),
        }
    ),
    max_size=3,
).map(lambda found: [{"id": f"r{n}", **raw} for n, raw in enumerate(found)])


def holds(raw, contract):
    """The conditions of `conditions`, one contract at a time."""
    match raw:
        case None:
            return True
        case {"all": parts}:
            return all(holds(part, contract) for part in parts)
        case {"any": parts}:
            return any(holds(part, contract) for part in parts)
        case {"not": part}:
            return not holds(part, contract)
        case {"contract.department.id": {"equals": value}}:
            return (contract["department_id"] or "").lower() == value
        case {"contract.fte": {"at_least": value}}:
            return contract["fte"] is not None and contract["fte"] >= value
        case {"person.external_id": {"in": values}}:
            return contract["person_id"].upper() in values
    raise AssertionError(raw)


def window(raw, kind, contract):
    """First and last day, or None when the contract has no window."""
    start, end = contract["start_date"], contract["end_date"]
    if start is None or (end is not None and end < start):
        return None
    around = raw["windows"].get(kind, raw["window"])
    moved = [pd.Timedelta(days=around[name]) for name in ("from_days", "until_days")]
    last = date.max if end is None else end + moved[1]
    return start + moved[0], last


def things(raw, contract):
    """(target, kind, name) of everything a rule gives on a contract."""
    for target, grant in raw["grant"].items():
        for kind in ("account", "access"):
            if grant[kind]:
                yield target, kind, None
        for name in grant["permissions"]:
            yield target, "permission", name
        for name in grant["groups"]:
            if "{" not in name:
                yield target, "group", name
            elif contract["department_id"] is not None:
                yield target, "group", f"G-{contract['department_id']}"


def by_the_book(contracts, rules):
    """Due and ended, person by person and contract by contract."""
    reasons, ends, due = {}, {}, set()
    for raw in rules:
        for contract in contracts:
            if raw["status"] != "published" or not holds(raw["when"], contract):
                continue
            person = contract["person_id"]
            for target, kind, name in things(raw, contract):
                first, last = window(raw, kind, contract) or (date.max, date.min)
                if first <= TODAY <= last:
                    found = reasons.setdefault((person, target, kind, name), set())
                    found |= {f"rule:{raw['id']}", f"contract:{contract['external_id']}"}
                    due |= {(person, target)} if kind == "account" else set()
                elif kind == "account" and first <= last < TODAY:
                    ends[person, target] = max(ends.get((person, target), date.min), last)
    table = [[*key, sorted(found)] for key, found in reasons.items()]
    return (
        sorted(table, key=lambda row: [part or "" for part in row[:4]]),
        sorted([*key, day] for key, day in ends.items() if key not in due),
    )


@settings(max_examples=tries(20))
@given(contracts, rule_sets)
def test_assignments_are_what_reading_the_rules_one_by_one_gives(found, raw_rules):
    people, rules = hr.people(found), [hr.rule(raw) for raw in raw_rules]
    due, gone = by_the_book(found, raw_rules)
    assert rows(assign(people, rules, TODAY)) == due
    result = ended(people, rules, TODAY)
    assert [[row.person, row.target, row.ended_on.date()] for row in result.itertuples()] == gone


@settings(max_examples=tries(8))
@given(contracts, rule_sets, st.randoms())
def test_the_order_of_rows_and_rules_makes_no_difference(found, raw_rules, random):
    people, rules = hr.people(found), [hr.rule(raw) for raw in raw_rules]
    shuffled = People(
        persons=people.persons.sample(frac=1, random_state=random.randrange(99)),
        contracts=people.contracts.sample(frac=1, random_state=random.randrange(99)),
        taken_at=people.taken_at,
    )
    mixed = random.sample(rules, len(rules))
    pd.testing.assert_frame_equal(assign(people, rules, TODAY), assign(shuffled, mixed, TODAY))
    pd.testing.assert_frame_equal(ended(people, rules, TODAY), ended(shuffled, mixed, TODAY))
