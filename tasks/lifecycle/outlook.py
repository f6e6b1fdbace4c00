"""Outlook: the accounts of a target as they will be; targets downstream build on it."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.manifest import COMMON_NAME, Compare
from connectors.model.texts import TEXT_DTYPE, Texts, as_objects, as_texts, take, without_blanks
from connectors.model.values import CLEAR, Pending, Value
from tasks.lifecycle.columns import Column
from tasks.lifecycle.desired import current
from tasks.lifecycle.matching import Match
from tasks.lifecycle.order import UPSTREAM, paths_of, split_upstream
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.roster import Mask, Positions, Roster

_NOTHING: Final[dict[str, dict[int, Value | None]]] = {}


class Outlook:
    """Accounts as they will be, over the roster.

    Args:
        roster: Everybody.
        there: Who has an account then.
        held: Attribute -> what is held now, as a column over the roster. Only attributes that
            another target reads.
        changed: Attribute -> position -> what the plan makes of it: `Pending` where only the target
            can say, None for nothing.

    Attributes:
        there: Who has an account then.
    """

    __slots__ = ("_changed", "_held", "_roster", "there")

    def __init__(
        self,
        roster: Roster,
        there: Mask,
        held: Mapping[str, Texts | Column],
        changed: Mapping[str, Mapping[int, Value | None]] = _NOTHING,
    ) -> None:
        """Keep the parts."""
        self._roster, self.there, self._held, self._changed = roster, there, held, changed

    def has(self, person: str) -> bool:
        """Whether somebody has an account then."""
        place = self._roster.position(person)
        return place >= 0 and bool(self.there[place])

    def column(self, attribute: str, places: Positions) -> Column:
        """The attribute of the persons at these positions; None without account or value."""
        held = self._held.get(attribute)
        if held is None:
            return np.full(len(places), None, dtype=object)
        found = as_objects(take(held, places)) if isinstance(held, pa.Array) else held[places]
        changed = self._changed.get(attribute, {})
        for number in np.flatnonzero(self.changes(attribute, places)).tolist():
            found[number] = changed[int(places[number])]
        return found

    def texts(self, attribute: str, places: Positions) -> Texts | None:
        """The same as it is now, as text; None where the attribute holds anything else."""
        held = self._held.get(attribute)
        return take(held, places) if isinstance(held, pa.Array) else None

    def changes(self, attribute: str, places: Positions) -> Mask:
        """Whose attribute, of the persons at these positions, is changed by the plan."""
        changed = np.zeros(len(self._roster), dtype=np.bool_)
        changed[list(self._changed.get(attribute, ()))] = True
        return changed[places]


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
    changes: Sequence[Change],
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
    rows, roster = _found_then(match, changes), match.roster
    there = rows >= 0
    held = {name: _held(accounts, rows, name) for name in sorted(attributes)}
    changed: dict[str, dict[int, Value | None]] = {name: {} for name in attributes}
    for change in changes:
        place = roster.position(change.person)
        if change.verb is Verb.CREATE:
            there[place] = True
        elif change.verb is Verb.DELETE:
            there[place] = False
            for values in changed.values():
                values[place] = None
        for attribute in _following(policy, change) & attributes:
            changed[attribute][place] = Pending(policy.name, attribute)
        if change.verb not in {Verb.CREATE, Verb.UPDATE, Verb.ENABLE}:
            continue
        for attribute in attributes & change.after.keys():
            after = change.after[attribute]
            changed[attribute][place] = None if after is CLEAR else after
    return Outlook(roster, there, held, changed)


def _found_then(match: Match, changes: Sequence[Change]) -> Positions:
    """Per person the place of their account once it is done, -1 without.

    One that is let go of stays in the target, and is found again by its number or not at all. To
    say that it is gone would have what is behind it wait today for what the next run sees there.
    """
    rows = match.row.copy()
    let_go = [
        match.roster.position(change.person)
        for change in changes
        if change.verb is Verb.UNMANAGE and "permission" not in change.before
    ]
    rows[let_go] = match.by_number[let_go]
    return rows


def _held(accounts: Accounts, rows: Positions, attribute: str) -> Texts | Column:
    """What everybody's account holds in an attribute, over the roster."""
    columns = accounts.attributes
    if attribute in columns.columns and columns[attribute].dtype == TEXT_DTYPE:
        return without_blanks(take(as_texts(columns[attribute]), rows))
    values = np.full(len(rows), None, dtype=object)
    there = rows >= 0
    values[there] = current(accounts, rows[there], attribute)
    return values


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
