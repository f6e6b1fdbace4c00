"""Writes changes into the directory; `apply` is the only way in.

Before a write the object is looked up by its GUID, so that a moved or renamed one is found, and
what it holds already is not written again. After a lost answer the writer looks before it repeats.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from connectors.active_directory.accounts import DISABLED, is_enabled
from connectors.active_directory.creation import (
    Creation,
    addresses_in,
    check_writable,
    surely,
    values_of,
)
from connectors.active_directory.directory import Directory, Entry, Modification, Operation
from connectors.active_directory.lookup import Lookup, produced
from connectors.active_directory.names import escape_rdn, same_dn, split_dn
from connectors.active_directory.results import (
    ENTRY_EXISTS,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_OBJECT,
    UNWILLING,
    VALUE_EXISTS,
    code_of,
)
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.change import Change, Verb
from connectors.model.errors import Invalid, NotFound, Refused
from connectors.model.receipt import Receipt
from connectors.model.values import Value
from connectors.sdk.fanout import Written, apply_per_person
from connectors.sdk.passwords import PasswordSink

GONE: Final = "the account is gone"
MEMBER_ALREADY: Final = frozenset({ENTRY_EXISTS, VALUE_EXISTS})
NO_MEMBER: Final = frozenset({UNWILLING, NO_SUCH_ATTRIBUTE})


class ActiveDirectoryWriter:
    """Writes into one domain.

    Args:
        settings: Password rules, correlation attribute, protected accounts.
        target: Name of the target in the profile.
        directory: Bound as the account that writes.
        sink: Where initial passwords go.
    """

    def __init__(
        self,
        settings: ActiveDirectorySettings,
        target: str,
        directory: Directory,
        sink: PasswordSink,
    ) -> None:
        """Remember the parts; nothing is sent yet."""
        self._target, self._directory = target, directory
        self._concurrency = settings.concurrency
        self._lookup = Lookup(settings, directory, target)
        self._creation = Creation(settings, directory, self._lookup, sink, target)
        self._execute_by_verb = {
            Verb.CORRELATE: self._correlate,
            Verb.CREATE: self._creation.create,
            Verb.UPDATE: self._update,
            Verb.ENABLE: self._enable,
            Verb.DISABLE: self._disable,
            Verb.MOVE: self._move,
            Verb.DELETE: self._delete,
            Verb.GRANT: self._grant,
            Verb.REVOKE: self._revoke,
        }

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """See `connectors.model.connector.Writer.apply`."""
        return apply_per_person(changes, self._execute, concurrency=self._concurrency)

    def close(self) -> None:
        """Close the connections."""
        self._directory.close()

    def _execute(self, change: Change) -> Written:
        return self._execute_by_verb[change.verb](change)

    # --- Accounts ---------------------------------------------------------------------------------

    def _correlate(self, change: Change) -> Written:
        """Nothing is written: the link is the ledger's. The account must be there, though."""
        account = self._lookup.existing_account(change.ref)
        return Written(ref=account.guid, produced=produced(account))

    def _update(self, change: Change) -> Written:
        wanted = {name: values_of(value) for name, value in change.after.items()}
        cn = wanted.pop("cn", None)
        check_writable(wanted, self._target)
        account = self._lookup.existing_account(change.ref, attributes=wanted)
        differing = _differing(account, wanted)
        renamed = cn is not None and cn != (account.text("cn"),)
        if not differing and not renamed:
            return Written(ref=account.guid, produced=produced(account), already=True)
        claimed = addresses_in({name: change.after[name] for name in differing})
        self._lookup.require_free(addresses=claimed, own=account.guid)
        if cn is not None and renamed:
            account = self._rename(account, cn, wanted)
        if differing:
            self._modify(account, differing)
        return self._written(account.guid)

    def _rename(self, account: Entry, cn: tuple[str, ...], attributes: Iterable[str]) -> Entry:
        if len(cn) != 1 or not cn[0]:
            message = "cn cannot be emptied"
            raise Invalid(message, system=self._target)
        surely(
            lambda: self._directory.rename(account.dn, f"CN={escape_rdn(cn[0])}"),
            lambda: self._lookup.existing_account(account.guid).text("cn") == cn[0],
        )
        return self._lookup.existing_account(account.guid, attributes=attributes)

    def _enable(self, change: Change) -> Written:
        account = self._lookup.existing_account(change.ref)
        if is_enabled(account):
            return Written(ref=account.guid, produced=produced(account), already=True)
        detail = None
        if self._creation.needs_password(account):
            self._creation.give_password(account, change.person)
            detail = "a new initial password was handed over"
        self._set_flags(account, account.number("userAccountControl") & ~DISABLED)
        return self._written(account.guid, detail=detail)

    def _disable(self, change: Change) -> Written:
        account = self._lookup.account(change.ref)
        if account is None:
            return Written(ref=change.ref, already=True, detail=GONE)
        if not is_enabled(account):
            return Written(ref=account.guid, produced=produced(account), already=True)
        self._set_flags(account, account.number("userAccountControl") | DISABLED)
        return self._written(account.guid)

    def _set_flags(self, account: Entry, flags: int) -> None:
        self._modify(account, {"userAccountControl": (str(flags),)})

    def _move(self, change: Change) -> Written:
        container = _required(change.after.get("container"), "container", self._target)
        account = self._lookup.existing_account(change.ref)
        self._lookup.require_container(container)
        rdn, parent = split_dn(account.dn)
        if same_dn(parent, container):
            return Written(ref=account.guid, produced=produced(account), already=True)

        def moved() -> bool:
            found = self._lookup.find(account.guid)
            return found is not None and same_dn(split_dn(found.dn)[1], container)

        surely(lambda: self._directory.rename(account.dn, rdn, superior=container), moved)
        return self._written(account.guid)

    def _delete(self, change: Change) -> Written:
        account = self._lookup.account(change.ref)
        if account is None:
            return Written(already=True, detail=GONE)
        try:
            surely(
                lambda: self._directory.delete(account.dn),
                lambda: self._lookup.find(account.guid) is None,
            )
        except NotFound:
            if self._lookup.find(account.guid) is not None:  # it moved between looking and deleting
                raise
            return Written(already=True, detail=GONE)
        return Written()

    # --- Groups -----------------------------------------------------------------------------------

    def _grant(self, change: Change) -> Written:
        account = self._lookup.existing_account(change.ref)
        group = self._group(change)
        if group is None:
            message = f"the group {_permission(change, self._target)} is gone"
            raise NotFound(message, system=self._target, hint="Run again: the next plan sees that.")
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

    def _revoke(self, change: Change) -> Written:
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
        return self._lookup.find(_permission(change, self._target))

    # --- Parts ------------------------------------------------------------------------------------

    def _modify(self, account: Entry, wanted: dict[str, tuple[str, ...]]) -> None:
        modifications = [
            Modification(Operation.REPLACE, name, values) for name, values in wanted.items()
        ]
        surely(
            lambda: self._directory.modify(account.dn, modifications),
            lambda: (
                not _differing(
                    self._lookup.existing_account(account.guid, attributes=wanted), wanted
                )
            ),
        )

    def _written(self, ref: str, *, detail: str | None = None) -> Written:
        """The account as the directory holds it now."""
        account = self._lookup.find(ref)
        if account is None:
            message = f"the account {ref} disappeared while it was written"
            raise NotFound(message, system=self._target)
        return Written(ref=ref, produced=produced(account), detail=detail)


def _differing(account: Entry, wanted: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The attributes that do not hold the wanted values yet; order of values does not matter."""
    return {
        name: values
        for name, values in wanted.items()
        if sorted(account.texts(name)) != sorted(values)
    }


def _permission(change: Change, system: str) -> str:
    group = change.after.get("permission") or change.before.get("permission")
    return _required(group, "permission", system)


def _required(value: Value | None, name: str, system: str) -> str:
    if not isinstance(value, str) or not value:
        message = f"the change does not say which {name}"
        raise Invalid(message, system=system)
    return value
