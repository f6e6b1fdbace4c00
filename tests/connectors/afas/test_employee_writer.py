"""Clearing an employee's person, and what a leaver's payslips need before that."""

import pytest

from connectors.afas.sandbox.afas import Afas
from connectors.afas.telling import without_private
from connectors.model.change import CreateAccount, DeleteAccount, DisableAccount, UpdateAccount
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from tests.connectors.afas.lab import calls, employee_update

JANINE = "1000001"
USERS = "T4E_HelloID_Users_v2"
MAIL = "janine@example.org"
PRIVATE = "janine.at.home@example.org"
PAYSLIPS = {
    "payslips_to_private_mail": True,
    "private_mail_column": "Email_prive",
    "documents_column": "Digitale_documenten",
}
HOME = {"DocumentsTo": "P", "EmAd": CLEAR}
"""What a delete changes with the setting, where documents go elsewhere until then."""
BOTH_WAYS = pytest.mark.parametrize("update_through", ["KnEmployee", "KnPerson"])


def delete(after=None, *, employee=JANINE) -> DeleteAccount:
    return DeleteAccount(
        target="afas_employee",
        person=employee,
        ref=employee,
        after=after or {},
        context={"BcCo": employee},
    )


@pytest.fixture
def leaver(afas) -> Afas:
    """An environment in which Janine has a work mail and a private one."""
    afas.person_of(JANINE).fields |= {"EmAd": MAIL, "TeNr": "030", "EmA2": PRIVATE}
    afas.records.touch()
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Digitale_documenten", "KnEmployee.EmAd")
    return afas


@BOTH_WAYS
def test_clearing_sends_an_empty_text_for_every_field_of_the_change(
    leaver, apply_employee, update_through
):
    change = delete({"EmAd": CLEAR, "TeNr": CLEAR})
    [receipt] = apply_employee(change, update_through=update_through)
    assert (receipt.outcome, receipt.detail) == (Outcome.DONE, "EmAd, TeNr emptied")
    assert calls(leaver) == [f"PUT {update_through}"]
    fields = {"MatchPer": "0", "BcCo": JANINE, "EmAd": "", "TeNr": ""}
    person = {"KnPerson": {"Element": {"Fields": fields}}}
    whole = {"AfasEmployee": {"Element": {"@EmId": JANINE, "Objects": [person]}}}
    assert leaver.writes[0].body == (person if update_through == "KnPerson" else whole)
    assert leaver.person_of(JANINE).fields.keys().isdisjoint({"EmAd", "TeNr"})


def test_a_delete_can_leave_another_value_behind(leaver, apply_employee):
    [receipt] = apply_employee(delete({"EmAd": "left@example.org", "TeNr": CLEAR}))
    assert receipt.detail == "EmAd written, TeNr emptied"
    assert leaver.person_of(JANINE).fields["EmAd"] == "left@example.org"


@BOTH_WAYS
def test_what_was_cleared_before_is_a_success_that_says_so(leaver, apply_employee, update_through):
    change = delete({"EmAd": CLEAR})
    outcomes = [apply_employee(change, update_through=update_through)[0].outcome for _ in range(2)]
    assert outcomes == [Outcome.DONE, Outcome.ALREADY]


def test_with_nothing_to_clear_nothing_is_sent(leaver, apply_employee):
    [receipt] = apply_employee(delete())
    assert (receipt.outcome, receipt.detail) == (Outcome.ALREADY, "nothing to clear")
    assert calls(leaver) == [f"GET {USERS}"]


@pytest.mark.parametrize("after", [{}, {"EmAd": CLEAR}])
def test_a_leaver_who_is_not_shown_may_still_hold_the_address(leaver, apply_employee, after):
    [receipt] = apply_employee(delete(after, employee="9999999"))
    assert receipt.outcome is Outcome.ALREADY
    assert "not visible" in receipt.detail
    assert "the address may still be taken" in receipt.detail


def test_several_records_for_one_number_are_left_alone(leaver, apply_employee):
    leaver.catalogue.further[USERS] = [leaver.rows(USERS)[0]]
    [receipt] = apply_employee(delete())
    assert receipt.outcome is Outcome.FAILED
    assert "several records" in receipt.detail
    assert leaver.writes == []


@BOTH_WAYS
def test_a_lost_clear_is_confirmed_by_reading(leaver, apply_employee, update_through):
    leaver.fail_next("drop_reply", verb="PUT", connector=update_through)
    [receipt] = apply_employee(delete({"EmAd": CLEAR}), update_through=update_through)
    assert (receipt.outcome, receipt.detail) == (Outcome.DONE, "EmAd emptied; confirmed by read")
    assert calls(leaver) == [f"PUT {update_through}", f"GET {USERS}"]


def test_a_clear_in_conflict_is_tried_again(leaver, apply_employee, waits):
    leaver.fail_next("conflict", verb="PUT", times=3)
    [receipt] = apply_employee(delete({"EmAd": CLEAR}))
    assert receipt.outcome is Outcome.DONE
    assert len(waits) == 3


@pytest.mark.off_contract
def test_a_clear_that_afas_refuses_fails_with_its_words(leaver, apply_employee):
    [receipt] = apply_employee(delete({"EmAd": "x" * 300}))
    assert receipt.outcome is Outcome.FAILED
    assert leaver.errors[-1].reference in receipt.detail
    assert len(receipt.detail) < 700


@pytest.mark.parametrize("kind", [CreateAccount, DisableAccount])
def test_an_employee_is_never_made_and_has_nothing_to_block(leaver, apply_employee, kind):
    [receipt] = apply_employee(kind(target="afas_employee", person=JANINE, ref=JANINE))
    assert receipt.outcome is Outcome.FAILED
    assert leaver.calls == []


# --- payslips -------------------------------------------------------------------------------------


@BOTH_WAYS
def test_digital_documents_go_to_the_private_mail_before_the_work_mail_goes(
    leaver, apply_employee, update_through
):
    change = delete(HOME)
    [receipt] = apply_employee(change, update_through=update_through, **PAYSLIPS)
    assert receipt.outcome is Outcome.DONE
    assert receipt.detail == "digital documents go to the private mail; EmAd emptied"
    assert calls(leaver) == ["PUT KnEmployee", f"PUT {update_through}"]
    assert leaver.writes[0].body == {
        "AfasEmployee": {"Element": {"@EmId": JANINE, "Fields": {"EmAd": "P"}}}
    }
    assert leaver.records.employees[JANINE].documents_to == "P"
    assert "EmAd" not in leaver.person_of(JANINE).fields


def test_documents_that_go_there_already_are_left_alone(leaver, apply_employee):
    apply_employee(delete({"EmAd": CLEAR}), **PAYSLIPS)
    assert len(leaver.writes) == 1


def test_documents_go_home_also_where_there_was_no_work_mail_to_clear(leaver, apply_employee):
    [receipt] = apply_employee(delete({"DocumentsTo": "P"}), **PAYSLIPS)
    assert receipt.outcome is Outcome.DONE
    assert calls(leaver) == ["PUT KnEmployee"]
    assert leaver.records.employees[JANINE].documents_to == "P"


def test_a_selector_that_changed_since_the_reading_is_no_failure(leaver, apply_employee):
    leaver.records.employees[JANINE].fields["EmAd"] = "P"
    leaver.records.touch()
    [receipt] = apply_employee(delete(HOME), **PAYSLIPS)
    assert (receipt.outcome, receipt.detail) == (Outcome.DONE, "EmAd emptied")
    assert calls(leaver) == ["PUT KnEmployee", f"GET {USERS}", "PUT KnEmployee"]


@pytest.mark.parametrize("place", [0, 1])
def test_either_write_may_lose_its_reply(leaver, apply_employee, place):
    leaver.fail_next("drop_reply", verb="PUT", connector="KnEmployee", after=place)
    [receipt] = apply_employee(delete(HOME), **PAYSLIPS)
    assert receipt.outcome is Outcome.DONE
    assert len(leaver.writes) == 2
    assert "EmAd" not in leaver.person_of(JANINE).fields


def test_the_work_mail_stays_when_the_documents_cannot_be_sent_elsewhere(leaver, apply_employee):
    leaver.fail_next("cut", verb="PUT", times=9)
    [receipt] = apply_employee(delete(HOME), **PAYSLIPS)
    assert receipt.outcome is Outcome.IN_DOUBT
    assert leaver.person_of(JANINE).fields["EmAd"] == MAIL


def test_without_the_setting_the_selector_is_not_touched(leaver, apply_employee):
    apply_employee(delete({"EmAd": CLEAR}))
    assert len(leaver.writes) == 1
    assert leaver.records.employees[JANINE].documents_to == ""


# --- fields that no default column shows ----------------------------------------------------------


def test_the_portal_mail_is_written_where_a_column_shows_it(leaver, apply_employee):
    leaver.add_column(USERS, "Portaal", "KnPerson.EmailPortal")
    change = employee_update(leaver, JANINE, {"EmailPortal": MAIL})
    [receipt] = apply_employee(change, columns={"EmailPortal": "Portaal"})
    assert receipt.outcome is Outcome.DONE
    assert leaver.person_of(JANINE).fields["EmailPortal"] == MAIL
    [receipt] = apply_employee(change, columns={"EmailPortal": "Portaal"})
    assert receipt.outcome is Outcome.ALREADY


def test_a_custom_field_is_written_through_both_connectors(leaver, apply_employee):
    field = "U" + "A" * 32
    leaver.add_column(USERS, "Badge", f"KnPerson.{field}")
    for value, through in (("17", "KnEmployee"), ("18", "KnPerson")):
        change = employee_update(leaver, JANINE, {field: value})
        [receipt] = apply_employee(change, columns={field: "Badge"}, update_through=through)
        assert receipt.outcome is Outcome.DONE
        assert leaver.person_of(JANINE).fields[field] == value


@pytest.mark.off_contract
@pytest.mark.parametrize("value", [PRIVATE, ("a@example.org", "b@example.org"), "x" * 300])
def test_no_receipt_shows_a_private_value_that_failed(leaver, apply_employee, value):
    change = employee_update(leaver, JANINE, {"EmA2": value})
    leaver.fail_next("unexpected", verb="PUT", times=9)
    leaver.person_of(JANINE).fields["EmA2"] = "other@example.org"
    leaver.records.touch()
    [receipt] = apply_employee(change, columns={"EmA2": "Email_prive"})
    assert receipt.outcome is Outcome.FAILED
    assert "example.org" not in receipt.detail
    assert "xxx" not in receipt.detail


@pytest.mark.parametrize("quoted", [PRIVATE, PRIVATE.upper(), PRIVATE[:14]])
def test_no_message_of_afas_quotes_a_private_value_in_any_way(quoted):
    for before, after in (({"EmA2": PRIVATE}, {"EmA2": CLEAR}), ({}, {"EmA2": PRIVATE})):
        change = UpdateAccount(target="t", person="1", ref="1", before=before, after=after)
        shown = without_private(f"the value {quoted}", change)
        assert shown == "the value ***"
