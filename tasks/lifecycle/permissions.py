"""Permissions: rules name what is granted, the ledger knows what may be taken back."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from connectors.model.accounts import PERMISSION
from connectors.model.change import Change, GrantPermission, RevokePermission, Unmanage
from connectors.model.values import Value
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.due import Entitled
from tasks.lifecycle.held import Held
from tasks.lifecycle.matching import Match
from tasks.lifecycle.roster import Mask, Objects, Positions

_NONE: Final[frozenset[str]] = frozenset()


class Permissions:
    """Grants and revokes permissions of one target.

    Only what a rule names is granted, only what the ledger says we granted is revoked.

    Args:
        held: What the target holds.
        match: Whose account is whose.
        due: Person -> permission as rules name it -> reasons.
        granted: Person -> permissions (native ids) that we gave.
        released: What retired rules gave and leave to those who have it.
    """

    def __init__(
        self,
        held: Held,
        match: Match,
        due: Entitled,
        granted: pd.DataFrame,
        released: Entitled,
    ) -> None:
        """Find the permission behind each name that rules use."""
        self._held, self._due, self._match = held, due, match
        frame = held.accounts.permissions
        self._names: dict[str, str] = dict(zip(frame.index.tolist(), frame["name"], strict=True))
        self._fixed = frozenset(frame.index[~frame["grantable"]])
        self._others = frozenset(frame.index[frame["kind"] == PERMISSION])
        self._called: dict[str, set[str]] = {}
        for permission, name in self._names.items():
            for key in (permission, name):
                self._called.setdefault(key.casefold(), set()).add(permission)
        self._found = {name: self._find(name, due.rules[name]) for name in due.names}
        self._named = frozenset(found for found in self._found.values() if found is not None)
        self._released = released
        granted_to = match.roster.positions(granted["person"])
        codes, permissions = pd.factorize(granted["permission"])
        order = np.argsort(granted_to, kind="stable")
        self._granted_to, self._given = granted_to[order], codes[order]
        self._gifts: Objects = permissions.to_numpy(dtype=object)

    def unsettled(self) -> Mask:
        """Per person of the roster whether `changes` may have something to do or say.

        Nothing is unsettled about somebody who holds exactly what they are due, all given by us.
        """
        size = len(self._match.roster)
        codes: dict[str | None, int] = {None: 0}
        found = [self._found[name] for name in self._due.names]
        wanted = _coded(found, codes)[self._due.what]
        ours = np.array([one in self._fixed for one in found], dtype=np.bool_)[self._due.what]
        rows, held, permissions = self._held.holders()
        person = np.full(len(self._held.enabled) + 1, -1, dtype=np.intp)  # the last is for nobody
        with_account = np.flatnonzero(self._match.row >= 0)
        person[self._match.row[with_account]] = with_account
        given, holds = _coded(self._gifts, codes)[self._given], _coded(permissions, codes)[held]
        scale = len(codes)
        wanted_keys = self._due.who * scale + wanted
        given_keys = self._granted_to * scale + given
        held_keys = person[rows] * scale + holds
        settled = _among(wanted_keys, given_keys) & _among(wanted_keys, held_keys)
        known = wanted > 0
        open_ = np.zeros(size, dtype=np.bool_)
        open_[self._due.who[known & ~ours & ~settled]] = True
        left = ~_among(given_keys, wanted_keys[known]) & (self._granted_to >= 0)
        open_[self._granted_to[left]] = True
        return open_

    def holding_ours(self) -> Mask:
        """Per person of the roster whether we gave them anything."""
        open_ = np.zeros(len(self._match.roster), dtype=np.bool_)
        open_[self._granted_to[self._granted_to >= 0]] = True
        return open_

    def _given_to(self, person: str) -> frozenset[str]:
        place = self._match.roster.position(person)
        first, last = self._granted_to.searchsorted((place, place + 1))
        return frozenset(self._gifts[self._given[first:last]])

    def changes(
        self, person: str, ref: str | None, because: Because, *, ours: bool = True
    ) -> Iterator[Change]:
        """What one person's account gets and loses.

        Args:
            person: The person.
            ref: Their account, None for one that is made just now.
            because: Why a permission is taken away.
            ours: Whether what the ledger says we gave, we gave to this account.
        """
        due = self._due.get(person)
        given = self._given_to(person) if ours and ref is not None else _NONE
        if not due and not given:
            return
        held = self._held.permissions(ref) if ref is not None else _NONE
        wanted: dict[str, Because] = {}
        unknown = False
        for name, reasons in (due or {}).items():
            found = self._found[name]
            if found is None:
                unknown = True
            else:
                wanted[found] = tuple(sorted({*wanted.get(found, ()), *reasons}))
        for permission in sorted(wanted.keys() - (held & given)):
            if permission in self._fixed:
                continue
            after = self._content(permission)
            yield self._held.change(
                GrantPermission,
                person,
                ref,
                wanted[permission],
                before=dict(after) if permission in held else {},
                after=after,
            )
        released = self._released_to(person)
        for permission in sorted(given - wanted.keys()):
            if permission in released and permission in held:
                yield self._forget(person, ref, permission, released[permission])
                continue
            if self._stays(person, permission, held, unknown=unknown):
                continue
            before = self._content(permission)
            yield self._held.change(
                RevokePermission,
                person,
                ref,
                because,
                before=before if permission in held else {},
                after={} if permission in held else before,
            )

    def _released_to(self, person: str) -> Mapping[str, Because]:
        """Permissions that a retired rule leaves to somebody, with the reasons."""
        names = self._released.get(person)
        return {
            permission: because
            for name, because in (names or {}).items()
            for permission in self._called.get(name.casefold(), ())
        }

    def _forget(self, person: str, ref: str | None, permission: str, because: Because) -> Change:
        before = self._content(permission)
        return self._held.change(Unmanage, person, ref, because, before=before)

    def _stays(self, person: str, permission: str, held: frozenset[str], *, unknown: bool) -> bool:
        """Whether something that no rule names is kept all the same."""
        if permission not in held:
            return False
        name = self._names.get(permission, permission)
        if permission in self._fixed:
            self._held.say("", "not_grantable", f"members of {name!r} are not ours to set")
            return True
        if unknown and permission not in self._named:
            # A group that was renamed looks like this: rules name one that is not there, and one
            # that is there is named by no rule.
            self._held.say(
                person,
                "held_back",
                f"{name!r} is kept until rules name only what is there: it may have been renamed",
            )
            return True
        return False

    def _content(self, permission: str) -> dict[str, Value]:
        named: dict[str, Value] = {
            "permission": permission,
            "name": self._names.get(permission, permission),
        }
        if permission in self._others:
            named["kind"] = PERMISSION
        return named

    def _find(self, name: str, rules: list[str]) -> str | None:
        """The native id that rules mean by a name; a note where that is nothing or not clear."""
        found = self._called.get(name.casefold(), set())
        by = ", ".join(rules)
        if name in self._names:
            found = {name}  # its native id leaves no doubt
        if not found:
            self._held.say("", "no_such_permission", f"there is no {name!r}; named by {by}")
            return None
        if len(found) > 1:
            reason = f"{len(found)} permissions are called {name!r}; name one by its id, in {by}"
            self._held.say("", "ambiguous_permission", reason)
            return None
        (permission,) = found
        if permission in self._fixed:
            reason = f"members of {self._names[permission]!r} are not ours to set; named by {by}"
            self._held.say("", "not_grantable", reason)
        return permission


def _coded(permissions: Iterable[str | None], codes: dict[str | None, int]) -> Positions:
    """Native ids as codes; those that have none yet get one."""
    return np.array([codes.setdefault(one, len(codes)) for one in permissions], dtype=np.intp)


def _among(keys: Positions, others: Positions) -> Mask:
    """Which keys are among the others; sorting a million numbers is cheaper than hashing them."""
    if not len(others):
        return np.zeros(len(keys), dtype=np.bool_)
    others = np.sort(others)
    places = np.minimum(np.searchsorted(others, keys), len(others) - 1)
    found: Mask = others[places] == keys
    return found
