"""Attributes of accounts."""

import pytest

from connectors.model.change import HR_ID, UpdateAccount
from connectors.model.values import CLEAR
from tests.connectors.active_directory.lab import (
    GONE,
    TARGET,
    Lab,
    create,
    named,
    outcomes,
    update,
)

BETWEEN = [
    ({"title": "Nurse"}, {"title": "Cook"}, "title was Nurse and is Head nurse now"),
    ({"title": "Nurse"}, {"title": CLEAR}, "title was Nurse and is Head nurse now"),
    ({}, {"title": "Cook"}, "title was empty and is Head nurse now"),
]
"""What a plan saw and wants, and what is said when somebody makes a head nurse meanwhile."""


class Updating:
    @pytest.mark.parametrize(("before", "after", "told"), BETWEEN)
    def test_whoever_comes_between_looking_and_writing_is_not_written_over(
        self, lab: Lab, monkeypatch, before, after, told
    ):
        ref = lab.create(department="Care", **before).ref
        change = UpdateAccount(
            target=TARGET,
            person="1000123",
            ref=ref,
            before={**before, "department": "Care"},
            after={**after, "department": "Kitchen"},
            context={HR_ID: "1000123"},
        )
        lab.meanwhile(monkeypatch, lambda: lab.set(ref, title="Head nurse"))

        [receipt] = lab.apply(change)

        assert receipt.outcome == "failed"
        assert "moved_since" in (receipt.detail or "")
        assert told in (receipt.detail or "")
        held = lab.held(ref)
        assert (held.text("title"), held.text("department")) == ("Head nurse", "Care")

    def test_what_no_plan_saw_is_written_all_the_same(self, lab: Lab, monkeypatch):
        ref = lab.create(title="Nurse").ref
        lab.meanwhile(monkeypatch, lambda: lab.set(ref, title="Head nurse"))
        assert outcomes(lab.apply(update(ref, title="Cook"))) == ["done"]
        assert lab.held(ref).text("title") == "Cook"

    def test_only_named_attributes_change(self, lab: Lab):
        ref = lab.create(title="Nurse", department="Care").ref
        receipts = lab.apply(update(ref, title="Senior nurse"))
        assert outcomes(receipts) == ["done"]
        held = lab.held(ref)
        assert (held.text("title"), held.text("department")) == ("Senior nurse", "Care")

    def test_updating_to_the_same_values_is_quiet(self, lab: Lab):
        ref = lab.create(title="Nurse").ref
        before = lab.usn()
        receipts = lab.apply(update(ref, title="Nurse", cn="Janine van den Boele"))
        assert outcomes(receipts) == ["already"]
        assert lab.usn() == before

    def test_clearing_empties_an_attribute_and_may_be_repeated(self, lab: Lab):
        ref = lab.create(title="Nurse").ref
        assert outcomes(lab.apply(update(ref, title=CLEAR))) == ["done"]
        assert lab.held(ref).text("title") is None
        assert outcomes(lab.apply(update(ref, title=CLEAR))) == ["already"]

    def test_several_values_are_replaced_as_a_whole(self, lab: Lab):
        ref = lab.create(proxyAddresses=("SMTP:j@example.org", "smtp:k@example.org")).ref
        lab.apply(update(ref, proxyAddresses=("SMTP:l@example.org", "smtp:j@example.org")))
        assert sorted(lab.held(ref).texts("proxyAddresses")) == [
            "SMTP:l@example.org",
            "smtp:j@example.org",
        ]

    def test_a_manager_is_named_by_their_hr_id(self, lab: Lab):
        boss = lab.create("1", **named("boss", "Big, boss")).ref
        ref = lab.create("2", **named("two", "Two"), managerId="1").ref
        assert lab.held(ref).text("manager") == lab.held(boss).dn
        assert lab.read().attributes.at[ref, "managerId"] == "1"
        before = lab.usn()
        assert outcomes(lab.apply(update(ref, managerId="1"))) == ["already"]
        assert lab.usn() == before
        lab.apply(update(boss, cn="Bigger boss"))
        assert lab.held(ref).text("manager") == lab.held(boss).dn
        assert outcomes(lab.apply(update(ref, managerId=CLEAR))) == ["done"]
        assert lab.held(ref).text("manager") is None

    def test_a_manager_without_an_account_holds_up_nothing_else(self, lab: Lab):
        receipts = lab.apply(create("2", container=lab.starters, managerId="1", title="Nurse"))
        assert outcomes(receipts) == ["done"]
        assert "the manager 1 has no account yet" in (receipts[0].detail or "")
        ref = receipts[0].ref
        receipts = lab.apply(update(ref, managerId="1", title="Carer"))
        assert outcomes(receipts) == ["done"]
        assert lab.held(ref).text("title") == "Carer"
        assert outcomes(lab.apply(update(ref, managerId="1"))) == ["failed"]

    @pytest.mark.parametrize(
        "proxies", [("smtp:a@example.org",), ("SMTP:a@example.org", "SMTP:b@example.org")]
    )
    def test_a_mailbox_has_exactly_one_primary_address(self, lab: Lab, proxies):
        ref = lab.create(proxyAddresses=("SMTP:j@example.org",)).ref
        receipts = lab.apply(update(ref, proxyAddresses=proxies))
        assert outcomes(receipts) == ["failed"]
        assert "primary address" in (receipts[0].detail or "")
        other = ("X500:/o=example", "sip:j@example.org")
        assert outcomes(lab.apply(update(ref, proxyAddresses=other))) == ["done"]

    def test_the_old_address_of_somebody_who_is_renamed_becomes_an_alias(self, lab: Lab):
        ref = lab.create(proxyAddresses=("SMTP:j@example.org",)).ref
        receipts = lab.apply(
            update(
                ref,
                cn="Janine de Vries",
                mail="v@example.org",
                userPrincipalName="v@example.org",
                proxyAddresses=("SMTP:v@example.org", "smtp:j@example.org"),
            )
        )
        assert outcomes(receipts) == ["done"]
        assert receipts[0].ref == ref
        assert sorted(lab.held(ref).texts("proxyAddresses")) == [
            "SMTP:v@example.org",
            "smtp:j@example.org",
        ]

    def test_many_are_looked_up_together_and_each_gets_their_own(self, lab: Lab):
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}", title="Carer") for n in range(5)]
        changes = [
            UpdateAccount(
                target=TARGET,
                person=str(n),
                ref=ref,
                after={"title": f"Nurse {n}", "mail": f"p{n}@example.org"},
            )
            for n, ref in enumerate(refs)
        ]
        assert outcomes(lab.apply(*changes)) == ["done"] * 5
        assert [lab.held(ref).text("title") for ref in refs] == [f"Nurse {n}" for n in range(5)]
        assert outcomes(lab.apply(*changes)) == ["already"] * 5

    def test_two_cannot_get_one_address_in_one_go(self, lab: Lab):
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}") for n in range(2)]
        changes = [
            UpdateAccount(target=TARGET, person=str(n), ref=ref, after={"mail": "same@example.org"})
            for n, ref in enumerate(refs)
        ]
        assert sorted(outcomes(lab.apply(*changes))) == ["done", "failed"]

    def test_an_address_that_was_just_given_up_is_free(self, lab: Lab):
        one = lab.make_user("One", sAMAccountName="one", mail="x@example.org")
        two = lab.make_user("Two", sAMAccountName="two")
        changes = [
            UpdateAccount(target=TARGET, person="1", ref=one, after={"mail": "y@example.org"}),
            UpdateAccount(target=TARGET, person="2", ref=two, after={"mail": "x@example.org"}),
        ]
        assert outcomes(lab.apply(*changes, concurrency=1)) == ["done", "done"]

    def test_a_rename_keeps_the_account_and_its_groups(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        lab.join(group, ref or "")
        receipts = lab.apply(update(ref, cn="Janine de Vries, zzp", sn="de Vries"))
        assert outcomes(receipts) == ["done"]
        assert (
            receipts[0].produced["distinguishedName"] == f"CN=Janine de Vries\\, zzp,{lab.starters}"
        )
        assert lab.held(ref).text("sn") == "de Vries"
        assert lab.groups_of(ref) == ["G-Care"]

    def test_a_rename_to_a_name_in_use_changes_nothing(self, lab: Lab):
        ref = lab.create(title="Nurse").ref
        lab.make_user("Janine de Vries", lab.starters, sAMAccountName="other")
        receipts = lab.apply(update(ref, cn="Janine de Vries", title="Manager"))
        assert outcomes(receipts) == ["failed"]
        assert lab.held(ref).text("title") == "Nurse"

    def test_an_address_of_another_object_is_refused_even_if_it_is_mine_too(self, lab: Lab):
        ref = lab.create(proxyAddresses=("SMTP:j@example.org",)).ref
        lab.make_contact("A contact", proxyAddresses="smtp:j@example.org")
        receipts = lab.apply(update(ref, mail="j@example.org"))
        assert outcomes(receipts) == ["failed"]
        assert "is in use by CN=A contact" in (receipts[0].detail or "")

    def test_my_own_address_is_free_for_me(self, lab: Lab):
        ref = lab.create(proxyAddresses=("SMTP:j@example.org",)).ref
        receipts = lab.apply(update(ref, mail="j@example.org"))
        assert outcomes(receipts) == ["done"]
        assert receipts[0].produced["mail"] == "j@example.org"

    def test_a_manager_is_set_and_cleared(self, lab: Lab):
        ref = lab.create().ref
        boss = lab.held(lab.make_user("Boss", sAMAccountName="boss")).dn
        assert outcomes(lab.apply(update(ref, manager=boss))) == ["done"]
        assert lab.held(ref).text("manager") == boss
        assert outcomes(lab.apply(update(ref, manager=CLEAR))) == ["done"]
        assert lab.held(ref).text("manager") is None

    def test_an_account_is_found_where_it_was_moved_to_by_hand(self, lab: Lab):
        ref = lab.create().ref
        lab.admin.rename(lab.held(ref).dn, "CN=Renamed by hand", superior=lab.leavers)
        assert outcomes(lab.apply(update(ref, title="Nurse"))) == ["done"]
        assert lab.held(ref).text("title") == "Nurse"

    def test_updating_an_account_that_is_gone_fails(self, lab: Lab):
        receipts = lab.apply(update(GONE, title="Nurse"))
        assert outcomes(receipts) == ["failed"]
        assert "is gone" in (receipts[0].detail or "")

    @pytest.mark.parametrize("name", ["unicodePwd", "userAccountControl", "memberOf", "objectGUID"])
    def test_what_follows_from_something_else_cannot_be_mapped(self, lab: Lab, name):
        ref = lab.create().ref
        before = lab.usn()
        receipts = lab.apply(update(ref, **{name: "1"}))
        assert outcomes(receipts) == ["failed"]
        assert lab.usn() == before

    def test_a_named_account_is_protected(self, lab: Lab):
        receipt = lab.create()
        for protected in ("JVandenBoele", receipt.ref):
            refused = lab.apply(update(receipt.ref, title="x"), protected=(protected,))
            assert outcomes(refused) == ["failed"]
            assert "is protected" in (refused[0].detail or "")
