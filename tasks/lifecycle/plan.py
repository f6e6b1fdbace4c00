"""The plan: snapshot, rules, accounts and memory in; every change of the run out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.manifest import ADDRESS
from connectors.model.people import INVALID, NO_CONTRACT
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note
from tasks.lifecycle.allot import FROZEN_NAMES, Allotment, allot, space_of
from tasks.lifecycle.desired import desire
from tasks.lifecycle.diff import TargetDiff
from tasks.lifecycle.due import Gone, due_per_target, gone_since, too_late
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.mapping import Column, World, as_text, known
from tasks.lifecycle.naming import Taken, display_frame
from tasks.lifecycle.outlook import Outlook, attributes_read, outlook
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rules import assign, ended
from tasks.lifecycle.stand import Stand, take_stand
from tasks.lifecycle.waiting import held_back, waiting_fields

_VERB_ORDER: Final = {verb: place for place, verb in enumerate(Verb)}


def make_plan(inputs: Inputs) -> Plan:
    """Decide every change of a run.

    The same inputs give the same plan, byte for byte, in whatever order their rows come.

    Raises:
        ConfigError: A rule reads a column that this import does not have, or a customer's function
            failed.
    """
    return _Planner(inputs).plan()


class _Planner:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.facts = person_facts(inputs.people, inputs.as_of)
        self.everybody = World(self.facts, {}, column_of)
        self.read = attributes_read(inputs.policies)
        self.upstream: dict[str, Outlook] = {}
        self.shown: pd.DataFrame | None = None
        blocked, persons = inputs.people.blocked, inputs.people.persons
        excluded = persons.loc[persons["excluded"], "external_id"].tolist()
        unsure = blocked.loc[blocked["code"] == INVALID, "external_id"].tolist()
        self.frozen = frozenset([*excluded, *unsure])
        self.notes: list[Note] = [
            Note(target="", person=person, code="blocked", reason=reason)
            for person, code, reason in zip(
                blocked["external_id"], blocked["code"], blocked["reason"], strict=True
            )
            if code != NO_CONTRACT
        ]
        self.notes += [
            Note(target="", person=person, code="excluded", reason="excluded in HR: left as it is")
            for person in excluded
        ]
        linked = inputs.memory.links["person"]
        known = {*persons["external_id"], *blocked["external_id"], *linked}
        self.notes += [
            Note(
                target="",
                person=person,
                code="unknown_person",
                reason="HR does not know this person, and we never gave them an account",
            )
            for person in inputs.scope.persons - known
        ]

    def plan(self) -> Plan:
        inputs, scope = self.inputs, self.inputs.scope
        dues = due_per_target(assign(inputs.people, inputs.rules, inputs.as_of), inputs.policies)
        over = ended(inputs.people, inputs.rules, inputs.as_of)
        stands = {
            name: take_stand(
                policy,
                inputs.accounts[name],
                dues[name],
                correlate=self._correlate(policy),
                links={str(who): ref for who, ref in inputs.memory.links_of(name).items()},
                frozen=self.frozen,
            )
            for name, policy in inputs.policies.items()
        }
        allotment = self._allot(stands)
        self.notes += [
            *allotment.notes,
            *(note for stand in stands.values() for note in stand.notes),
        ]
        self.notes += [
            Note(target=name, person="", code="too_late", reason=reason)
            for name, policy in inputs.policies.items()
            if (reason := too_late(policy, inputs.rules)) is not None
        ]
        employed = _employed(inputs)
        holders = {name: stand.match.linked for name, stand in stands.items()}
        since: dict[str, Mapping[str, Gone]] = {}
        sections: list[Section] = []
        for name, policy in inputs.policies.items():
            since[name] = gone_since(
                policy, since, holders=holders, ended=over, absences=inputs.memory.absences
            )
            changes: list[Change] = []
            if scope.writes(name):
                changes = self._changes(policy, stands[name], allotment, since[name], employed)
            self.upstream[name] = outlook(
                policy, inputs.accounts[name], stands[name].match, changes, self.read[name]
            )
            chosen = [change for change in changes if scope.changes(change.person)]
            sections.append(
                Section(
                    target=name,
                    depends_on=tuple(sorted(policy.depends_on)),
                    changes=tuple(sorted(chosen, key=_order)),
                    managed=len(stands[name].match.refs),
                )
            )
        said = {note for note in self.notes if not note.person or scope.changes(note.person)}
        return Plan(
            profile=inputs.profile,
            as_of=inputs.as_of,
            sections=tuple(sections),
            notes=tuple(sorted(said)),
        )

    def _correlate(self, policy: TargetPolicy) -> dict[str, str]:
        values = self.everybody.column(policy.correlate)
        return {
            person: str(value)
            for person, value in zip(self.everybody.persons, values, strict=True)
            if value is not None
        }

    def _allot(self, stands: Mapping[str, Stand]) -> Allotment:
        creates = {
            name: stand.new if self.inputs.scope.writes(name) else frozenset[str]()
            for name, stand in stands.items()
        }
        persons = frozenset[str]().union(*creates.values())
        if not persons:
            return Allotment()
        contracts = self.inputs.people.contracts.dropna(subset="start_date")
        starts = contracts.groupby("person_id")["start_date"].min().to_dict()
        ordered = sorted(persons, key=lambda who: (starts.get(who, pd.Timestamp.max), who))
        rows = self.facts.reindex(ordered)
        columns = {str(path): known(rows[path]) for path in rows.columns}
        place = {person: number for number, person in enumerate(ordered)}

        def facts(person: str) -> dict[str, Any]:
            row = place[person]
            return {
                path: column[row] for path, column in columns.items() if column[row] is not None
            }

        return allot(
            ordered,
            creates,
            policies=self.inputs.policies,
            facts=facts,
            taken=_taken(self.inputs, stands),
            options=self.inputs.options,
        )

    def _changes(
        self,
        policy: TargetPolicy,
        stand: Stand,
        allotment: Allotment,
        since: Mapping[str, Gone],
        employed: frozenset[str],
    ) -> list[Change]:
        waiting = held_back(policy, stand.new - allotment.refused, self.upstream)
        new = sorted(stand.new - allotment.refused - waiting.keys())
        kept = [person for person in stand.match.refs if person in stand.due.account]
        diff = TargetDiff(
            policy,
            self.inputs.accounts[policy.name],
            stand.match,
            stand.due,
            self.inputs.memory.grants_of(policy.name),
        )
        worlds = {
            "create": self._world(new, lambda part: _allotted(part, new, allotment)),
            "correlate": self._follower([who for who in kept if who not in stand.match.linked]),
            "update": self._follower([who for who in kept if who in stand.match.linked]),
        }
        desired = {action: desire(policy, action, world) for action, world in worlds.items()}
        emptied = desire(policy, "delete", self._farewell(policy, stand))
        changes = [
            *diff.creates(desired["create"], stand.correlate),
            *diff.existing(desired["correlate"], "correlate"),
            *diff.existing(desired["update"], "update"),
            *diff.leavers(
                since, self.inputs.as_of, frozen=self.frozen, employed=employed, emptied=emptied
            ),
        ]
        self.notes += [*waiting.values(), *emptied.notes]
        for action, world in worlds.items():
            if action == "update" and policy.only_update_on_correlate:
                continue  # nothing is written there, so nothing waits
            self.notes += desired[action].notes
            self.notes += waiting_fields(policy, action, desired[action], world, self.upstream)
        self.notes += diff.notes
        return changes

    def _follower(self, persons: list[str]) -> World:
        """Persons who have their account."""
        world = self._world(persons, lambda part: self._settled(part, world.persons))
        return world

    def _farewell(self, policy: TargetPolicy, stand: Stand) -> World:
        """Persons whose record may be cleared. HR may not know them any more."""
        persons: list[str] = []
        if policy.manifest.delete_clears and policy.leavers.delete_after_days is not None:
            persons = sorted(stand.match.linked - stand.due.account.keys() - self.frozen)
        return World(self.facts.reindex(persons), self.upstream, column_of)

    def _world(self, persons: list[str], names: Callable[[str], Column]) -> World:
        return World(self.facts, self.upstream, column_of, persons=persons, names=names)

    def _settled(self, part: str, persons: tuple[str, ...]) -> Column:
        """A name of persons who have their account, if it is one that follows HR."""
        column = np.full(len(persons), None, dtype=object)
        if part == "domain":
            column.fill(self.inputs.options.domain)
        elif part not in FROZEN_NAMES:
            if self.shown is None:
                self.shown = display_frame(self.facts, self.inputs.options)
            rows = self.shown.index.get_indexer(pd.Index(list(persons), dtype="str"))
            column = known(self.shown[part].take(rows))
        return column


def _allotted(part: str, persons: list[str], allotment: Allotment) -> Column:
    column = np.full(len(persons), None, dtype=object)
    for place, person in enumerate(persons):
        names = allotment.names.get(person)
        column[place] = (getattr(names, part) or None) if names is not None else None
    return column


def _taken(inputs: Inputs, stands: Mapping[str, Stand]) -> Taken:
    """Names in use: in HR, and in every target also by what is no account."""
    taken = Taken()
    persons = inputs.people.persons
    for column in ("work_email", "user_principal_name"):
        held = persons.set_index("external_id")[column].dropna()
        for person, value in held.to_dict().items():
            taken.hold(ADDRESS, value, str(person))
    for name, stand in stands.items():
        owner = {ref: person for person, ref in stand.match.refs.items()}
        rows = inputs.accounts[name].taken
        for space, value, ref in zip(
            rows["space"].tolist(), rows["value"].tolist(), rows["ref"].tolist(), strict=True
        ):
            taken.hold(space if space == ADDRESS else f"{name}:{space}", value, owner.get(ref))
        for space, value, ref in _called_unique(inputs.policies[name], inputs.accounts[name]):
            taken.hold(space, value, owner.get(ref))
    return taken


def _called_unique(policy: TargetPolicy, accounts: Accounts) -> Iterator[tuple[str, str, str]]:
    """What accounts hold in attributes that only the profile calls unique: (space, value, ref)."""
    for mapping in policy.mapped("create"):
        known_as = policy.manifest.attribute(mapping.name)
        named = known_as is not None and known_as.unique_in is not None
        if not mapping.unique or named or mapping.name not in accounts.attributes.columns:
            continue
        for ref, value in zip(
            accounts.attributes.index, known(accounts.attributes[mapping.name]), strict=True
        ):
            for one in value if isinstance(value, tuple) else (value,):
                if one is not None:
                    yield space_of(policy, mapping.name), as_text(one), ref


def _employed(inputs: Inputs) -> frozenset[str]:
    """Persons with a contract that runs on the day."""
    contracts, day = inputs.people.contracts, pd.Timestamp(inputs.as_of)
    runs = (contracts["start_date"] <= day) & ~(contracts["end_date"] < day)
    return frozenset(contracts.loc[runs, "person_id"])


def _order(change: Change) -> tuple[str, int, str, str]:
    named = {**change.before, **change.after}
    name, permission = named.get("name", ""), named.get("permission", "")
    return (change.person, _VERB_ORDER[change.verb], str(name), str(permission))
