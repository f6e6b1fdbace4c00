"""Accounts as Active Directory sees them: flags, who must not be touched, which names they hold."""

from collections.abc import Iterator
from typing import Final

from connectors.active_directory.directory import Entry
from connectors.active_directory.names import dn_key
from connectors.active_directory.settings import ActiveDirectorySettings

DISABLED: Final = 0x0002
NORMAL: Final = 0x0200
SMTP: Final = "smtp:"


def is_enabled(entry: Entry) -> bool:
    """Whether the account may sign in; needs `userAccountControl`."""
    return not entry.number("userAccountControl") & DISABLED


def is_account(entry: Entry) -> bool:
    """Whether the object is a person's account; needs `objectClass`."""
    classes = {name.casefold() for name in entry.texts("objectClass")}
    return "user" in classes and "computer" not in classes


def addresses_of(entry: Entry) -> Iterator[str]:
    """Every address an object answers to, folded: mail, principal name, SMTP proxy addresses."""
    for name in ("mail", "userPrincipalName"):
        value = entry.text(name)
        if value:
            yield value.casefold()
    for value in entry.texts("proxyAddresses"):
        if value.casefold().startswith(SMTP):
            yield value[len(SMTP) :].casefold()


class Protection:
    """Which accounts are never changed: named ones, administrative and built-in ones, our own.

    Args:
        settings: Their `protected`, `bind_user` and `write_bind_user`.
    """

    ATTRIBUTES: Final = (
        "objectGUID",
        "sAMAccountName",
        "userPrincipalName",
        "adminCount",
        "isCriticalSystemObject",
    )
    """What an entry must have been read with."""

    def __init__(self, settings: ActiveDirectorySettings) -> None:
        """Fold the names."""
        self._named = {name.casefold() for name in settings.protected}
        users = [user for user in (settings.bind_user, settings.write_bind_user) if user]
        self._own = {user.rpartition("\\")[2].casefold() for user in users}
        self._own_dns = {dn_key(user) for user in users if "=" in user and "," in user}

    def reason(self, entry: Entry) -> str | None:
        """Why an account is protected, None when it is not."""
        login = (entry.text("sAMAccountName") or "").casefold()
        if login in self._named or entry.guid in self._named:
            return "the settings protect it"
        if entry.number("adminCount") > 0:
            return "it is an administrative account (adminCount)"
        if entry.text("isCriticalSystemObject") == "TRUE":
            return "it is built in"
        principal = (entry.text("userPrincipalName") or "").casefold()
        if self._own & {login, principal} or (self._own_dns and dn_key(entry.dn) in self._own_dns):
            return "this connector signs in with it"
        return None
