"""What a writer looks up right before it writes: where an object stands, whether a name is free.

Accounts and groups are found by objectGUID, because names move. An answer is fresh, or was looked
up a moment ago for a window of persons and is given once.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from connectors.active_directory.accounts import Protection, addresses_of, is_account
from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.foresight import Foreseen, Foresight, naming_terms
from connectors.active_directory.manifest import PRODUCES
from connectors.active_directory.names import escape_filter, guid_dn
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.change import Change
from connectors.model.errors import (
    AlreadyExists,
    Conflict,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
)
from connectors.model.values import Attributes

ANY: Final = "(objectClass=*)"
STATE: Final = (
    *Protection.ATTRIBUTES,
    "objectClass",
    "cn",
    "mail",
    "proxyAddresses",
    "userAccountControl",
    "pwdLastSet",
    "lastLogon",
    "lastLogonTimestamp",
    "manager",
    "displayName",
)
"""What is read of an account before it is written."""


class Lookup:
    """Finds objects in one domain.

    Args:
        settings: Correlation attribute, protected accounts.
        directory: Bound as the account that writes.
        system: Name of the target, for messages.
    """

    def __init__(
        self, settings: ActiveDirectorySettings, directory: Directory, system: str
    ) -> None:
        """Remember the parts."""
        self._directory, self._system = directory, system
        self._correlation = settings.correlation
        self._protection = Protection(settings)
        self._domain: str | None = None
        self._foreseen = Foreseen()
        self._foresight = Foresight(settings.correlation, self._search, self._foreseen)

    @property
    def domain(self) -> str:
        """Name of the domain.

        Raises:
            Misconfigured: The controller does not say.
        """
        if self._domain is None:
            self._domain = self._directory.root().text("defaultNamingContext")
        if self._domain is None:
            message = "the controller does not say which domain it serves"
            raise Misconfigured(message, system=self._system)
        return self._domain

    def foresee(self, changes: Sequence[Change]) -> None:
        """Look up at once what changes will ask for one by one: a few searches for all of them.

        Each answer is given once; who asks again, after a write or a lost answer, gets a fresh one.
        What was foreseen for changes before the last ones is forgotten.
        """
        self._foresight.look(changes)

    def find(self, ref: str | None, *, attributes: Iterable[str] = ()) -> Entry | None:
        """The object of that GUID, with `STATE` and the attributes; None when it is gone.

        Raises:
            Invalid: Not a GUID.
        """
        wanted = tuple(attributes)
        try:
            name = guid_dn(ref or "")
        except ValueError:
            message = f"{ref!r} is not an objectGUID"
            raise Invalid(message, system=self._system) from None
        seen = self._foreseen.account(ref or "", wanted)
        return seen or self._at(name, [*STATE, self._correlation, *wanted])

    def remember(self, account: Entry) -> None:
        """Keep what was read of an account after it was written, for the person's next change."""
        self._foreseen.keep(account, ())

    def account(self, ref: str | None, *, attributes: Iterable[str] = ()) -> Entry | None:
        """The account of that GUID, None when it is gone.

        Raises:
            Refused: It is protected.
        """
        found = self.find(ref, attributes=attributes)
        if found is not None:
            self.refuse_protected(found)
        return found

    def existing_account(self, ref: str | None, *, attributes: Iterable[str] = ()) -> Entry:
        """The account of that GUID.

        Raises:
            NotFound: It is gone.
            Refused: It is protected.
        """
        found = self.account(ref, attributes=attributes)
        if found is None:
            message = f"the account {ref} is gone"
            raise NotFound(message, system=self._system, hint="Run again: the next plan sees that.")
        return found

    def refuse_protected(self, account: Entry) -> None:
        """Raise `Refused` when an account must not be touched."""
        reason = self._protection.reason(account)
        if reason is not None:
            message = f"{account.dn} is protected: {reason}"
            raise Refused(message, system=self._system)

    def accounts_of(self, value: str) -> list[Entry]:
        """Accounts that hold a correlation value, anywhere in the domain."""
        seen = self._foreseen.holders_of(value)
        return self._holders_now(value) if seen is None else seen

    def _holders_now(self, value: str) -> list[Entry]:
        filter_ = f"({self._correlation}={escape_filter(value)})"
        return [entry for entry in self._search(filter_) if is_account(entry)]

    def require_free(
        self,
        *,
        addresses: set[str],
        who: str,
        login: str | None = None,
        own: str | None = None,
    ) -> None:
        """Raise `AlreadyExists` when an address or login name belongs to somebody else.

        Looks at users, groups, contacts and computers alike: the directory itself lets two objects
        have the same mail address.

        Args:
            addresses: Folded, without `smtp:`.
            who: The person who is to get them.
            login: A sAMAccountName.
            own: GUID of the account that wants them; None for one that does not exist yet.
        """
        claimed = self._foreseen.claim(addresses, who)
        if claimed is not None:
            message = f"{claimed} was given to somebody else a moment ago"
            raise AlreadyExists(message, system=self._system)
        terms = naming_terms(addresses, login)
        foreseen = self._foreseen.named(addresses, login)
        if not terms or (foreseen is not None and all(one.guid == own for one in foreseen)):
            return
        # What was foreseen may have been given up since: nobody is refused without looking again.
        for holder in self._search(f"(|{''.join(terms)})"):
            if holder.guid == own:
                continue
            shared = sorted(addresses & set(addresses_of(holder)))
            name = shared[0] if shared else login
            message = f"{name} is in use by {holder.dn}"
            raise AlreadyExists(message, system=self._system)

    def manager_of(self, value: str) -> Entry | None:
        """The one account of a manager by HR id, None when there is none.

        Raises:
            Conflict: There are several.
        """
        found = self._foreseen.manager_of(value)
        if found is None:
            found = self._holders_now(value)
            self._foreseen.keep_holders([value] if found else [], found, self._correlation)
        self.require_one(found, value)
        return found[0] if found else None

    def require_one(self, accounts: list[Entry], value: str) -> None:
        """Raise `Conflict` when several accounts hold one correlation value."""
        if len(accounts) > 1:
            names = "; ".join(sorted(entry.dn for entry in accounts))
            message = f"{len(accounts)} accounts have {self._correlation} {value}: {names}"
            raise Conflict(message, system=self._system, hint="Clear it on all but one.")

    def is_member(self, group: Entry, account: Entry) -> bool:
        """Whether an account is a direct member of a group."""
        filter_ = f"(member={escape_filter(account.dn)})"
        return bool(self._directory.search(group.dn, filter_, ["objectGUID"], scope=Scope.BASE))

    def at(self, dn: str) -> Entry | None:
        """The object of that name, with `STATE`."""
        return self._at(dn, [*STATE, self._correlation])

    def _at(self, name: str, attributes: list[str]) -> Entry | None:
        try:
            found = self._directory.search(name, ANY, attributes, scope=Scope.BASE)
        except NotFound:
            return None
        return found[0] if found else None

    def _search(self, filter_: str, attributes: Iterable[str] = ()) -> list[Entry]:
        wanted = [*STATE, self._correlation, *attributes]
        return self._directory.search(self.domain, filter_, wanted, page_size=1000)


def produced(entry: Entry) -> Attributes:
    """What a receipt reports of an account: the values the directory holds now."""
    values = {name: entry.text(name) for name in PRODUCES}
    return {
        **{name: value for name, value in values.items() if value},
        "distinguishedName": entry.dn,
    }
