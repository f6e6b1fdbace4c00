"""Outlook: the accounts of a target as they will be; targets downstream build on it."""

from collections.abc import Iterable, Mapping

import numpy as np

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.manifest import COMMON_NAME, Compare
from connectors.model.values import CLEAR, Pending
from tasks.lifecycle.desired import current
from tasks.lifecycle.mapping import Column, without_blanks
from tasks.lifecycle.matching import Match
from tasks.lifecycle.order import UPSTREAM, paths_of, split_upstream
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Mask, Roster


class Outlook:
    """Accounts as they will be, over the roster.

    Attributes:
        there: Who has an account then.
        values: Attribute -> a value per person, `Pending` where only the target can say; None for
            what the account does not hold. Only attributes that another target reads.
    """

    __slots__ = ("_roster", "there", "values")

    def __init__(self, roster: Roster, there: Mask, values: Mapping[str, Column]) -> None:
        """Keep the parts."""
        self._roster, self.there, self.values = roster, there, values

    def has(self, person: str) -> bool:
        """Whether somebody has an account then."""
        place = self._roster.position(person)
        return place >= 0 and bool(self.there[place])

    def column(self, attribute: str) -> Column:
        """The attribute of everybody; None without account or value."""
        found = self.values.get(attribute)
        return np.full(len(self._roster), None, dtype=object) if found is None else found


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
    there, roster = match.row >= 0, match.roster
    values: dict[str, Column] = {}
    for attribute in sorted(attributes):
        values[attribute] = np.full(len(roster), None, dtype=object)
        values[attribute][there] = without_blanks(current(accounts, match.row[there], attribute))
    for change in changes:
        place = roster.position(change.person)
        if change.verb is Verb.CREATE:
            there[place] = True
        elif change.verb in {Verb.DELETE, Verb.UNMANAGE} and "permission" not in change.before:
            there[place] = False
            for column in values.values():
                column[place] = None
        for attribute in _following(policy, change) & attributes:
            values[attribute][place] = Pending(policy.name, attribute)
        if change.verb not in {Verb.CREATE, Verb.UPDATE, Verb.ENABLE}:
            continue
        for attribute in attributes & change.after.keys():
            after = change.after[attribute]
            values[attribute][place] = None if after is CLEAR else after
    return Outlook(roster, there, values)


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
