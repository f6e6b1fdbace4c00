"""Every behaviour of the connector on a real domain controller, and what only one can show."""

import contextlib
import socket
import time

import pytest

from connectors.active_directory import client, open_reader
from connectors.active_directory.client import LdapDirectory
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
from tests.connectors.active_directory import behaviours
from tests.connectors.active_directory.lab import (
    TARGET,
    Lab,
    create,
    enable,
    named,
    outcomes,
    update,
)
from tests.real.samba import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    BASE_DN,
    SERVICE,
    SERVICE_PASSWORD,
)

pytestmark = pytest.mark.real

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


class TestConnecting(behaviours.Connecting):
    pass


class TestDirectories(behaviours.Directories):
    pass


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
