"""Golden cases of the reconciliation: one file each, in `cases/reconcile`.

Beside what a case of the planner gives (see `test_plan_cases.py`), a file may make fields `private`
per target. It expects `issues`, these and no others, in their order; of each `type`, `target` and
`person` are always compared, `ref`, `label`, `subject`, `held`, `wanted`, `next_run` and `fixes`
(names) when they are given, and of `detail` and `advice` a part. null is "not there". No issues
have to be `silent: <reason>`.

With `fix`, what is asked for: a type, or one issue by what it is about, with `fix` the name of the
fix. Then it expects what that `does`, in the form of a plan's changes, and parts of the `notes`.
"""

from dataclasses import replace

import pytest

from tasks.lifecycle.plan import decide
from tasks.lifecycle.reconcile import find_issues
from tasks.lifecycle.reconcile_fixes import plan_fixes
from tasks.lifecycle.reconcile_wishes import choose, read_wishes
from tests.tasks.lifecycle import hr
from tests.tasks.lifecycle.test_plan_cases import compared, inputs_of, written

CASES = hr.cases("reconcile")


def decided(case):
    inputs = inputs_of(case)
    for target, names in case.get("private", {}).items():
        policy = inputs.policies[target]
        attributes = tuple(
            replace(one, private=one.name in names) for one in policy.manifest.attributes
        )
        manifest = replace(policy.manifest, attributes=attributes)
        inputs.policies[target] = replace(policy, manifest=manifest)
    return decide(inputs)


def shown(issue, expected):
    """The issue, cut down to what the case says about it."""
    found = issue.to_json()
    found["fixes"] = [fix["fix"] for fix in found["fixes"]]
    for part in ("detail", "advice"):
        if expected.get(part) and expected[part] in (found[part] or ""):
            found[part] = expected[part]
    return {name: found[name] for name in expected}


def wish(issues, asked):
    """What is asked for, as somebody would type it."""
    if isinstance(asked, str):
        return asked
    about = {name: value for name, value in asked.items() if name != "fix"}
    (issue,) = [one for one in issues if shown(one, about) == about]
    return f"{issue.id}:{asked['fix']}" if "fix" in asked else issue.id


@pytest.mark.parametrize("case", CASES)
def test_issues(case):
    expected = case.get("issues", [])
    assert expected or case.get("silent"), "silence has a reason too: say it"

    issues = find_issues(decided(case))

    assert [(one.kind.value, one.target, one.person or None) for one in issues] == [
        (one["type"], one["target"], one.get("person")) for one in expected
    ], [one.to_json() for one in issues]
    for one, issue in zip(expected, issues, strict=True):
        assert shown(issue, one) == one
        assert issue.detail
        assert (
            issue.fixes
            or issue.changes
            or issue.advice
            or "protected" in issue.detail
            or (issue.kind in {"waiting", "unmanaged"})
        )


@pytest.mark.parametrize("case", [one for one in CASES if "fix" in one.values[0]])
def test_fixes(case):
    decision = decided(case)
    issues = find_issues(decision)
    chosen = choose(issues, read_wishes([wish(issues, asked) for asked in case["fix"]]), ())

    plan = plan_fixes(decision, chosen)

    changes = list(plan.changes)
    assert [(c.target, c.person, c.verb.value) for c in changes] == [
        (one["target"], one["person"], one["verb"]) for one in case["does"]
    ]
    for one, change in zip(case["does"], changes, strict=True):
        assert compared(one, change) == written(one)
        assert change.because
    notes = case.get("notes", [])
    assert len(plan.notes) == len(notes), plan.notes
    assert all(part in note.reason for part, note in zip(notes, plan.notes, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_every_change_of_the_plan_belongs_to_an_issue(case):
    decision = decided(case)
    mentioned = {change.id for issue in find_issues(decision) for change in issue.changes}
    assert mentioned == {change.id for change in decision.plan.changes}


@pytest.mark.parametrize("case", CASES)
def test_no_two_issues_have_one_id(case):
    issues = find_issues(decided(case))
    assert len({issue.id for issue in issues}) == len(issues)
