"""Rules from a file to what the planner works with; mistakes with file, line and key."""

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from config.loader import LoadedProfile, load_profile
from connectors.model.errors import ConfigError
from tasks.compile_rules import compile_rules
from tasks.lifecycle.conditions import All, AnyOf, Not, Test
from tasks.lifecycle.conflicts import find_conflicts
from tasks.lifecycle.rule import Grant, Rule, Window

PROFILE = """\
timezone: Europe/Amsterdam
source: {connector: hr_file, settings: {path: hr}}
targets:
  ad: {connector: active_directory, settings: {}}
rules: [rules.yaml]
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(PROFILE)

    def loaded(rules: str) -> LoadedProfile:
        Path("rules.yaml").write_text(rules)
        return load_profile("site.yaml")

    return loaded


def test_a_rule_is_compiled_with_everything_that_was_written(load):
    written = """\
- id: staff
  description: For a test
  status: retired
  when:
    any:
      - {contract.department.id: {within: CARE}}
      - {not: {contract.start_date: {between: [2026-01-01, 2026-02-01]}}}
    contract.title.name: {is_not: Intern}
  window: {from_days: -7, group: {until_days: 3}}
  grant: {ad: {access: true, groups: ["G-{contract.department.id}"]}}
"""
    assert compile_rules(load(written)) == (
        Rule(
            "staff",
            "For a test",
            All(
                (
                    AnyOf(
                        (
                            Test("contract.department.id", "within", ("CARE",)),
                            Not(
                                Test("contract.start_date", "between", ("2026-01-01", "2026-02-01"))
                            ),
                        )
                    ),
                    Test("contract.title.name", "not_equals", "Intern"),
                )
            ),
            Window(-7, 0),
            {"ad": Grant(access=True, groups=("G-{contract.department.id}",))},
            "retired",
            {"group": Window(-7, 3)},
        ),
    )


def test_every_mistake_is_told_with_file_line_and_key(load):
    written = """\
- id: staff
  description: For a test
  when:
    all:
      - {contract.departmnt.id: CARE}
      - contract.fte:
          above: 0
          contains: "1"
  grant: {ad: {account: true}}
- id: care
  description: For a test
  when: {contract.title.name: {matches: "(a+)+"}}
  grant:
    ad: {account: true, groups: [G, "{contract.titl}"]}
    entra: {account: true}
"""
    with pytest.raises(ConfigError) as refused:
        compile_rules(load(written))
    assert str(refused.value).splitlines() == [
        (
            "rules.yaml:5: staff.when.all[0].contract.departmnt.id: nothing is known as "
            "contract.departmnt.id; did you mean contract.department.id?"
        ),
        (
            "rules.yaml:8: staff.when.all[1].contract.fte.contains: contract.fte holds a number, "
            "which contains cannot compare"
        ),
        (
            "rules.yaml:12: care.when.contract.title.name.matches: contract.title.name: matches "
            "'(a+)+': the pattern repeats a group that repeats or chooses, which can take for ever"
        ),
        (
            "rules.yaml:14: care.grant.ad.groups: group '{contract.titl}': nothing is known as "
            "contract.titl; did you mean contract.title?"
        ),
        "rules.yaml:15: care.grant.entra: there is no target entra",
    ]


def test_the_rules_of_the_demo_contradict_nothing(monkeypatch):
    monkeypatch.setenv("AFAS_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("AD_SERVER", "sandbox://demo")
    rules = compile_rules(load_profile("demo"))
    assert {rule.status for rule in rules} == {"published", "draft"}
    assert find_conflicts(rules) == []


@pytest.mark.parametrize("target", ["active_directory", "entra_id", "google_workspace"])
def test_the_rules_of_the_demo_name_what_its_sandboxes_have(target, monkeypatch):
    from connectors import registry
    from connectors.model.connector import SandboxOptions
    from connectors.sdk.invent import invent
    from tasks.lifecycle.rule_names import unknown_names
    from tasks.lifecycle.rules import assign

    monkeypatch.setenv("AFAS_URL", "http://127.0.0.1:8080")
    monkeypatch.setenv("AD_SERVER", "sandbox://demo")
    rules = compile_rules(load_profile("demo"))
    connector = registry.find(target)
    with connector.serve(SandboxOptions()) as sandbox:
        settings = connector.settings(**sandbox.settings)
        with closing(connector.open_reader(settings, target)) as reader:
            there = reader.permissions()
    assert unknown_names(rules, target, there) == []
    due = assign(invent(200, 1, date(2026, 11, 23)), rules, date(2026, 11, 23))
    named = set(due.loc[due["target"] == target, "permission"].dropna().str.casefold())
    assert named
    assert named <= set(there["name"].str.casefold())
