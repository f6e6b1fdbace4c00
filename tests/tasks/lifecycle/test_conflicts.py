from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.lifecycle.conditions import All, AnyOf, ContractTable, Not, Test
from tasks.lifecycle.conflicts import find_conflicts
from tasks.lifecycle.contradictions import contradiction
from tasks.lifecycle.rule import Grant, Rule, Window
from tests.tasks.lifecycle import hr

ACCOUNT = Rule("account", "", All(), Window(), {"ad": Grant(account=True)})


def a_rule(id="staff", when=None, window=None, status="published", windows=None, **grant):
    return Rule(
        id,
        "",
        when or All(),
        window or Window(),
        grant or {"ad": Grant(access=True)},
        status,
        windows or {},
    )


def said(*rules):
    return [(finding.rule, finding.sentence) for finding in find_conflicts(rules)]


def test_rules_that_fit_together_have_no_findings():
    rules = (
        a_rule("all", ad=Grant(account=True, access=True, groups=("G",))),
        a_rule("some", Test("contract.fte", "at_least", 1), ad=Grant(groups=("G", "H"))),
        a_rule("prepared", status="draft", ad=Grant(groups=("P",))),
        a_rule("over", status="retired", ad=Grant(groups=("O",))),
    )
    assert said(*rules) == []


# --- What waits for an account -------------------------------------------------------------------


def test_what_waits_for_an_account_that_no_rule_gives_is_told():
    rules = (
        ACCOUNT,
        a_rule("app", app=Grant(access=True, groups=("G",), permissions=("P",))),
    )
    assert said(*rules) == [
        (
            "app",
            (
                "access and a group and a permission in app waits for an account, "
                "and no rule gives one there"
            ),
        )
    ]


@pytest.mark.parametrize(
    "giver",
    [
        a_rule("giver", status="draft", ad=Grant(account=True)),
        a_rule("giver", status="retired", ad=Grant(account=True)),
    ],
)
def test_an_account_of_a_rule_that_does_not_count_is_none(giver):
    assert [id for id, _ in said(giver, a_rule())] == ["staff"]


def test_an_account_of_a_rule_that_never_holds_is_none():
    never = All((Test("contract.fte", "above", 2), Test("contract.fte", "below", 1)))
    assert [id for id, _ in said(a_rule("giver", never, ad=Grant(account=True)), a_rule())] == [
        "giver",
        "staff",
    ]


def test_days_on_which_no_rule_gives_an_account_are_told():
    rules = (
        a_rule("one", Test("contract.fte", "above", 0), Window(-7, 0), ad=Grant(account=True)),
        a_rule("two", window=Window(0, 30), ad=Grant(account=True)),
        a_rule("wide", windows={"access": Window(-8, 31)}),
        a_rule("fits", window=Window(-7, 30), ad=Grant(groups=("G",))),
    )
    assert said(*rules) == [
        (
            "wide",
            (
                "access in ad is due from day -8 after the start of a contract, "
                "and no rule gives an account there before day -7"
            ),
        ),
        (
            "wide",
            (
                "access in ad is due until day 31 after the end of a contract, "
                "and no rule gives an account there after day 30"
            ),
        ),
    ]


def test_days_for_what_a_rule_does_not_give_are_told():
    rule = a_rule(windows={"group": Window()}, ad=Grant(account=True))
    (finding,) = find_conflicts([rule])
    assert finding == ("staff", "it has days for a group and gives none", ("window", "group"))


# --- The same twice ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (None, All((All(),))),
        (Test("contract.title", "equals", "Nurse"), Test("contract.title.name", "equals", "NURSE")),
        (Test("contract.title", "in", ("A", "B")), Test("contract.title", "in", ("b", "a"))),
        (
            All((Test("contract.fte", "above", 1), Not(Test("contract.title", "equals", "x")))),
            All((Not(Test("contract.title", "equals", "X")), Test("contract.fte", "above", 1.0))),
        ),
        (
            AnyOf((Test("contract.fte", "above", 1), Test("contract.fte", "below", 0.5))),
            AnyOf((Test("contract.fte", "below", 0.5), Test("contract.fte", "above", 1))),
        ),
    ],
)
def test_a_rule_that_says_what_another_says_is_told(one, other):
    rules = (ACCOUNT, a_rule("one", one), a_rule("other", other))
    assert said(*rules) == [("other", "it says what one says: leave one of them out")]


@pytest.mark.parametrize(
    "other",
    [
        a_rule("other", Test("contract.title", "equals", "B")),
        a_rule("other", AnyOf((Test("contract.title", "equals", "A"), All()))),
        a_rule("other", Test("contract.title", "equals", "A"), Window(0, -1)),
        a_rule("other", Test("contract.title", "equals", "A"), ad=Grant(groups=("G",))),
    ],
)
def test_a_rule_that_differs_says_something_else(other):
    assert said(ACCOUNT, a_rule("one", Test("contract.title", "equals", "A")), other) == []


def test_a_draft_of_what_another_rule_gives_is_told():
    draft = a_rule("draft", Test("contract.fte", "above", 1), status="draft")
    assert said(ACCOUNT, a_rule("published"), draft) == [
        ("draft", "it is a draft of what published gives: publish it instead of that one")
    ]


def test_a_retired_rule_whose_things_another_one_still_gives_is_told():
    everything = Grant(account=True, access=True, groups=("G-A",), permissions=("P",))
    retired = a_rule("retired", status="retired", ad=everything)
    still = a_rule("still", ad=Grant(account=True, groups=("g-a",)))
    assert said(retired, still) == [
        ("retired", "it is retired, and still still gives an account in ad"),
        ("retired", "it is retired, and still still gives a group 'g-a' in ad"),
    ]


# --- What never holds ----------------------------------------------------------------------------


def test_a_rule_that_never_holds_is_told_with_its_place():
    a, b = Test("contract.title", "equals", "A"), Test("contract.title.name", "equals", "B")
    (finding,) = find_conflicts([a_rule(when=All((a, b)), status="draft")])
    assert finding == (
        "staff",
        "no contract can ever meet it: contract.title: equals A and equals B",
        ("when",),
    )


DEPARTMENT, FTE, START = "contract.department.id", "contract.fte", "contract.start_date"


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([(DEPARTMENT, "in", ("A", "B")), (DEPARTMENT, "not_in", ("a", "b"))], "in [A, B] and"),
        ([(DEPARTMENT, "equals", "A"), (DEPARTMENT, "not_equals", "a")], "equals A and not_eq"),
        ([(DEPARTMENT, "in", ("A", "B")), (DEPARTMENT, "starts_with", "C")], "starts_with C"),
        ([(DEPARTMENT, "starts_with", "AB"), (DEPARTMENT, "starts_with", "AC")], "starts_with"),
        ([(DEPARTMENT, "exists", False), (DEPARTMENT, "within", ("A",))], "exists false and"),
        ([(DEPARTMENT, "exists", True), (DEPARTMENT, "exists", False)], "exists true and"),
        ([(FTE, "at_least", 2), (FTE, "at_most", 1)], "contract.fte: at_least 2 and at_most 1"),
        ([(FTE, "above", 1), (FTE, "at_most", 1)], "above 1 and at_most 1"),
        ([(FTE, "at_least", 0.5), (FTE, "below", 0.5)], "at_least 0.5 and below 0.5"),
        ([(FTE, "between", (0.1, 0.5)), (FTE, "above", 0.5)], "between [0.1, 0.5] and above 0.5"),
        ([(FTE, "between", (0, 1)), (FTE, "between", (2, 3))], "between [0, 1] and between [2, 3]"),
        ([(FTE, "equals", 1), (FTE, "below", 1)], "equals 1 and below 1"),
        (
            [(START, "after", "2026-02-01"), (START, "before", date(2026, 1, 1))],
            "before 2026-01-01",
        ),
        ([(START, "on_or_after", "2026-02-02"), (START, "on_or_before", "2026-02-01")], "on_or_a"),
        ([("person.blocked", "equals", True), ("person.blocked", "equals", False)], "equals true"),
    ],
)
def test_two_tests_that_exclude_each_other_are_found(parts, why):
    tests = [Test(*part) for part in parts]
    assert why in (contradiction(All(tuple(tests))) or "")
    assert contradiction(All((Not(AnyOf(tuple(map(Not, tests)))), All()))) is not None


CARE, HOME = Test(DEPARTMENT, "equals", "CARE"), Test(DEPARTMENT, "equals", "HOME")
HALF, FULL = Test(FTE, "below", 0.5), Test(FTE, "at_least", 1)


@pytest.mark.parametrize(
    "condition",
    [
        All((CARE, AnyOf((HOME, All((HALF, FULL)))))),
        All((AnyOf((CARE,)), AnyOf((HOME,)))),
        All((HALF, Not(HALF))),
        All((CARE, Not(CARE))),
        All((HALF, AnyOf((Not(HALF), FULL)))),
        Not(All()),
        AnyOf(()),
        Not(Not(All((CARE, HOME)))),
        All((Test(DEPARTMENT, "exists", True), Not(Test(DEPARTMENT, "exists", True)))),
    ],
)
def test_what_never_holds_is_found_behind_any_and_not(condition):
    assert contradiction(condition) is not None


@pytest.mark.parametrize(
    "condition",
    [
        All(),
        CARE,
        AnyOf((CARE, HOME)),
        All((CARE, HALF)),
        All((CARE, AnyOf((HOME, HALF)))),
        All((Test(FTE, "at_least", 1), Test(FTE, "at_most", 1))),
        All((Test(FTE, "between", (0, 1)), Test(FTE, "between", (1, 2)))),
        All((Test(DEPARTMENT, "starts_with", "A"), Test(DEPARTMENT, "starts_with", "AB"))),
        All((Test(DEPARTMENT, "exists", False), Test(DEPARTMENT, "not_equals", "A"))),
        All((CARE, Test(DEPARTMENT, "matches", "X"), Test(DEPARTMENT, "within", ("X",)))),
        Not(HALF),
    ],
)
def test_what_may_hold_is_not_accused(condition):
    assert contradiction(condition) is None


PLACES = ("A", "AB", "B")
FTES = (0.0, 0.5, 1.0)
GRID = hr.people(
    [
        {"external_id": f"{place}-{fte}", "department_id": place, "fte": fte}
        for place in (None, *PLACES)
        for fte in (None, *FTES)
    ]
)
TESTS = st.one_of(
    st.builds(
        Test,
        st.just(DEPARTMENT),
        st.sampled_from(["equals", "not_equals", "starts_with", "contains", "matches"]),
        st.sampled_from(PLACES),
    ),
    st.builds(
        Test,
        st.just(DEPARTMENT),
        st.sampled_from(["in", "not_in", "within"]),
        st.lists(st.sampled_from(PLACES), min_size=1, max_size=2).map(tuple),
    ),
    st.builds(
        Test,
        st.just(FTE),
        st.sampled_from(["equals", "not_equals", "at_least", "at_most", "above", "below"]),
        st.sampled_from(FTES),
    ),
    st.builds(
        Test,
        st.just(FTE),
        st.just("between"),
        st.lists(st.sampled_from(FTES), min_size=2, max_size=2).map(sorted).map(tuple),
    ),
    st.builds(Test, st.sampled_from([DEPARTMENT, FTE]), st.just("exists"), st.booleans()),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_whoever_meets_a_condition_disproves_a_contradiction(condition):
    if ContractTable(GRID).holds(condition).any():
        assert contradiction(condition) is None
