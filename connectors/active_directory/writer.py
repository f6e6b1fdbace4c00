"""Writes changes into the directory; `apply` is the only way in.

Before a write the object is looked up by its GUID, so that a moved or renamed one is found. What it
holds already is not written again, and what is not as the plan saw it is not written over. After a
lost answer the writer looks before it repeats.
"""

from collections.abc import Iterable, Iterator

from connectors.active_directory.accounts import DISABLED, is_enabled
from connectors.active_directory.containers import ExistingContainers
from connectors.active_directory.creation import Creation
from connectors.active_directory.directory import Directory, Entry
from connectors.active_directory.foresight import addresses_in
from connectors.active_directory.lookup import Lookup, produced
from connectors.active_directory.managers import with_manager
from connectors.active_directory.manifest import MANAGER_ID, MANIFEST
from connectors.active_directory.memberships import GONE, Memberships
from connectors.active_directory.names import same_dn, split_dn
from connectors.active_directory.results import NOT_LEAF, code_of
from connectors.active_directory.seen import OTHERWISE, exchanging, held_by
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.active_directory.values import check_writable, surely, values_of
from connectors.model.change import Change, Verb
from connectors.model.containers import escape_rdn
from connectors.model.errors import Invalid, NotFound, Refused
from connectors.model.receipt import Receipt
from connectors.model.values import Value
from connectors.sdk.before_image import BeforeImage
from connectors.sdk.fanout import Written
from connectors.sdk.passwords import PasswordSink
from connectors.sdk.windows import apply_in_windows


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
        self._size, self._deletes_children = settings.batch_size, settings.delete_children
        self._lookup = Lookup(settings, directory, target)
        self._before_image, self._correlation = BeforeImage(MANIFEST, target), settings.correlation
        self._containers = ExistingContainers(settings, directory, target)
        self._creation = Creation(settings, directory, self._lookup, self._containers, sink, target)
        self._memberships = Memberships(directory, self._lookup, target)
        self._execute_by_verb = {
            Verb.CORRELATE: self._correlate,
            Verb.CREATE: self._creation.create,
            Verb.UPDATE: self._update,
            Verb.ENABLE: self._enable,
            Verb.DISABLE: self._disable,
            Verb.MOVE: self._move,
            Verb.DELETE: self._delete,
            Verb.GRANT: self._memberships.grant,
            Verb.REVOKE: self._memberships.revoke,
        }

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """See `connectors.model.connector.Writer.apply`."""
        return apply_in_windows(
            changes,
            self._execute,
            foresee=self._lookup.foresee,
            join=self._memberships.write,
            size=self._size,
            concurrency=self._concurrency,
            eager=True,
        )

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
        names = [name for name in change.after if name != MANAGER_ID]
        account = self._lookup.existing_account(change.ref, attributes=names)
        self._require_unmoved(change, account)
        after, said = with_manager(change.after, self._lookup, account=account)
        wanted = {name: values_of(value) for name, value in after.items()}
        cn = wanted.pop("cn", None)
        check_writable(wanted, self._target)
        differing = _differing(account, wanted)
        renamed = cn is not None and cn != (account.text("cn"),)
        if not differing and not renamed:
            if said is not None:
                raise NotFound(said, system=self._target, hint="It is tried again with every run.")
            return Written(ref=account.guid, produced=produced(account), already=True)
        claimed = addresses_in({name: after[name] for name in differing})
        self._lookup.require_free(addresses=claimed, who=change.person, own=account.guid)
        if cn is not None and renamed:
            account = self._rename(account, cn, wanted)
        if differing:
            self._modify(change, account, differing)
        return self._written(account.guid, detail=said)

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
        self._require_unmoved(change, account)
        if is_enabled(account):
            return Written(ref=account.guid, produced=produced(account), already=True)
        detail = None
        if self._creation.needs_password(account):
            self._creation.give_password(account, change.person)
            detail = "a new initial password was handed over"
        flags = account.number("userAccountControl") & ~DISABLED
        return self._set_flags(change, account, flags, detail=detail)

    def _disable(self, change: Change) -> Written:
        account = self._lookup.account(change.ref)
        if account is None:
            return Written(ref=change.ref, already=True, detail=GONE)
        self._require_unmoved(change, account)
        if not is_enabled(account):
            return Written(ref=account.guid, produced=produced(account), already=True)
        return self._set_flags(change, account, account.number("userAccountControl") | DISABLED)

    def _set_flags(
        self, change: Change, account: Entry, flags: int, *, detail: str | None = None
    ) -> Written:
        """Nothing of it is read back: a flag gives no name, and is set once that is answered."""
        self._modify(change, account, {"userAccountControl": (str(flags),)})
        values = {**account.attributes, "useraccountcontrol": (str(flags).encode(),)}
        self._lookup.remember(Entry(account.dn, values))
        return Written(ref=account.guid, produced=produced(account), detail=detail)

    def _move(self, change: Change) -> Written:
        container = _required(change.after.get("container"), "container", self._target)
        account = self._lookup.existing_account(change.ref)
        self._require_unmoved(change, account)
        self._containers.require(container)
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
        self._require_unmoved(change, account)
        ref = account.guid
        try:
            surely(lambda: self._delete_account(account), lambda: self._lookup.find(ref) is None)
        except NotFound:
            if self._lookup.find(ref) is not None:  # it moved between looking and deleting
                raise
            return Written(already=True, detail=GONE)
        return Written()

    def _delete_account(self, account: Entry) -> None:
        try:
            self._directory.delete(account.dn)
        except Invalid as error:
            if code_of(error) != NOT_LEAF:
                raise
            if not self._deletes_children:
                message = f"there are objects below {account.dn}"
                hint = "Remove them, or set delete_children."
                raise Invalid(message, system=self._target, hint=hint) from error
            self._directory.delete(account.dn, tree=True)

    # --- Parts ------------------------------------------------------------------------------------

    def _require_unmoved(self, change: Change, account: Entry) -> None:
        """Raise `Moved` unless the account is as the plan saw it, or as it shall be."""
        if not self._before_image.is_known(change):
            return
        held = held_by(account, change)
        if MANAGER_ID in change.after:
            name = account.text("manager")
            manager = self._lookup.at(name) if name is not None else None
            held[MANAGER_ID] = manager.text(self._correlation) if manager is not None else None
        self._before_image.require(change, held, hr_id=account.text(self._correlation))

    def _modify(self, change: Change, account: Entry, wanted: dict[str, tuple[str, ...]]) -> None:
        """Exchange what the account held when it was read for what is wanted, or nothing at all.

        Raises:
            Moved: It holds something else by now.
        """

        def now_held() -> Entry:
            return self._lookup.existing_account(
                account.guid, attributes={*wanted, *change.after} - {MANAGER_ID}
            )

        def write(seen: Entry) -> None:
            surely(
                lambda: self._directory.modify(seen.dn, exchanging(seen, wanted)),
                lambda: not _differing(now_held(), wanted),
            )

        try:
            write(account)
        except Refused as error:
            if code_of(error) not in OTHERWISE:
                raise
            seen = now_held()
            if all(seen.texts(name) == account.texts(name) for name in wanted):
                raise  # it is the new value that is not taken
            self._require_unmoved(change, seen)
            write(seen)

    def _written(self, ref: str, *, detail: str | None = None) -> Written:
        """The account as the directory holds it now."""
        account = self._lookup.find(ref)
        if account is None:
            message = f"the account {ref} disappeared while it was written"
            raise NotFound(message, system=self._target)
        self._lookup.remember(account)
        return Written(ref=ref, produced=produced(account), detail=detail)


def _differing(account: Entry, wanted: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The attributes that do not hold the wanted values yet; order of values does not matter."""
    return {
        name: values
        for name, values in wanted.items()
        if sorted(account.texts(name)) != sorted(values)
    }


def _required(value: Value | None, name: str, system: str) -> str:
    if not isinstance(value, str) or not value:
        message = f"the change does not say which {name}"
        raise Invalid(message, system=system)
    return value
