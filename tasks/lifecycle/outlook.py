"""Outlook: the accounts of a target as they will be; targets downstream build on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.manifest import COMMON_NAME, Compare
from connectors.model.values import CLEAR, Pending, Value
from tasks.lifecycle.desired import current, rows_of
from tasks.lifecycle.mapping import Column
from tasks.lifecycle.matching import Match
from tasks.lifecycle.order import UPSTREAM, paths_of, split_upstream
from tasks.lifecycle.policy import TargetPolicy


@dataclass(frozen=True, slots=True)
class Outlook:
    """Accounts as they will be.

    Attributes:
        persons: Who has an account then.
        values: Attribute -> person -> value, `Pending` where only the target can say; what the
            account does not hold is absent. Only attributes that another target reads.
    """

    persons: frozenset[str]
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    def column(self, attribute: str, persons: Sequence[str]) -> Column:
        """The attribute for these persons; None without account or value."""
        column = np.empty(len(persons), dtype=object)
        found = self.values.get(attribute, {})
        for place, person in enumerate(persons):
            column[place] = found.get(person)
        return column


def attributes_read(policies: Mapping[str, TargetPolicy]) -> dict[str, frozenset[str]]:
    """Per target the attributes that another target's fields read."""
    read: dict[str, set[str]] = {name: set() for name in policies}
    for policy in policies.values():
        for mapping in policy.fields:
            for path in paths_of(mapping):
                if path.startswith(UPSTREAM):
                    target, attribute = split_upstream(path)
                    read[target].add(attribute)
    return {name: frozenset(attributes) for name, attributes in read.items()}


def outlook(
    policy: TargetPolicy,
    accounts: Accounts,
    match: Match,
    changes: Iterable[Change],
    attributes: frozenset[str],
) -> Outlook:
    """What is held now, with the planned changes on top: nothing that is wanted but not planned.

    Args:
        policy: Of the target.
        accounts: What it holds.
        match: Whose account is whose.
        changes: All that are planned in it.
        attributes: Those that another target reads.
    """
    persons = set(match.refs)
    people, rows = tuple(match.refs), rows_of(accounts, match.refs.values())
    values: dict[str, dict[str, Value]] = {}
    for attribute in sorted(attributes):
        held = current(accounts, rows, attribute)
        values[attribute] = {
            person: value for person, value in zip(people, held, strict=True) if value is not None
        }
    for change in changes:
        if change.verb is Verb.CREATE:
            persons.add(change.person)
        elif change.verb is Verb.DELETE:
            persons.discard(change.person)
            for found in values.values():
                found.pop(change.person, None)
        for attribute in _following(policy, change) & attributes:
            values[attribute][change.person] = Pending(policy.name, attribute)
        if change.verb not in {Verb.CREATE, Verb.UPDATE, Verb.ENABLE}:
            continue
        for attribute in attributes & change.after.keys():
            if change.after[attribute] is CLEAR:
                values[attribute].pop(change.person, None)
            else:
                values[attribute][change.person] = change.after[attribute]
    return Outlook(frozenset(persons), values)


def _following(policy: TargetPolicy, change: Change) -> frozenset[str]:
    """Produced attributes that nobody knows once the change is done, unless it says them itself.

    After a create it is all of them. After a move or a rename it is the name of the place where the
    account stands, which the target puts together.
    """
    produced = frozenset(policy.manifest.produces)
    if change.verb is Verb.CREATE:
        return produced
    known = {name: policy.manifest.attribute(name) for name in produced | change.after.keys()}
    renamed = change.verb is Verb.UPDATE and any(
        attribute is not None and attribute.unique_in == COMMON_NAME
        for name, attribute in known.items()
        if name in change.after
    )
    if change.verb is not Verb.MOVE and not renamed:
        return frozenset()
    return frozenset(
        name
        for name in produced
        if (attribute := known[name]) is not None and attribute.compare is Compare.DN
    )
