"""What the reader makes of a workspace."""

from contextlib import closing
from datetime import UTC

import pytest

from connectors.google_workspace import open_reader
from connectors.google_workspace.sandbox.content import ADMIN, HELPDESK, add_people
from connectors.google_workspace.sandbox.serve import AUTH, LICENSING
from connectors.model.errors import BrokenSource, Misconfigured
from connectors.model.manifest import ADDRESS
from connectors.sdk.clock import now
from connectors.sdk.understood import understood
from tests.connectors.google_workspace.lab import TARGET, apply, create, delete, read, settings_of


def test_accounts_have_person_state_unit_and_label(served):
    [receipt] = apply(served, create(manager="boss@example.org"))
    accounts = read(served)
    row = accounts.accounts.loc[receipt.ref]
    assert row[["person", "container", "label"]].tolist() == [
        "1000123",
        "/Staff/Starters",
        "janine@example.org",
    ]
    assert not row["enabled"]
    assert not row["protected"]
    held = accounts.attributes.loc[receipt.ref]
    assert (held["givenName"], held["title"], held["manager"]) == (
        "Janine",
        "Nurse",
        "boss@example.org",
    )
    assert accounts.taken_at.tzinfo is UTC


def test_administrators_and_those_whom_the_settings_name_are_protected(served):
    [receipt] = apply(served, create())
    found = read(served, protected=(receipt.ref,)).accounts
    assert found.set_index("label")["protected"].to_dict() == {
        ADMIN: True,
        HELPDESK: True,
        "janine@example.org": True,
    }


def test_every_address_is_taken_those_of_groups_and_deleted_accounts_too(served):
    [one] = apply(served, create(aliases=("jan@example.org",)))
    [gone] = apply(served, create("2", primaryEmail="gone@example.org"))
    apply(served, delete(gone.ref))
    taken = read(served).taken
    assert set(taken["space"]) == {ADDRESS}
    held = dict(zip(taken["value"], taken["ref"], strict=True))
    assert held["janine@example.org"] == held["jan@example.org"] == one.ref
    assert held["gone@example.org"] == gone.ref
    assert held["it@example.org"] == served.workspace.holder("it@example.org")


def test_a_list_where_a_text_belongs_is_no_value(served):
    [receipt] = apply(served, create())
    served.workspace.users[receipt.ref]["recoveryEmail"] = ["x@example.org"]
    with pytest.raises(BrokenSource, match="not as it should be"), understood(TARGET, "read"):
        read(served)


def test_accounts_outside_the_base_unit_are_not_ours_and_their_addresses_are_taken(served):
    apply(served, create())
    found = read(served, base_unit="/Staff", containers={"initial": "/Staff"})
    assert found.accounts["label"].tolist() == ["janine@example.org"]
    assert ADMIN in set(found.taken["value"])


def test_groups_that_the_settings_leave_out_are_named_and_cannot_be_granted(served):
    found = read(served, groups=("it@*", "hr@*")).permissions
    grantable = set(found[found["grantable"]]["name"])
    assert grantable == {
        f"{name}@example.org{role}"
        for name in ("it", "hr")
        for role in ("", " (MANAGER)", " (OWNER)")
    }
    assert "vpn@example.org" in set(found["name"])


def test_members_are_asked_for_only_where_groups_can_be_granted(served):
    read(served, groups=("it@*",))
    asked = [call.path for call in served.application.calls if call.path.endswith("/members")]
    assert asked == [f"/groups/{served.workspace.holder('it@example.org')}/members"]


def test_pages_of_every_size_give_the_same(served):
    with served.workspace.lock:
        add_people(served.workspace, 30, 1, now().date())
    few, many = read(served, page_size=3), read(served)
    assert few.accounts.equals(many.accounts)
    assert len(many.grants) == 30


def test_reading_asks_for_the_fields_it_uses_and_no_others(served):
    read(served)
    asked = [call for call in served.application.calls if call.method == "GET"]
    assert asked
    assert all("fields=" in call.query for call in asked)


def test_a_workspace_without_groups_is_empty_and_no_error(served):
    with served.workspace.lock:
        served.workspace.groups.clear()
    found = read(served)
    assert len(found.permissions) == len(found.grants) == 0


def test_another_type_of_external_id_can_hold_the_number(served):
    [receipt] = apply(served, create(), external_id_type="custom:hr")
    user = served.workspace.users[receipt.ref]
    assert user["externalIds"] == [{"type": "custom", "customType": "hr", "value": "1000123"}]
    assert (
        read(served, external_id_type="custom:hr").accounts.loc[receipt.ref, "person"] == "1000123"
    )
    assert read(served).accounts["person"].isna().all()


def test_a_customer_that_is_none_is_a_setting_that_is_wrong(served):
    with pytest.raises(Misconfigured, match="customerId"):
        read(served, customer="C0elsewhere")


# --- check ----------------------------------------------------------------------------------------


def findings(served, **more):
    with closing(open_reader(settings_of(served, **more), TARGET)) as reader:
        return {one.subject: one for one in reader.check()}


def test_check_finds_nothing_wrong_with_a_workspace_in_order(served):
    found = findings(served)
    assert all(one.ok and not one.warns for one in found.values())
    assert "scope admin.directory.user" in found
    assert "organisational unit /Staff/Starters" in found
    assert "example.org" in found["domains"].detail


def test_check_names_each_scope_that_is_missing(served):
    for name in ("group.readonly", "group.member"):
        served.tokens.delegated -= {f"{AUTH}admin.directory.{name}"}
    found = findings(served)
    assert [one.subject for one in found.values() if not one.ok] == [
        "scope admin.directory.group.readonly"
    ]
    served.tokens.delegated |= {f"{AUTH}admin.directory.group.readonly"}
    found = findings(served)
    bad = [one for one in found.values() if not one.ok]
    assert [one.subject for one in bad] == ["scope admin.directory.group.member"]
    assert "needed to write" in bad[0].detail


def test_check_names_scopes_that_nothing_needs(served):
    served.tokens.delegated |= {f"{AUTH}admin.directory.rolemanagement"}
    found = findings(served)["scopes beyond what is needed"]
    assert found.warns
    assert "rolemanagement" in found.detail


def test_check_says_when_the_account_that_reads_may_write(served):
    found = findings(served, writes_apart=True)["scopes beyond reading"]
    assert found.warns
    assert "admin.directory.user" in found.detail
    served.tokens.delegated = frozenset(
        scope for scope in served.tokens.delegated if scope.endswith(".readonly")
    )
    found = findings(served, writes_apart=True)
    assert all(one.ok and not one.warns for one in found.values())


def test_check_wants_the_licence_scope_only_with_licences(served):
    found = findings(served, licences={"Starter": "Google-Apps/1010020027"})
    assert [one.subject for one in found.values() if not one.ok] == ["scope apps.licensing"]


def test_check_looks_for_each_licence(served):
    served.tokens.delegated |= {LICENSING}
    licences = {"Starter": "Google-Apps/1010020027", "Slip": "Google-Apps/1"}
    found = findings(served, licences=licences)
    assert [one.subject for one in found.values() if not one.ok] == ["licence Slip (Google-Apps/1)"]


def test_a_group_that_disappears_while_members_are_read_has_none(served):
    served.refuse("notFound", only="GET /groups/*/members")
    assert len(read(served).grants) == 0


def test_check_finds_units_that_are_missing(served):
    found = findings(served, containers={"initial": "/Nowhere"})
    assert not found["organisational unit /Nowhere"].ok


def test_check_finds_a_subject_that_is_nobody(served):
    found = list(findings(served, subject="nobody@example.org").values())
    assert len(found) == 1
    assert not found[0].ok
    assert not found[0].reached


def test_check_finds_groups_that_fit_nothing(served):
    assert not findings(served, groups=("nothing-*",))["groups"].ok
