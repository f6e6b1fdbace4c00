"""Enabling, disabling, moving, deleting."""

from connectors.active_directory.settings import Containers
from tests.connectors.active_directory.lab import (
    GONE,
    Lab,
    create,
    delete,
    disable,
    enable,
    move,
    named,
    outcomes,
)


class EnablingAndDisabling:
    def test_enabling_and_disabling_keep_the_other_flags(self, lab: Lab):
        ref = lab.create().ref
        lab.set(ref or "", userAccountControl=str(514 | 0x10000))  # the password does not expire
        assert outcomes(lab.apply(enable(ref))) == ["done"]
        assert lab.held(ref).number("userAccountControl") == 512 | 0x10000
        assert outcomes(lab.apply(disable(ref))) == ["done"]
        assert lab.held(ref).number("userAccountControl") == 514 | 0x10000

    def test_doing_it_twice_is_quiet(self, lab: Lab):
        ref = lab.create().ref
        lab.apply(enable(ref))
        before = lab.usn()
        assert outcomes(lab.apply(enable(ref))) == ["already"]
        assert lab.usn() == before
        lab.apply(disable(ref))
        before = lab.usn()
        assert outcomes(lab.apply(disable(ref))) == ["already"]
        assert lab.usn() == before

    def test_enabling_in_a_later_run_hands_over_a_new_password(self, lab: Lab):
        ref = lab.create().ref
        first = lab.passwords()["jvandenboele"]
        lab.apply(enable(ref))
        second = lab.passwords()["jvandenboele"]
        assert first != second
        assert lab.can_bind("janine.vandenboele@example.org", second)

    def test_a_password_that_somebody_has_is_left_alone(self, lab: Lab):
        ref = lab.apply(create(container=lab.starters), change_password_at_next_logon=False)[0].ref
        first = lab.passwords()["jvandenboele"]
        lab.apply(enable(ref))
        assert lab.passwords()["jvandenboele"] == first
        assert lab.can_bind("janine.vandenboele@example.org", first)

    def test_disabling_an_account_that_is_gone_is_done(self, lab: Lab):
        assert outcomes(lab.apply(disable(GONE))) == ["already"]

    def test_enabling_an_account_that_is_gone_fails(self, lab: Lab):
        assert outcomes(lab.apply(enable(GONE))) == ["failed"]


class MovingAndDeleting:
    def test_a_move_keeps_the_account(self, lab: Lab):
        ref = lab.create().ref
        receipts = lab.apply(move(ref, lab.staff))
        assert outcomes(receipts) == ["done"]
        assert receipts[0].produced["distinguishedName"] == f"CN=Janine van den Boele,{lab.staff}"
        assert lab.held(ref).dn.endswith(lab.staff)

    def test_a_move_to_where_it_stands_is_quiet(self, lab: Lab):
        ref = lab.create().ref
        before = lab.usn()
        spelled = lab.starters.lower().replace(",", ", ")
        assert outcomes(lab.apply(move(ref, spelled))) == ["already"]
        assert lab.usn() == before

    def test_a_move_into_a_missing_container_is_refused(self, lab: Lab):
        ref = lab.create().ref
        receipts = lab.apply(move(ref, f"OU=Nowhere,{lab.settings.base_dn}"))
        assert outcomes(receipts) == ["failed"]
        assert "does not exist" in (receipts[0].detail or "")
        assert lab.held(ref).dn.endswith(lab.starters)

    def test_a_move_onto_the_same_name_is_refused(self, lab: Lab):
        ref = lab.create().ref
        lab.make_user("Janine van den Boele", lab.staff, sAMAccountName="other")
        assert outcomes(lab.apply(move(ref, lab.staff))) == ["failed"]
        assert lab.held(ref).dn.endswith(lab.starters)

    def test_an_ou_of_a_template_is_made_when_somebody_is_put_there(self, lab: Lab):
        settings = {
            "containers": Containers(
                initial=f"OU={{contract.department_name}},OU={{contract.employer}},{lab.teams}",
                enabled=f"OU={{contract.department_name}},{lab.teams}",
            ),
            "create_containers": True,
        }
        first = f"OU=Night\\, ward,OU=St. Mary,{lab.teams}"
        refs = [
            receipt.ref
            for receipt in lab.apply(
                create("1", container=first, **named("one", "One")),
                create("2", container=first, **named("two", "Two")),
                **settings,
            )
        ]
        assert {lab.held(ref).dn for ref in refs} == {f"CN=One,{first}", f"CN=Two,{first}"}
        second = f"OU=Day ward,{lab.teams}"
        assert outcomes(lab.apply(move(refs[0], second), **settings)) == ["done"]
        assert lab.read(**settings).accounts.at[refs[0], "container"] == second
        elsewhere = lab.apply(move(refs[0], f"OU=Day ward,{lab.leavers}"), **settings)
        assert "does not exist" in (elsewhere[0].detail or "")
        assert outcomes(lab.apply(move(refs[0], f"OU=Evening,{lab.teams}"))) == ["failed"]
        lab.apply(move(refs[0], lab.staff), move(refs[1], lab.staff))
        for dn in (second, first, f"OU=St. Mary,{lab.teams}"):
            lab.admin.delete(dn)

    def test_an_ou_that_may_not_be_made_is_told(self, lab: Lab):
        settings = {
            "containers": Containers(initial=f"OU={{contract.title}},{lab.starters}"),
            "create_containers": True,
        }
        receipts = lab.apply(create(container=f"OU=Nurse,{lab.starters}"), **settings)
        assert outcomes(receipts) == ["failed"]
        assert "insufficientAccessRights" in (receipts[0].detail or "")

    def test_an_account_with_objects_below_it_is_deleted_only_when_that_is_said(self, lab: Lab):
        ref = lab.create().ref
        dn = lab.held(ref).dn
        lab.admin.add(f"CN=Device,{dn}", {"objectClass": ["top", "classStore"]})
        receipts = lab.apply(delete(ref))
        assert outcomes(receipts) == ["failed"]
        assert "set delete_children" in (receipts[0].detail or "")
        assert lab.held(ref).dn == dn
        assert outcomes(lab.apply(delete(ref), delete_children=True)) == ["done"]
        assert not lab.find("(employeeID=1000123)")

    def test_a_deleted_account_leaves_its_groups(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        lab.join(group, ref or "")
        assert outcomes(lab.apply(delete(ref))) == ["done"]
        assert not lab.find("(employeeID=1000123)")
        assert lab.held(group).texts("member") == ()

    def test_deleting_twice_succeeds(self, lab: Lab):
        ref = lab.create().ref
        lab.apply(delete(ref))
        assert outcomes(lab.apply(delete(ref))) == ["already"]
