"""Step: turn what was read into one frozen plan, and let the guards look at all of it."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.plan import Plan
from tasks.lifecycle.guard import (
    Objection,
    lift,
    review_accounts,
    review_plan,
    review_source,
)
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import make_plan
from tasks.progress import tell
from tasks.run import Run
from tasks.setup import site_of


class Verdict:
    """A plan and what speaks against it. An opaque object to Prefect.

    Attributes:
        people: The import it was made from.
        plan: The plan.
        objections: Those that stand: an approval of exactly this plan has lifted the others.
    """

    __slots__ = ("objections", "people", "plan")

    def __init__(self, people: People, plan: Plan, objections: tuple[Objection, ...]) -> None:
        """Keep the parts."""
        self.people, self.plan, self.objections = people, plan, objections

    def __repr__(self) -> str:
        """Counts only."""
        return f"Verdict({len(self.plan)} changes, {len(self.objections)} objections)"


@task(name="evaluate and plan", cache_policy=NO_CACHE)
def plan_changes(run: Run, people: People, accounts: list[Accounts]) -> Verdict:
    """Decide every change of the run, and let the guards judge the result."""
    site = site_of(run)
    site.forget_readings()
    held = {reading.target: reading for reading in accounts}
    site.settle(held, people, run.as_of)
    known = site.ledger.snapshot(site.name)
    memory = site.memory(people, run.as_of)
    plan = make_plan(
        Inputs(
            profile=site.name,
            as_of=run.as_of,
            people=people,
            rules=site.rules,
            policies=site.policies,
            accounts=held,
            memory=memory,
            options=site.options,
            scope=run.scope,
        )
    )
    site.ledger.save_plan(plan)
    tell().planned({section.target: len(section.changes) for section in plan.sections})
    protected = {
        name: frozenset(reading.accounts.index[reading.accounts["protected"]])
        for name, reading in held.items()
    }
    objections = [
        *review_source(people, known, site.source_limits),
        *review_accounts(people, {n: memory.links_of(n) for n in held}, held, site.policies),
        *review_plan(plan, site.policies, protected),
    ]
    return Verdict(people, plan, lift(objections, approved=run.approve is not None))
