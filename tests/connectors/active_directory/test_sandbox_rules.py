"""A1 to A14: what a double of Active Directory must enforce, a test for each.

The numbers are those of the reference page on directories; more of each is in `test_sandbox.py`
and in the behaviours, which also run on a real controller.
"""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.active_directory import open_reader
from connectors.active_directory.directory import Modification, Operation, Scope
from connectors.active_directory.names import guid_dn
from connectors.active_directory.reader import ActiveDirectoryReader
from connectors.active_directory.sandbox import SandboxDirectory, serve
from connectors.active_directory.sandbox.content import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    GROUPS_BASE,
    LEAVERS,
    SERVICE_PASSWORD,
    SERVICE_USER,
    STAFF,
    STARTERS,
)
from connectors.active_directory.sandbox.replica import Replica
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions
from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
    Unauthorized,
)

USER = {"objectClass": ["top", "person", "organizationalPerson", "user"]}
ONE = f"CN=One,{STAFF}"


@pytest.fixture
def served():
    with serve(SandboxOptions()) as running:
        yield running


@pytest.fixture
def domain(served):
    return served.directory


@pytest.fixture
def admin(domain):
    return SandboxDirectory(domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD)


def replace(name, *values):
    return [Modification(Operation.REPLACE, name, values)]


def quoted(text):
    return f'"{text}"'.encode("utf-16-le")


def at(admin, dn, *names):
    return admin.search(dn, "(objectClass=*)", names or ["*"], scope=Scope.BASE)[0]


def test_a01_more_than_a_thousand_objects_need_pages(domain, admin):
    for number in range(1001):
        domain.add_account(f"P {number}")
    with pytest.raises(Misconfigured, match="sizeLimitExceeded"):
        admin.search(STAFF, "(objectClass=user)", ["cn"])
    found = {entry.dn for entry in admin.search(STAFF, "(objectClass=user)", ["cn"], page_size=7)}
    assert len(found) == 1001


class TestA02:
    def test_a_common_name_is_unique_in_its_ou_only(self, domain, admin):
        domain.add_account("One")
        domain.add_account("One", STARTERS)
        with pytest.raises(AlreadyExists, match="68"):
            admin.add(f"CN=ONE,{STAFF}", USER)
        with pytest.raises(AlreadyExists, match="68"):
            admin.rename(f"CN=One,{STARTERS}", "CN=One", superior=STAFF)

    @pytest.mark.parametrize("kind", ["user", "group", "computer"])
    def test_a_login_is_unique_over_all_kinds_of_objects(self, domain, admin, kind):
        domain.add_account("One", sAMAccountName="one")
        classes = {"user": USER["objectClass"], "group": ["top", "group"]}
        classes["computer"] = [*USER["objectClass"], "computer"]
        with pytest.raises(AlreadyExists):
            admin.add(
                f"CN=Two,{GROUPS_BASE}", {"objectClass": classes[kind], "sAMAccountName": ["ONE"]}
            )

    def test_a_principal_name_is_unique_in_the_forest_unless_it_is_switched_off(
        self, domain, admin
    ):
        domain.add_account("One", userPrincipalName="one@example.org")
        domain.add_account("Two")
        taken = replace("userPrincipalName", "ONE@example.org")
        with pytest.raises(AlreadyExists, match=r"000021C8.*90290.*code 19"):
            admin.modify(f"CN=Two,{STAFF}", taken)
        domain.unique_principals = False
        admin.modify(f"CN=Two,{STAFF}", taken)
        assert len(admin.search(STAFF, "(userPrincipalName=one@example.org)", ["cn"])) == 2


def test_a03_nobody_checks_mail_and_proxy_addresses(domain, admin):
    for name in ("One", "Two"):
        domain.add_account(name, mail="x@example.org", proxyAddresses="SMTP:x@example.org")
    assert len(admin.search(STAFF, "(proxyAddresses=smtp:X@example.org)", ["cn"])) == 2


class TestA04:
    def test_a_password_is_set_by_a_modify_over_a_protected_connection_in_its_own_form(
        self, domain, admin
    ):
        with pytest.raises(Invalid):
            admin.add(ONE, {**USER, "unicodePwd": [quoted("Long#Enough1")]})
        domain.add_account("One", sAMAccountName="one")
        open_air = SandboxDirectory(
            domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD, protected=False
        )
        for directory, value in (
            (open_air, quoted("Long#Enough1")),
            (admin, "Long#Enough1".encode("utf-16-le")),
            (admin, b'"Long#Enough1"'),
        ):
            with pytest.raises(Invalid):
                directory.modify(ONE, replace("unicodePwd", value))
        admin.modify(ONE, replace("unicodePwd", quoted("Long#Enough1")))
        assert "unicodepwd" not in at(admin, ONE, "*", "unicodePwd").attributes

    @pytest.mark.parametrize("code", [19, 53])
    def test_the_policy_is_that_of_the_domain(self, domain, admin, code):
        domain.policy_code = code
        domain.add_account("One")
        admin.modify(domain.base_dn, replace("minPwdLength", "20"))
        with pytest.raises(Invalid, match=f"0000052D.*code {code}"):
            admin.modify(ONE, replace("unicodePwd", quoted("Nineteen#Letters123")))
        admin.modify(ONE, replace("unicodePwd", quoted("Twenty#Letters123456")))


def test_a05_an_account_without_a_password_is_not_enabled(domain, admin):
    domain.add_account("One")
    with pytest.raises(Invalid, match=r"0000052D.*code 53"):
        admin.modify(ONE, replace("userAccountControl", "512"))


@pytest.mark.parametrize(
    ("refused", "code", "detail"),
    [
        (lambda admin: admin.add(ONE, {**USER, "sAMAccountName": ["Administrator"]}), 68, "524"),
        (lambda admin: admin.modify(f"CN=G-HR,{GROUPS_BASE}", _join("Zero") * 2), 68, "562"),
        (lambda admin: admin.modify(f"CN=G-HR,{GROUPS_BASE}", _part("Zero")), 53, "561"),
        (lambda admin: admin.modify(f"CN=Zero,{STAFF}", replace("memberOf", STAFF)), 53, "209A"),
        (lambda admin: admin.modify(f"CN=Zero,{STAFF}", replace("manager", ONE)), 32, "2030"),
        (lambda admin: admin.delete(STAFF), 66, "2015"),
        (lambda admin: admin.delete(ONE), 32, "2030"),
        (lambda admin: admin.rename(f"CN=Zero,{STAFF}", "CN=G-HR", superior=GROUPS_BASE), 68, ""),
    ],
)
def test_a06_a_refusal_has_the_code_and_the_detail_of_a_controller(
    domain, admin, refused, code, detail
):
    domain.add_account("Zero")
    with pytest.raises(ConnectorError) as caught:
        refused(admin)
    assert caught.value.code == str(code)
    assert f"{detail}: " in str(caught.value)


def _join(name):
    return [Modification(Operation.ADD, "member", (f"CN={name},{STAFF}",))]


def _part(name):
    return [Modification(Operation.DELETE, "member", (f"CN={name},{STAFF}",))]


def test_a07_member_of_is_computed_and_never_written(domain, admin):
    domain.add_account("One")
    admin.modify(f"CN=G-HR,{GROUPS_BASE}", _join("One"))
    assert at(admin, ONE, "memberOf").texts("memberOf") == (f"CN=G-HR,{GROUPS_BASE}",)
    for write in (Operation.ADD, Operation.REPLACE, Operation.DELETE):
        with pytest.raises(Refused):
            admin.modify(ONE, [Modification(write, "memberOf", (f"CN=G-HR,{GROUPS_BASE}",))])


def test_a08_the_guid_stays_where_the_name_does_not(domain, admin):
    guid = domain.add_account("One")
    admin.rename(ONE, "CN=Two")
    admin.rename(f"CN=Two,{STAFF}", "CN=Two", superior=LEAVERS)
    assert at(admin, guid_dn(guid)).dn == f"CN=Two,{LEAVERS}"
    with pytest.raises(NotFound):
        at(admin, ONE)


class TestA09:
    @pytest.fixture
    def clock(self):
        class Clock:
            time = datetime(2026, 11, 24, tzinfo=UTC)

            def __call__(self):
                return self.time

        return Clock()

    @pytest.fixture
    def second(self, domain, clock):
        replica = Replica(domain, delay=timedelta(seconds=15), clock=clock)
        return SandboxDirectory(replica, user=SERVICE_USER, password=SERVICE_PASSWORD)

    def test_what_is_written_on_one_controller_is_seen_on_the_other_later(
        self, domain, admin, second, clock
    ):
        second.root()
        guid = domain.add_account("One", title="Nurse")
        clock.time += timedelta(seconds=14)
        with pytest.raises(NotFound):
            at(second, ONE)
        clock.time += timedelta(seconds=1)
        assert at(second, ONE, "objectGUID").guid == guid
        admin.rename(ONE, "CN=Two")
        admin.modify(f"CN=G-HR,{GROUPS_BASE}", _join("Two"))
        assert at(second, ONE).text("title") == "Nurse"
        clock.time += timedelta(seconds=15)
        assert at(second, f"CN=Two,{STAFF}").texts("memberOf") == (f"CN=G-HR,{GROUPS_BASE}",)
        admin.delete(f"CN=Two,{STAFF}")
        clock.time += timedelta(seconds=15)
        with pytest.raises(NotFound):
            at(second, guid_dn(guid))

    def test_each_counts_its_own_changes(self, domain, second):
        domain.add_account("One")
        one, two = domain.root(), second.root()
        assert one.number("highestCommittedUSN") != two.number("highestCommittedUSN")
        databases = [
            directory.search(
                root.text("dsServiceName"), "(objectClass=*)", ["invocationId"], scope=Scope.BASE
            )[0].attributes["invocationid"]
            for directory, root in (
                (second, two),
                (SandboxDirectory(domain, user=SERVICE_USER, password=SERVICE_PASSWORD), one),
            )
        ]
        assert databases[0] != databases[1]

    def test_a_reading_kept_of_one_is_not_built_upon_on_the_other(
        self, served, domain, second, clock
    ):
        """Its numbers mean something else there: what came in between would never be seen."""
        settings = ActiveDirectorySettings(**served.settings)
        _, kept = open_reader(settings, "ad").read_since(None)
        guid = domain.add_account("One", employeeID="1")
        clock.time += timedelta(seconds=15)
        found, kept = ActiveDirectoryReader(settings, "ad", second).read_since(kept)
        assert guid in found.accounts.index
        found, _ = open_reader(settings, "ad").read_since(kept)
        assert guid in found.accounts.index

    def test_the_second_takes_no_writes(self, second):
        with pytest.raises(Misconfigured, match="referral"):
            second.add(ONE, USER)


def test_a10_an_empty_text_is_an_error(domain, admin):
    domain.add_account("One", title="Nurse")
    with pytest.raises(Refused, match="invalidAttributeSyntax"):
        admin.modify(ONE, replace("title", ""))
    admin.modify(ONE, replace("title"))
    assert at(admin, ONE).text("title") is None


def test_a11_values_are_compared_without_case(domain, admin):
    domain.add_account("One", title="Nurse", proxyAddresses=("SMTP:A@example.org",))
    for filter_ in ("(TITLE=nURSE)", "(title=NUR*)", "(proxyAddresses=smtp:a@EXAMPLE.org)"):
        assert len(admin.search(STAFF.upper(), filter_, ["cn"])) == 1
    assert at(admin, ONE.lower()).text("title") == "Nurse"
    with pytest.raises(AlreadyExists):
        admin.modify(ONE, [Modification(Operation.ADD, "proxyAddresses", ("smtp:a@example.org",))])


def test_a12_a_deleted_object_is_nowhere_referred_to(domain, admin):
    domain.add_account("Boss")
    domain.add_account("One", manager=f"CN=Boss,{STAFF}")
    admin.modify(f"CN=G-HR,{GROUPS_BASE}", _join("Boss"))
    before = at(admin, ONE, "uSNChanged").number("uSNChanged")
    admin.delete(f"CN=Boss,{STAFF}")
    assert at(admin, f"CN=G-HR,{GROUPS_BASE}", "member").texts("member") == ()
    assert at(admin, ONE, "manager").text("manager") is None
    # Whoever referred to it does not notice: whoever reads by uSNChanged has to.
    assert at(admin, ONE, "uSNChanged").number("uSNChanged") == before


def test_a13_members_of_a_big_group_come_in_ranges(domain, admin):
    names = tuple(guid_dn(domain.add_account(f"P {number}")) for number in range(1501))
    group = f"CN=G-HR,{GROUPS_BASE}"
    admin.modify(group, [Modification(Operation.ADD, "member", names)])
    assert list(at(admin, group, "member").attributes) == ["member;range=0-1499"]
    rest = at(admin, group, "member;range=1500-*")
    assert len(rest.texts("member;range=1500-*")) == 1


def test_a14_a_failing_bind_counts_towards_lockout(domain):
    def sign_in(password):
        SandboxDirectory(domain, user=SERVICE_USER, password=password).root()

    for _ in range(9):
        with pytest.raises(Unauthorized):
            sign_in("Wrong#2026!x")
    sign_in(SERVICE_PASSWORD)  # begins the count anew
    for _ in range(10):
        with pytest.raises(Unauthorized, match="data 52e"):
            sign_in("Wrong#2026!x")
    with pytest.raises(Unauthorized, match="data 775"):
        sign_in(SERVICE_PASSWORD)
