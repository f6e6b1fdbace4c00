"""Every behaviour of the connector on a real domain controller, and what only one can show."""

import contextlib
import socket
import threading
import time

import pytest

from connectors.active_directory import CONNECTORS, client, open_reader
from connectors.active_directory.client import LdapDirectory
from connectors.active_directory.conformance import subject_of
from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.errors import (
    ConnectorError,
    Misconfigured,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.subject import Unproven
from tests.connectors.active_directory import behaviours
from tests.connectors.active_directory.lab import (
    TARGET,
    Lab,
    create,
    enable,
    grant,
    named,
    outcomes,
    update,
)
from tests.real.domain import Domain
from tests.real.samba import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    BASE_DN,
    SERVICE,
    SERVICE_PASSWORD,
)

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]

USERS = f"CN=Users,{BASE_DN}"
MANAGED = f"OU=Managed,{BASE_DN}"
GROUPS = f"OU=Groups,{BASE_DN}"


def settings_of(samba, **values):
    return ActiveDirectorySettings(
        **{
            "server": f"ldaps://{samba.address}",
            "ca_file": samba.ca_file,
            "bind_user": SERVICE,
            "bind_password": SERVICE_PASSWORD,
            "base_dn": BASE_DN,
            "groups_base": GROUPS,
            "containers": {
                "initial": f"OU=Starters,{MANAGED}",
                "enabled": f"OU=Staff,{MANAGED}",
                "disabled": f"OU=Leavers,{MANAGED}",
            },
            **values,
        }
    )


@pytest.fixture(scope="module")
def admin(samba):
    samba.restore()
    as_admin = {"bind_user": ADMINISTRATOR, "bind_password": ADMINISTRATOR_PASSWORD}
    directory = client.open_directory(settings_of(samba, **as_admin), TARGET, read_only=False)
    yield directory
    directory.close()


@pytest.fixture
def lab(samba, admin, tmp_path):
    settings = settings_of(samba, initial_passwords=f"file:{tmp_path / 'passwords.csv'}")

    def can_bind(user, password):
        directory = client.open_directory(
            settings.model_copy(
                update=settings_of(samba, bind_user=user, bind_password=password).model_dump(
                    include={"bind_user", "bind_password"}
                )
            ),
            TARGET,
            read_only=True,
        )
        try:
            directory.root()
        except Unauthorized as error:
            return "data 773" in str(error)
        finally:
            directory.close()
        return True

    yield Lab(settings=settings, admin=admin, can_bind=can_bind, users=USERS)
    for base, filter_ in (  # groups first: leaving a large one takes Samba long
        (GROUPS, "(|(objectClass=group)(objectClass=contact))"),
        (MANAGED, "(objectClass=user)"),
        (USERS, "(|(cn=G-Elsewhere)(cn=Janine*))"),
    ):
        for entry in admin.search(base, filter_, ["cn"], page_size=1000):
            admin.delete(entry.dn)


class TestCreating(behaviours.Creating):
    pass


class TestUpdating(behaviours.Updating):
    pass


class TestEnablingAndDisabling(behaviours.EnablingAndDisabling):
    pass


class TestMovingAndDeleting(behaviours.MovingAndDeleting):
    pass


class TestGranting(behaviours.Granting):
    pass


class TestReading(behaviours.Reading):
    pass


class TestIncrements(behaviours.Increments):
    pass


class TestConnecting(behaviours.Connecting):
    pass


class TestDirectories(behaviours.Directories):
    pass


LAWS = laws_for(CONNECTORS[0])
CANNOT = {
    "faults": "A real controller makes no trouble on request; the proxy and its own faults do.",
    "repeated page": "The cookie of a paged search is between the controller and ldap3.",
}
FLEETING = {"lastlogon", "logoncount", "badpwdcount", "badpasswordtime", "lastlogontimestamp"}
"""Attributes that change when somebody signs in."""


class TestLaws:
    """The conformance kit, as the account that rights were delegated to."""

    @pytest.mark.parametrize("law", [pytest.param(law, id=law.name) for law in LAWS])
    def test_law(self, lab, samba, law):
        def content():
            found = lab.admin.search(
                BASE_DN, "(objectClass=*)", ["*", "uSNChanged"], page_size=1000
            )
            held = [
                (one.dn, sorted(item for item in one.attributes.items() if item[0] not in FLEETING))
                for one in found
            ]
            return repr(sorted(held)).encode()

        settings = lab.settings.model_dump(exclude_defaults=True)
        settings["bind_password"] = SERVICE_PASSWORD
        subject = subject_of(
            {**settings, "containers": lab.settings.containers.model_dump()},
            content=content,
            permission=lab.make_group("G-Conformance"),
            faults=None,
            cannot=CANNOT,
            endpoint="server",
            impatient={"timeout_seconds": 1},
        )
        try:
            law.check(subject)
        except Unproven as reason:
            pytest.skip(str(reason))


class TestStartTls:
    """The whole life of an account over a connection that was not protected from the start."""

    @pytest.fixture
    def plain(self, samba, lab):
        return Lab(
            settings=lab.settings.model_copy(
                update={"server": f"ldap://{samba.address}", "start_tls": True}
            ),
            admin=lab.admin,
            can_bind=lab.can_bind,
            users=USERS,
        )

    def test_accounts_are_made_with_passwords_and_read(self, plain):
        group = plain.make_group("G-Care")
        receipts = plain.apply(create(container=plain.starters), enable(), grant(None, group))
        assert outcomes(receipts) == ["done"] * 3
        assert plain.can_bind("janine.vandenboele@example.org", plain.passwords()["jvandenboele"])
        assert plain.read().grants["ref"].tolist() == [receipts[0].ref]

    def test_the_certificate_is_checked(self, samba):
        settings = {"server": f"ldap://{samba.address}", "start_tls": True, "ca_file": None}
        reader = open_reader(settings_of(samba, **settings), TARGET)
        with pytest.raises(Misconfigured, match="certificate"):
            reader.read()

    def test_the_name_is_checked(self, samba, monkeypatch):
        settings = settings_of(samba, server="ldap://dc2.corp.example.test", start_tls=True)
        found = [(2, 1, 6, "", (samba.address, 389))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        directory = client.open_directory(settings, TARGET, read_only=True)
        with pytest.raises(Misconfigured, match=r"certificate of dc2\.corp"):
            directory.root()
        directory.close()

    def test_no_password_travels_before_the_connection_is_protected(self, samba):
        """A listener that does not know StartTLS hears that it was asked for, and nothing else."""
        heard = []
        with socket.create_server(("127.0.0.1", 0)) as server:

            def listen():
                connection, _ = server.accept()
                with connection:
                    heard.append(connection.recv(4096))

            listener = threading.Thread(target=listen, daemon=True)
            listener.start()
            address = f"ldap://127.0.0.1:{server.getsockname()[1]}"
            settings = settings_of(samba, server=address, start_tls=True, timeout_seconds=2)
            directory = client.open_directory(settings, TARGET, read_only=True)
            with pytest.raises(ConnectorError):
                directory.root()
            directory.close()
            listener.join(5)
        assert b"1.3.6.1.4.1.1466.20037" in heard[0]
        assert SERVICE_PASSWORD.encode() not in b"".join(heard)


def check(settings):
    with contextlib.closing(open_reader(settings, TARGET)) as reader:
        return list(reader.check())


class TestRights:
    def test_the_delegated_account_has_neither_too_few_nor_too_many(self, lab):
        lab.make_group("G-Care")
        lab.create()
        findings = check(lab.settings)
        assert [one for one in findings if not one.ok or one.warns] == []
        said = {one.subject: one.detail for one in findings}
        assert said["right to write: attributes of accounts"] == "all that are mapped"
        assert said[f"right to write: members of groups below {GROUPS}"] == (
            "members, and nothing else"
        )

    def test_an_administrator_has_too_many(self, samba, lab):
        lab.make_group("G-Care")
        as_admin = {"bind_user": ADMINISTRATOR, "bind_password": ADMINISTRATOR_PASSWORD}
        warned = [one for one in check(settings_of(samba, **as_admin)) if one.warns]
        told = {one.subject: one.detail for one in warned}
        assert "Domain Admins" in told[f"rights to read and write: groups of {ADMINISTRATOR}"]
        assert "computer" in told["right to write: outside the containers"]
        assert "too many" in told[f"right to write: members of groups below {GROUPS}"]

    def test_an_account_that_only_reads_has_too_many_when_it_may_write(self, samba, lab):
        apart = {"write_bind_user": ADMINISTRATOR}
        told = {one.subject: one.detail for one in check(settings_of(samba, **apart)) if one.warns}
        assert (
            f"create user in OU=Starters,{MANAGED}"
            in told[f"rights to read: what {SERVICE} may write"]
        )
        assert "Domain Admins" in told[f"rights to write: groups of {ADMINISTRATOR}"]

    def test_an_account_without_rights_has_too_few(self, samba, lab):
        lab.make_group("G-Care")
        lab.create(proxyAddresses=("SMTP:j@example.org",))
        ref = lab.create("2", **named("weak", "Janine weak")).ref
        lab.apply(enable(ref), change_password_at_next_logon=False)
        weak = {"bind_user": "CORP\\weak", "bind_password": lab.passwords()["weak"]}
        wrong = [one.subject for one in check(settings_of(samba, **weak)) if not one.ok]
        assert f"right to write: create in OU=Starters,{MANAGED}" in wrong
        assert "right to write: attributes of accounts" in wrong
        assert f"right to write: members of groups below {GROUPS}" in wrong


class TestPasswords:
    def test_they_are_as_long_as_the_domain_asks_for(self, lab, samba):
        domain = Domain(samba)
        domain.demand_passwords_of(24)
        try:
            lab.create()
            assert len(lab.passwords()["jvandenboele"]) == 24
        finally:
            domain.demand_passwords_of(8)


class TestScale:
    def test_more_accounts_than_fit_on_a_page_are_read_whole(self, lab):
        refs = [lab.make_user(f"Person {n:04}", sAMAccountName=f"p{n:04}") for n in range(1100)]
        group = lab.make_group("G-Everybody")
        lab.join(group, *refs)
        accounts = lab.read()
        assert set(refs) <= set(accounts.accounts.index)
        assert sorted(accounts.grants["ref"]) == sorted(refs)

    def test_persons_are_written_side_by_side(self, lab):
        changes = [
            create(str(number), container=lab.starters, **named(f"p{number}", f"Person {number}"))
            for number in range(40)
        ]
        receipts = lab.apply(*changes)
        assert outcomes(receipts) == ["done"] * 40
        assert len(lab.passwords()) == 40


class TestFailing:
    def test_a_certificate_of_somebody_else_is_refused(self, samba):
        reader = open_reader(settings_of(samba, ca_file=None), TARGET)
        with pytest.raises(Misconfigured, match="certificate"):
            reader.read()

    @pytest.mark.parametrize(("host", "accepted"), [("dc1", True), ("dc2", False)])
    def test_the_name_in_the_settings_must_be_in_the_certificate(
        self, samba, monkeypatch, host, accepted
    ):
        """Also where it stands for two addresses, of which only the second answers."""
        nobody = "127.255.255.254"
        found = [(2, 1, 6, "", (address, 636)) for address in (nobody, samba.address)]
        settings = settings_of(samba, server=f"ldaps://{host}.corp.example.test")
        directory = client.open_directory(settings, TARGET, read_only=True)
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda name, *rest, **more: found if host in name else real(name, *rest, **more),
        )
        if accepted:
            assert directory.root().text("defaultNamingContext") == BASE_DN
        else:
            with pytest.raises(Misconfigured, match=r"certificate of dc2\.corp"):
                directory.root()
        directory.close()

    def test_a_closed_port_is_told_in_a_sentence(self, samba):
        reader = open_reader(settings_of(samba, server=f"ldaps://{samba.address}:9"), TARGET)
        with pytest.raises(Unreachable, match="no connection"):
            reader.read()
        finding = next(iter(reader.check()))
        assert not finding.ok
        assert "no connection" in finding.detail

    def test_an_unknown_host_is_told_in_a_sentence(self, samba):
        reader = open_reader(settings_of(samba, server="ldaps://dc.invalid"), TARGET)
        with pytest.raises(Unreachable, match=r"no address is known for dc\.invalid"):
            reader.read()

    def test_a_hanging_controller_ends_in_a_time_out(self, samba, lab):
        directory = client.open_directory(
            lab.settings.model_copy(update={"timeout_seconds": 1}), TARGET, read_only=False
        )
        ref = lab.create().ref
        dn = lab.held(ref).dn
        directory.root()
        with samba.hanging():
            started = time.monotonic()
            with pytest.raises(TimedOut):
                directory.modify(dn, [Modification(Operation.REPLACE, "title", ("x",))])
            assert time.monotonic() - started < 5
        directory.close()

    def test_a_controller_that_comes_back_is_found_at_once(self, samba, lab):
        directory = client.open_directory(lab.settings, TARGET, read_only=True)
        directory.root()
        samba.kill()
        for _ in range(2):
            with pytest.raises(Unavailable, match="refused"):
                directory.root()
        samba.start()
        assert directory.root().text("defaultNamingContext") == BASE_DN
        directory.close()

    def test_a_broken_connection_is_replaced(self, lab):
        directory = client.open_directory(lab.settings, TARGET, read_only=True)
        directory.root()
        for connection in directory._idle:
            connection.socket.close()
        assert directory.root().text("defaultNamingContext") == BASE_DN
        directory.close()

    def test_a_lost_answer_is_settled_by_looking(self, lab, monkeypatch):
        """The answer to each kind of write is lost once; everything is there once."""
        real = LdapDirectory._exchange
        lost = set()

        def lossy(self, operation, exchange):
            answer = real(self, operation, exchange)
            verb = (
                " ".join(operation.split()[:2])
                if operation.startswith("modify")
                else operation.split()[0]
            )
            if verb not in lost and verb.split()[0] != "search":
                lost.add(verb)
                message = "the connection broke"
                raise Unavailable(message, system=TARGET)
            return answer

        monkeypatch.setattr(LdapDirectory, "_exchange", lossy)
        receipts = lab.apply(create(container=lab.starters), enable())
        ref = receipts[0].ref
        receipts += lab.apply(update(ref, title="Nurse", cn="Janine de Vries"))
        assert outcomes(receipts) == ["done", "done", "done"]
        assert {"add", "rename", "modify userAccountControl", "modify title"} <= lost
        monkeypatch.undo()
        assert lab.held(ref).text("title") == "Nurse"
        assert lab.can_bind("janine.vandenboele@example.org", lab.passwords()["jvandenboele"])

    def test_errors_hold_no_password(self, samba):
        directory = client.open_directory(
            settings_of(samba, bind_password="Wrong#2026!x"), TARGET, read_only=True
        )
        with contextlib.suppress(ConnectorError):
            directory.root()
        with pytest.raises(Unauthorized) as caught:
            directory.root()
        assert "Wrong#2026!x" not in f"{caught.value} {caught.value!r} {directory!r}"
