"""Guards look at the whole plan before the first write of a run.

One brake over everything: a single objection, in whatever target, and nothing is written anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.plan import Plan
from tasks.lifecycle.guard_accounts import measure_accounts
from tasks.lifecycle.guard_difference import Difference
from tasks.lifecycle.guard_losses import measure_losses
from tasks.lifecycle.guard_measure import Measure, told
from tasks.lifecycle.guard_objection import Objection
from tasks.lifecycle.guard_plan import base_of, measure_plan
from tasks.lifecycle.guard_protected import measure_protected
from tasks.lifecycle.guard_source import SourceLimits, measure_source
from tasks.lifecycle.guard_window import Recent, measure_window
from tasks.lifecycle.inputs import Memory
from tasks.lifecycle.policy import TargetPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the guards look at.

    Attributes:
        people: The import.
        known: The last accepted import, None before the first.
        source_limits: From the profile.
        plan: All of it.
        policies: By target.
        accounts: Target -> what it holds.
        memory: What the ledger knows.
        protected: People whom nobody may touch, by HR id.
        recent: What the runs of the last days did.
        from_import: Whether the plan is made from the import. One that takes a run back is not, so
            an import that cannot be trusted is nothing against it.
    """

    people: People
    known: People | None
    source_limits: SourceLimits
    plan: Plan
    policies: Mapping[str, TargetPolicy]
    accounts: Mapping[str, Accounts]
    memory: Memory
    protected: frozenset[str] = field(default_factory=frozenset)
    recent: Recent = field(default_factory=dict)
    from_import: bool = True


def review(evidence: Evidence) -> tuple[Objection, ...]:
    """What speaks against a run: of the source, the targets, the plan and the days before."""
    return tuple(told(measure(evidence)))


def measure(evidence: Evidence) -> tuple[Measure, ...]:
    """What every guard counted, with what it says where that is too much."""
    people, known, plan = evidence.people, evidence.known, evidence.plan
    policies, accounts, memory = evidence.policies, evidence.accounts, evidence.memory
    difference = Difference(people, known) if known is not None else None
    granted = {str(name): rows for name, rows in memory.grants.groupby("target")}
    bases = {
        section.target: base_of(section, accounts[section.target], granted.get(section.target))
        for section in plan.sections
    }
    guarded = {
        name: frozenset(reading.accounts.index[reading.accounts["protected"]])
        for name, reading in accounts.items()
    }
    of_source = measure_source(people, known, evidence.source_limits, difference)
    return (
        *(of_source if evidence.from_import else ()),
        *measure_accounts(people, {n: memory.links_of(n) for n in accounts}, accounts, policies),
        *measure_plan(plan, policies, bases),
        *measure_losses(plan, policies, difference),
        *measure_window(plan, policies, evidence.recent, bases),
        *measure_protected(plan, guarded, evidence.protected),
    )


def lift(objections: Iterable[Objection], *, approved: bool) -> tuple[Objection, ...]:
    """The objections that stand: an approval of exactly this plan lifts the others."""
    return tuple(one for one in objections if one.structural or not approved)


__all__ = ["Evidence", "Measure", "Objection", "lift", "measure", "review", "told"]
