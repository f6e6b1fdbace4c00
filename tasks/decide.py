"""Step: turn what was read into one frozen plan, and let the guards look at all of it."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.plan import Plan
from connectors.model.receipt import Note
from tasks.acquaintances import Acquaintances, acquaint
from tasks.collect import Reading, unseen_among
from tasks.lifecycle.guard import Evidence, Measure, Objection, lift, measure, told
from tasks.lifecycle.guard_protected import protects_nothing
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import make_plan
from tasks.progress import tell
from tasks.run import Run
from tasks.setup import site_of
from tasks.telling import concerned


class Verdict:
    """A plan and what speaks against it. An opaque object to Prefect.

    Attributes:
        people: The import it was made from.
        plan: The plan.
        objections: Those that stand: an approval of exactly this plan has lifted the others.
        lifted: The others.
        measures: What every guard counted, also those that say nothing.
        known: Whom there may be something to tell about; None where nobody is told anything.
    """

    __slots__ = ("known", "lifted", "measures", "objections", "people", "plan")

    def __init__(
        self,
        people: People,
        plan: Plan,
        objections: tuple[Objection, ...],
        lifted: tuple[Objection, ...] = (),
        measures: tuple[Measure, ...] = (),
        known: Acquaintances | None = None,
    ) -> None:
        """Keep the parts."""
        self.people, self.plan, self.measures, self.known = people, plan, measures, known
        self.objections, self.lifted = objections, lifted

    def __repr__(self) -> str:
        """Counts only."""
        return f"Verdict({len(self.plan)} changes, {len(self.objections)} objections)"


@task(name="evaluate and plan", cache_policy=NO_CACHE)
def plan_changes(run: Run, people: People, readings: list[Reading]) -> Verdict:
    """Decide every change of the run, and let the guards judge the result."""
    inputs = gather(run, people, readings)
    return weigh(run, inputs, make_plan(inputs))


def gather(run: Run, people: People, readings: list[Reading]) -> Inputs:
    """What a plan is made from: what was read, what the ledger knows and what the profile says.

    Raises:
        ConfigError: A rule reads what no source has; with file, line and key.
    """
    site = site_of(run)
    site.check_columns(people)
    site.forget_readings()
    held = {one.target: one for one in readings if isinstance(one, Accounts)}
    unseen = unseen_among(readings)
    site.settled += site.settle(held, people, run.as_of, unread=unseen)
    return Inputs(
        profile=site.name,
        as_of=run.as_of,
        people=people,
        rules=site.rules,
        policies=site.policies,
        accounts=held,
        memory=site.memory(people, run.as_of),
        options=site.options,
        scope=run.scope,
        protected=site.protected,
        unseen=unseen,
    )


def weigh(run: Run, inputs: Inputs, plan: Plan, *, from_import: bool = True) -> Verdict:
    """Keep a plan under its digest, and let the guards judge it.

    Args:
        run: The run.
        inputs: What was read.
        plan: Any plan.
        from_import: Whether it is made from the import.
    """
    site, people = site_of(run), inputs.people
    known = {
        *people.persons["external_id"],
        *people.blocked["external_id"],
        *inputs.memory.links["person"],
    }
    notes = protects_nothing(inputs.seen, inputs.accounts, site.protected, known)
    plan = _with_notes(plan, notes)
    site.ledger.save_plan(plan)
    tell().planned({section.target: len(section.changes) for section in plan.sections})
    measures = _measured(run, inputs, plan, from_import=from_import)
    objections = told(measures)
    approved = run.approve is not None
    lifted = tuple(one for one in objections if approved and not one.structural)
    standing = lift(objections, approved=approved)
    return Verdict(people, plan, standing, lifted, measures, _acquaint(run, inputs, plan))


def _acquaint(run: Run, inputs: Inputs, plan: Plan) -> Acquaintances | None:
    """Whom there is something to tell about, while what was read is still there."""
    notify = site_of(run).notify
    if notify is None:
        return None
    mails = {target: names.mail for target, names in notify.accounts.items()}
    known = acquaint(inputs, concerned(run, plan), mails)
    site_of(run).known = known
    return known


def object_to(run: Run, inputs: Inputs, plan: Plan) -> tuple[Objection, ...]:
    """What the guards say against a plan, whatever was approved; nothing is written."""
    return tuple(told(_measured(run, inputs, plan)))


def _measured(
    run: Run, inputs: Inputs, plan: Plan, *, from_import: bool = True
) -> tuple[Measure, ...]:
    site = site_of(run)
    return measure(
        Evidence(
            people=inputs.people,
            known=site.look_ahead.take("snapshot"),
            source_limits=site.source_limits,
            plan=plan,
            policies=inputs.seen,
            accounts=inputs.accounts,
            memory=inputs.memory,
            protected=site.protected,
            recent=site.recent(),
            from_import=from_import,
        )
    )


def _with_notes(plan: Plan, notes: Sequence[Note]) -> Plan:
    """The same plan, under the same digest, with more to say."""
    if not notes:
        return plan
    return Plan(
        profile=plan.profile,
        as_of=plan.as_of,
        sections=plan.sections,
        notes=(*plan.notes, *notes),
    )
