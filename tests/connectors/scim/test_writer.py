"""What the laws do not ask: how changes travel, and what providers of all kinds make of them."""

import pytest

from connectors.model.errors import Forbidden, Unauthorized
from connectors.model.values import CLEAR
from connectors.scim.manifest import MANAGER, WORK_MAIL
from connectors.scim.urns import ENTERPRISE
from connectors.sdk.conformance.bounds import unhurried
from connectors.sdk.passwords import MemorySink
from tests.connectors.scim.lab import (
    create,
    delete,
    disable,
    enable,
    grant,
    outcomes,
    revoke,
    update,
)

STAFF = "urn:example:params:scim:schemas:extension:staff:1.0:User"
MOBILE = 'phoneNumbers[type eq "mobile"].value'


class TestAttributes:
    def test_all_kinds_of_paths_are_written_read_and_cleared(self, lab, by):
        values = {
            "name.familyName": "O'Brien",
            MOBILE: "+31 6 1",
            'addresses[type eq "work"].locality': "Utrecht",
            'addresses[type eq "work"].postalCode': "3511 AB",
            f"{ENTERPRISE}:department": 'Care "N"',
            MANAGER: "00000000-0000-4000-8000-000000000001",
            f"{STAFF}:badge": "B-7",
            f"{STAFF}:hours": 36,
        }
        extra = {"extra_attributes": (f"{STAFF}:badge", f"{STAFF}:hours")}
        [made] = lab.apply(create(**values), **extra)
        assert made.outcome == "done", made.detail
        for turn in range(2):
            if turn:
                assert outcomes(lab.apply(update(made.ref, **values), **extra)) == ["done"]
            held = lab.read(**extra).attributes.loc[made.ref]
            assert {name: held[name] for name in values} == values
            cleared = dict.fromkeys(values, CLEAR)
            assert outcomes(lab.apply(update(made.ref, **cleared), **extra)) == ["done"]
            held = lab.read(**extra).attributes.loc[made.ref]
            assert [name for name in values if held[name] is not None] == []
        kept = lab.served.user(made.ref)
        assert kept.keys() == {"userName", "externalId", "displayName", "emails", "active"}

    def test_several_values_are_replaced_as_a_whole_and_keep_what_else_is_said_of_them(
        self, lab, by
    ):
        ref = lab.served.add_user(
            "bo", emails=[{"value": "a", "display": "A"}, {"value": "b", "type": "home"}]
        )
        assert outcomes(lab.apply(update(ref, **{"emails.value": ("a", "c")}))) == ["done"]
        assert lab.served.user(ref)["emails"] == [{"value": "a", "display": "A"}, {"value": "c"}]

    def test_a_short_name_stands_for_its_path_and_is_reported(self, lab):
        short = {"names": {"mail": WORK_MAIL}}
        [made] = lab.apply(create(mail="bo@example.org"), **short)
        assert made.produced["mail"] == "bo@example.org"
        assert lab.read(**short).attributes.at[made.ref, "mail"] == "bo@example.org"

    @pytest.mark.parametrize("name", ["active", "password", "id", "meta.version", "groups", "a b"])
    def test_what_is_not_for_a_mapping_is_refused_before_anything_is_sent(self, lab, name):
        ref = lab.served.add_user("bo")
        before = lab.served.snapshot()
        [receipt] = lab.apply(update(ref, **{name: "x"}))
        assert receipt.outcome == "failed"
        assert lab.served.snapshot() == before

    def test_what_a_provider_takes_and_does_not_keep_fails(self, lab):
        """Without schemas nobody can tell beforehand."""
        lab.served.switches.unknown, lab.served.switches.describes = "ignored", False
        ref = lab.served.add_user("bo")
        [one] = lab.apply(update(ref, shoeSize="44"))
        assert one.outcome == "failed"
        assert "took shoeSize and does not hold it" in one.detail
        [other] = lab.apply(create(person="2", shoeSize="44"))
        assert "took shoeSize" in other.detail

    def test_a_path_that_is_not_understood_is_written_as_a_whole(self, lab):
        ref = lab.served.add_user("bo", phoneNumbers=[{"type": "mobile", "value": "1"}])
        lab.served.faults.next(status=400, only=f"PATCH */Users/{ref}")
        assert outcomes(lab.apply(update(ref, **{MOBILE: "2"}), use_bulk=False)) == ["done"]
        assert lab.served.user(ref)["phoneNumbers"] == [{"type": "mobile", "value": "2"}]
        assert lab.calls("PATCH") == [f"PATCH /Users/{ref}"] * 2


class TestCreating:
    def test_a_new_account_is_disabled_until_it_is_enabled(self, lab, by):
        made, enabled = lab.apply(create(), enable())
        assert (made.outcome, enabled.outcome) == ("done", "done")
        assert lab.served.user(made.ref)["active"] is True

    def test_a_name_of_somebody_else_is_refused(self, lab, by):
        lab.served.add_user("1000001@example.org", externalId="someone else")
        [receipt] = lab.apply(create())
        assert receipt.outcome == "failed"
        assert "uniqueness" in receipt.detail

    def test_another_account_of_the_same_person_is_left_to_the_next_plan(self, lab):
        lab.served.add_user("taken@example.org")
        lab.served.add_user("old@example.org", externalId="1000001")
        [receipt] = lab.apply(create(userName="taken@example.org"))
        assert receipt.outcome == "failed"
        assert "old@example.org" in receipt.detail

    def test_two_accounts_with_one_hr_id_are_an_error(self, lab):
        for name in ("1000001@example.org", "b"):
            lab.served.add_user(name, externalId="1000001")
        [receipt] = lab.apply(create())
        assert "2 accounts" in receipt.detail

    def test_a_filter_that_is_ignored_finds_nobody_else(self, lab):
        lab.served.switches.filter, lab.served.switches.filter_answer = False, "everybody"
        stranger = lab.served.add_user("stranger", externalId="7")
        lab.served.add_user("1000001@example.org", externalId="8")
        [receipt] = lab.apply(create(), overrule={"filter": True})
        assert receipt.outcome == "failed"
        assert receipt.ref != stranger

    def test_an_initial_password_is_delivered_and_set_and_shown_nowhere(self, lab):
        lab.sink = MemorySink()
        [made] = lab.apply(create())
        [again] = lab.apply(create())
        password = lab.sink.delivered["1000001@example.org"]
        assert lab.served.user(made.ref)["password"] == password
        assert (again.outcome, again.ref) == ("already", made.ref)
        assert password not in f"{made}{again}"

    def test_a_password_that_a_refusal_quotes_is_not_repeated(self, lab, monkeypatch):
        monkeypatch.setattr("connectors.scim.creation.make_password", lambda: "Q9-secret-pw")
        lab.sink = MemorySink()
        body = b'{"status": "400", "detail": "Q9-secret-pw is too short"}'
        lab.served.faults.next(status=400, body=body, only="POST */Users")
        [receipt] = lab.apply(create(), use_bulk=False)
        assert receipt.outcome == "failed"
        assert "Q9" not in f"{receipt}"


class TestVersions:
    def test_a_change_by_somebody_else_in_between_is_kept(self, lab):
        """By PUT the whole is sent: only If-Match keeps what somebody else wrote meanwhile."""
        lab.served.switches.patch = False
        ref = lab.served.add_user("bo", title="A")
        lab.served.faults.next(status=412, only="PUT *")
        assert outcomes(lab.apply(update(ref, displayName="Bo"))) == ["done"]
        assert lab.calls("PUT") == [f"PUT /Users/{ref}"] * 2
        assert lab.served.user(ref)["title"] == "A"

    def test_who_changes_all_the_time_wins(self, lab):
        ref = lab.served.add_user("bo")
        lab.served.faults.next(status=412, only="PATCH *", count=9)
        [receipt] = lab.apply(update(ref, displayName="Bo"), use_bulk=False)
        assert receipt.outcome == "failed"
        assert "somebody else" in receipt.detail

    def test_a_provider_that_wants_a_version_gets_it(self, lab, by):
        lab.served.switches.require_if_match = True
        ref, group = lab.served.add_user("bo"), lab.served.add_group("Staff")
        receipts = lab.apply(update(ref, displayName="Bo"), grant(ref, group))
        assert outcomes(receipts) == ["done", "done"], [one.detail for one in receipts]


class TestGroups:
    def test_members_of_one_group_go_together_and_each_has_a_receipt(self, lab, by):
        group = lab.served.add_group("Staff")
        refs = [lab.served.add_user(f"u{n}") for n in range(40)]
        lab.served.faults.latency_seconds = 0.01
        grants = [grant(ref, group, person=f"p{n}") for n, ref in enumerate(refs)]
        receipts = lab.apply(*grants, concurrency=16)
        assert outcomes(receipts) == ["done"] * 40
        assert lab.served.members(group) == set(refs)
        assert len(lab.calls(by)) <= 20
        takes = [revoke(ref, group, person=f"p{n}") for n, ref in enumerate(refs)]
        assert outcomes(lab.apply(*takes, concurrency=16)) == ["done"] * 40
        assert lab.served.members(group) == set()

    def test_one_who_is_refused_does_not_take_the_others_along(self, lab):
        group = lab.served.add_group("Staff")
        refs = [lab.served.add_user(f"u{n}") for n in range(3)]
        writes = [grant(ref, group, person=f"p{n}") for n, ref in enumerate(refs)]
        lab.served.faults.next(status=400, only="PATCH */Groups/*")
        assert outcomes(lab.apply(*writes)) == ["done"] * 3
        assert lab.served.members(group) == set(refs)

    def test_a_group_that_is_gone_fails_a_grant_and_not_a_revoke(self, lab, by):
        ref = lab.served.add_user("bo")
        [granted] = lab.apply(grant(ref, "gone"))
        [revoked] = lab.apply(revoke(ref, "gone"))
        assert (granted.outcome, revoked.outcome) == ("failed", "already")

    def test_the_path_of_a_member_that_is_not_understood_is_not_needed(self, lab):
        one, other = lab.served.add_user("one"), lab.served.add_user("other")
        group = lab.served.add_group("Staff", one, other)
        lab.served.faults.next(status=500, only="PATCH */Groups/*")
        assert outcomes(lab.apply(revoke(one, group))) == ["done"]
        assert lab.served.members(group) == {other}


ROLES = {"permissions": {"roles": ("admin", "reader")}}


class TestRoles:
    def test_a_role_is_a_permission_beside_others_that_stay(self, lab, by):
        ref = lab.served.add_user("bo", roles=[{"value": "owner", "display": "Owner"}])
        for change, outcome in (
            (grant(ref, "roles:admin"), "done"),
            (grant(ref, "roles:admin"), "already"),
        ):
            assert outcomes(lab.apply(change, **ROLES)) == [outcome]
        accounts = lab.read(**ROLES)
        assert set(accounts.grants["permission"]) == {"roles:owner", "roles:admin"}
        assert dict(accounts.permissions["name"]) == {
            "roles:admin": "admin",
            "roles:reader": "reader",
            "roles:owner": "owner",
        }
        assert set(accounts.permissions["kind"]) == {"permission"}
        taken = lab.apply(revoke(ref, "roles:admin"), **ROLES)
        assert outcomes(taken) == ["done"]
        assert lab.served.user(ref)["roles"] == [{"value": "owner", "display": "Owner"}]

    def test_with_two_kinds_of_them_their_names_say_which(self, lab):
        found = lab.read(permissions={"roles": ("a",), "entitlements": ("a",)}).permissions
        assert list(found["name"]) == ["roles:a", "entitlements:a"]


class TestBulk:
    def test_creates_of_many_travel_together_and_are_cut_to_what_is_allowed(self, lab):
        lab.served.switches.max_operations = 10
        creates = [create(person=str(n)) for n in range(25)]
        receipts = lab.apply(*creates)
        assert outcomes(receipts) == ["done"] * 25
        assert lab.calls("POST") == ["POST /Bulk"] * 3
        assert {one.produced["userName"] for one in receipts} == {
            f"{n}@example.org" for n in range(25)
        }

    def test_by_size_too_and_one_that_is_too_large_after_all_comes_in_halves(self, lab):
        lab.served.switches.max_payload = 3_000
        creates = [create(person=str(n)) for n in range(20)]
        assert outcomes(lab.apply(*creates)) == ["done"] * 20
        lab.served.faults.next(status=413, only="POST */Bulk")
        more = [create(person=str(n)) for n in range(30, 34)]
        assert outcomes(lab.apply(*more)) == ["done"] * 4

    def test_replies_without_bodies_are_read_back(self, lab):
        lab.served.switches.bulk_bodies = False
        receipts = lab.apply(*(create(person=str(n)) for n in range(3)))
        assert [one.produced["userName"] for one in receipts] == [
            f"{n}@example.org" for n in range(3)
        ]

    def test_an_answer_that_is_lost_is_settled_for_each(self, lab):
        lab.served.faults.next(after_applying=True, only="POST */Bulk")
        receipts = lab.apply(*(create(person=str(n)) for n in range(5)))
        assert outcomes(receipts) == ["done"] * 5
        assert len(lab.served.users()) == 5

    def test_one_that_is_refused_inside_is_alone(self, lab):
        lab.served.add_user("1@example.org", externalId="somebody else")
        receipts = lab.apply(*(create(person=str(n)) for n in range(3)))
        found = {one.person: one.outcome.value for one in receipts}
        assert found == {"0": "done", "1": "failed", "2": "done"}

    def test_a_bulk_that_was_announced_and_is_not_there_is_not_missed(self, lab):
        lab.served.faults.next(status=501, only="POST */Bulk", count=-1)
        assert outcomes(lab.apply(*(create(person=str(n)) for n in range(3)))) == ["done"] * 3


class TestProtection:
    @pytest.mark.parametrize("change", [delete, disable, lambda ref: update(ref, title="x")])
    def test_a_protected_account_is_not_touched(self, lab, change):
        ref = lab.served.add_user("Root", active=True)
        before = lab.served.snapshot()
        [receipt] = lab.apply(change(ref), protected=("root",))
        assert receipt.outcome == "failed"
        assert "protected" in receipt.detail
        assert lab.served.snapshot() == before
        assert bool(lab.read(protected=("root",)).accounts.at[ref, "protected"])


class TestFailing:
    def test_a_token_that_may_only_read_stops_the_target(self, lab):
        ref = lab.served.add_user("bo")
        read_only = lab.served.settings_apart["token"]
        with pytest.raises(Forbidden):
            lab.apply(update(ref, title="x"), token=read_only)

    def test_a_token_of_a_client_is_renewed_when_it_is_refused(self, served):
        from tests.connectors.scim.lab import Lab

        lab = Lab(served)
        lab._settings = dict(served.settings_by_client)
        ref = served.add_user("bo")
        served.access.lifetime_seconds = 0
        assert outcomes(lab.apply(update(ref, title="x"))) == ["done"]
        served.access.granted = frozenset({"scim.read"})
        with pytest.raises((Forbidden, Unauthorized)):
            lab.apply(update(ref, title="y"))

    def test_a_web_page_with_404_is_not_an_account_that_is_gone(self, lab):
        ref = lab.served.add_user("bo")
        page = b"<html>Not here</html>"
        lab.served.faults.next(status=404, body=page, only="DELETE *")
        receipts = []
        with unhurried(), pytest.raises(Exception, match="web page"):
            receipts = lab.apply(delete(ref), use_bulk=False)
        assert receipts == []
        assert lab.served.user(ref)


class TestChangesOfOnePersonInARow:
    def test_what_was_just_made_is_not_read_again_to_enable_it(self, lab):
        receipts = lab.apply(create(), enable(), update(None, title="Nurse"), use_bulk=False)
        assert outcomes(receipts) == ["done"] * 3
        ref = receipts[0].ref
        assert lab.calls()[1:] == ["POST /Users", f"PATCH /Users/{ref}", f"PATCH /Users/{ref}"]
        held = lab.served.user(ref)
        assert (held["active"], held["title"]) == (True, "Nurse")

    def test_another_run_reads_it(self, lab):
        [made] = lab.apply(create())
        lab.apply(enable(made.ref), use_bulk=False)
        path = f"/Users/{made.ref}"
        assert lab.calls()[-2:] == [f"GET {path}", f"PATCH {path}"]

    def test_whoever_changed_it_in_between_is_not_written_over(self, lab):
        lab.served.faults.next(status=412, only="PATCH *")
        receipts = lab.apply(create(), enable(), use_bulk=False)
        assert outcomes(receipts) == ["done"] * 2
        path = f"/Users/{receipts[0].ref}"
        assert lab.calls()[1:] == ["POST /Users", f"PATCH {path}", f"GET {path}", f"PATCH {path}"]

    def test_what_is_sent_as_a_whole_is_read_before_for_an_answer_may_show_less(self, lab):
        lab.served.switches.patch = False
        receipts = lab.apply(create(), enable(), use_bulk=False)
        assert outcomes(receipts) == ["done"] * 2
        path = f"/Users/{receipts[0].ref}"
        assert lab.calls()[1:] == ["POST /Users", f"GET {path}", f"PUT {path}"]

    def test_after_a_lost_answer_it_is_looked_for_and_not_remembered(self, lab):
        lab.served.faults.next(only="DELETE *", after_applying=True)
        receipts = lab.apply(create(), delete(None), use_bulk=False)
        assert outcomes(receipts) == ["done"] * 2
        path = f"/Users/{receipts[0].ref}"
        assert lab.calls()[1:] == ["POST /Users", f"DELETE {path}", f"GET {path}"]
