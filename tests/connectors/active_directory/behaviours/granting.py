"""Membership of groups."""

from tests.connectors.active_directory.lab import (
    GONE,
    Lab,
    create,
    delete,
    disable,
    grant,
    grant_to,
    named,
    outcomes,
    revoke,
    revoke_from,
)


class Granting:
    def test_many_join_a_group_by_one_write(self, lab: Lab):
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}") for n in range(12)]
        group, other = lab.make_group("G-Care"), lab.make_group("G-Night")
        before = lab.held(group).number("uSNChanged")
        receipts = lab.apply(*(grant_to(ref, one) for ref in refs for one in (group, other)))
        assert outcomes(receipts) == ["done"] * 24
        assert sorted(lab.read().grants["ref"]) == sorted(refs * 2)
        after = [lab.held(one).number("uSNChanged") for one in (group, other)]
        assert max(after) - before <= 3  # one write each, and what made the second group
        receipts = lab.apply(*(revoke_from(ref, group) for ref in refs))
        assert outcomes(receipts) == ["done"] * 12
        assert set(lab.read().grants["permission"]) == {other}

    def test_each_of_many_has_an_outcome_of_their_own(self, lab: Lab):
        """Members already, gone, protected: the others join all the same."""
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}") for n in range(9)]
        group = lab.make_group("G-Care")
        lab.join(group, refs[2], refs[7])
        administrator = lab.find("(sAMAccountName=Administrator)")[0].guid
        receipts = lab.apply(*(grant_to(ref, group) for ref in [*refs, GONE, administrator]))
        by_ref = {receipt.ref: receipt.outcome.value for receipt in receipts}
        assert by_ref.pop(GONE) == by_ref.pop(administrator) == "failed"
        assert by_ref.pop(refs[2]) == by_ref.pop(refs[7]) == "already"
        assert set(by_ref.values()) == {"done"}
        assert sorted(lab.read().grants["ref"]) == sorted(refs)
        receipts = lab.apply(*(revoke_from(ref, group) for ref in [*refs, GONE]))
        assert sorted(outcomes(receipts)) == ["already"] + ["done"] * 9
        assert lab.read().grants.empty

    def test_a_batch_is_no_larger_than_it_may_be(self, lab: Lab):
        refs = [lab.make_user(f"P {n}", sAMAccountName=f"p{n}") for n in range(7)]
        group = lab.make_group("G-Care")
        receipts = lab.apply(*(grant_to(ref, group) for ref in refs), batch_size=3)
        assert outcomes(receipts) == ["done"] * 7
        assert sorted(lab.read().grants["ref"]) == sorted(refs)

    def test_what_stands_before_and_behind_memberships_keeps_its_place(self, lab: Lab):
        group = lab.make_group("G-Care")
        ref = lab.create("1", **named("one", "One")).ref
        lab.join(group, ref or "")
        receipts = lab.apply(
            disable(ref, person="1"),
            revoke_from(ref, group, person="1"),
            delete(ref, person="1"),
            create("2", container=lab.starters, **named("two", "Two")),
            grant_to(None, group, person="2"),
        )
        assert sorted((one.person, one.verb, one.outcome.value) for one in receipts) == [
            ("1", "delete", "done"),
            ("1", "disable", "already"),
            ("1", "revoke", "done"),
            ("2", "create", "done"),
            ("2", "grant", "done"),
        ]
        assert [one.verb for one in receipts if one.person == "1"] == [
            "disable",
            "revoke",
            "delete",
        ]
        assert len(lab.read().grants) == 1

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
