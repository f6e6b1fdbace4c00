"""The company that planning is measured with: what a plan says of it is known beforehand."""

import pytest

from tasks.lifecycle.plan import make_plan
from tests.bench.company import changed_company, company
from tests.bench.plan_in_pandas import differing

PERSONS = 1_500


def test_a_settled_company_has_nothing_to_do():
    assert list(make_plan(company(PERSONS)).changes) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_exactly_the_changed_persons_are_in_the_plan(seed):
    made = changed_company(PERSONS, 0.03, seed)
    assert {change.person for change in make_plan(made.inputs).changes} == made.changed
    assert len(made.changed) == 0.03 * PERSONS


def test_the_sketch_in_pandas_finds_the_same_persons():
    made = changed_company(PERSONS, 0.03)
    assert differing(made.inputs) == made.changed


def test_the_company_is_what_the_benchmark_says_it_is():
    inputs = company(PERSONS)
    assert len(inputs.rules) == 60
    assert len({rule.id for rule in inputs.rules}) == 60
    assert len(inputs.policies) == 5
    assert len(inputs.policies["ad"].fields) >= 12
    assert len(inputs.people.contracts) / len(inputs.people) == pytest.approx(1.2, abs=0.03)
