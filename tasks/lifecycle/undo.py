"""The plan that takes a run back: from what its journal says was there before, and what is now.

It is a plan like any other: the same order of targets, guards and approval. Upstream first, as
always: a person whose directory account could not be put back keeps in HR what is true of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from connectors.model.change import Change
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note, Outcome
from connectors.model.values import Attributes, Value
from tasks.lifecycle.access import Access
from tasks.lifecycle.claims import space_of
from tasks.lifecycle.containers import WantedContainers
from tasks.lifecycle.held import Held
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.roster import Roster
from tasks.lifecycle.sequence import place_of
from tasks.lifecycle.taken import key_of
from tasks.lifecycle.undo_account import Undoing
from tasks.lifecycle.undo_effects import Effect, Tried, effects_of
from tasks.lifecycle.undo_fields import Claimed
from tasks.lifecycle.undo_parts import CANNOT
from tasks.lifecycle.world import World

NOBODY_KNOWS: Final = frozenset({None, Outcome.IN_DOUBT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of the run that is taken back.

    Attributes:
        run: Its id.
        tried: What it tried, in the order of its journal.
        kept: Target and person -> what we had given to an account that it let go of, until then:
            `permission` and `name`.
        deletes: Whether accounts that it made are deleted, rather than shut.
    """

    run: str
    tried: Sequence[Tried]
    kept: Mapping[tuple[str, str], Sequence[Attributes]] = field(default_factory=dict)
    deletes: bool = False


def plan_undo(inputs: Inputs, past: Past) -> Plan:
    """The plan that takes a run back, within the scope of this one.

    The same inputs give the same plan, byte for byte.

    Args:
        inputs: What HR, targets and ledger say now.
        past: What the run did.
    """
    scope = inputs.scope
    effects = [
        effect
        for (target, person), effect in sorted(effects_of(past.tried).items())
        if scope.writes(target) and (not scope.persons or person in scope.persons)
    ]
    notes = list(_unsettled(past)) + list(_strangers(inputs, effects))
    facts = person_facts(inputs.people, inputs.as_of)
    everybody = World(facts, column_of, Roster(facts.index, [one.person for one in effects]))
    sections: list[Section] = []
    for name, policy in inputs.seen.items():
        held = Held(policy, inputs.accounts[name])
        undoing = _undoing(inputs, held, WantedContainers(policy, everybody), past)
        changes: list[Change] = []
        for effect in effects:
            if effect.target != name:
                continue
            if effect.person in inputs.protected:
                held.say(effect.person, "protected", "the person is protected; left as they are")
                continue
            changes += undoing.take_back(effect, past.kept.get((name, effect.person), ()))
        notes += held.notes
        links = inputs.memory.links_of(name)
        sections.append(
            Section(
                target=name,
                depends_on=tuple(sorted(policy.depends_on)),
                changes=tuple(sorted(changes, key=place_of)),
                managed=int(links.isin(inputs.accounts[name].accounts.index).sum()),
            )
        )
    return Plan(
        profile=inputs.profile,
        as_of=inputs.as_of,
        sections=tuple(sections),
        notes=tuple(sorted(set(notes))),
    )


def _undoing(inputs: Inputs, held: Held, containers: WantedContainers, past: Past) -> Undoing:
    name, memory = held.policy.name, inputs.memory
    grants: dict[str, set[str]] = {}
    for person, permission in memory.grants_of(name).itertuples(index=False, name=None):
        grants.setdefault(person, set()).add(permission)
    links = memory.links_of(name)
    return Undoing(
        held,
        Access(held, containers),
        links=dict(zip(links.index, links, strict=True)),
        grants={person: frozenset(some) for person, some in grants.items()},
        because=(f"undo:{past.run}",),
        claimed=_claims(held, links, memory.names),
        deletes=past.deletes,
    )


def _claims(held: Held, links: "pd.Series[str]", names: pd.DataFrame) -> Claimed:
    """Tells who else has a name by now: an account of the target, or whoever we gave it to."""
    policy, taken = held.policy, held.accounts.taken
    given: dict[tuple[str, str], set[str]] = {}
    for space, value, person in names[["space", "value", "person"]].itertuples(index=False):
        given.setdefault((str(space), key_of(str(value))), set()).add(str(person))
    refs: dict[tuple[str, str], set[str]] = {}
    for space, value, ref in taken[["space", "value", "ref"]].itertuples(index=False):
        refs.setdefault((str(space), key_of(str(value))), set()).add(str(ref))

    def claimed(attribute: str, person: str, value: Value) -> str | None:
        known = policy.manifest.attribute(attribute)
        kind = known.unique_in if known is not None else None
        own = {str(links.get(person))}
        for one in value if isinstance(value, tuple) else (value,):
            key = key_of(str(one))
            others = given.get((space_of(policy, attribute), key), set()) - {person}
            others |= refs.get((str(kind), key), set()) - own
            if others:
                return min(others)
        return None

    return claimed


def _unsettled(past: Past) -> Iterator[Note]:
    """What nobody knows the outcome of: the next live run finds out."""
    for one in past.tried:
        change = one.change
        if one.outcome in NOBODY_KNOWS:
            yield Note(
                target=change.target,
                person=change.person,
                ref=one.ref or change.ref or "",
                code="in_doubt",
                reason=f"nobody knows whether the {change.verb} was done; a live run finds out",
            )


def _strangers(inputs: Inputs, effects: Sequence[Effect]) -> Iterator[Note]:
    """What was done in targets that the profile does not have any more."""
    for effect in effects:
        if effect.target not in inputs.policies:
            reason = f"the profile has no target {effect.target} any more"
            yield Note(target=effect.target, person=effect.person, code=CANNOT, reason=reason)
