"""New accounts."""

import pytest

from connectors.model.values import CLEAR
from tests.connectors.active_directory.lab import (
    Lab,
    create,
    enable,
    move,
    named,
    outcomes,
)


class Creating:
    def test_an_account_is_made_disabled_in_its_container(self, lab: Lab):
        receipt = lab.create()
        held = lab.held(receipt.ref)
        assert held.dn == f"CN=Janine van den Boele,{lab.starters}"
        assert held.number("userAccountControl") == 514
        assert held.text("employeeID") == "1000123"
        assert held.text("sn") == "van den Boele"

    def test_a_receipt_reports_what_the_directory_holds(self, lab: Lab):
        receipt = lab.create()
        assert receipt.produced == {
            "sAMAccountName": "jvandenboele",
            "userPrincipalName": "janine.vandenboele@example.org",
            "mail": "janine.vandenboele@example.org",
            "distinguishedName": f"CN=Janine van den Boele,{lab.starters}",
        }

    def test_somebody_signs_in_with_the_initial_password(self, lab: Lab):
        receipts = lab.apply(create(container=lab.starters), enable())
        assert outcomes(receipts) == ["done", "done"]
        password = lab.passwords()["jvandenboele"]
        assert lab.can_bind("janine.vandenboele@example.org", password)
        assert not lab.can_bind("janine.vandenboele@example.org", f"{password}x")
        assert lab.held(receipts[0].ref).number("pwdLastSet") == 0

    def test_an_initial_password_stays_when_the_settings_say_so(self, lab: Lab):
        receipts = lab.apply(
            create(container=lab.starters), enable(), change_password_at_next_logon=False
        )
        assert lab.held(receipts[0].ref).number("pwdLastSet") > 0
        assert lab.can_bind("janine.vandenboele@example.org", lab.passwords()["jvandenboele"])

    def test_no_receipt_holds_the_password(self, lab: Lab):
        receipts = lab.apply(create(container=lab.starters), enable())
        password = lab.passwords()["jvandenboele"]
        assert password not in "".join(str(receipt.to_json()) for receipt in receipts)

    @pytest.mark.parametrize(
        "name",
        [
            "Sean O'Brien",
            "Øyvind Weiß",
            "Boele, Janine van den",
            'Jan + Piet = samen; #1 <x> "y" \\ z',
            "#hash",
            "(ster*)",
            "王小明",
        ],
    )
    def test_a_name_stays_a_name_whatever_letters_it_holds(self, lab: Lab, name):
        receipt = lab.create(cn=name, displayName=name, sn=name)
        held = lab.held(receipt.ref)
        assert held.text("cn") == name
        assert held.text("displayName") == name
        accounts = lab.read()
        assert accounts.attributes.at[receipt.ref, "cn"] == name
        assert accounts.accounts.at[receipt.ref, "container"] == lab.starters
        moved = lab.apply(move(receipt.ref, lab.leavers))
        assert outcomes(moved) == ["done"]
        assert lab.held(receipt.ref).text("cn") == name

    def test_creating_twice_gives_one_account_and_says_so(self, lab: Lab):
        first = lab.create()
        second = lab.apply(create(container=lab.starters))[0]
        assert outcomes([second]) == ["already"]
        assert second.ref == first.ref
        assert second.produced == first.produced
        assert len(lab.find("(employeeID=1000123)")) == 1

    def test_an_account_of_the_person_under_other_names_is_not_taken_over_silently(self, lab: Lab):
        lab.make_user("Somebody", employeeID="1000123", sAMAccountName="older")
        receipt = lab.apply(create(container=lab.starters))[0]
        assert outcomes([receipt]) == ["failed"]
        assert "belongs to this person already" in (receipt.detail or "")
        assert len(lab.find("(employeeID=1000123)")) == 1

    def test_two_accounts_of_one_person_are_for_an_administrator(self, lab: Lab):
        lab.make_user("One", employeeID="1000123", sAMAccountName="one")
        lab.make_user("Two", employeeID="1000123", sAMAccountName="two")
        receipt = lab.apply(create(container=lab.starters))[0]
        assert "2 accounts have employeeID 1000123" in (receipt.detail or "")

    def test_a_half_made_account_gets_its_password_on_the_next_try(self, lab: Lab):
        guid = lab.make_user(
            "Janine van den Boele",
            lab.starters,
            employeeID="1000123",
            sAMAccountName="jvandenboele",
            userPrincipalName="janine.vandenboele@example.org",
            mail="janine.vandenboele@example.org",
        )
        receipts = lab.apply(create(container=lab.starters), enable())
        assert outcomes(receipts) == ["already", "done"]
        assert receipts[0].ref == guid
        assert lab.can_bind("janine.vandenboele@example.org", lab.passwords()["jvandenboele"])

    def test_a_missing_container_is_named(self, lab: Lab):
        nowhere = f"OU=Nowhere,{lab.settings.base_dn}"
        receipt = lab.apply(create(container=nowhere))[0]
        assert outcomes([receipt]) == ["failed"]
        assert f"the container {nowhere} does not exist" in (receipt.detail or "")

    def test_an_account_without_a_correlation_value_is_not_made(self, lab: Lab):
        receipt = lab.apply(create(container=lab.starters, employeeID=""))[0]
        assert outcomes([receipt]) == ["failed"]
        assert not lab.find("(sAMAccountName=jvandenboele)")

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [
            ("mail", "Janine.vandenBoele@example.org"),
            ("userPrincipalName", "janine.vandenboele@example.org"),
            ("proxyAddresses", "smtp:janine.vandenboele@example.org"),
            ("sAMAccountName", "JvandenBoele"),
        ],
    )
    def test_a_name_of_somebody_else_stops_the_person(self, lab: Lab, attribute, value):
        lab.make_user("Somebody else", **{"sAMAccountName": "other", attribute: value})
        receipt = lab.apply(create(container=lab.starters))[0]
        assert outcomes([receipt]) == ["failed"]
        assert "is in use by CN=Somebody else" in (receipt.detail or "")
        assert not lab.find("(employeeID=1000123)")

    def test_an_address_of_a_contact_or_a_group_counts_too(self, lab: Lab):
        lab.make_contact("A contact", mail="janine.vandenboele@example.org")
        group = lab.make_group("jpost")
        lab.set(group, proxyAddresses="SMTP:j.post@example.org")
        receipts = lab.apply(
            create(container=lab.starters),
            create("2", container=lab.starters, **named("j.post", "J. Post")),
            create("3", container=lab.starters, **named("jpost", "Jan Post")),
        )
        assert outcomes(receipts) == ["failed", "failed", "failed"]

    def test_a_common_name_in_use_in_the_container_is_refused(self, lab: Lab):
        lab.make_user("Janine van den Boele", lab.starters, sAMAccountName="other")
        receipt = lab.apply(create(container=lab.starters))[0]
        assert outcomes([receipt]) == ["failed"]
        assert "68" in (receipt.detail or "")

    def test_a_failure_sets_the_rest_of_the_person_aside_and_nobody_else(self, lab: Lab):
        receipts = lab.apply(
            create(container=f"OU=Nowhere,{lab.settings.base_dn}"),
            enable(),
            create("2", container=lab.starters, **named("ppost", "Piet Post")),
        )
        found = {(receipt.person, receipt.verb): receipt.outcome.value for receipt in receipts}
        assert found == {
            ("1000123", "create"): "failed",
            ("1000123", "enable"): "set_aside",
            ("2", "create"): "done",
        }

    def test_an_account_outside_the_delegated_containers_fails_alone(self, lab: Lab):
        receipts = lab.apply(
            create(container=lab.users),
            create("2", container=lab.starters, **named("ppost", "Piet Post")),
        )
        assert sorted(outcomes(receipts)) == ["done", "failed"]
        assert "insufficientAccessRights" in "".join(receipt.detail or "" for receipt in receipts)

    def test_what_is_not_known_is_left_out(self, lab: Lab):
        receipt = lab.create(title="", department=CLEAR)
        assert lab.held(receipt.ref).text("title") is None
        assert lab.held(receipt.ref).text("department") is None

    def test_two_primary_addresses_are_refused(self, lab: Lab):
        proxies = ("SMTP:a@example.org", "SMTP:b@example.org")
        receipt = lab.apply(create(container=lab.starters, proxyAddresses=proxies))[0]
        assert "more than one primary address" in (receipt.detail or "")

    def test_what_the_window_before_makes_counts_though_the_next_is_looked_up_meanwhile(
        self, lab: Lab
    ):
        """Persons by two: the manager of each is of the window before, and so is who has a mail."""
        people = [str(number) for number in range(1, 13)]
        changes = [
            create(
                one,
                container=lab.starters,
                **named(f"person{one}", f"Person {one}")
                | ({"managerId": str(int(one) - 2)} if int(one) > 2 else {}),
            )
            for one in people
        ]
        late = create(
            "late",
            container=lab.starters,
            **named("late", "Late") | {"mail": "person12@example.org"},
        )
        receipts = lab.apply(*changes, late, batch_size=2, concurrency=2)
        assert outcomes(receipts) == ["done"] * 12 + ["failed"]
        refs = {receipt.person: receipt.ref for receipt in receipts}
        held = {one: lab.held(refs[one]) for one in people}
        assert [held[one].text("manager") for one in people[2:]] == [
            held[one].dn for one in people[:-2]
        ]
