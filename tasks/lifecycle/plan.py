"""The plan: snapshot, rules, accounts and memory in; every change of the run out."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.model.change import Change
from connectors.model.people import INVALID
from connectors.model.plan import Plan, Section
from connectors.model.receipt import Note
from connectors.model.texts import Texts, as_texts, take, without_blanks
from tasks.lifecycle.allot import Allotment, allot, shown_parts
from tasks.lifecycle.assignments import Assignments
from tasks.lifecycle.claims import FROZEN_NAMES
from tasks.lifecycle.columns import Column
from tasks.lifecycle.containers import WantedContainers
from tasks.lifecycle.desired import desire
from tasks.lifecycle.diff import TargetDiff
from tasks.lifecycle.due import Lapsed, due_per_target, gone_since, too_late
from tasks.lifecycle.in_use import blind_in, names_in_use
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.matching import Numbers
from tasks.lifecycle.naming import display_frame
from tasks.lifecycle.outlook import Outlook, attributes_read, outlook
from tasks.lifecycle.people import column_of, person_facts
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.renames import frozen_notes, renaming, who_is_renamed, with_aliases
from tasks.lifecycle.roster import NOBODY, Mask, Positions, Roster
from tasks.lifecycle.screen import may_differ
from tasks.lifecycle.sequence import place_of
from tasks.lifecycle.silences import silences
from tasks.lifecycle.stand import take_stand
from tasks.lifecycle.unseen import Sight, notes_on, sight_of
from tasks.lifecycle.updates import Rewrite
from tasks.lifecycle.waiting import held_back, waiting_fields
from tasks.lifecycle.world import World


def make_plan(inputs: Inputs) -> Plan:
    """Decide every change of a run.

    The same inputs give the same plan, byte for byte, in whatever order their rows come.

    Raises:
        ConfigError: A rule reads a column that this import does not have, or a customer's function
            failed.
    """
    return decide(inputs).plan


class Decision:
    """A plan, and what it was concluded from: to explain it, or to look for what is amiss.

    Attributes:
        inputs: What it was made from.
        plan: The plan.
        roster: Everybody it speaks of: persons of the import, and those the ledger knows.
        everybody: What is known of all of them.
        assignments: What rules give.
        stands: Target -> whose account is whose, and what is due. Of those that were read.
        policies: The same targets, without what an unseen one would give to their fields.
        since: Target -> since when nothing is due there, of who was due an account once.
        upstream: Target -> its accounts as they will be.
        frozen: Who is left as they are.
    """

    __slots__ = (
        "assignments",
        "everybody",
        "frozen",
        "inputs",
        "plan",
        "policies",
        "roster",
        "since",
        "stands",
        "upstream",
    )

    def __init__(self, planner: "_Planner", plan: Plan) -> None:
        """Take over what the planner found."""
        self.inputs, self.plan, self.roster = planner.inputs, plan, planner.roster
        self.everybody, self.assignments = planner.everybody, planner.made
        self.policies = {name: sight.policy for name, sight in planner.sights.items()}
        self.stands, self.since, self.upstream = planner.stands, planner.since, planner.upstream
        self.frozen = frozenset(planner.roster.names(planner.frozen))


def decide(inputs: Inputs) -> Decision:
    """Decide every change of a run, and keep what that was concluded from.

    Raises:
        ConfigError: As `make_plan`.
    """
    planner = _Planner(inputs)
    return Decision(planner, planner.plan())


class _Planner:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        people, memory = inputs.people, inputs.memory
        facts = person_facts(people, inputs.as_of)
        self.roster, linked = Roster.joining(
            facts.index, {name: memory.links_of(name).index for name in memory.linked_targets}
        )
        self.everybody = World(facts, column_of, self.roster)
        self.made = Assignments(people, inputs.rules, inputs.as_of, self.roster)
        self.sights = {name: sight_of(one, inputs.unseen) for name, one in inputs.seen.items()}
        self.read = attributes_read({name: one.policy for name, one in self.sights.items()})
        self.frozen = self._frozen()
        self.numbers: dict[str, Numbers] = {}
        self.dues = due_per_target(self.made, inputs.policies, self.frozen)
        self.stands = {
            name: take_stand(
                sight.policy,
                inputs.accounts[name],
                self.dues[name],
                roster=self.roster,
                numbers=self._numbers(sight.policy),
                links=memory.links_of(name),
                linked=linked.get(name, NOBODY),
                frozen=self.frozen,
            )
            for name, sight in self.sights.items()
        }
        # Of a target that could not be read nobody knows more than what the ledger says.
        self.holders = {name: stand.match.is_linked for name, stand in self.stands.items()}
        self.holders |= {
            name: self.roster.mask(memory.links_of(name).index.tolist()) for name in inputs.unseen
        }
        self.since: dict[str, Lapsed] = {}
        self.upstream: dict[str, Outlook] = {}
        self.shown: dict[str, Texts] = {}
        self.notes: list[Note] = [*silences(inputs), *notes_on(inputs.unseen)]
        self.chosen = inputs.scope.chosen(people, inputs.as_of, self.roster)
        self.renamed = self._renamed()
        if not inputs.options.rename:
            self.notes += frozen_notes(self.roster.names(self.renamed))

    def plan(self) -> Plan:
        inputs, scope = self.inputs, self.inputs.scope
        allotment = self._allot()
        self.notes += allotment.notes
        for stand in self.stands.values():
            self.notes += stand.notes
        self.notes += [
            Note(target=name, person="", code="too_late", reason=reason)
            for name, policy in inputs.policies.items()
            if (reason := too_late(policy, inputs.rules)) is not None
        ]
        employed = self._employed()
        sections: list[Section] = []
        for name, policy in inputs.policies.items():
            self.since[name] = gone_since(
                policy, self.made, self.since, holders=self.holders, absences=inputs.memory.absences
            )
            if name in inputs.unseen:
                continue
            changes: list[Change] = []
            if scope.writes(name):
                changes = scope.of_fields(self._changes(self.sights[name], allotment, employed))
            match = self.stands[name].match
            self.upstream[name] = outlook(
                self.sights[name].policy,
                inputs.accounts[name],
                match,
                changes,
                self.read[name],
            )
            chosen = [change for change in changes if self._is_chosen(change.person)]
            sections.append(
                Section(
                    target=name,
                    depends_on=tuple(sorted(policy.depends_on)),
                    changes=tuple(sorted(chosen, key=place_of)),
                    managed=len(match),
                )
            )
        said = {note for note in self.notes if not note.person or self._is_chosen(note.person)}
        return Plan(
            profile=inputs.profile,
            as_of=inputs.as_of,
            sections=tuple(sections),
            notes=tuple(sorted(said)),
        )

    def _is_chosen(self, person: str) -> bool:
        """Whether the run may change somebody, who may be known to nobody."""
        scope = self.inputs.scope
        if not scope.selects:
            return True
        place = self.roster.position(person)
        if place < 0:
            return person in scope.persons
        return bool(self.chosen[place])

    def _rewrite(self, target: str) -> Rewrite:
        scope = self.inputs.scope
        return Rewrite(
            writes=lambda name: scope.writes_field(target, name),
            again=scope.written_again(target, self.chosen, self.roster),
        )

    def _frozen(self) -> Mask:
        """Who is left as they are: excluded, protected, or not to be judged by this import."""
        blocked, persons = self.inputs.people.blocked, self.inputs.people.persons
        unsure = blocked.loc[blocked["code"] == INVALID, "external_id"]
        excluded = persons.loc[persons["excluded"], "external_id"]
        return self.roster.mask([*excluded, *unsure, *self.inputs.protected])

    def _numbers(self, policy: TargetPolicy) -> Numbers:
        if policy.correlate not in self.numbers:
            self.numbers[policy.correlate] = Numbers(self.everybody.facts_of(policy.correlate))
        return self.numbers[policy.correlate]

    def _allot(self) -> Allotment:
        takers = {
            name: stand.new | frozenset(self.roster.names(self._to_rename(name)))
            if self.inputs.scope.writes(name)
            else frozenset[str]()
            for name, stand in self.stands.items()
        }
        persons = frozenset[str]().union(*takers.values())
        if not persons:
            return Allotment()
        chosen = self.roster.positions(sorted(persons))
        starts = self._first_starts(chosen)
        ordered: list[str] = self.roster.ids[chosen[np.lexsort((chosen, starts))]].tolist()
        everybody = self.everybody
        some = World(everybody.facts.take(everybody.rows_of[chosen]), column_of)
        rows = dict(zip(some.persons, some.rows(()), strict=True))
        return allot(
            ordered,
            takers,
            policies=self.inputs.policies,
            facts=rows.__getitem__,
            taken=names_in_use(
                self.inputs.people,
                self.inputs.accounts,
                {name: stand.match for name, stand in self.stands.items()},
                self.inputs.policies,
                self.inputs.memory.names,
                blind_in(
                    self.inputs.policies,
                    self.inputs.unseen,
                    {name: due.account for name, due in self.dues.items()},
                ),
            ),
            options=self.inputs.options,
        )

    def _renamed(self) -> Mask:
        """Who has an account of ours and is due it, and is called otherwise in HR since."""
        called = self.inputs.memory.called
        renamed = self.roster.mask(who_is_renamed(self.everybody.facts, called)) & ~self.frozen
        if renamed.any():
            renamed &= np.logical_or.reduce(
                [holds & self.dues[name].account.mask for name, holds in self.holders.items()]
            )
        return renamed

    def _to_rename(self, target: str) -> Mask:
        """Whose account in a target gets new names."""
        if not self.inputs.options.rename:
            return np.zeros(len(self.roster), dtype=np.bool_)
        stand = self.stands[target]
        return self.renamed & stand.match.is_linked & stand.due.account.mask

    def _first_starts(self, places: Positions) -> Any:
        """First day of the first contract, as a number; who has none comes last."""
        starts = self.inputs.people.contracts["start_date"].to_numpy().astype("datetime64[D]")
        known_days = ~np.isnat(starts)
        first = np.full(len(self.roster), np.iinfo(np.int64).max)
        np.minimum.at(first, self.made.owner[known_days], starts[known_days].astype(np.int64))
        return first[places]

    def _changes(self, sight: Sight, allotment: Allotment, employed: Mask) -> list[Change]:
        policy = sight.policy
        stand = self.stands[policy.name]
        waiting = sight.held_back(stand.new - allotment.refused, self._expected())
        waiting |= held_back(policy, stand.new - allotment.refused - waiting.keys(), self.upstream)
        new = sorted(stand.new - allotment.refused - waiting.keys())
        has = (stand.match.row >= 0) & stand.due.account.mask
        renamed = self._to_rename(policy.name) & ~self.roster.mask(allotment.refused)
        diff = TargetDiff(
            policy,
            self.inputs.accounts[policy.name],
            stand,
            self.inputs.memory.grants_of(policy.name),
            WantedContainers(policy, self.everybody),
            self._rewrite(policy.name),
        )
        places = {
            "create": self.roster.positions(new),
            "correlate": np.flatnonzero(has & ~stand.match.is_linked),
            "update": np.flatnonzero(has & stand.match.is_linked & ~renamed),
        }
        ours = np.flatnonzero(has & stand.match.is_linked & self.chosen)
        self.notes += sight.left(len(ours))
        if sight.lost("correlate"):
            found = self.roster.ids[places["correlate"]].tolist()
            self.notes += sight.not_taken_over(found)
            places["correlate"] = NOBODY
        worlds = {
            "create": self._world(places["create"], allotment),
            "correlate": self._world(places["correlate"]),
            "update": self._world(places["update"]),
        }
        accounts = self.inputs.accounts[policy.name]
        if policy.only_update_on_correlate:
            look = np.zeros(len(worlds["update"]), dtype=np.bool_)
        else:
            rows = stand.match.row[places["update"]]
            look = may_differ(policy, "update", worlds["update"], accounts, rows)
        if self.inputs.scope.again:
            look = look | self.chosen[places["update"]]
        worlds["update"] = worlds["update"].narrowed(look)
        desired = {action: desire(policy, action, world) for action, world in worlds.items()}
        changes = [
            *diff.creates(desired["create"]),
            *diff.existing(desired["correlate"], "correlate"),
            *diff.existing(desired["update"], "update", places["update"]),
            *self._renames(policy, np.flatnonzero(renamed), allotment),
            *diff.leavers(
                self.since[policy.name],
                self.inputs.as_of,
                frozen=self.frozen,
                employed=employed,
                emptied=lambda left: desire(
                    policy, "delete", self.everybody.of(left, self.upstream)
                ),
            ),
        ]
        self.notes += waiting.values()
        for action, world in worlds.items():
            self.notes += waiting_fields(policy, action, desired[action], world, self.upstream)
        self.notes += diff.notes
        return changes

    def _expected(self) -> dict[str, frozenset[str]]:
        """Who may be about to get an account in a target that could not be read."""
        return {
            name: frozenset(self.roster.names(self.dues[name].account.mask & ~self.holders[name]))
            for name in self.inputs.unseen
        }

    def _renames(
        self, policy: TargetPolicy, places: Positions, allotment: Allotment
    ) -> list[Change]:
        """Changes for people who get new names for the account they have."""
        if not len(places):
            return []
        stand, accounts = self.stands[policy.name], self.inputs.accounts[policy.name]
        policy, world = renaming(policy), self._world(places, allotment)
        desired = desire(policy, "update", world)
        desired = with_aliases(policy, desired, accounts, stand.match.row[places])
        grants = self.inputs.memory.grants_of(policy.name)
        containers = WantedContainers(policy, self.everybody)
        diff = TargetDiff(policy, accounts, stand, grants, containers, self._rewrite(policy.name))
        changes = list(diff.existing(desired, "update"))
        self.notes += waiting_fields(policy, "update", desired, world, self.upstream)
        self.notes += diff.notes
        return changes

    def _world(self, places: Positions, allotment: Allotment | None = None) -> World:
        """Persons with what they are called: as allotted now, or as HR calls them."""

        def names(part: str, places: Positions) -> Column | Texts:
            if allotment is None:
                return self._settled(part, places)
            return allotment.column(part, self.roster.ids[places])

        return self.everybody.of(places, self.upstream, names=names)

    def _settled(self, part: str, places: Positions) -> Texts:
        """A name of these persons, if it is one that follows HR."""
        if part == "domain":
            domain = pa.scalar(self.inputs.options.domain, pa.large_string())
            return pa.repeat(domain, len(places))
        if part in FROZEN_NAMES:
            return pa.nulls(len(places), pa.large_string())
        if not self.shown:
            parts = shown_parts(self.inputs.policies)
            shown = display_frame(self.everybody.facts, self.inputs.options, parts)
            self.shown = {str(name): without_blanks(as_texts(shown[name])) for name in shown}
        return take(self.shown[part], self.everybody.rows_of[places])

    def _employed(self) -> Mask:
        """Persons with a contract that runs on the day or is still to begin."""
        contracts, day = self.inputs.people.contracts, pd.Timestamp(self.inputs.as_of)
        first, last = contracts["start_date"], contracts["end_date"]
        counts = first.notna() & ~(last < day) & ~(last < first)
        employed = np.zeros(len(self.roster), dtype=np.bool_)
        employed[self.made.owner[counts.to_numpy(dtype=bool)]] = True
        return employed
