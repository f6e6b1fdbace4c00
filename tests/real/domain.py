"""The domain as its administrator sees it: past the connector, on plain ldap3.

What the main job says that it did is compared with this, so nothing of the connector is used here.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ldap3
from ldap3.core.exceptions import LDAPInvalidCredentialsResult

from tests.real.samba import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    BASE_DN,
    SERVICE,
    SERVICE_PASSWORD,
    Samba,
)

MANAGED = f"OU=Managed,{BASE_DN}"
STARTERS, STAFF, LEAVERS = (f"OU={name},{MANAGED}" for name in ("Starters", "Staff", "Leavers"))
GROUPS = f"OU=Groups,{BASE_DN}"
USERS = f"CN=Users,{BASE_DN}"
DISABLED = 0x2
HELD = (
    "employeeID",
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "userAccountControl",
    "memberOf",
    "title",
    "department",
)
PERSON = ("top", "person", "organizationalPerson")
AT_ONCE = 4
"""Connections that try passwords side by side."""


@dataclass(frozen=True)
class Account:
    """What the domain holds of a person; groups by their names, sorted."""

    login: str
    upn: str
    mail: str
    container: str
    enabled: bool
    groups: tuple[str, ...]
    title: str
    department: str


class Domain:
    """The domain of a controller."""

    def __init__(self, samba: Samba) -> None:
        self.samba = samba

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the connector, with the account that rights were delegated to."""
        return {
            "server": f"ldaps://{self.samba.address}",
            "ca_file": str(self.samba.ca_file),
            "bind_user": SERVICE,
            "bind_password": SERVICE_PASSWORD,
            "base_dn": BASE_DN,
            "groups_base": GROUPS,
            "containers": {"initial": STARTERS, "enabled": STAFF, "disabled": LEAVERS},
            "change_password_at_next_logon": False,  # so that the first one lets somebody in
        }

    # --- Looking ----------------------------------------------------------------------------------

    def usn(self) -> int:
        """Number of the last change of anything."""
        [(_, root)] = self._search("", "(objectClass=*)", ["highestCommittedUSN"], ldap3.BASE)
        return int(root["highestCommittedUSN"][0])

    def accounts(self) -> dict[str, Account]:
        """What is there per HR id; somebody with two accounts is not to be seen."""
        found: dict[str, Account] = {}
        for dn, raw in self._search(MANAGED, "(objectClass=user)", list(HELD)):
            held = {name: [value.decode() for value in raw[name]] for name in HELD}
            [person] = held["employeeID"]
            assert person not in found, f"{person} has two accounts"
            found[person] = _account(dn, held)
        return found

    def sign_in_as_retour(self) -> None:
        """Sign in once with the account that rights were delegated to."""
        assert self.who_signs_in({SERVICE.removeprefix("CORP\\"): SERVICE_PASSWORD})

    def who_signs_in(self, passwords: Mapping[str, str]) -> set[str]:
        """Those of the logins that the controller lets in with these passwords."""
        everybody = sorted(passwords.items())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            portions = [everybody[start::AT_ONCE] for start in range(AT_ONCE)]
            return set().union(*pool.map(self._who_signs_in, portions))

    def _who_signs_in(self, some: list[tuple[str, str]]) -> set[str]:
        let_in = set()
        with self._connected() as connection:
            for login, password in some:
                try:
                    connection.rebind(f"CORP\\{login}", password, ldap3.SIMPLE)
                except LDAPInvalidCredentialsResult:
                    continue
                let_in.add(login)
        return let_in

    # --- What an administrator does ---------------------------------------------------------------

    def add_groups(self, names: Iterable[str]) -> None:
        for name in names:
            self._add(f"CN={name},{GROUPS}", ["top", "group"], sAMAccountName=name)

    def add_user(self, cn: str, **attributes: str) -> str:
        """Make somebody by hand, outside of what Retour manages; the name of the object."""
        return self._add(f"CN={cn},{USERS}", [*PERSON, "user"], **attributes)

    def add_contact(self, cn: str, container: str) -> str:
        """Make an address book entry; the name of the object."""
        return self._add(f"CN={cn},{container}", [*PERSON, "contact"])

    def delete(self, dn: str) -> None:
        with self._connected() as connection:
            connection.delete(dn)

    def demand_passwords_of(self, length: int) -> None:
        """Change the policy: a password has at least so many characters."""
        with self._connected() as connection:
            connection.modify(BASE_DN, {"minPwdLength": [(ldap3.MODIFY_REPLACE, [str(length)])]})

    def _add(self, dn: str, kinds: list[str], **attributes: str) -> str:
        with self._connected() as connection:
            connection.add(dn, kinds, attributes)
        return dn

    # --- Connections ------------------------------------------------------------------------------

    def _search(
        self, base: str, filter_: str, names: list[str], scope: Any = ldap3.SUBTREE
    ) -> list[tuple[str, Mapping[str, list[bytes]]]]:
        with self._connected() as connection:
            connection.search(base, filter_, search_scope=scope, attributes=names)
            return [(one["dn"], one["raw_attributes"]) for one in connection.response or []]

    @contextmanager
    def _connected(self) -> Iterator[ldap3.Connection]:
        """A connection of its own every time: the controller comes and goes."""
        server = ldap3.Server(
            self.samba.address,
            port=636,
            use_ssl=True,
            tls=ldap3.Tls(validate=ssl.CERT_NONE),
            get_info=ldap3.NONE,
        )
        connection = ldap3.Connection(
            server,
            ADMINISTRATOR,
            ADMINISTRATOR_PASSWORD,
            authentication=ldap3.SIMPLE,
            auto_bind=True,
            check_names=False,
            raise_exceptions=True,
        )
        try:
            yield connection
        finally:
            connection.unbind()


def _account(dn: str, held: Mapping[str, list[str]]) -> Account:
    def only(name: str) -> str:
        return next(iter(held[name]), "")

    return Account(
        login=only("sAMAccountName"),
        upn=only("userPrincipalName"),
        mail=only("mail"),
        container=dn.split(",", 1)[1] if "\\," not in dn else dn[dn.index(",OU=") + 1 :],
        enabled=not int(only("userAccountControl")) & DISABLED,
        groups=tuple(sorted(one.split(",")[0].removeprefix("CN=") for one in held["memberOf"])),
        title=only("title"),
        department=only("department"),
    )
