"""Rules as they are read: windows of kinds, and where a part of a rule stands."""

import re
from pathlib import Path

import pytest

import config
from config.conditions import KNOWN
from config.rules import RuleSpec, read_rules

RULE = """\
# the first line
- id: staff
  description: For a test
  when:
    all:
      - {contract.department.id: CARE}
      - contract.fte:
          at_least: 0.2
          below: 1
  window:
    from_days: -7
    access: {until_days: 30}
    group: {}
  grant:
    active_directory:
      groups: [G-Staff]
"""


@pytest.fixture
def staff(tmp_path, monkeypatch) -> RuleSpec:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(RULE)
    return read_rules([Path("a.yaml")], {})[0]


@pytest.mark.parametrize(
    ("kind", "days"),
    [("account", None), ("access", (-7, 30)), ("group", (-7, 0)), ("permission", None)],
)
def test_what_a_kind_leaves_out_is_as_for_the_rule(staff, kind, days):
    assert staff.window.days_of(kind) == days


@pytest.mark.parametrize(
    ("steps", "line", "key"),
    [
        ((), 2, "staff"),
        (("when",), 4, "staff.when"),
        (("when", "contract.fte"), 7, "staff.when.all[1].contract.fte"),
        (("when", "contract.fte", "below"), 9, "staff.when.all[1].contract.fte.below"),
        (("when", "contract.department.id", "equals"), 6, None),
        (("window", "access", "until_days"), 12, "staff.window.access.until_days"),
        (("grant", "active_directory", "groups"), 16, "staff.grant.active_directory.groups"),
        (("nothing", "there"), 2, "staff"),
    ],
)
def test_a_part_of_a_rule_is_found_by_some_of_its_keys(staff, steps, line, key):
    assert str(staff.where(*steps)) == f"a.yaml:{line}"
    error = staff.error("is wrong", *steps)
    assert error.line == line
    assert key is None or error.key == key


def test_the_rule_in_the_readme_is_one(tmp_path):
    text = (Path(config.__file__).parent / "README.md").read_text(encoding="utf-8")
    sample = text.partition("## Rules")[2].partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "a.yaml").write_text(sample, encoding="utf-8")
    (rule,) = read_rules([tmp_path / "a.yaml"], {})
    assert rule.window.days_of("access") == (0, 0)


def test_the_readme_names_every_operator():
    text = (Path(config.__file__).parent / "README.md").read_text(encoding="utf-8")
    table = text.partition("| Operators |")[2].partition("\n\n")[0]
    named = {word for row in table.splitlines() for word in re.findall(r"`(\w+)`", row)}
    assert set(KNOWN) <= named


def test_a_rule_that_was_read_from_no_file_still_says_its_name():
    rule = RuleSpec.model_validate(
        {"id": "staff", "description": "x", "grant": {"ad": {"account": True}}}
    )
    assert rule.status == "published"
    assert rule.error("is wrong", "when").key == "staff"
