"""Serving the sandbox: in this process, in memory or in a file; and looking into it.

A file keeps the domain between processes, so a preview in one and a live run in another see the
same accounts. Faults live in the process that asked for them.
"""

import itertools
import json
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from connectors.active_directory.directory import Entry, Modification, Operation, Scope
from connectors.active_directory.names import child_dn, escape_filter, guid_dn, parse_dn, split_dn
from connectors.active_directory.results import CREDENTIALS
from connectors.active_directory.sandbox.content import (
    ADMINISTRATOR,
    BASE_DN,
    GROUPS_BASE,
    LEAVERS,
    SERVICE_PASSWORD,
    SERVICE_USER,
    STAFF,
    STARTERS,
)
from connectors.active_directory.sandbox.domain import Domain
from connectors.active_directory.sandbox.faults import Matches
from connectors.active_directory.sandbox.objects import DirectoryError, Object
from connectors.active_directory.sandbox.schema import DISABLED, NORMAL, RULES
from connectors.active_directory.sandbox.store import snapshot
from connectors.active_directory.sandbox.views import SPELLING
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError

PREFIX: Final = "sandbox:"
PAGE: Final = 1000


class SandboxDomain(Domain):
    """A domain controller of our own, with a view for tests and demonstrations."""

    # --- Looking ----------------------------------------------------------------------------------

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Every account with an employeeID: employeeID -> attributes, as `account` gives them."""
        found = self._look("(&(objectCategory=person)(objectClass=user)(employeeID=*))")
        return {str(entry.text("employeeID")): _readable(entry) for entry in found}

    def account(self, person: str) -> dict[str, Any]:
        """The account of a person: attributes by name, `enabled`, `container`, `groups` (names).

        Raises:
            KeyError: There is none, or more than one.
        """
        found = self._look(f"(employeeID={escape_filter(person)})")
        if len(found) != 1:
            message = f"{len(found)} accounts have the employeeID {person}"
            raise KeyError(message)
        return _readable(found[0])

    def can_bind(self, user: str, password: str) -> bool:
        """Whether that is the password of an account that may sign in.

        True as well when the person has to replace it first, as with an initial password.
        """
        try:
            self.bind(user, password)
        except DirectoryError as error:
            if error.code != CREDENTIALS:
                raise
            return "data 773," in error.message
        return True

    def snapshot(self) -> dict[str, Any]:
        """Everything the domain holds, to compare two moments."""
        return snapshot(self.store)

    @property
    def usn(self) -> int:
        """highestCommittedUSN: counts writes."""
        return self.root().number("highestCommittedUSN")

    # --- Preparing --------------------------------------------------------------------------------

    def add_group(self, name: str, container: str = GROUPS_BASE) -> str:
        """Make a group; its GUID."""
        dn = child_dn(("CN", name), container)
        self.add(
            dn,
            {"objectClass": ["top", "group"], "sAMAccountName": [name]},
            by=self._administrator(),
        )
        return self._guid(dn)

    def add_account(
        self,
        cn: str,
        container: str = STAFF,
        *,
        enabled: bool = False,
        **attributes: str | tuple[str, ...],
    ) -> str:
        """Make an account, as an administrator would by hand; its GUID.

        Args:
            cn: Common name.
            container: Where.
            enabled: Whether to give it a password nobody knows, and enable it.
            attributes: Further attributes.
        """
        dn = child_dn(("CN", cn), container)
        content = {
            name: [value] if isinstance(value, str) else list(value)
            for name, value in attributes.items()
        }
        content["objectClass"] = ["top", "person", "organizationalPerson", "user"]
        content.setdefault("userAccountControl", [str(NORMAL | DISABLED)])
        self.add(dn, content, by=self._administrator())
        if enabled:
            password = Modification(
                Operation.REPLACE, "unicodePwd", ('"Known-To-Nobody#1"'.encode("utf-16-le"),)
            )
            flags = Modification(Operation.REPLACE, "userAccountControl", (str(NORMAL),))
            self.modify(dn, [password, flags], by=self._administrator(), protected=True)
        return self._guid(dn)

    def remove_account(self, person: str) -> None:
        """Delete the account of a person, as an administrator would by hand."""
        self.delete(str(self.account(person)["distinguishedName"]), by=self._administrator())

    def ask_for_longer_passwords(self, length: int, *persons: str) -> None:
        """Give the accounts of some persons a finer policy, as for administrators of something."""
        with self.store.locked():
            guids = [guid for one in persons for guid in self.store.holders("employeeID", one)]
            root = self.store.resolve(self.base_dn)
            parent, made = root.guid if root else None, []
            for name, kind in (
                ("System", "container"),
                ("Password Settings Container", "container"),
                (f"At least {length}", "msDS-PasswordSettings"),
            ):
                one = Object(
                    guid=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}#{self.store.usn}")),
                    parent=parent,
                    rdn=("CN", name),
                    kind=kind,
                )
                parent = one.guid
                made.append(one)
            made[-1].attributes["msDS-MinimumPasswordLength"] = [str(length)]
            self.store.commit(put=made)
            held = [self.store.get(guid) for guid in guids]
            accounts = [account.copy() for account in held if account is not None]
            for account in accounts:
                account.attributes["msDS-ResultantPSO"] = [self.store.dn(made[-1])]
            self.store.commit(quiet=accounts)

    def fill(self, path: Path) -> None:
        """Add groups and accounts from a JSON file; the README shows its form.

        Raises:
            ConfigError: The file is not of that form, or the directory refuses something in it.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            for name in content.get("groups", ()):
                self.add_group(str(name))
            for account in content.get("accounts", ()):
                self._fill_account(dict(account))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, DirectoryError) as error:
            message = f"cannot be loaded into the sandbox ({error})"
            raise ConfigError(message, file=str(path)) from error

    def _fill_account(self, account: dict[str, Any]) -> None:
        groups = [str(name) for name in account.pop("groups", ())]
        guid = self.add_account(
            str(account.pop("cn")),
            str(account.pop("container", STAFF)),
            enabled=bool(account.pop("enabled", True)),
            **{
                name: tuple(value) if isinstance(value, list) else str(value)
                for name, value in account.items()
            },
        )
        for name in groups:
            dn = child_dn(("CN", name), GROUPS_BASE)
            member = Modification(Operation.ADD, "member", (guid_dn(guid),))
            self.modify(dn, [member], by=self._administrator(), protected=True)

    # --- Faults -----------------------------------------------------------------------------------

    @property
    def down(self) -> bool:
        """Whether nobody answers; may be set."""
        return self.faults.down

    @down.setter
    def down(self, value: bool) -> None:
        self.faults.down = value

    def refuse(self, who: str | Matches) -> None:
        """Refuse every write that concerns a person (HR id), or every call that matches."""
        self.faults.refuse(who)

    def drop_reply(self, matches: str | Matches, *, times: int = 1, applied: bool = True) -> None:
        """Lose the answer to the next call that matches; see `Faults.drop_reply`."""
        self.faults.drop_reply(matches, times=times, applied=applied)

    def heal(self) -> None:
        """End all faults."""
        self.faults.heal()

    def _administrator(self) -> str:
        with self.store.locked():
            return next(iter(self.store.holders("sAMAccountName", ADMINISTRATOR)))

    def _guid(self, dn: str) -> str:
        entries = self.search(
            dn, "(objectClass=*)", ["objectGUID"], scope=Scope.BASE, page_size=None
        )
        return entries[0].guid

    def _look(self, filter_: str) -> list[Entry]:
        return self.search(self.base_dn, filter_, ["*"], scope=Scope.SUBTREE, page_size=PAGE)


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox that is being served.

    Attributes:
        settings: Settings under which the connector reaches it.
        directory: The domain itself.
    """

    settings: Mapping[str, Any]
    directory: SandboxDomain

    def close(self) -> None:
        """Forget a domain in memory; one in a file stays."""
        with _LOCK:
            _DOMAINS.pop(_key(str(self.settings["server"])), None)

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


_DOMAINS: dict[str, SandboxDomain] = {}
_LOCK = threading.Lock()
_NUMBERS = itertools.count(1)


def open_domain(server: str) -> SandboxDomain:
    """The sandbox of an address; within a process, one address is one domain.

    Args:
        server: `sandbox:PATH`, or `sandbox://NAME` for memory. What does not exist is made.
    """
    with _LOCK:
        key = _key(server)
        if key not in _DOMAINS:
            path = None if key.startswith("//") else Path(key)
            _DOMAINS[key] = SandboxDomain(BASE_DN, path)
        return _DOMAINS[key]


@contextmanager
def serve(options: SandboxOptions) -> Iterator[Served]:
    """Serve a sandbox: in memory, or in the file `options.state`.

    It starts with OUs and groups and no accounts but the built-in ones; `options.data` adds to
    that. The persons of `options.people` live in the HR sandbox: accounts are what a run makes of
    them.

    Raises:
        ConfigError: The data cannot be loaded.
    """
    with tempfile.TemporaryDirectory(prefix="retour-sandbox-") as folder:
        if options.state is None:
            server = f"{PREFIX}//memory-{next(_NUMBERS)}"
            passwords = Path(folder) / "initial-passwords.csv"
        else:
            server = f"{PREFIX}{options.state}"
            passwords = options.state.with_name(f"{options.state.name}.passwords.csv")
        domain = open_domain(server)
        fresh = not domain.accounts()
        with Served(settings_for(server, passwords), domain) as served:
            if options.data is not None and fresh:
                domain.fill(options.data)
            yield served


def settings_for(server: str, passwords: Path) -> dict[str, Any]:
    """Settings under which the connector reaches a sandbox, as they stand in a profile."""
    return {
        "server": server,
        "bind_user": SERVICE_USER,
        "bind_password": SERVICE_PASSWORD,
        "base_dn": BASE_DN,
        "groups_base": GROUPS_BASE,
        "containers": {"initial": STARTERS, "enabled": STAFF, "disabled": LEAVERS},
        "initial_passwords": f"file:{passwords}",
    }


def _key(server: str) -> str:
    address = server.removeprefix(PREFIX)
    return address if address.startswith("//") else str(Path(address).expanduser().resolve())


def _readable(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, values in entry.attributes.items():
        if name == "objectguid":
            shown["objectGUID"] = entry.guid
        elif name == "objectsid":
            continue  # bytes that tell nobody anything
        else:
            texts = tuple(value.decode() for value in values)
            shown[SPELLING.get(name, name)] = (
                texts if len(texts) > 1 or _is_multi(name) else texts[0]
            )
    shown["enabled"] = not entry.number("userAccountControl") & DISABLED
    shown["container"] = split_dn(entry.dn)[1]
    shown["groups"] = sorted(parse_dn(dn)[0][1] for dn in entry.texts("memberOf"))
    return shown


def _is_multi(name: str) -> bool:
    return name in RULES and RULES[name].multi
