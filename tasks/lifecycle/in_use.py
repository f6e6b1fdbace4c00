"""Names in use before a plan gives any: in HR, in every target, and in the ledger."""

from collections.abc import Collection, Container, Mapping, Sequence

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.manifest import ADDRESS
from connectors.model.people import People
from connectors.model.texts import TEXT_DTYPE, places_in
from connectors.model.values import as_text
from tasks.lifecycle.claims import reads_chosen_names, space_of
from tasks.lifecycle.columns import known
from tasks.lifecycle.matching import Match
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.taken import Blind, Taken


class Matched:
    """Holders in one target: accounts and the persons they were matched to."""

    __slots__ = ("_accounts", "_match", "_owner")

    def __init__(self, accounts: Accounts, match: Match) -> None:
        """Turn the match round."""
        self._accounts, self._match = accounts, match
        found = np.flatnonzero(match.row >= 0)
        self._owner = np.full(len(accounts), -1)
        self._owner[match.row[found]] = found

    def persons(self, refs: Sequence[str]) -> Sequence[str | None]:
        """The person whose account it is; None for groups, contacts and accounts of nobody."""
        wanted = pd.Series(list(refs), dtype=TEXT_DTYPE)
        rows = places_in(wanted, pd.Series(self._accounts.accounts.index.array))
        owners = np.where(rows >= 0, self._owner[rows], -1) if len(self._owner) else rows
        ids = self._match.roster.ids
        return [ids[owner] if owner >= 0 else None for owner in owners.tolist()]

    def refs(self, persons: Sequence[str]) -> Sequence[str]:
        """Native ids of their accounts."""
        places = self._match.roster.positions(list(persons))
        return [self._match.ref(p) for p in places.tolist() if p >= 0 and self._match.row[p] >= 0]


def names_in_use(
    people: People,
    accounts: Mapping[str, Accounts],
    matches: Mapping[str, Match],
    policies: Mapping[str, TargetPolicy],
    reserved: pd.DataFrame,
    blind: Blind | None = None,
) -> Taken:
    """Everything that new names must not collide with.

    Args:
        people: The import: HR's own addresses are taken by their persons.
        accounts: By target; groups, contacts and the like take names too.
        matches: By target.
        policies: By target; tell what else the profile calls unique.
        reserved: Columns `space`, `value`, `person`: what the ledger has given away.
        blind: What is not known, because a target could not be read.
    """
    taken = Taken(blind=blind)
    persons = people.persons
    for column in ("work_email", "user_principal_name"):
        taken.hold_column(ADDRESS, persons[column], persons["external_id"])
    for name, match in matches.items():
        holders = Matched(accounts[name], match)
        for space, rows in accounts[name].taken.groupby("space", observed=True):
            where = space if space == ADDRESS else f"{name}:{space}"
            taken.hold_column(str(where), rows["value"], rows["ref"], holders)
        for where, values in _called_unique(policies[name], accounts[name]):
            refs = pd.Series(values.index, index=values.index)
            taken.hold_column(where, values, refs, holders)
    reserve(taken, reserved)
    return taken


def reserve(taken: Taken, reserved: pd.DataFrame) -> None:
    """Note what the ledger has given away: it stays with the person it was given to.

    Args:
        taken: Names in use.
        reserved: Columns `space`, `value`, `person`.
    """
    for space, rows in reserved.groupby("space"):
        taken.hold_column(str(space), rows["value"], rows["person"], given=True)


def blind_in(
    policies: Mapping[str, TargetPolicy],
    unseen: Collection[str],
    due: Mapping[str, Container[str]],
) -> Blind:
    """What is not known of names while some targets cannot be read.

    Args:
        policies: By target.
        unseen: Names of these targets.
        due: Target -> who is due an account there.
    """
    spaces: dict[str, str] = {}
    sharing: dict[str, Container[str]] = {}
    for name in unseen:
        policy = policies[name]
        for attribute in policy.manifest.attributes:
            if attribute.unique_in is not None:
                spaces.setdefault(space_of(policy, attribute.name), name)
        if any(reads_chosen_names(mapping) for mapping in policy.mapped("create")):
            sharing[name] = due[name]
    return Blind(spaces, sharing)


def _called_unique(policy: TargetPolicy, accounts: Accounts) -> list[tuple[str, "pd.Series[str]"]]:
    """What accounts hold in attributes that only the profile calls unique: space and values."""
    found: list[tuple[str, pd.Series[str]]] = []
    for mapping in policy.mapped("create"):
        known_as = policy.manifest.attribute(mapping.name)
        named = known_as is not None and known_as.unique_in is not None
        if not mapping.unique or named or mapping.name not in accounts.attributes.columns:
            continue
        held = known(accounts.attributes[mapping.name])
        column = pd.Series(held, index=accounts.attributes.index, dtype=object).dropna().explode()
        texts = column.map(as_text).astype(TEXT_DTYPE)
        found.append((space_of(policy, mapping.name), texts))
    return found
