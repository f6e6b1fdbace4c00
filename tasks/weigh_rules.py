"""Step: lay the plan under other rules beside the plan under the profile's own."""

from copy import copy
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.collect import Reading
from tasks.decide import Verdict, gather
from tasks.lifecycle.impact import weigh
from tasks.lifecycle.plan import make_plan
from tasks.run import Run
from tasks.setup import site_of


@task(name="weigh other rules", cache_policy=NO_CACHE)
def weigh_rules(run: Run, verdict: Verdict, readings: list[Reading]) -> dict[str, Any]:
    """Whom the difference of the rules moves: `impact` in the report.

    Args:
        run: A preview under other rules.
        verdict: What came of it.
        readings: What it was decided from.
    """
    site = site_of(run)
    settled = site.settled
    inputs = gather(run, verdict.people, readings)
    site.settled = settled  # they are the same ones once more
    own = copy(inputs)
    own.rules, own.policies = site.of_profile()
    plan = make_plan(own)
    impact = weigh(
        inputs.people,
        inputs.as_of,
        ours=own.rules,
        others=inputs.rules,
        plans=(plan, verdict.plan),
    )
    return {
        "from": list(run.rules),
        "plan": {"digest": plan.digest, "changes": len(plan)},
        **impact.to_json(),
        "guards": [one.reason for one in verdict.objections],
    }
