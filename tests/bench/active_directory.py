"""Active Directory on a real controller: reading 5,000 accounts, and writing as fast as it can.

The controller is Samba, started for this; without it, or without root, there are no figures. The
account is the one that rights were delegated to. A bare loop on ldap3 does no more than must be
done, on as many connections: per account an add, a search for the GUID that it got (which the other
systems tell with the answer to a create), a password and an enable. It checks nothing beforehand,
and does not read back what it wrote.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import ldap3

from connectors.active_directory import open_reader, open_writer
from connectors.active_directory.client import LdapDirectory, open_directory
from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.lookup import ANY
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.change import Change, CreateAccount, EnableAccount, GrantPermission
from connectors.model.receipt import Outcome
from connectors.sdk.passwords import make_password
from tests.bench.figure import Figure
from tests.bench.rounds import ROUNDS, of_rounds, ratios
from tests.real.domain import GROUPS, STAFF, STARTERS, Domain
from tests.real.samba import ADMINISTRATOR, ADMINISTRATOR_PASSWORD, Samba, missing, start_samba

TARGET: Final = "active_directory"
ACCOUNTS: Final = 5_000
CREATED: Final = 200
CHANGED: Final = 50
AT_ONCE: Final = 4
TIMES: Final = 5
USER: Final = ("top", "person", "organizationalPerson", "user")
MUST_CHANGE: Final = {"pwdLastSet": [(ldap3.MODIFY_REPLACE, ["0"])]}
ENABLED: Final = {"userAccountControl": [(ldap3.MODIFY_REPLACE, ["512"])]}


def measure() -> Iterator[Figure]:
    """Read everything and what changed; create and join against a bare loop."""
    reason = missing()
    if reason:
        print(f"active_directory: skipped, {reason}", file=sys.stderr)
        return
    with start_samba() as samba, tempfile.TemporaryDirectory() as folder:
        site = _Site(samba, Path(folder))
        yield from site.writing()
        site.fill(ACCOUNTS - 2 * ROUNDS * CREATED)
        yield from site.reading()


class _Site:
    """A domain with OUs, and nobody in it yet.

    Args:
        samba: Its controller.
        folder: For passwords.
    """

    def __init__(self, samba: Samba, folder: Path) -> None:
        self._domain, self._samba = Domain(samba), samba
        self._settings = ActiveDirectorySettings(
            **self._domain.settings,
            initial_passwords=f"file:{folder / 'passwords.csv'}",
            concurrency=AT_ONCE,
        )
        as_admin = {"bind_user": ADMINISTRATOR, "bind_password": ADMINISTRATOR_PASSWORD}
        settings = ActiveDirectorySettings(**{**self._domain.settings, **as_admin})
        self._admin = open_directory(settings, TARGET, read_only=False)
        self._made = 0

    # --- Writing ----------------------------------------------------------------------------------

    def writing(self) -> Iterator[Figure]:
        """Create accounts with passwords, enable them, join a group; ours and bare in turn."""
        ours: list[float] = []
        joined: list[float] = []

        def write(place: int) -> float:
            group = self._group(f"G-{place}")
            refs: list[str] = []
            ours.append(_seconds(lambda: refs.extend(self._create(CREATED))))
            joined.append(_seconds(lambda: self._join(refs, group)))
            return ours[-1]

        # In turn, for every write is a little slower than the one before: the domain grows.
        shares = [
            1 / ratio
            for ratio in ratios(write, lambda _: _seconds(lambda: self._create_bare(CREATED)))
        ]
        speed = CREATED / statistics.median(ours)
        yield Figure(
            name=f"{CREATED} accounts with password, enabled", value=speed, unit="accounts/s"
        )
        yield of_rounds(
            "… share of the speed of a bare ldap3 loop", shares, unit="x", goal=0.9, higher=True
        )
        yield Figure(
            name=f"{CREATED} of them join a group",
            value=CREATED / statistics.median(joined),
            unit="members/s",
        )

    def _names(self, count: int) -> list[str]:
        first, self._made = self._made, self._made + count
        return [f"p{number:05}" for number in range(first, self._made)]

    def _create(self, count: int) -> list[str]:
        changes: list[Change] = []
        for name in self._names(count):
            after = {**_attributes(name), "cn": name, "container": STARTERS}
            changes.append(CreateAccount(target=TARGET, person=name, after=after))
            changes.append(EnableAccount(target=TARGET, person=name, after={"enabled": True}))
        return self._apply(changes)

    def _join(self, refs: list[str], group: str) -> None:
        after = {"permission": group, "name": "group"}
        self._apply(
            [GrantPermission(target=TARGET, person=ref, ref=ref, after=after) for ref in refs]
        )

    def _apply(self, changes: list[Change]) -> list[str]:
        with closing(open_writer(self._settings, TARGET)) as writer:
            receipts = list(writer.apply(iter(changes)))
        bad = [one for one in receipts if one.outcome is not Outcome.DONE]
        assert not bad, bad[:3]
        return sorted({str(one.ref) for one in receipts})

    def _create_bare(self, count: int) -> None:
        """The writes and the ids alone, by ldap3 alone."""
        names = self._names(count)
        portions = [names[start::AT_ONCE] for start in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._create_some_bare, portions))

    def _create_some_bare(self, names: list[str]) -> None:
        directory = open_directory(self._settings, TARGET, read_only=False)
        assert isinstance(directory, LdapDirectory)
        connection: Any = directory._take("bare")
        for name in names:
            dn = f"CN={name},{STARTERS}"
            values = {key: [value] for key, value in _attributes(name).items()}
            _ok(connection, connection.add(dn, USER, {**values, "userAccountControl": ["514"]}))
            assert connection.search(dn, ANY, ldap3.BASE, attributes=["objectGUID"])
            quoted = f'"{make_password()}"'.encode("utf-16-le")
            password = {"unicodePwd": [(ldap3.MODIFY_REPLACE, [quoted])]}
            _ok(connection, connection.modify(dn, {**password, **MUST_CHANGE}))
            _ok(connection, connection.modify(dn, ENABLED))
        connection.unbind()

    # --- Reading ----------------------------------------------------------------------------------

    def fill(self, count: int) -> None:
        """Make accounts without passwords, as an administrator."""
        for name in self._names(count):
            values = {key: [value] for key, value in _attributes(name).items()}
            self._admin.add(
                f"CN={name},{STAFF}",
                {"objectClass": USER, "userAccountControl": ["514"], **values},
            )

    def reading(self) -> Iterator[Figure]:
        """Everything, and then what has changed since."""
        with closing(open_reader(self._settings, TARGET)) as reader:
            _, kept = reader.read_since(None)
            accounts, kept = reader.read_since(None)
            whole = statistics.median(
                _seconds(lambda: reader.read_since(None)) for _ in range(TIMES)
            )
            yield Figure(name=f"{len(accounts):,} accounts, everything", value=whole, unit="s")
            for changed in (0, CHANGED):
                dns = [str(dn) for dn in accounts.attributes["distinguishedName"][:changed]]
                for dn in dns:
                    self._admin.modify(dn, [Modification(Operation.REPLACE, "title", ("Nurse",))])
                part = statistics.median(
                    _seconds(lambda: reader.read_since(kept)) for _ in range(TIMES)
                )
                yield Figure(
                    name=f"… {changed} of them changed since",
                    value=part / whole,
                    unit="x",
                    goal=0.1,
                    than=f"of that: {part:.3f} s",
                )

    def _group(self, name: str) -> str:
        dn = f"CN={name},{GROUPS}"
        self._admin.add(dn, {"objectClass": ["top", "group"], "sAMAccountName": [name]})
        return self._admin.search(dn, "(objectClass=*)", ["objectGUID"])[0].guid


def _attributes(name: str) -> dict[str, str]:
    return {
        "sAMAccountName": name,
        "userPrincipalName": f"{name}@example.org",
        "mail": f"{name}@example.org",
        "employeeID": name,
        "displayName": f"Person {name}",
        "givenName": "Person",
        "sn": name,
        "title": "Carer",
        "department": "Care",
    }


def _ok(connection: Any, accepted: Any) -> None:
    assert accepted, connection.result


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
