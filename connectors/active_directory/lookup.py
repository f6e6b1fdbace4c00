"""What a writer looks up right before it writes: where an object stands, whether a name is free.

Accounts and groups are found by objectGUID, because names move. Every answer is fresh.
"""

from collections.abc import Iterable
from typing import Final

from connectors.active_directory.accounts import Protection, addresses_of, is_account
from connectors.active_directory.directory import Directory, Entry, Scope
from connectors.active_directory.manifest import PRODUCES
from connectors.active_directory.names import dn_key, escape_filter, guid_dn
from connectors.active_directory.settings import ActiveDirectorySettings
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
        self._containers: set[object] = set()

    def find(self, ref: str | None, *, attributes: Iterable[str] = ()) -> Entry | None:
        """The object of that GUID, with `STATE` and the attributes; None when it is gone.

        Raises:
            Invalid: Not a GUID.
        """
        try:
            name = guid_dn(ref or "")
        except ValueError:
            message = f"{ref!r} is not an objectGUID"
            raise Invalid(message, system=self._system) from None
        return self._at(name, [*STATE, self._correlation, *attributes])

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

    def require_container(self, dn: str) -> None:
        """Raise `Invalid` when a container does not exist."""
        try:
            key = dn_key(dn)
        except ValueError as error:
            raise Invalid(str(error), system=self._system) from None
        if key in self._containers:
            return
        if self._at(dn, ["objectGUID"]) is None:
            message = f"the container {dn} does not exist"
            raise Invalid(
                message, system=self._system, hint="Make the OU, or correct the settings."
            )
        self._containers.add(key)

    def accounts_of(self, value: str) -> list[Entry]:
        """Accounts that hold a correlation value, anywhere in the domain."""
        filter_ = f"({self._correlation}={escape_filter(value)})"
        return [entry for entry in self._search(filter_) if is_account(entry)]

    def require_free(
        self, *, addresses: set[str], login: str | None = None, own: str | None = None
    ) -> None:
        """Raise `AlreadyExists` when an address or login name belongs to somebody else.

        Looks at users, groups, contacts and computers alike: the directory itself lets two objects
        have the same mail address.

        Args:
            addresses: Folded, without `smtp:`.
            login: A sAMAccountName.
            own: GUID of the account that wants them; None for one that does not exist yet.
        """
        terms = [f"(sAMAccountName={escape_filter(login)})"] if login else []
        for address in sorted(addresses):
            value = escape_filter(address)
            terms.append(f"(mail={value})(userPrincipalName={value})(proxyAddresses=smtp:{value})")
        if not terms:
            return
        for holder in self._search(f"(|{''.join(terms)})"):
            if holder.guid == own:
                continue
            shared = sorted(addresses & set(addresses_of(holder)))
            name = shared[0] if shared else login
            message = f"{name} is in use by {holder.dn}"
            raise AlreadyExists(message, system=self._system)

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

    def _search(self, filter_: str) -> list[Entry]:
        if self._domain is None:
            self._domain = self._directory.root().text("defaultNamingContext")
        if self._domain is None:
            message = "the controller does not say which domain it serves"
            raise Misconfigured(message, system=self._system)
        return self._directory.search(
            self._domain, filter_, [*STATE, self._correlation], page_size=1000
        )


def produced(entry: Entry) -> Attributes:
    """What a receipt reports of an account: the values the directory holds now."""
    values = {name: entry.text(name) for name in PRODUCES}
    return {
        **{name: value for name, value in values.items() if value},
        "distinguishedName": entry.dn,
    }
