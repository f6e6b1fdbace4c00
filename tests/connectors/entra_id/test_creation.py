"""Creates that meet something: an earlier try, somebody else, the recycle bin, a lost answer."""

import pytest

from connectors.entra_id.sandbox.content import CONTACT, add_user
from connectors.model.errors import Misconfigured
from connectors.model.receipt import Outcome
from tests.connectors.entra_id.lab import create, delete, enable, grant, update

DONE, ALREADY, FAILED = Outcome.DONE, Outcome.ALREADY, Outcome.FAILED

pytestmark = pytest.mark.parametrize("size", [20, 1])


@pytest.fixture
def make(lab, size):
    return lambda change, **settings: lab.one(change, batch_size=size, **settings)


def test_creating_twice_gives_one_account_with_the_password_handed_over_last(lab, make):
    first, second = make(create()), make(create())
    assert (first.outcome, second.outcome) == (DONE, ALREADY)
    assert first.ref == second.ref
    assert lab.passwords()["p1000123@example.org"] == lab.user(first.ref).password


def test_an_account_that_is_in_use_keeps_its_password(lab, make):
    first = make(create())
    lab.apply(enable(first.ref))
    password = lab.user(first.ref).password
    assert make(create()).outcome is ALREADY
    assert lab.user(first.ref).password == password


def test_without_the_right_to_set_a_password_an_account_is_taken_over_all_the_same(lab, make):
    first = make(create())
    lab.graph.tokens.roles.discard("User-PasswordProfile.ReadWrite.All")
    second = make(create())
    assert (second.outcome, second.ref) == (ALREADY, first.ref)
    assert "kept its password" in second.detail


def test_an_account_with_another_name_is_left_to_the_next_plan(lab, make):
    make(create())
    add_user(lab.tenant, "other@example.org", employeeId="7")
    receipt = make(create("7", userPrincipalName="p1000123@example.org"))
    assert receipt.outcome is FAILED
    assert "another userPrincipalName" in receipt.detail


def test_a_name_of_somebody_else_is_refused_by_the_name_of_the_attribute(lab, make):
    make(create())
    receipt = make(create("8", userPrincipalName="p1000123@example.org"))
    assert receipt.outcome is FAILED
    assert "userPrincipalName is in use" in receipt.detail
    assert not lab.users_of("8")
    contact = make(create("9", mail=CONTACT))
    assert "proxyAddresses is in use" in contact.detail


def test_two_accounts_of_one_person_are_nobodys_guess(lab, make):
    for name in ("a", "b"):
        add_user(lab.tenant, f"{name}@example.org", employeeId="1000123")
    receipt = make(create(userPrincipalName="a@example.org"))
    assert receipt.outcome is FAILED
    assert "2 accounts have the employeeId 1000123" in receipt.detail


@pytest.mark.parametrize("missing", ["userPrincipalName", "displayName", "employeeId"])
def test_an_account_needs_a_name_and_a_person(lab, make, missing):
    receipt = make(create(**{missing: None}))
    assert receipt.outcome is FAILED
    assert missing in receipt.detail


def test_a_quote_in_an_hr_id_finds_nobody_else(lab, make):
    odd = "1' or '1' eq '1"
    first = make(create(odd, userPrincipalName="odd@example.org", mail=None, mailNickname="odd"))
    again = make(create(odd, userPrincipalName="odd@example.org", mail=None, mailNickname="odd"))
    assert (first.outcome, again.outcome) == (DONE, ALREADY)
    assert first.ref == again.ref


def test_a_domain_that_is_not_verified_is_said(lab, make):
    receipt = make(create(userPrincipalName="p@elsewhere.example"))
    assert receipt.outcome is FAILED
    assert "verified domain" in receipt.detail


def test_a_password_that_cannot_be_handed_over_makes_no_account(lab, make, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(Misconfigured, match="could not be handed over"):
        make(create(), initial_passwords=f"file:{blocked}/passwords.csv")
    assert not lab.users_of("1000123")


# --- What is not seen at once (E3) ----------------------------------------------------------------


def test_changes_behind_a_create_wait_until_it_is_seen(lab, size, waits):
    lab.faults.unseen_for = 2
    group = lab.group("G-IT")
    receipts = lab.apply(
        create(),
        update(None, jobTitle="Nurse"),
        enable(None),
        grant(None, group.id),
        batch_size=size,
    )
    assert [receipt.outcome for receipt in receipts] == [DONE] * 4
    assert receipts[0].ref in group.members


def test_the_wait_is_bounded(lab, size):
    lab.tenant.switches.visible_after_seconds = 3600
    receipts = lab.apply(create(), enable(None), batch_size=size, patience_seconds=0.4)
    assert [receipt.outcome for receipt in receipts] == [DONE, FAILED]


def test_somebody_elses_absence_is_not_waited_for(lab, size, waits):
    [receipt] = lab.apply(enable("00000000-0000-4000-8000-000000000000"), batch_size=size)
    assert receipt.outcome is FAILED
    assert not waits


# --- Lost answers (E15) ---------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
def test_a_create_whose_answer_is_lost_makes_one_account(lab, make, applied):
    lab.faults.next(after_applying=applied, only="POST /v1.0/users")
    receipt = make(create())
    assert receipt.outcome in {DONE, ALREADY}
    [user] = lab.users_of("1000123")
    assert user.id == receipt.ref
    assert lab.passwords()["p1000123@example.org"] == user.password


def test_a_lost_create_that_is_not_seen_yet_is_waited_for(lab, size):
    lab.tenant.switches.visible_after_seconds = 20
    lab.faults.next(after_applying=True, only="POST /v1.0/users")
    receipt = lab.one(create(), batch_size=size)
    assert receipt.outcome in {DONE, ALREADY}
    assert len(lab.users_of("1000123")) == 1


# --- The recycle bin (E11) ------------------------------------------------------------------------


def test_a_deleted_account_is_restored_for_a_rehire_where_that_is_set(lab, make):
    first = make(create(department="Ward 3"))
    lab.apply(enable(first.ref), delete(first.ref))
    again = make(
        create(userPrincipalName="back@example.org", mail="back@example.org"), restore_deleted=True
    )
    assert again.outcome is DONE
    assert again.ref == first.ref
    assert "restored from the recycle bin" in again.detail
    held = lab.held(first.ref)
    assert held["userPrincipalName"] == "back@example.org"
    assert held["accountEnabled"] is False
    assert lab.passwords()["back@example.org"] == lab.user(first.ref).password
    assert again.produced["mail"] == "back@example.org"


def test_a_restore_whose_answer_is_lost_is_done_once(lab, make):
    first = make(create())
    lab.apply(delete(first.ref))
    lab.faults.next(after_applying=True, only="POST */restore")
    again = make(create(), restore_deleted=True)
    assert (again.outcome, again.ref) == (DONE, first.ref)


def test_without_that_a_deleted_account_stays_where_it_is(lab, make):
    first = make(create())
    lab.apply(delete(first.ref))
    again = make(create())
    assert again.outcome is FAILED
    assert "deleted one" in again.detail


def test_several_deleted_accounts_of_one_person_are_nobodys_guess(lab, make):
    for name in ("a", "b"):
        user = add_user(lab.tenant, f"{name}@example.org", employeeId="1000123")
        lab.tenant.bin(user)
    receipt = make(create(), restore_deleted=True)
    assert receipt.outcome is FAILED
    assert "2 deleted accounts" in receipt.detail
