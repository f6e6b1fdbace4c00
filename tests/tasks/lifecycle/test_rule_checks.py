from datetime import UTC, date, datetime

import pytest

from tasks.lifecycle.conditions import All, AnyOf, Not, Test
from tasks.lifecycle.rule import Grant, Rule, Window
from tasks.lifecycle.rule_checks import check_rules

INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
TARGETS = {"active_directory", "google_workspace"}


def a_rule(when=None, id="staff", window=None, **grant):
    return Rule(
        id=id,
        description="",
        when=when or All(),
        window=window or Window(),
        grant=grant or {"active_directory": Grant(account=True)},
    )


def messages(rule, custom=None):
    return [finding.sentence for finding in check_rules([rule], TARGETS, custom)]


@pytest.mark.parametrize(
    "test",
    [
        Test("contract.department.id", "in", ("CARE", "100")),
        Test("contract.department_id", "equals", "CARE"),
        Test("contract.title", "contains", "nurse"),
        Test("contract.fte", "at_least", 1),
        Test("contract.fte", "not_in", (0.5, 1)),
        Test("contract.start_date", "after", date(2026, 1, 1)),
        Test("contract.start_date", "in", ("2026-01-01", date(2026, 1, 2))),
        Test("person.blocked", "equals", False),
        Test("person.nick_name", "exists", True),
        Test("contract.fte", "exists", False),
        Test("person.custom.badge", "starts_with", "x"),
        Test("contract.fte", "between", (0.5, 1)),
        Test("contract.start_date", "between", ("2026-01-01", date(2026, 1, 1))),
        Test("contract.start_date", "on_or_after", "2026-01-01"),
        Test("contract.title", "matches", r"(senior )?nurse( [0-9]{1,2})?"),
        Test("contract.department.id", "within", ("CARE",)),
        Test("contract.department_id", "within", ("CARE", "IT")),
    ],
)
def test_a_sound_rule_has_no_findings(test):
    assert check_rules([a_rule(Not(AnyOf((All((test,)),))))], TARGETS) == []


@pytest.mark.parametrize(
    ("test", "message"),
    [
        (
            Test("contract.departmnt.id", "equals", "CARE"),
            "nothing is known as contract.departmnt.id; did you mean contract.department.id?",
        ),
        (Test("qqq", "equals", "x"), "nothing is known as qqq"),
        (
            Test("contract.title", "start_with", "x"),
            "contract.title: there is no operator start_with; did you mean starts_with?",
        ),
        (
            Test("contract.title", "at_least", 3),
            "contract.title holds text, which at_least cannot compare",
        ),
        (
            Test("contract.fte", "contains", "1"),
            "contract.fte holds a number, which contains cannot compare",
        ),
        (
            Test("contract.fte", "before", date(2026, 1, 1)),
            "contract.fte holds a number, which before cannot compare; write below",
        ),
        (
            Test("person.blocked", "above", 0),
            "person.blocked holds true or false, which above cannot compare",
        ),
        (
            Test("contract.fte", "at_least", "0.2"),
            "contract.fte: at_least wants a number, not '0.2'",
        ),
        (Test("contract.fte", "equals", True), "contract.fte: equals wants a number, not True"),
        (
            Test("contract.department.id", "equals", 100),
            'contract.department.id: equals wants text (a number goes into quotes: "100"), not 100',
        ),
        (
            Test("contract.department.id", "in", ("CARE", 100)),
            'contract.department.id: in wants text (a number goes into quotes: "100"), not 100',
        ),
        (Test("contract.title", "in", "CARE"), "contract.title: in wants a list, not 'CARE'"),
        (
            Test("contract.title", "equals", ("A", "B")),
            "contract.title: equals wants one value, not ('A', 'B')",
        ),
        (Test("contract.title", "in", ()), "contract.title: in has an empty list"),
        (
            Test("contract.title", "equals", ""),
            "contract.title: equals has an empty text; ask `exists: false` instead",
        ),
        (
            Test("contract.title", "exists", "yes"),
            "contract.title: exists wants true or false, not 'yes'",
        ),
        (
            Test("person.blocked", "equals", "yes"),
            "person.blocked: equals wants true or false, not 'yes'",
        ),
        (
            Test("contract.end_date", "before", "2026-02-30"),
            "contract.end_date: before wants a date such as 2026-01-31, not '2026-02-30'",
        ),
        (
            Test("contract.end_date", "before", INSTANT),
            f"contract.end_date: before wants a date such as 2026-01-31, not {INSTANT!r}",
        ),
        (
            Test("contract.end_date", "at_least", 3),
            "contract.end_date holds a date, which at_least cannot compare; write on_or_after",
        ),
        (
            Test("contract.title", "within", ("CARE",)),
            "contract.title: within knows what is below contract.department.id only",
        ),
        (
            Test("contract.department.id", "within", "CARE"),
            "contract.department.id: within wants a list, not 'CARE'",
        ),
        (
            Test("contract.fte", "between", (0.5,)),
            "contract.fte: between wants the lowest and the highest, in this order",
        ),
        (
            Test("contract.start_date", "between", ("2026-02-01", date(2026, 1, 1))),
            "contract.start_date: between wants the lowest and the highest, in this order",
        ),
        (
            Test("contract.fte", "between", ("2026-01-01", 1)),
            "contract.fte: between wants a number, not '2026-01-01'",
        ),
        (
            Test("contract.title", "matches", "(a+)+"),
            (
                "contract.title: matches '(a+)+': the pattern repeats a group that repeats or "
                "chooses, which can take for ever"
            ),
        ),
        (
            Test("contract.title", "matches", 5),
            'contract.title: matches wants text (a number goes into quotes: "100"), not 5',
        ),
    ],
)
def test_a_wrong_test_is_named(test, message):
    assert messages(a_rule(test)) == [message]
    assert messages(a_rule(AnyOf((Not(test),)))) == [message]


def test_a_custom_path_that_is_not_mapped_is_named_once_the_columns_are_known():
    rule = a_rule(Test("person.custom.bagde", "equals", "x"))
    assert messages(rule) == []
    assert messages(rule, {"person.custom.badge"}) == [
        "nothing is known as person.custom.bagde; did you mean person.custom.badge?"
    ]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            a_rule(active_direktory=Grant(account=True)),
            "there is no target active_direktory; did you mean active_directory?",
        ),
        (a_rule(active_directory=Grant()), "it grants nothing in active_directory"),
        (
            a_rule(active_directory=Grant(permissions=(" ",))),
            "a permission in active_directory has no name",
        ),
        (
            a_rule(active_directory=Grant(groups=("",))),
            "a group in active_directory has no name",
        ),
        (
            a_rule(active_directory=Grant(groups=("G-{contract.departmnt.id}",))),
            (
                "group 'G-{contract.departmnt.id}': nothing is known as contract.departmnt.id; "
                "did you mean contract.department.id?"
            ),
        ),
        (
            a_rule(active_directory=Grant(permissions=("{accounts.x.mail}",))),
            "permission '{accounts.x.mail}': nothing is known as accounts.x.mail",
        ),
        (
            Rule(
                "staff",
                "",
                All(),
                Window(),
                {"active_directory": Grant(account=True)},
                windows={"groups": Window()},
            ),
            "there is no window for groups; did you mean group?",
        ),
        (
            Rule(
                "staff",
                "",
                All(),
                Window(),
                {"active_directory": Grant(account=True)},
                windows={"access": Window(1, None)},
            ),
            "window.access.until_days wants a whole number of days, not None",
        ),
        (Rule("staff", "", All(), Window(), {}), "it grants nothing"),
        (a_rule(AnyOf()), "an `any` without conditions never holds"),
        (a_rule(id=" "), "a rule without an id"),
        (
            a_rule(window=Window(from_days="7")),
            "window.from_days wants a whole number of days, not '7'",
        ),
        (
            a_rule(window=Window(until_days=True)),
            "window.until_days wants a whole number of days, not True",
        ),
    ],
)
def test_a_wrong_rule_is_named(rule, message):
    assert messages(rule) == [message]


def test_an_id_that_stands_twice_is_named_once():
    findings = check_rules([a_rule(), a_rule(id="other"), a_rule()], TARGETS)
    assert findings == [("staff", "2 rules have this id; every reason must name one rule", ())]


def test_findings_carry_the_id_of_their_rule_in_order():
    wrong = Test("nonsense.path", "equals", "x")
    findings = check_rules([a_rule(wrong, id="b"), a_rule(id="ok"), a_rule(wrong, id="a")], TARGETS)
    assert [finding.rule for finding in findings] == ["b", "a"]


def test_a_stray_brace_in_a_name_is_explained():
    (said,) = messages(a_rule(active_directory=Grant(groups=("G-{x",))))
    assert said.startswith("group 'G-{x': not a template")
    assert said.endswith("write {{ for a brace that is meant as such")


@pytest.mark.parametrize(
    "name",
    ["G-{contract.department.id}", "{person.custom.badge}", "G-{{x}}", "G {contract.title?} x"],
)
def test_names_may_be_made_from_person_and_contract(name):
    assert messages(a_rule(active_directory=Grant(groups=(name,), permissions=(name,)))) == []


@pytest.mark.parametrize(
    ("rule", "steps"),
    [
        (
            a_rule(AnyOf((Not(Test("contract.fte", "at_leest", 1)),))),
            ("when", "contract.fte", "at_leest"),
        ),
        (a_rule(window=Window(from_days="7")), ("window", "from_days")),
        (a_rule(active_direktory=Grant(account=True)), ("grant", "active_direktory")),
        (
            a_rule(active_directory=Grant(groups=("{x}",))),
            ("grant", "active_directory", "groups"),
        ),
    ],
)
def test_a_finding_says_which_part_of_the_rule_it_means(rule, steps):
    (finding,) = check_rules([rule], TARGETS)
    assert finding.steps == steps
