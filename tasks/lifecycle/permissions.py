"""Permissions: rules name what is granted, the ledger knows what may be taken back."""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.model.change import Change, GrantPermission, RevokePermission
from connectors.model.values import Value
from tasks.lifecycle.due import Because
from tasks.lifecycle.held import Held

_NONE: Final[frozenset[str]] = frozenset()


class Permissions:
    """Grants and revokes permissions of one target.

    Only what a rule names is granted, only what the ledger says we granted is revoked.

    Args:
        held: What the target holds.
        due: Person -> permission as rules name it -> reasons.
        granted: Person -> permissions (native ids) that we gave.
    """

    def __init__(
        self,
        held: Held,
        due: Mapping[str, Mapping[str, Because]],
        granted: Mapping[str, set[str]],
    ) -> None:
        """Find the permission behind each name that rules use."""
        self._held, self._due, self._granted = held, due, granted
        frame = held.accounts.permissions
        self._names: dict[str, str] = dict(zip(frame.index.tolist(), frame["name"], strict=True))
        self._fixed = frozenset(frame.index[~frame["grantable"]])
        self._called: dict[str, set[str]] = {}
        for permission, name in self._names.items():
            for key in (permission, name):
                self._called.setdefault(key.casefold(), set()).add(permission)
        rules: dict[str, set[str]] = {}
        for names in due.values():
            for name, because in names.items():
                rules.setdefault(name, set()).update(r for r in because if r.startswith("rule:"))
        self._found = {name: self._find(name, sorted(rules[name])) for name in sorted(rules)}
        self._named = frozenset(found for found in self._found.values() if found is not None)

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
        given = self._granted.get(person, _NONE) if ours and ref is not None else _NONE
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
        for permission in sorted(given - wanted.keys()):
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

    def _stays(
        self, person: str, permission: str, held: frozenset[str] | set[str], *, unknown: bool
    ) -> bool:
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
        return {"permission": permission, "name": self._names.get(permission, permission)}

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
