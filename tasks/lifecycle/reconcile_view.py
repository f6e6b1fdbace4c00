"""One target as a reconciliation looks at it: accounts, links, what the plan does and says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.receipt import Note
from tasks.lifecycle.plan import Decision
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Mask
from tasks.lifecycle.stand import Stand


@dataclass(frozen=True, slots=True)
class View:
    """One target.

    Attributes:
        policy: What the profile decides about it.
        accounts: What it holds.
        stand: Who is due what, and whose account is whose.
        numbers: Person -> the number that their account carries.
        links: Person -> native id, as the ledger knows them.
        granted: Person -> native ids of permissions that we gave.
        changes: Person -> what the plan does.
        notes: Person -> what the plan says.
        frozen: Persons who are left as they are.
        is_frozen: The same over the roster.
        in_hr: Persons HR knows, also those the import had to leave out.
        labels: Native id -> a name for people to read.
        protected: Native ids that nobody may touch.
        protected_persons: HR ids of people whose accounts nobody may touch. Those whom neither HR
            nor the ledger knows are not among the `frozen`, and an account may carry their number.
    """

    policy: TargetPolicy
    accounts: Accounts
    stand: Stand
    numbers: Mapping[str, str]
    links: Mapping[str, str]
    granted: Mapping[str, frozenset[str]]
    changes: Mapping[str, tuple[Change, ...]]
    notes: Mapping[str, tuple[Note, ...]]
    frozen: frozenset[str]
    is_frozen: Mask
    in_hr: frozenset[str]
    labels: Mapping[str, str]
    protected: frozenset[str]
    protected_persons: frozenset[str]

    @property
    def target(self) -> str:
        """Its name."""
        return self.policy.name

    def label(self, ref: str) -> str:
        """A name of the account, "" where it has none."""
        return self.labels.get(ref, "")

    def is_protected(self, person: str, ref: str) -> bool:
        """Whether nobody may touch the account."""
        return ref in self.protected or person in self.protected_persons

    def planned(self, person: str, *verbs: Verb) -> tuple[Change, ...]:
        """What the plan does for a person with these verbs."""
        return tuple(one for one in self.changes.get(person, ()) if one.verb in verbs)

    def is_let_go(self, person: str) -> bool:
        """Whether the next run deletes the account, or forgets it because a rule is retired."""
        return any(
            change.verb is Verb.DELETE or (change.verb is Verb.UNMANAGE and not change.before)
            for change in self.changes.get(person, ())
        )

    def reason(self, person: str, *codes: str) -> str:
        """What the plan says about a person under one of these codes, "" for nothing."""
        said = [note.reason for note in self.notes.get(person, ()) if note.code in codes]
        return "; ".join(said)

    def reason_against(self, person: str) -> str:
        """Why a person gets no account, "" where the plan does not say."""
        said = [note.reason for note in self.notes.get(person, ()) if note.code != "gone"]
        return "; ".join(said)

    def says(self, person: str, code: str) -> bool:
        """Whether the plan says something of that kind about a person."""
        return any(note.code == code for note in self.notes.get(person, ()))


def views(decided: Decision) -> Iterator[View]:
    """Every target that was read, in dependency order."""
    inputs = decided.inputs
    people, memory = inputs.people, inputs.memory
    in_hr = frozenset(people.persons["external_id"]) | frozenset(people.blocked["external_id"])
    said: dict[str, list[Note]] = {name: [] for name in inputs.policies}
    for note in decided.plan.notes:
        if note.target and note.person:
            said[note.target].append(note)
    for name, policy in decided.policies.items():
        accounts, frame = inputs.accounts[name], inputs.accounts[name].accounts
        links = memory.links_of(name)
        values = decided.everybody.column(policy.correlate).tolist()
        yield View(
            policy=policy,
            accounts=accounts,
            stand=decided.stands[name],
            numbers={
                person: str(value)
                for person, value in zip(decided.roster.ids.tolist(), values, strict=True)
                if value is not None
            },
            links=dict(zip(links.index.tolist(), links.tolist(), strict=True)),
            granted=_granted(memory.grants_of(name)),
            changes=dict(_per_person(decided.plan.section(name).changes)),
            notes=_by_person(said[name]),
            frozen=decided.frozen,
            is_frozen=decided.roster.mask(decided.frozen),
            in_hr=in_hr,
            labels={
                ref: label
                for ref, label in zip(frame.index.tolist(), frame["label"].tolist(), strict=True)
                if isinstance(label, str)
            },
            protected=frozenset(frame.index[frame["protected"]]),
            protected_persons=inputs.protected,
        )


def _granted(rows: pd.DataFrame) -> dict[str, frozenset[str]]:
    given: dict[str, set[str]] = {}
    persons, permissions = rows["person"].tolist(), rows["permission"].tolist()
    for person, permission in zip(persons, permissions, strict=True):
        given.setdefault(person, set()).add(permission)
    return {person: frozenset(some) for person, some in given.items()}


def _per_person(changes: Iterable[Change]) -> Iterator[tuple[str, tuple[Change, ...]]]:
    for person, some in groupby(changes, key=lambda change: change.person):
        yield person, tuple(some)


def _by_person(notes: Iterable[Note]) -> dict[str, tuple[Note, ...]]:
    by_person = sorted(notes, key=lambda note: note.person)
    return {person: tuple(some) for person, some in groupby(by_person, lambda note: note.person)}
