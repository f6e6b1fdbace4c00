"""What a reading holds."""

import pytest

from connectors.model.errors import (
    Misconfigured,
)
from tests.connectors.active_directory.lab import (
    Lab,
)


class Reading:
    def test_an_account_is_read_as_it_is_held(self, lab: Lab):
        ref = lab.create(
            title="Nurse", proxyAddresses=("smtp:k@example.org", "SMTP:j@example.org")
        ).ref
        accounts = lab.read()
        row = accounts.accounts.loc[ref]
        assert row["person"] == "1000123"
        assert not row["enabled"]
        assert row["container"] == lab.starters
        assert row["label"] == "jvandenboele"
        assert not row["protected"]
        held = accounts.attributes.loc[ref]
        assert held["title"] == "Nurse"
        assert held["proxyAddresses"] == ("SMTP:j@example.org", "smtp:k@example.org")
        assert held["department"] is None
        assert held["distinguishedName"] == f"CN=Janine van den Boele,{lab.starters}"

    def test_accounts_without_an_hr_id_are_read_too(self, lab: Lab):
        ref = lab.make_user("Made by hand", sAMAccountName="byhand")
        assert lab.read().accounts["person"].isna()[ref]

    def test_administrators_and_our_own_account_are_protected(self, lab: Lab):
        lab.create()
        frame = lab.read().accounts.set_index("label")["protected"]
        assert frame["Administrator"]
        assert frame["svc-retour"]
        assert not frame["jvandenboele"]

    def test_accounts_outside_the_base_are_not_read(self, lab: Lab):
        inside = lab.create().ref
        base = lab.starters.partition(",")[2]
        labels = lab.read(base_dn=base, groups_base=None).accounts
        assert list(labels.index) == [inside]

    def test_two_readings_without_a_write_are_equal(self, lab: Lab):
        lab.create()
        one, two = lab.read(), lab.read()
        assert one.accounts.equals(two.accounts)
        assert one.attributes.equals(two.attributes)
        assert one.taken.equals(two.taken)

    def test_small_pages_give_the_same_accounts(self, lab: Lab):
        for number in range(7):
            lab.make_user(f"Person {number}", sAMAccountName=f"p{number}")
        whole, pages = lab.read(), lab.read(page_size=2)
        assert sorted(whole.accounts.index) == sorted(pages.accounts.index)
        assert len(whole) >= 7

    def test_reading_writes_nothing(self, lab: Lab):
        lab.create()
        before = lab.usn()
        lab.read()
        assert lab.usn() == before

    def test_groups_are_permissions_and_built_in_ones_cannot_be_granted(self, lab: Lab):
        group = lab.make_group("G-Care")
        permissions = lab.read(groups_base=None).permissions
        assert permissions.at[group, "name"] == "G-Care"
        assert permissions.at[group, "grantable"]
        admins = permissions[permissions["name"] == "Domain Admins"]
        assert not admins["grantable"].any()
        assert len(admins) == 1

    def test_names_of_every_kind_of_object_are_taken(self, lab: Lab):
        group = lab.make_group("G-Care")
        lab.set(group, mail="Care@example.org")
        contact = lab.make_contact(
            "A contact", mail="contact@example.org", proxyAddresses="SMTP:Info@example.org"
        )
        ref = lab.create().ref
        rows = {tuple(row) for row in lab.read().taken.itertuples(index=False)}
        assert ("login", "g-care", group) in rows
        assert ("address", "care@example.org", group) in rows
        assert ("address", "contact@example.org", contact) in rows
        assert ("address", "info@example.org", contact) in rows
        assert ("login", "jvandenboele", ref) in rows
        assert ("address", "janine.vandenboele@example.org", ref) in rows
        assert ("common_name", "janine van den boele", ref) in rows

    def test_a_large_group_is_read_whole(self, lab: Lab):
        group = lab.make_group("G-Everybody")
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}") for n in range(30)]
        lab.join(group, *refs)
        grants = lab.read().grants
        assert sorted(grants["ref"]) == sorted(refs)

    def test_extra_attributes_are_read_on_request(self, lab: Lab):
        ref = lab.create(**{"msDS-cloudExtensionAttribute1": "blue"}).ref
        assert "msDS-cloudExtensionAttribute1" not in lab.read().attributes
        extra = lab.read(extra_attributes=("msDS-cloudExtensionAttribute1",))
        assert extra.attributes.at[ref, "msDS-cloudExtensionAttribute1"] == "blue"

    def test_a_base_that_does_not_exist_stops_the_reading(self, lab: Lab):
        with pytest.raises(Misconfigured, match="OU=Nowhere"):
            lab.read(base_dn=f"OU=Nowhere,{lab.settings.base_dn}")

    def test_another_correlation_attribute_may_be_used(self, lab: Lab):
        ref = lab.make_user("Somebody", sAMAccountName="other", employeeNumber="77")
        assert lab.read(correlation="employeeNumber").accounts.at[ref, "person"] == "77"
