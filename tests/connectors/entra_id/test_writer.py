"""What the writer does to a tenant, in batches and request by request."""

import pytest

from connectors.entra_id.frames import LICENCE
from connectors.entra_id.sandbox.content import ADMINISTRATOR, SYNCED, add_user
from connectors.model.change import MoveAccount
from connectors.model.errors import Forbidden
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from tests.connectors.entra_id.lab import (
    NOBODY,
    TARGET,
    create,
    delete,
    disable,
    enable,
    grant,
    revoke,
    update,
)

DONE, ALREADY, FAILED = Outcome.DONE, Outcome.ALREADY, Outcome.FAILED

pytestmark = pytest.mark.parametrize("size", [20, 1])


@pytest.fixture
def apply(lab, size):
    return lambda *changes, **settings: lab.apply(*changes, batch_size=size, **settings)


def outcomes(receipts):
    return [receipt.outcome for receipt in receipts]


# --- Accounts -------------------------------------------------------------------------------------


def test_a_new_account_is_disabled_and_has_the_password_that_was_handed_over(lab, apply):
    [receipt] = apply(create())
    held = lab.held(receipt.ref)
    assert receipt.outcome is DONE
    assert held["accountEnabled"] is False
    assert lab.passwords() == {"p1000123@example.org": lab.user(receipt.ref).password}
    assert receipt.produced == {
        "userPrincipalName": "p1000123@example.org",
        "mail": "p1000123@example.org",
    }
    assert lab.user(receipt.ref).password not in str(receipt.to_json())


def test_what_the_mapping_leaves_out_is_made_up(lab, apply):
    [receipt] = apply(create(mailNickname=None), usage_location="NL")
    assert lab.held(receipt.ref)["mailNickname"] == "p1000123"
    assert lab.held(receipt.ref)["usageLocation"] == "NL"


def test_changes_behind_a_create_know_its_account(lab, apply):
    group = lab.group("G-IT")
    receipts = apply(create(), enable(None), grant(None, group.id))
    assert outcomes(receipts) == [DONE] * 3
    assert {receipt.ref for receipt in receipts} == {receipts[0].ref}
    assert lab.held(receipts[0].ref)["accountEnabled"] is True
    assert receipts[0].ref in group.members


def test_an_update_writes_what_differs_and_empties_what_is_to_be_empty(lab, apply):
    ref = lab.create(
        department="Ward 3",
        otherMails=("a@example.com", "b@example.com"),
        costCenter="4010",
        extensionAttribute1="one",
        extensionAttribute2="two",
    )
    [receipt] = apply(
        update(
            ref,
            department=CLEAR,
            otherMails=CLEAR,
            costCenter=CLEAR,
            extensionAttribute1=CLEAR,
            jobTitle="Nurse",
        )
    )
    assert receipt.outcome is DONE
    held = lab.held(ref)
    assert not {"department", "otherMails", "employeeOrgData"} & held.keys()
    assert held["onPremisesExtensionAttributes"] == {"extensionAttribute2": "two"}
    assert held["jobTitle"] == "Nurse"


def test_an_update_to_what_is_held_writes_nothing(lab, apply):
    ref = lab.create(otherMails=("a@example.com", "b@example.com"), employeeHireDate="2026-12-01")
    before = lab.tenant.snapshot()
    [receipt] = apply(
        update(
            ref,
            displayName="Janine van den Boele",
            otherMails=("b@example.com", "a@example.com"),
            employeeHireDate="2026-12-01",
            department=CLEAR,
        )
    )
    assert receipt.outcome is ALREADY
    assert lab.tenant.snapshot() == before
    assert lab.count("PATCH *") == 0


def test_a_receipt_of_an_update_tells_what_is_held_afterwards(lab, apply):
    ref = lab.create()
    [receipt] = apply(update(ref, mail="new@example.org"))
    assert receipt.produced["mail"] == "new@example.org"
    assert lab.held(ref)["proxyAddresses"] == ["SMTP:new@example.org", "smtp:p1000123@example.org"]


def test_enabling_and_disabling_are_quiet_the_second_time(lab, apply):
    ref = lab.create()
    assert outcomes(apply(enable(ref), enable(ref))) == [DONE, ALREADY]
    assert outcomes(apply(disable(ref), disable(ref))) == [DONE, ALREADY]


@pytest.mark.parametrize("ends", [True, False])
def test_disabling_ends_the_sessions_where_that_is_set(lab, apply, ends):
    ref = lab.create()
    apply(enable(ref))
    [receipt] = apply(disable(ref), revoke_sessions_on_disable=ends)
    assert lab.user(ref).sign_ins_revoked == int(ends)
    assert ("sessions were ended" in (receipt.detail or "")) is ends


def test_sessions_that_did_not_end_are_ended_by_a_request_of_their_own(lab, apply):
    ref = lab.create()
    apply(enable(ref))
    lab.faults.next(status=500, only="POST */revokeSignInSessions")
    [receipt] = apply(disable(ref))
    assert receipt.outcome is DONE
    assert lab.user(ref).sign_ins_revoked == 1


def test_a_deleted_account_lies_in_the_recycle_bin(lab, apply):
    ref = lab.create()
    assert outcomes(apply(delete(ref), delete(ref))) == [DONE, ALREADY]
    assert lab.user(ref).deleted_at is not None


def test_what_is_gone_can_be_taken_from_and_not_added_to(lab, apply):
    group = lab.group("G-IT").id
    assert (
        outcomes(
            [
                *apply(disable(NOBODY)),
                *apply(delete(NOBODY)),
                *apply(revoke(NOBODY, group)),
                *apply(revoke(NOBODY, LICENCE + lab.sku("SPE_E3"))),
            ]
        )
        == [ALREADY] * 4
    )
    for change in (
        enable(NOBODY),
        update(NOBODY, jobTitle="x"),
        grant(NOBODY, group),
        grant(NOBODY, LICENCE + lab.sku("SPE_E3")),
    ):
        [receipt] = apply(change)
        assert receipt.outcome is FAILED
        assert receipt.detail


def test_accounts_are_not_moved(lab, apply):
    [receipt] = apply(MoveAccount(target=TARGET, person="1", ref=NOBODY, after={"container": "x"}))
    assert receipt.outcome is FAILED


def test_a_protected_account_is_refused_before_anything_is_sent(lab, apply):
    ref = lab.create()
    [receipt] = apply(delete(ref), protected=(ref,))
    assert receipt.outcome is FAILED
    assert lab.count("DELETE *") == 0


@pytest.mark.parametrize(
    ("principal", "told"), [(ADMINISTRATOR, "out of reach"), (SYNCED, "change it there")]
)
def test_what_graph_refuses_fails_one_change_and_not_the_target(lab, apply, principal, told):
    other = next(u for u in lab.tenant.of("user") if u.properties["userPrincipalName"] == principal)
    mine = lab.create()
    receipts = apply(disable(other.id, "9"), update(mine, jobTitle="Nurse"))
    by_person = {receipt.person: receipt for receipt in receipts}
    assert by_person["9"].outcome is FAILED
    assert told in by_person["9"].detail
    assert by_person["1000123"].outcome is DONE


def test_a_right_that_is_missing_stops_the_target(lab, apply):
    ref = lab.create()
    lab.graph.tokens.roles.discard("User.ReadWrite.All")
    lab.graph.tokens.roles.add("User.Read.All")
    with pytest.raises(Forbidden, match=r"User\.ReadWrite\.All"):
        apply(update(ref, jobTitle="Nurse"))


@pytest.mark.parametrize("name", ["accountEnabled", "proxyAddresses", "passwordProfile"])
def test_what_is_ours_to_set_cannot_be_mapped(lab, apply, name):
    ref = lab.create()
    [receipt] = apply(update(ref, **{name: "x"}))
    assert receipt.outcome is FAILED
    assert name in receipt.detail


def test_the_link_to_a_person_is_never_emptied(lab, apply):
    ref = lab.create()
    [receipt] = apply(update(ref, employeeId=CLEAR))
    assert receipt.outcome is FAILED
    assert lab.held(ref)["employeeId"] == "1000123"


# --- Managers -------------------------------------------------------------------------------------


def test_a_manager_is_set_and_taken_away_by_hr_id(lab, apply):
    boss, ref = lab.create("1000001"), lab.create()
    assert outcomes(apply(update(ref, manager="1000001"))) == [DONE]
    assert lab.user(ref).manager == boss
    assert outcomes(apply(update(ref, manager=CLEAR))) == [DONE]
    assert lab.user(ref).manager is None
    assert outcomes(apply(update(ref, manager=CLEAR))) == [ALREADY]


def test_a_new_account_gets_its_manager(lab, apply):
    boss = lab.create("1000001")
    [receipt] = apply(create(manager="1000001"))
    assert lab.user(receipt.ref).manager == boss


def test_a_manager_without_an_account_is_said_and_stops_nobody(lab, apply):
    [receipt] = apply(create(manager="1000777"))
    assert receipt.outcome is DONE
    assert "the manager 1000777 has no account here yet" in receipt.detail
    [again] = apply(update(receipt.ref, manager="1000777", jobTitle="Nurse"))
    assert again.outcome is DONE
    assert "1000777" in again.detail


def test_the_manager_of_many_is_looked_up_once_and_then_known(lab, apply):
    boss = lab.create("1000001")
    before = lab.count("GET /v1.0/users")
    many = [create(f"20{number}", manager="1000001") for number in range(60)]
    receipts = apply(*many, concurrency=1)
    assert {lab.user(receipt.ref).manager for receipt in receipts} == {boss}
    batches = "the batch that is under way, and the one that got ready meanwhile"
    assert lab.count("GET /v1.0/users") <= before + 2 * 20, batches


# --- Groups and licences --------------------------------------------------------------------------


def test_granting_twice_and_revoking_twice_are_quiet(lab, apply):
    ref, group = lab.create(), lab.group("G-IT").id
    assert outcomes(apply(grant(ref, group), grant(ref, group))) == [DONE, ALREADY]
    assert outcomes(apply(revoke(ref, group), revoke(ref, group))) == [DONE, ALREADY]
    assert lab.user(ref).deleted_at is None
    assert lab.graph.counts["deletes_without_ref"] == 0


def test_a_licence_is_given_and_taken_and_one_that_is_held_is_left_alone(lab, apply):
    ref, sku = lab.create(usageLocation="NL"), lab.sku("SPE_E3")
    assert outcomes(apply(grant(ref, LICENCE + sku), grant(ref, LICENCE + sku))) == [DONE, ALREADY]
    assert lab.count("POST */assignLicense") == 1
    assert outcomes(apply(revoke(ref, LICENCE + sku), revoke(ref, LICENCE + sku))) == [
        DONE,
        ALREADY,
    ]
    assert not lab.user(ref).licences


def test_a_licence_that_comes_from_a_group_stays(lab, apply):
    ref, sku = lab.create(), lab.sku("SPE_E3")
    lab.user(ref).licences[sku] = {lab.group("G-IT").id}
    assert outcomes(apply(revoke(ref, LICENCE + sku))) == [ALREADY]
    assert sku in lab.user(ref).licences


def test_a_licence_needs_a_location_and_says_so(lab, apply):
    [receipt] = apply(grant(lab.create(), LICENCE + lab.sku("SPE_E3")))
    assert receipt.outcome is FAILED
    assert "usageLocation" in receipt.detail


def test_when_no_licence_is_left_the_grant_fails(lab, apply):
    sku = lab.sku("VISIOCLIENT")
    for number in range(2):
        user = add_user(lab.tenant, f"u{number}@example.org")
        user.licences[sku] = {""}
    [receipt] = apply(grant(lab.create(usageLocation="NL"), LICENCE + sku))
    assert receipt.outcome is FAILED
    assert "available licenses" in receipt.detail


def test_a_dynamic_group_refuses_a_grant(lab, apply):
    [receipt] = apply(grant(lab.create(), lab.group("Everyone in care").id))
    assert receipt.outcome is FAILED


def test_thousands_of_requests_never_forget_the_ref(lab, apply):
    refs = [lab.create(str(number)) for number in range(5)]
    group = lab.group("G-IT").id
    apply(*(grant(ref, group, str(place)) for place, ref in enumerate(refs)))
    apply(*(revoke(ref, group, str(place)) for place, ref in enumerate(refs)))
    assert lab.graph.counts["deletes_without_ref"] == 0
    assert all(lab.user(ref).deleted_at is None for ref in refs)
