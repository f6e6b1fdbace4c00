"""What `retour check` says about a tenant: rights, domains, groups."""

import pytest

from connectors.entra_id.rights import excessive, missing, needs_to_read, needs_to_write
from connectors.entra_id.sandbox.content import add_group
from connectors.entra_id.settings import EntraIdSettings

READ = "rights to read"
WRITE = "rights to write"
BEYOND = "rights beyond need"


def test_a_tenant_in_order_is_found_in_order(lab):
    found = lab.check(domains=("example.org",))
    assert all(finding.ok and not finding.warns for finding in found.values())
    assert {READ, WRITE, BEYOND, "verified domains", "groups", "users"} <= found.keys()


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("OrgContact.Read.All", READ),
        ("RoleManagement.Read.Directory", READ),
        ("GroupMember.ReadWrite.All", WRITE),
        ("User-PasswordProfile.ReadWrite.All", WRITE),
    ],
)
def test_a_right_that_is_missing_is_named_with_what_it_is_for(lab, role, subject):
    lab.graph.tokens.roles.discard(role)
    finding = lab.check()[subject]
    assert not finding.ok
    assert f"{role} (to " in finding.detail


def test_reading_and_writing_are_told_apart(lab):
    lab.graph.tokens.roles = {
        "User.Read.All",
        "GroupMember.Read.All",
        "LicenseAssignment.Read.All",
        "OrgContact.Read.All",
        "Organization.Read.All",
        "RoleManagement.Read.Directory",
    }
    found = lab.check()
    assert found[READ].ok
    assert not found[WRITE].ok
    with_writer = lab.check(write_client_id="another-app")
    assert with_writer[WRITE].ok
    assert "another-app" in with_writer[WRITE].detail
    assert with_writer[BEYOND].detail == "none"


def test_an_app_that_reads_needs_no_rights_to_write(lab):
    more = lab.check(write_client_id="another-app")[BEYOND]
    assert more.warns
    assert "User-PasswordProfile.ReadWrite.All" in more.detail


def test_the_rights_of_another_app_that_writes_are_looked_at_where_that_is_allowed(lab):
    lab.graph.tokens.roles.add("Application.Read.All")
    lab.graph.tokens.others["writer"] = {"User.ReadWrite.All", "Mail.Send"}
    found = lab.check(write_client_id="writer")
    assert not found[WRITE].ok
    assert "GroupMember.ReadWrite.All (to " in found[WRITE].detail
    assert "Mail.Send" in found["rights to write beyond need"].detail
    assert "Application.Read.All" not in found[BEYOND].detail
    assert not lab.check(write_client_id="nobody")[WRITE].ok


@pytest.mark.parametrize(
    "role", ["Mail.Read", "Application.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]
)
def test_a_right_beyond_need_is_a_warning(lab, role):
    lab.graph.tokens.roles.add(role)
    finding = lab.check()[BEYOND]
    assert finding.ok
    assert finding.warns
    assert role in finding.detail


def test_a_right_that_is_too_broad_is_named_with_what_would_do():
    settings = EntraIdSettings(tenant_id="t", client_id="c", client_secret="s")
    needs = [*needs_to_read(settings), *needs_to_write(settings)]
    roles = {"Directory.ReadWrite.All", "User-PasswordProfile.ReadWrite.All"}
    assert missing(roles, needs) == []
    [told] = excessive(roles, needs)
    assert told.startswith("Directory.ReadWrite.All (instead of ")


def test_what_is_not_read_needs_no_right(lab):
    for role in ("OrgContact.Read.All", "RoleManagement.Read.Directory"):
        lab.graph.tokens.roles.discard(role)
    found = lab.check(contacts=False, protect_administrators=False)
    assert found[READ].ok
    assert lab.read(contacts=False, protect_administrators=False)


def test_a_domain_that_is_not_verified_is_found(lab):
    finding = lab.check(domains=("example.org", "elsewhere.example"))["verified domains"]
    assert not finding.ok
    assert "not verified: elsewhere.example" in finding.detail


def test_groups_that_cannot_be_granted_are_counted_by_reason(lab):
    detail = lab.check()["groups"].detail
    assert "10 that can be granted" in detail
    assert "1 where its members follow from a rule" in detail
    assert "1 where it comes from Active Directory" in detail
    assert not lab.check(groups=("No such*",))["groups"].ok


def test_two_groups_of_one_name_are_a_warning(lab):
    lab.tenant.add("group", dict(add_group(lab.tenant, "Twice").properties))
    assert "Twice" in lab.check()["names of groups"].detail


def test_a_tenant_that_is_not_there_is_not_reached(lab):
    [finding] = lab.check(authority_url="http://127.0.0.1:1").values()
    assert not finding.ok
    assert not finding.reached


def test_wrong_credentials_are_one_finding_without_the_secret(lab):
    [finding] = lab.check(client_secret="Not-The-Secret-1").values()
    assert not finding.ok
    assert "Not-The-Secret-1" not in finding.detail
