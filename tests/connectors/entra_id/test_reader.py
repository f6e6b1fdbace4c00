"""What the reader makes of a tenant."""

import pandas as pd
import pytest

from connectors.entra_id.frames import LICENCE
from connectors.entra_id.sandbox.content import (
    ADMINISTRATOR,
    BREAK_GLASS,
    CONTACT,
    LIST,
    SYNCED,
    TEAM,
    add_group,
    add_user,
)
from connectors.model.accounts import GROUP, PERMISSION
from connectors.model.errors import Forbidden, Misconfigured, Unauthorized
from tests.connectors.entra_id.lab import create, delete, grant, update


def test_accounts_come_with_their_state_and_what_they_hold(lab):
    boss = lab.create("1000001")
    ref = lab.create(
        extensionAttribute3="A-7",
        costCenter="4010",
        businessPhones=("+31 30 000 0001",),
        employeeHireDate="2026-12-01",
        manager="1000001",
    )
    read = lab.read()
    account, held = read.accounts.loc[ref], read.attributes.loc[ref]
    assert account["person"] == "1000123"
    assert account["label"] == "p1000123@example.org"
    assert not account["enabled"]
    assert not account["protected"]
    assert held["extensionAttribute3"] == "A-7"
    assert held["costCenter"] == "4010"
    assert held["businessPhones"] == ("+31 30 000 0001",)
    assert held["employeeHireDate"] == "2026-12-01"
    assert held["manager"] == "1000001"
    assert pd.isna(held["department"])
    assert pd.isna(read.attributes.loc[boss]["manager"])


def test_a_manager_without_an_hr_id_is_told_by_the_id_of_the_account(lab):
    ref = lab.create()
    boss = next(u for u in lab.tenant.of("user") if not u.properties.get("employeeId"))
    lab.tenant.set_manager(lab.user(ref), boss.id)
    assert lab.read().attributes.loc[ref]["manager"] == boss.id


def test_groups_and_licences_are_permissions(lab):
    ref = lab.create(usageLocation="NL")
    team, licence = lab.group("Care team").id, LICENCE + lab.sku("SPE_E3")
    lab.apply(grant(ref, team), grant(ref, licence))
    read = lab.read()
    held = set(read.grants[read.grants["ref"] == ref]["permission"])
    assert held == {team, licence}
    assert read.permissions.loc[licence].to_dict() == {
        "name": "SPE_E3",
        "grantable": True,
        "kind": PERMISSION,
    }
    assert read.permissions.loc[team, "kind"] == GROUP


@pytest.mark.parametrize(
    "name",
    ["Everyone in care", "Printers at the office", "Announcements", "Help desk with a role"],
)
def test_groups_that_graph_lets_nobody_fill_cannot_be_granted(lab, name):
    assert not lab.read().permissions.loc[lab.group(name).id, "grantable"]


def test_a_licence_that_comes_from_a_group_is_not_the_accounts_own(lab):
    ref, sku = lab.create(), lab.sku("SPE_E3")
    lab.user(ref).licences[sku] = {lab.group("G-IT").id}
    assert lab.read().grants.empty
    lab.user(ref).licences[sku].add("")
    assert len(lab.read().grants) == 1


def test_only_groups_that_the_settings_name_are_permissions(lab):
    inside, by_id = lab.group("G-IT").id, lab.group("Care team").id
    ref = lab.create()
    lab.apply(grant(ref, inside), grant(ref, by_id), grant(ref, lab.group("G-HR").id))
    read = lab.read(groups=("g-i*", by_id), licences=False)
    assert set(read.permissions.index) == {inside, by_id}
    assert set(read.grants["permission"]) == {inside, by_id}


@pytest.mark.parametrize(
    ("principal", "reason"),
    [
        (ADMINISTRATOR, "directory role"),
        (BREAK_GLASS, "directory role"),
        (SYNCED, "Active Directory"),
        ("safe@example.org", "settings protect"),
    ],
)
def test_accounts_that_are_left_alone_say_why(lab, principal, reason):
    if principal.startswith("safe"):
        add_user(lab.tenant, principal)
    accounts = lab.read(protected=("SAFE@example.org",)).accounts
    [row] = accounts[accounts["label"] == principal].to_dict(orient="records")
    assert row["protected"]
    assert reason in row["keep"]


def test_members_of_a_group_with_a_role_are_administrators(lab):
    ref = lab.create()
    lab.tenant.join(lab.group("Help desk with a role"), ref)
    assert lab.read().accounts.loc[ref, "protected"]
    assert not lab.read(protect_administrators=False).accounts.loc[ref, "protected"]


def test_every_address_in_the_tenant_is_taken(lab):
    ref = lab.create(mail="jan@example.org")
    lab.apply(update(ref, mail="johan@example.org"))
    gone = lab.create("1000999", mail="gone@example.org")
    lab.apply(delete(gone, "1000999"))
    taken = lab.read().taken
    holder = dict(zip(taken["value"], taken["ref"], strict=True))
    assert holder["jan@example.org"] == holder["johan@example.org"] == ref
    assert holder["gone@example.org"] == holder["p1000999@example.org"] == gone
    assert {CONTACT, TEAM, LIST} <= holder.keys()
    assert CONTACT not in set(lab.read(contacts=False).taken["value"])


def test_names_of_deleted_accounts_are_free_for_whom_they_belong_to_where_they_are_restored(lab):
    gone = lab.create()
    lab.apply(delete(gone))
    assert gone not in set(lab.read(restore_deleted=True).taken["ref"])


def test_a_sign_in_name_in_the_recycle_bin_is_read_without_the_id_before_it(lab):
    gone = lab.create(mail=None)
    lab.apply(delete(gone))
    lab.held(gone)["userPrincipalName"] = gone.replace("-", "") + "p1000123@example.org"
    taken = lab.read().taken
    assert set(taken[taken["ref"] == gone]["value"]) == {"p1000123@example.org"}


def test_paging_by_one_gives_what_large_pages_give(lab):
    ref = lab.create()
    lab.apply(grant(ref, lab.group("G-IT").id))
    one, all_ = lab.read(page_size=1), lab.read()
    assert one.attributes.equals(all_.attributes)
    assert one.taken.equals(all_.taken)
    assert one.grants.equals(all_.grants)


def test_other_attributes_are_read_when_the_mapping_names_them(lab):
    ref = lab.create()
    lab.held(ref)["onPremisesSamAccountName"] = "pjanine"
    read = lab.read(extra_attributes=("onPremisesSamAccountName", "mail"))
    assert read.attributes.loc[ref]["onPremisesSamAccountName"] == "pjanine"


def test_an_attribute_that_graph_does_not_know_stops_the_reading(lab):
    with pytest.raises(Misconfigured, match="noSuchThing"):
        lab.read(extra_attributes=("noSuchThing",))


def test_only_readings_leave_the_reader(lab):
    lab.read()
    lab.read_since(None)
    list(lab.check())
    asked = [str(one) for one in lab.faults.log if one.method != "GET"]
    assert all("/oauth2/v2.0/token" in one for one in asked)


def test_a_missing_right_stops_the_reading(lab):
    lab.graph.tokens.roles.clear()
    with pytest.raises(Forbidden, match="Insufficient privileges"):
        lab.read()


def test_a_wrong_secret_is_told_and_not_shown(lab):
    with pytest.raises(Unauthorized, match="AADSTS7000215") as told:
        lab.read(client_secret="Not-The-Secret-1")
    assert "Not-The-Secret-1" not in repr(told.value)


def test_groups_of_one_name_are_all_there(lab):
    add_group(lab.tenant, "Twice")
    lab.tenant.add("group", dict(lab.group("Twice").properties))
    names = lab.read().permissions["name"]
    assert (names == "Twice").sum() == 2


def test_who_is_in_the_tenant_and_not_from_hr_has_no_person(lab):
    add_user(lab.tenant, "guest@example.org", userType="Guest")
    accounts = lab.read().accounts
    assert accounts[accounts["label"] == "guest@example.org"]["person"].isna().all()
    assert create().after["employeeId"] not in set(accounts["person"])
