"""Where the sandbox is as strict as Windows, also where Samba is not; and how it is kept."""

import json
import stat
import subprocess
import sys

import pytest

from connectors.active_directory import open_reader, open_writer
from connectors.active_directory.directory import Modification, Operation, Scope
from connectors.active_directory.names import guid_dn
from connectors.active_directory.sandbox import SandboxDirectory, open_domain, serve
from connectors.active_directory.sandbox.content import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    GROUPS_BASE,
    LEAVERS,
    SERVICE_PASSWORD,
    SERVICE_USER,
    STAFF,
)
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions
from connectors.model.errors import (
    AlreadyExists,
    ConfigError,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
    Unauthorized,
)

USER = {"objectClass": ["top", "person", "organizationalPerson", "user"]}


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


def password(text):
    return replace("unicodePwd", f'"{text}"'.encode("utf-16-le"))


class TestStrictness:
    def test_a_search_without_pages_ends_at_a_thousand(self, domain, admin):
        for number in range(1001):
            domain.add_account(f"P {number}")
        with pytest.raises(Misconfigured, match="sizeLimitExceeded"):
            admin.search(STAFF, "(objectClass=user)", ["cn"])
        assert len(admin.search(STAFF, "(objectClass=user)", ["cn"], page_size=1000)) == 1001

    def test_members_of_a_large_group_come_in_ranges(self, domain, admin, served):
        group = domain.add_group("G-Large")
        refs = [domain.add_account(f"P {number}") for number in range(1600)]
        names = tuple(guid_dn(ref) for ref in refs)
        admin.modify(f"CN=G-Large,{GROUPS_BASE}", [Modification(Operation.ADD, "member", names)])
        entry = admin.search(guid_dn(group), "(objectClass=*)", ["member"], scope=Scope.BASE)[0]
        assert list(entry.attributes) == ["member;range=0-1499"]
        reader = open_reader(ActiveDirectorySettings(**served.settings), "ad")
        assert sorted(reader.read().grants["ref"]) == sorted(refs)

    @pytest.mark.parametrize(
        "attributes",
        [
            {"sAMAccountName": ["x" * 21]},
            {"sAMAccountName": ["a/b"]},
            {"userAccountControl": ["1"]},
            {"userAccountControl": ["512"]},
            {"unicodePwd": ['"Long#Enough1"'.encode("utf-16-le")]},
            {"title": ["x", "y"]},
            {"employeeID": ["x" * 17]},
            {"extensionAttribute1": ["x"]},
            {"cn": ["Another name"]},
        ],
    )
    def test_what_windows_refuses_in_a_create_is_refused(self, admin, attributes):
        with pytest.raises(Refused):
            admin.add(f"CN=One,{STAFF}", {**USER, **attributes})
        assert not admin.search(STAFF, "(cn=One)", ["cn"])

    def test_a_common_name_has_64_characters(self, admin):
        admin.add(f"CN={'x' * 64},{STAFF}", USER)
        with pytest.raises(Invalid, match="too long"):
            admin.add(f"CN={'x' * 65},{STAFF}", USER)

    def test_names_of_groups_and_accounts_share_one_space(self, domain, admin):
        domain.add_group("Care")
        with pytest.raises(AlreadyExists, match="00000524"):
            admin.add(f"CN=One,{STAFF}", {**USER, "sAMAccountName": ["care"]})
        domain.add_account("Two", sAMAccountName="two")
        group = {"objectClass": ["top", "group"], "sAMAccountName": ["TWO"]}
        with pytest.raises(AlreadyExists, match="00000526"):
            admin.add(f"CN=Two,{GROUPS_BASE}", group)

    def test_enabling_needs_a_password(self, domain, admin):
        domain.add_account("One", sAMAccountName="one")
        dn = f"CN=One,{STAFF}"
        with pytest.raises(Invalid, match="0000052D"):
            admin.modify(dn, replace("userAccountControl", "512"))
        admin.modify(dn, password("Long#Enough1"))
        admin.modify(dn, replace("userAccountControl", "512"))
        assert domain.can_bind("one", "Long#Enough1")

    @pytest.mark.parametrize("code", [19, 53])
    @pytest.mark.parametrize("text", ["Sh0rt#", "alllowercase", "Onlyletters", "Contains-janine-1"])
    def test_a_weak_password_is_refused_with_either_code(self, domain, admin, text, code):
        domain.policy_code = code
        domain.add_account("One", sAMAccountName="janine")
        with pytest.raises(Invalid, match=f"0000052D.*code {code}"):
            admin.modify(f"CN=One,{STAFF}", password(text))

    def test_a_password_is_set_over_a_protected_connection_only(self, domain):
        domain.add_account("One")
        open_air = SandboxDirectory(
            domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD, protected=False
        )
        with pytest.raises(Invalid, match="0000001F"):
            open_air.modify(f"CN=One,{STAFF}", password("Long#Enough1"))

    def test_a_modify_is_done_whole_or_not_at_all(self, domain, admin):
        domain.add_account("One", title="Nurse")
        before = domain.snapshot()
        changes = [*replace("title", "Manager"), *replace("department", "")]
        with pytest.raises(Refused):
            admin.modify(f"CN=One,{STAFF}", changes)
        assert domain.snapshot() == before

    def test_a_move_into_a_missing_ou_finds_no_object(self, domain, admin):
        domain.add_account("One")
        with pytest.raises(NotFound):
            admin.rename(f"CN=One,{STAFF}", "CN=One", superior=f"OU=Nowhere,{STAFF}")

    def test_deletion_clears_references(self, domain, admin):
        boss = domain.add_account("Boss", sAMAccountName="boss")
        domain.add_account("One", employeeID="1", manager=f"CN=Boss,{STAFF}")
        admin.rename(f"CN=Boss,{STAFF}", "CN=Big Boss", superior=LEAVERS)
        assert domain.account("1")["manager"] == f"CN=Big Boss,{LEAVERS}"
        admin.delete(f"CN=Big Boss,{LEAVERS}")
        assert "manager" not in domain.account("1")
        with pytest.raises(NotFound):
            admin.search(guid_dn(boss), "(objectClass=*)", ["cn"], scope=Scope.BASE)

    def test_wrong_passwords_lock_an_account(self, domain):
        def sign_in(given):
            SandboxDirectory(domain, user=SERVICE_USER, password=given).root()

        sign_in(SERVICE_PASSWORD)
        for _ in range(10):
            with pytest.raises(Unauthorized, match="password is wrong"):
                sign_in("Wrong#2026!x")
        with pytest.raises(Unauthorized, match="locked out"):
            sign_in(SERVICE_PASSWORD)

    def test_the_service_account_may_do_what_was_delegated_and_no_more(self, domain):
        service = SandboxDirectory(domain, user=SERVICE_USER, password=SERVICE_PASSWORD)
        service.add(f"CN=One,{STAFF}", USER)
        refused = [
            lambda: service.add(f"CN=Two,CN=Users,{domain.base_dn}", USER),
            lambda: service.rename(
                f"CN=One,{STAFF}", "CN=One", superior=f"CN=Users,{domain.base_dn}"
            ),
            lambda: service.modify(f"CN=G-HR,{GROUPS_BASE}", replace("mail", "x@example.org")),
            lambda: service.add(f"OU=New,{STAFF}", {"objectClass": ["organizationalUnit"]}),
            lambda: service.delete(f"CN={ADMINISTRATOR},CN=Users,{domain.base_dn}"),
        ]
        for write in refused:
            with pytest.raises(Refused, match="INSUFF_ACCESS_RIGHTS"):
                write()

    def test_the_usn_counts_writes_and_no_reads(self, domain, admin):
        before = domain.usn
        admin.search(domain.base_dn, "(objectClass=*)", ["*"], page_size=1000)
        assert domain.usn == before
        domain.add_account("One")
        assert domain.usn == before + 1

    @pytest.mark.parametrize(
        "filter_", ["", "cn=x", "(cn)", "(&)", "(cn=x", "(cn=x))", r"(cn=\zz)"]
    )
    def test_a_filter_that_is_none_is_refused(self, admin, domain, filter_):
        with pytest.raises(Invalid, match="filter is invalid"):
            admin.search(domain.base_dn, filter_, ["cn"])


class TestKeeping:
    def test_a_domain_in_a_file_outlives_its_process(self, tmp_path):
        state = tmp_path / "kept" / "directory.jsonl"
        with serve(SandboxOptions(state=state)) as served:
            served.directory.add_account("One", employeeID="1")
            kept = served.directory.snapshot()
            server = served.settings["server"]
        again = open_domain(server)
        assert again is not served.directory
        assert again.snapshot() == kept

    def test_processes_write_into_one_file_without_losing_anything(self, tmp_path):
        state = tmp_path / "directory.jsonl"
        program = (
            "import sys; from connectors.active_directory.sandbox import open_domain\n"
            "domain, name = open_domain(sys.argv[1]), sys.argv[2]\n"
            "for n in range(40): domain.add_account(f'{name} {n}', employeeID=f'{name}{n}')"
        )
        with serve(SandboxOptions(state=state)) as served:
            others = [
                subprocess.Popen([sys.executable, "-c", program, served.settings["server"], name])
                for name in ("a", "b")
            ]
            for number in range(40):
                served.directory.add_account(f"c {number}", employeeID=f"c{number}")
            assert [other.wait() for other in others] == [0, 0]
            persons = {f"{name}{number}" for name in "abc" for number in range(40)}
            assert set(served.directory.accounts()) == persons
            changed = [
                one["usn_created"] for one in served.directory.snapshot()["objects"].values()
            ]
            assert len(set(changed)) == 121  # one per account, one for all that was there first

    def test_no_password_is_in_the_file(self, tmp_path):
        state = tmp_path / "directory.jsonl"
        with serve(SandboxOptions(state=state)) as served:
            served.directory.add_account("One", enabled=True)
        assert "Known-To-Nobody" not in state.read_text()
        assert SERVICE_PASSWORD not in state.read_text()
        assert stat.S_IMODE(state.stat().st_mode) == 0o600

    def test_half_a_line_counts_as_none(self, tmp_path):
        state = tmp_path / "directory.jsonl"
        with serve(SandboxOptions(state=state)) as served:
            served.directory.add_account("One", employeeID="1")
        with state.open("a") as file:
            file.write('{"usn": 99, "put": [{"guid"')
        domain = open_domain(f"sandbox:{state}")
        domain.add_account("Two", employeeID="2")
        assert set(domain.accounts()) == {"1", "2"}
        assert len(state.read_text().splitlines()) == 4

    def test_a_long_journal_is_written_anew(self, tmp_path):
        state = tmp_path / "directory.jsonl"
        with serve(SandboxOptions(state=state)) as served:
            guid = served.directory.add_account("One", employeeID="1")
            by = served.directory._administrator()
            for number in range(2100):
                served.directory.modify(
                    guid_dn(guid), replace("title", f"Title {number}"), by=by, protected=True
                )
            kept = served.directory.snapshot()
        fresh = open_domain(f"sandbox:{state}")
        assert fresh.snapshot() == kept
        assert len(state.read_text().splitlines()) == 2

    def test_another_file_is_not_taken_for_a_sandbox(self, tmp_path):
        state = tmp_path / "notes.txt"
        state.write_text("buy milk\n")
        with pytest.raises(ConfigError, match="not the file of an Active Directory sandbox"):
            open_domain(f"sandbox:{state}").accounts()
        assert state.read_text() == "buy milk\n"

    def test_a_removed_file_begins_a_new_domain(self, tmp_path):
        state = tmp_path / "directory.jsonl"
        with serve(SandboxOptions(state=state)) as served:
            served.directory.add_account("One", employeeID="1")
            state.unlink()
            assert served.directory.accounts() == {}
            served.directory.add_account("Two", employeeID="2")

    def test_an_address_is_one_domain_within_a_process(self):
        assert open_domain("sandbox://shared") is open_domain("sandbox://shared")
        assert open_domain("sandbox://shared") is not open_domain("sandbox://other")

    def test_two_new_sandboxes_are_alike(self):
        with serve(SandboxOptions()) as one, serve(SandboxOptions()) as two:
            guids = [set(served.directory.snapshot()["objects"]) for served in (one, two)]
        assert guids[0] == guids[1]

    def test_data_is_loaded_once(self, tmp_path):
        data = tmp_path / "data.json"
        account = {
            "cn": "Janine van den Boele",
            "employeeID": "1000123",
            "sAMAccountName": "jboele",
            "proxyAddresses": ["SMTP:j@example.org"],
            "groups": ["G-Ward"],
        }
        data.write_text(json.dumps({"groups": ["G-Ward"], "accounts": [account]}))
        options = SandboxOptions(data=data, state=tmp_path / "directory.jsonl")
        for _ in range(2):
            with serve(options) as served:
                held = served.directory.account("1000123")
        assert held["enabled"]
        assert held["groups"] == ["G-Ward"]
        assert held["proxyAddresses"] == ("SMTP:j@example.org",)

    @pytest.mark.parametrize("content", ["[1", '{"accounts": [{"title": "x"}]}', '{"accounts": 5}'])
    def test_data_that_cannot_be_loaded_is_told(self, tmp_path, content):
        data = tmp_path / "data.json"
        data.write_text(content)
        with pytest.raises(ConfigError, match="cannot be loaded"), serve(SandboxOptions(data=data)):
            pass


def test_settings_of_a_sandbox_open_reader_and_writer(served):
    settings = ActiveDirectorySettings(**served.settings)
    reader, writer = open_reader(settings, "ad"), open_writer(settings, "ad")
    assert all(finding.ok for finding in reader.check())
    assert list(writer.apply([])) == []
