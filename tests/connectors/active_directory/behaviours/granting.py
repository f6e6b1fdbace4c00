"""Membership of groups."""

from tests.connectors.active_directory.lab import (
    GONE,
    Lab,
    create,
    grant,
    named,
    outcomes,
    revoke,
)


class Granting:
    def test_membership_comes_and_goes(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care, night")
        assert outcomes(lab.apply(grant(ref, group))) == ["done"]
        assert lab.read().grants.to_numpy().tolist() == [[ref, group]]
        assert outcomes(lab.apply(revoke(ref, group))) == ["done"]
        assert lab.read().grants.empty

    def test_granting_what_is_held_succeeds_quietly(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        lab.apply(grant(ref, group))
        before = lab.usn()
        assert outcomes(lab.apply(grant(ref, group))) == ["already"]
        assert lab.usn() == before

    def test_revoking_an_absent_grant_succeeds_quietly(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        before = lab.usn()
        assert outcomes(lab.apply(revoke(ref, group))) == ["already"]
        assert lab.usn() == before

    def test_granting_needs_account_and_group_and_revoking_neither(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        assert outcomes(lab.apply(grant(ref, GONE))) == ["failed"]
        assert outcomes(lab.apply(grant(GONE, group))) == ["failed"]
        assert outcomes(lab.apply(revoke(ref, GONE))) == ["already"]
        assert outcomes(lab.apply(revoke(GONE, group))) == ["already"]

    def test_others_stay_in_the_group(self, lab: Lab):
        ref = lab.create().ref
        group = lab.make_group("G-Care")
        other = lab.make_user("Somebody", sAMAccountName="other")
        lab.join(group, other, ref or "")
        lab.apply(revoke(ref, group))
        assert lab.groups_of(other) == ["G-Care"]

    def test_a_group_outside_the_delegated_ou_fails_this_person_only(self, lab: Lab):
        group = lab.make_group("G-Elsewhere", lab.users)
        receipts = lab.apply(
            create(container=lab.starters),
            grant(None, group),
            create("2", container=lab.starters, **named("ppost", "Piet Post")),
        )
        assert sorted(outcomes(receipts)) == ["done", "done", "failed"]
