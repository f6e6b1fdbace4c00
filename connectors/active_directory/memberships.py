"""Membership of groups: one by one, or many members of one group in one write."""

from collections.abc import Sequence
from typing import Final

from connectors.active_directory.directory import Directory, Entry, Modification, Operation, Scope
from connectors.active_directory.lookup import Lookup
from connectors.active_directory.names import escape_filter
from connectors.active_directory.results import (
    ENTRY_EXISTS,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_OBJECT,
    UNWILLING,
    VALUE_EXISTS,
    code_of,
)
from connectors.active_directory.values import surely
from connectors.model.change import Change, Verb
from connectors.model.errors import Invalid, NotFound, Refused
from connectors.sdk.fanout import Written

GONE: Final = "the account is gone"
MEMBER_ALREADY: Final = frozenset({ENTRY_EXISTS, VALUE_EXISTS})
NO_MEMBER: Final = frozenset({UNWILLING, NO_SUCH_ATTRIBUTE})


class Memberships:
    """Writes the attribute `member` of groups.

    Args:
        directory: Bound as the account that writes.
        lookup: Of the same directory.
        system: Name of the target, for messages.
    """

    def __init__(self, directory: Directory, lookup: Lookup, system: str) -> None:
        """Remember the parts."""
        self._directory, self._lookup, self._system = directory, lookup, system

    def write(self, changes: Sequence[Change]) -> list[Written | Exception]:
        """Write memberships of one group, all grants or all revokes: an outcome for each.

        One write for all whose account is there. It is done whole or not at all, so when it is
        refused the halves are tried, and at last each by itself: everybody gets the outcome that
        they would have had alone.
        """
        try:
            group = self._lookup.find(_permission(changes[0], self._system))
            found = [(change, self._lookup.account(change.ref)) for change in changes]
        except Refused:
            return [self._alone(change) for change in changes]
        except Exception as error:  # noqa: BLE001 - no answer, or none for anybody
            return [error] * len(changes)
        there = [(change, account) for change, account in found if account is not None]
        if group is None or len(there) < len(changes) or len(changes) == 1:
            together = {} if group is None else self._together(group, there)
            return [together.get(change.id) or self._alone(change) for change in changes]
        together = self._together(group, there)
        return [together[change.id] for change in changes]

    def _together(
        self, group: Entry, members: Sequence[tuple[Change, Entry]]
    ) -> dict[str, Written | Exception]:
        """Outcomes by the id of the change."""
        if len(members) <= 1:
            return {change.id: self._alone(change) for change, _ in members}
        granting = members[0][0].verb is Verb.GRANT
        names = tuple(account.dn for _, account in members)
        operation = Operation.ADD if granting else Operation.DELETE
        try:
            surely(
                lambda: self._directory.modify(
                    group.dn, [Modification(operation, "member", names)]
                ),
                lambda: self._are_members(group, names) is granting,
            )
        except Refused:
            middle = len(members) // 2
            first, second = members[:middle], members[middle:]
            return self._together(group, first) | self._together(group, second)
        except Exception as error:  # noqa: BLE001 - no answer, or none for anybody
            return dict.fromkeys((change.id for change, _ in members), error)
        for _, account in members:
            self._lookup.remember(account)  # for the next group: nothing of it has changed
        return {change.id: Written(ref=account.guid) for change, account in members}

    def _are_members(self, group: Entry, names: Sequence[str]) -> bool:
        terms = (f"(member={escape_filter(name)})" for name in names)
        filter_ = f"(&{''.join(terms)})"
        return bool(self._directory.search(group.dn, filter_, ["objectGUID"], scope=Scope.BASE))

    def _alone(self, change: Change) -> Written | Exception:
        try:
            return self.grant(change) if change.verb is Verb.GRANT else self.revoke(change)
        except Exception as error:  # noqa: BLE001 - an outcome of this one, not of the others
            return error

    def grant(self, change: Change) -> Written:
        """Add one account to a group.

        Raises:
            NotFound: Account or group is gone.
        """
        account = self._lookup.existing_account(change.ref)
        group = self._group(change)
        if group is None:
            message = f"the group {_permission(change, self._system)} is gone"
            raise NotFound(message, system=self._system, hint="Run again: the next plan sees that.")
        add = Modification(Operation.ADD, "member", (account.dn,))
        try:
            surely(
                lambda: self._directory.modify(group.dn, [add]),
                lambda: self._lookup.is_member(group, account),
            )
        except Refused as error:
            if code_of(error) not in MEMBER_ALREADY:
                raise
            return Written(ref=account.guid, already=True)
        return Written(ref=account.guid)

    def revoke(self, change: Change) -> Written:
        """Take one account out of a group; one that is gone, or no member, is done."""
        account = self._lookup.account(change.ref)
        group = self._group(change)
        if account is None or group is None:
            detail = GONE if account is None else "the group is gone"
            return Written(ref=change.ref, already=True, detail=detail)
        remove = Modification(Operation.DELETE, "member", (account.dn,))
        try:
            surely(
                lambda: self._directory.modify(group.dn, [remove]),
                lambda: not self._lookup.is_member(group, account),
            )
        except Refused as error:
            # 53 says "not a member", and also that a membership cannot be ended: look which it is.
            code = code_of(error)
            if code in NO_MEMBER and not self._lookup.is_member(group, account):
                return Written(ref=account.guid, already=True)
            if code == NO_SUCH_OBJECT and not (
                self._group(change) and self._lookup.find(account.guid)
            ):
                return Written(ref=account.guid, already=True, detail="account or group is gone")
            raise
        return Written(ref=account.guid)

    def _group(self, change: Change) -> Entry | None:
        return self._lookup.find(_permission(change, self._system))


def _permission(change: Change, system: str) -> str:
    group = change.after.get("permission") or change.before.get("permission")
    if not isinstance(group, str) or not group:
        message = "the change does not say which permission"
        raise Invalid(message, system=system)
    return group
