"""Changing an object's values as a controller does: rules first, then all of it or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, Protocol

from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.results import (
    ENTRY_EXISTS,
    NO_SUCH_ATTRIBUTE,
    UNWILLING,
    VALUE_EXISTS,
)
from connectors.active_directory.sandbox.checks import (
    check_password,
    check_values,
    read_password,
    rule_for,
)
from connectors.active_directory.sandbox.objects import DirectoryError, Object
from connectors.active_directory.sandbox.schema import LINKS
from connectors.active_directory.sandbox.store import Store
from connectors.sdk.clock import now

CLASS_VIOLATION: Final = 65

_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)


class Place(Protocol):
    """What a change needs of the domain."""

    store: Store
    policy_code: int

    def find(self, name: str) -> Object:
        """The object of a name."""
        ...

    def least_password(self, one: Object) -> int:
        """Characters that the policy asks for in the password of an account."""
        ...


class Edits:
    """Changes copies of objects; the domain commits them.

    Args:
        domain: Where references are looked up.
    """

    def __init__(self, domain: Place) -> None:
        """Remember the domain."""
        self._domain = domain

    def set_password(self, one: Object, modification: Modification, *, protected: bool) -> None:
        """Set a password, when connection, form and policy allow it."""
        if modification.operation is not Operation.REPLACE:
            raise DirectoryError(UNWILLING, "1F", "a password is set by replacing it")
        password = read_password(modification.values, protected=protected)
        least = self._domain.least_password(one)
        check_password(one, password, code=self._domain.policy_code, least=least)
        one.set_password(password)
        one.attributes["pwdLastSet"] = [_filetime()]

    def change_members(self, group: Object, one: Modification, members: dict[str, Object]) -> None:
        """Add to or take from a group; the members that change are collected in `members`."""
        if group.kind != "group":
            raise DirectoryError(CLASS_VIOLATION, "207D", "only a group has members")
        for value in one.values:
            member = self._domain.find(text_of(value))
            changed = members.setdefault(member.guid, member.copy())
            if one.operation is Operation.ADD:
                if group.guid in changed.groups:
                    raise DirectoryError(
                        ENTRY_EXISTS, "562", "UpdErr: the account is a member already"
                    )
                changed.groups.append(group.guid)
            elif one.operation is Operation.DELETE:
                if group.guid not in changed.groups:
                    raise DirectoryError(UNWILLING, "561", "SvcErr: the account is not a member")
                changed.groups.remove(group.guid)
            else:
                raise DirectoryError(
                    UNWILLING, "1F", "the sandbox adds and deletes members one by one"
                )

    def change(self, one: Object, modification: Modification) -> None:
        """Apply one modification of an ordinary attribute."""
        rule = rule_for(modification.attribute)
        values = [text_of(value) for value in modification.values]
        held = list(one.attributes.get(rule.name, ()))
        match modification.operation:
            case Operation.REPLACE:
                self.replace(one, rule.name, values)
            case Operation.ADD:
                if {value.casefold() for value in held} & {value.casefold() for value in values}:
                    raise DirectoryError(
                        VALUE_EXISTS, "2083", f"AtrErr: {rule.name} has that value"
                    )
                self.replace(one, rule.name, held + values)
            case Operation.DELETE:
                gone = {value.casefold() for value in values} or {
                    value.casefold() for value in held
                }
                if not held or not gone <= {value.casefold() for value in held}:
                    raise DirectoryError(
                        NO_SUCH_ATTRIBUTE, "2085", f"AtrErr: {rule.name} has no such value"
                    )
                self.replace(
                    one, rule.name, [value for value in held if value.casefold() not in gone]
                )

    def replace(self, one: Object, name: str, values: list[str]) -> None:
        """Give an attribute these values; none empties it."""
        rule = rule_for(name)
        check_values(rule, values)
        if rule.name in LINKS:
            if values:
                one.links[rule.name] = self._domain.find(values[0]).guid
            else:
                one.links.pop(rule.name, None)
        elif values:
            if rule.name == "pwdLastSet" and values[0] not in {"0", "-1"}:
                raise DirectoryError(UNWILLING, "57", "pwdLastSet takes 0 or -1")
            one.attributes[rule.name] = [_filetime()] if values == ["-1"] else values
        else:
            one.attributes.pop(rule.name, None)

    def without(self, gone: set[str]) -> Iterator[Object]:
        """Copies of all objects that refer to some, without the reference."""
        for one in self._domain.store.all():
            if gone & {*one.groups, *one.links.values()}:
                changed = one.copy()
                changed.groups = [group for group in one.groups if group not in gone]
                changed.links = {name: to for name, to in one.links.items() if to not in gone}
                yield changed


def text_of(value: str | bytes) -> str:
    """A value of a request as text."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _filetime() -> str:
    passed = now() - _EPOCH
    return str((passed.days * 86_400 + passed.seconds) * 10_000_000 + passed.microseconds * 10)
