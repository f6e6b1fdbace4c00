"""Why, and why not: everything that was decided about one person, and from what.

Nothing is decided here. Rules are asked again, so that every test can be shown; what is done about
it is read from the plan.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from connectors.model.change import Change
from connectors.model.private import VEIL
from tasks.lifecycle.claims import FROZEN_NAMES
from tasks.lifecycle.columns import Column, known
from tasks.lifecycle.explain_due import Holding, see_entitlements, spans_per_target
from tasks.lifecycle.explain_fields import action_of, see_fields
from tasks.lifecycle.explain_nouns import (
    Block,
    ContractSeen,
    Explanation,
    TargetSeen,
    Who,
)
from tasks.lifecycle.explain_rules import Contracts, plain, see_rules
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.naming import display_frame
from tasks.lifecycle.plan import Decision
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.primary import why_primary
from tasks.lifecycle.roster import Positions
from tasks.lifecycle.rule import ACCOUNT
from tasks.lifecycle.unseen import UNSEEN
from tasks.lifecycle.world import World

_OF_A_NAME: Final = frozenset({"no_such_permission", "ambiguous_permission", "not_grantable"})
"""Notes about a group or permission, which concern everybody who is due it."""


def explain(
    inputs: Inputs, decided: Decision, person: str, *, blocks: Iterable[Block] = ()
) -> Explanation:
    """Everything about one person on the day of the inputs.

    Args:
        inputs: What the plan was made from.
        decided: What came of it.
        person: `external_id` of somebody HR or the ledger knows.
        blocks: What speaks against it beside the notes of the plan: guards, open intents.
    """
    return _Explainer(inputs, decided, person).explanation(tuple(blocks))


class _Explainer:
    def __init__(self, inputs: Inputs, decided: Decision, person: str) -> None:
        self.inputs, self.decided, self.person = inputs, decided, person
        self.contracts = Contracts(inputs.people, person, inputs.as_of)
        self.spans = spans_per_target(self.contracts, inputs.rules, inputs.policies)
        facts = decided.everybody.facts
        self.shown = display_frame(facts.loc[facts.index.isin([person])], inputs.options)
        self.place = decided.roster.position(person)

    def explanation(self, blocks: tuple[Block, ...]) -> Explanation:
        inputs = self.inputs
        targets = tuple(self._target(policy) for policy in self.decided.policies.values())
        changes = [one for one in self.decided.plan.changes if one.person == self.person]
        return Explanation(
            profile=inputs.profile,
            as_of=inputs.as_of,
            person=self._who(targets),
            contracts=tuple(self._contracts()),
            rules=see_rules(self.contracts, inputs.rules),
            targets=targets,
            blocks=(*blocks, *self._notes()),
            changes=tuple(self._veiled(one) for one in changes),
        )

    def _veiled(self, change: Change) -> dict[str, Any]:
        """A change as JSON, without values that concern nobody."""
        content = change.to_json()
        for name in self.inputs.policies[change.target].manifest.private:
            for held in (content["before"], content["after"]):
                if held.get(name) is not None:
                    held[name] = VEIL
        return content

    def _who(self, targets: Sequence[TargetSeen]) -> Who:
        people = self.inputs.people
        row = people.persons.loc[people.persons["external_id"] == self.person]
        left_out = people.blocked.loc[people.blocked["external_id"] == self.person, "reason"]
        names = [*self.shown["display_name"].dropna(), *row["display_name"].dropna()]
        names += [one.label for one in targets if one.label is not None]
        return Who(
            id=self.person,
            name=str(names[0]) if names else "",
            in_hr=not row.empty,
            excluded=bool(row["excluded"].any()),
            blocked=bool(row["blocked"].any()),
            left_out="; ".join(left_out) if len(left_out) else None,
            absent_since=self.inputs.memory.absences.get(self.person),
        )

    def _contracts(self) -> Iterable[ContractSeen]:
        frame = self.inputs.people.contracts
        own = frame.loc[frame["person_id"] == self.person].set_index("external_id")
        for ranked in why_primary(self.inputs.people, self.person, self.inputs.as_of):
            row = own.loc[ranked.contract]
            place = self.contracts.ids.index(ranked.contract)
            start, end = self.contracts.periods[place]
            yield ContractSeen(
                id=ranked.contract,
                standing=ranked.standing,
                primary=ranked.primary,
                why=ranked.because,
                start=start,
                end=end,
                department=plain(row["department_id"]),
                department_name=self.contracts.fact(place, "contract.department.name"),
                title=plain(row["title"]),
                fte=plain(row["fte"]),
            )

    def _target(self, policy: TargetPolicy) -> TargetSeen:
        inputs, name = self.inputs, policy.name
        match, accounts = self.decided.stands[name].match, inputs.accounts[name]
        ref: str | None = match.refs.get(self.person)
        linked = self.person in match.linked
        section = self.decided.plan.section(name).changes
        changes = [one for one in section if one.person == self.person]
        spans = self.spans[name]
        holding = Holding(
            accounts=accounts,
            ref=ref,
            linked=linked,
            grants=self._granted(name),
            changes=changes,
        )
        gone = self.decided.since[name].get(self.person)
        due = any(span.holds_on(inputs.as_of) for span in spans.get((ACCOUNT, None), ()))
        action = action_of(ref, changes, linked=linked, due=due)
        fields = see_fields(policy, accounts, ref, changes, action, self._world())
        row = accounts.accounts.loc[ref] if ref is not None else None
        return TargetSeen(
            target=name,
            title=policy.manifest.title,
            ref=ref,
            label=None if row is None else plain(row["label"]),
            enabled=holding.enabled,
            container=None if row is None else plain(row["container"]),
            linked=linked,
            protected=row is not None and bool(row["protected"]),
            gone=match.gone.get(self.person),
            action=action,
            not_due_since=None if due or gone is None else gone.first_day,
            entitlements=see_entitlements(policy, holding, spans, inputs.as_of, gone),
            fields=fields,
        )

    def _granted(self, target: str) -> frozenset[str]:
        """Native ids of the permissions that we gave."""
        rows = self.inputs.memory.grants
        own = (rows["target"] == target) & (rows["person"] == self.person)
        return frozenset(rows.loc[own, "permission"].tolist())

    def _world(self) -> World:
        """What a field may look at, for this one person."""
        places = np.array([self.place] if self.place >= 0 else [], dtype=np.intp)
        return self.decided.everybody.of(places, self.decided.upstream, names=self._name)

    def _name(self, part: str, places: Positions) -> Column:
        """A name that follows HR; those that are chosen once stand in the plan."""
        column = np.full(len(places), None, dtype=object)
        if part == "domain":
            column[:] = self.inputs.options.domain
        elif part not in FROZEN_NAMES and len(self.shown):
            column[:] = known(self.shown[part])
        return column

    def _notes(self) -> Iterable[Block]:
        """What the plan says about the person, and about what the person is due."""
        named = {name: {repr(t[1]) for t in spans if t[1]} for name, spans in self.spans.items()}
        for note in self.decided.plan.notes:
            about = note.person == self.person or note.code == UNSEEN
            about = about or (
                note.code in _OF_A_NAME
                and any(name in note.reason for name in named.get(note.target, ()))
            )
            if about:
                yield Block(
                    kind="note", target=note.target or None, code=note.code, reason=note.reason
                )
