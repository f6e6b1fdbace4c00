import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.user_writer import UserWriter
from connectors.model.change import HR_ID, CorrelateAccount, CreateAccount
from connectors.model.errors import Misconfigured, Unauthorized, Unreachable
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from tests.connectors.afas.lab import employee_update, user_update

JANINE, SEAN = "1000001", "1000002"


def verbs(afas) -> list[str]:
    return [call.verb for call in afas.calls]


def test_an_employee_update_is_one_put_with_exactly_the_changed_fields(afas, write_employee):
    receipt = write_employee(JANINE, {"EmAd": "janine@example.org"})
    assert receipt.outcome is Outcome.DONE
    assert receipt.ref == JANINE
    assert receipt.produced == {"EmAd": "janine@example.org"}
    [call] = afas.calls
    assert (call.verb, call.connector, call.status) == ("PUT", "KnEmployee", 201)
    fields = {"MatchPer": "0", "BcCo": "1000001", "EmAd": "janine@example.org"}
    person = {"KnPerson": {"Element": {"Fields": fields}}}
    assert call.body == {"AfasEmployee": {"Element": {"@EmId": JANINE, "Objects": [person]}}}
    assert afas.person_of(JANINE).fields["EmAd"] == "janine@example.org"
    assert afas.records.employees[JANINE].documents_to == ""


def seen_before(change, was):
    """The change of a plan that saw the record."""
    context = {**change.context, HR_ID: change.person}
    before = dict.fromkeys(change.after, was)
    return replace(change, before=before, context=context)


def test_records_are_looked_at_together_before_they_are_written(afas, employee_settings, opened):
    people = [
        afas.hire(nick_name="Kim", family_name=f"Ng{place}", department="IT", title="Tester")
        for place in range(12)
    ]
    changes = [
        seen_before(employee_update(afas, one, {"EmAd": f"{one}@example.org"}), None)
        for one in people
    ]
    afas.person_of(people[7]).fields["EmAd"] = "somebody@example.org"
    afas.records.touch()
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    receipts = {one.person: one for one in writer.apply(iter(changes))}
    assert verbs(afas).count("GET") == 1
    assert verbs(afas).count("PUT") == 11
    assert receipts[people[7]].outcome is Outcome.FAILED
    assert "moved since the plan" in receipts[people[7]].detail


def test_nobody_moves_unseen_at_the_edge_between_two_looks(
    afas, employee_settings, opened, monkeypatch
):
    monkeypatch.setattr("connectors.afas.writer.PERSONS", 3)
    people = [
        afas.hire(nick_name="Kim", family_name=f"Ng{place}", department="IT", title="Tester")
        for place in range(8)
    ]
    changes = [
        seen_before(employee_update(afas, one, {"EmAd": f"{one}@example.org"}), None)
        for one in people
    ]
    for one in people:
        afas.person_of(one).fields["EmAd"] = "somebody@example.org"
    afas.records.touch()
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    assert {one.outcome for one in writer.apply(iter(changes))} == {Outcome.FAILED}
    assert "PUT" not in verbs(afas)


def test_an_employee_can_be_updated_through_the_person(afas, write_employee):
    write_employee(JANINE, {"TeNr": "030"}, update_through="KnPerson")
    fields = {"MatchPer": "0", "BcCo": "1000001", "TeNr": "030"}
    assert afas.calls[0].body == {"KnPerson": {"Element": {"Fields": fields}}}
    assert afas.person_of(JANINE).fields["TeNr"] == "030"


def test_a_user_update_sends_real_booleans_and_no_description(afas, write_user):
    receipt = write_user(JANINE, {"Upn": "j@example.org", "EmAd": "j@example.org", "Site": True})
    assert receipt.outcome is Outcome.DONE
    [call] = afas.calls
    fields = {"MtCd": "1", "Upn": "j@example.org", "EmAd": "j@example.org", "Site": True}
    assert call.body == {"KnUser": {"Element": {"@UsId": f"12345.{JANINE}", "Fields": fields}}}
    user = afas.user_of(JANINE)
    assert user.description == "Janine van den Boele"
    assert user.fields["Site"] is True
    assert not user.blocked


def test_the_description_is_repeated_as_profit_has_it_and_not_as_the_employee_is_called(
    afas, write_user
):
    afas.user_of(JANINE).description = "J. Boele (ward 3)"
    afas.records.touch()
    write_user(JANINE, {"Upn": "j@example.org"}, send_description=True)
    assert afas.writes[0].body["KnUser"]["Element"]["Fields"]["Nm"] == "J. Boele (ward 3)"
    assert afas.user_of(JANINE).description == "J. Boele (ward 3)"


def test_clearing_sends_an_empty_text_and_never_null(afas, write_user):
    afas.user_of(JANINE).fields["Upn"] = "j@example.org"
    receipt = write_user(JANINE, {"Upn": CLEAR})
    assert receipt.outcome is Outcome.DONE
    assert receipt.produced == {}
    assert afas.calls[0].body["KnUser"]["Element"]["Fields"] == {"MtCd": "1", "Upn": ""}
    assert "Upn" not in afas.user_of(JANINE).fields


@pytest.mark.parametrize(
    ("update_through", "held"), [("KnEmployee", "j@example.org"), ("KnPerson", "J@Example.org")]
)
def test_a_value_that_is_there_already_is_a_success_that_says_so(
    afas, write_employee, update_through, held
):
    afas.person_of(JANINE).fields["EmAd"] = held
    afas.records.touch()
    receipt = write_employee(JANINE, {"EmAd": held}, update_through=update_through)
    assert receipt.outcome is Outcome.ALREADY
    assert verbs(afas) == ["PUT", "GET"]


def test_clearing_an_empty_field_is_a_success_that_says_so(write_user):
    assert write_user(JANINE, {"Upn": CLEAR}).outcome is Outcome.ALREADY


def test_of_two_fields_the_one_that_still_differs_is_sent_again(afas, write_user):
    afas.user_of(JANINE).fields["EmAd"] = "j@example.org"
    afas.records.touch()
    receipt = write_user(JANINE, {"EmAd": "j@example.org", "Upn": "j@example.org"})
    assert receipt.outcome is Outcome.DONE
    assert verbs(afas) == ["PUT", "GET", "PUT"]
    assert afas.calls[-1].body["KnUser"]["Element"]["Fields"] == {
        "MtCd": "1",
        "Upn": "j@example.org",
    }


def test_a_conflict_is_tried_again_after_a_short_wait(afas, write_employee, waits):
    afas.fail_next("conflict", verb="PUT", times=2)
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.DONE
    assert verbs(afas) == ["PUT", "GET", "PUT", "GET", "PUT"]
    assert len(waits) == 2
    assert 0 < sum(waits) < 1


def test_a_conflict_that_stays_fails_with_number_and_log_reference(afas, write_employee):
    afas.fail_next("conflict", verb="PUT", times=99)
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.FAILED
    assert verbs(afas).count("PUT") == 4
    assert "-2147180999" in receipt.detail
    assert afas.errors[-1].reference in receipt.detail


@pytest.mark.parametrize("fault", ["drop_reply", "cut_body"])
def test_a_write_whose_reply_got_lost_is_confirmed_by_reading(afas, write_employee, fault):
    afas.fail_next(fault, verb="PUT")
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.DONE
    if fault == "drop_reply":
        assert receipt.detail == "confirmed by read"
        assert verbs(afas) == ["PUT", "GET"]


def test_a_write_that_never_arrived_is_sent_once_more(afas, write_employee):
    afas.fail_next("cut", verb="PUT")
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.DONE
    assert receipt.detail is None
    assert verbs(afas) == ["PUT", "GET", "PUT"]


def test_a_write_that_gets_lost_twice_is_in_doubt(afas, write_employee):
    afas.fail_next("cut", verb="PUT", times=2)
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.IN_DOUBT
    assert verbs(afas) == ["PUT", "GET", "PUT", "GET"]


def test_a_lost_write_that_cannot_be_read_back_is_in_doubt(afas, write_employee):
    afas.fail_next("drop_reply", verb="PUT")
    afas.fail_next("cut", verb="GET", times=99)
    receipt = write_employee(JANINE, {"EmAd": "j@example.org"})
    assert receipt.outcome is Outcome.IN_DOUBT
    assert "connection broke" in receipt.detail


def test_a_value_in_use_by_another_user_fails_and_keeps_afas_words(afas, write_user):
    afas.user_of(SEAN).fields["Upn"] = "J@example.org"
    afas.records.touch()
    receipt = write_user(JANINE, {"Upn": "j@example.org"})
    assert receipt.outcome is Outcome.FAILED
    assert afas.errors[-1].message in receipt.detail
    assert afas.errors[-1].reference in receipt.detail
    assert verbs(afas) == ["PUT", "GET"]


def test_a_record_that_afas_no_longer_shows_fails_and_says_so(opened, afas, user_settings, waits):
    writer = opened(UserWriter(user_settings(), "afas_user", sleep=waits.append))
    [receipt] = writer.apply([user_update("999", {"Upn": "j@example.org"})])
    assert receipt.outcome is Outcome.FAILED
    assert "AFAS shows no such record" in receipt.detail


@pytest.mark.parametrize("code", ["12345.O'Brien", "12345.a,b;c"])
def test_reading_back_finds_a_user_whatever_its_code(opened, afas, user_settings, waits, code):
    user = afas.records.users.pop(f"12345.{JANINE}")
    user.code, user.fields["Upn"] = code, "j@example.org"
    afas.records.users[code] = user
    afas.records.touch()
    change = user_update(JANINE, {"Upn": "j@example.org"}).resolved(
        ref=code, after={"Upn": "j@example.org"}
    )
    writer = opened(UserWriter(user_settings(), "afas_user", sleep=waits.append))
    [receipt] = writer.apply([change])
    assert receipt.outcome is Outcome.ALREADY


def test_correlating_sends_nothing(opened, afas, user_settings):
    writer = opened(UserWriter(user_settings(), "afas_user"))
    change = CorrelateAccount(target="afas_user", person=JANINE, ref=f"12345.{JANINE}")
    [receipt] = writer.apply([change])
    assert receipt.outcome is Outcome.DONE
    assert receipt.ref == f"12345.{JANINE}"
    assert afas.calls == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"BcCo": "1"}, "BcCo is never updated"),
        ({"Geblokkeerd": True}, "Geblokkeerd is never updated"),
        ({"MtCd": "0"}, "MtCd is never updated"),
        ({"Nm": "J. Boele"}, "no GetConnector field shows Nm"),
        ({"Upn": ("a", "b")}, "Upn cannot hold"),
    ],
)
def test_what_an_update_may_not_send_fails_before_anything_is_sent(afas, write_user, after, said):
    receipt = write_user(JANINE, after)
    assert receipt.outcome is Outcome.FAILED
    assert said in receipt.detail
    assert afas.calls == []


def test_an_employee_without_known_person_number_is_never_written(opened, afas, employee_settings):
    writer = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    change = employee_update(afas, JANINE, {"EmAd": "j@example.org"})
    object.__setattr__(change, "context", {"BcCo": ""})
    [receipt] = writer.apply([change])
    assert receipt.outcome is Outcome.FAILED
    assert afas.calls == []


def test_a_verb_of_a_later_release_fails_and_sends_nothing(opened, afas, user_settings):
    writer = opened(UserWriter(user_settings(), "afas_user"))
    [receipt] = writer.apply([CreateAccount(target="afas_user", person=JANINE)])
    assert receipt.outcome is Outcome.FAILED
    assert "has no create" in receipt.detail
    assert afas.calls == []


def test_a_connector_that_is_not_granted_stops_the_target(opened, afas, user_settings):
    afas.catalogue.granted.discard("KnUser")
    writer = opened(UserWriter(user_settings(), "afas_user"))
    with pytest.raises(Misconfigured, match="KnUser"):
        list(writer.apply([user_update(JANINE, {"Upn": "j@example.org"})]))


def test_writing_uses_the_token_that_may_write(opened, afas, user_settings):
    other = afas.token.replace(afas.token[33:97], "AB" * 32)
    afas.tokens.add(other)
    writer = opened(UserWriter(user_settings(write_token=other), "afas_user"))
    afas.tokens.discard(afas.token)
    [receipt] = writer.apply([user_update(JANINE, {"Upn": "j@example.org"})])
    assert receipt.outcome is Outcome.DONE
    afas.tokens.discard(other)
    with pytest.raises(Unauthorized):
        list(writer.apply([user_update(JANINE, {"Upn": "k@example.org"})]))


def test_a_server_that_is_gone_stops_the_target_and_leaves_no_doubt(
    opened, served, user_settings, waits
):
    writer = opened(UserWriter(user_settings(), "afas_user", sleep=waits.append))
    served.close()
    receipts = []
    with pytest.raises(Unreachable):
        receipts.extend(writer.apply([user_update(JANINE, {"Upn": "j@example.org"})]))


def test_many_persons_are_written_side_by_side_and_none_twice(opened, afas, user_settings):
    people = [
        afas.hire(nick_name="Kim", family_name=f"N{number}", department="IT", title="T")
        for number in range(20)
    ]
    afas.switches.write_seconds = 0.01
    writer = opened(UserWriter(user_settings(), "afas_user"))
    receipts = list(
        writer.apply(user_update(person, {"Upn": f"{person}@example.org"}) for person in people)
    )
    assert {receipt.outcome for receipt in receipts} == {Outcome.DONE}
    assert len(afas.writes) == 20
    assert 1 < afas.counts["most_at_once"] <= 5


def test_two_targets_on_one_person_at_once_are_refused_by_afas_and_settle(
    opened, afas, employee_settings, user_settings
):
    afas.switches.write_seconds = 0.2
    together = threading.Barrier(2)
    employee = opened(EmployeeWriter(employee_settings(), "afas_employee"))
    user = opened(UserWriter(user_settings(), "afas_user"))

    def run(writer, change):
        together.wait()
        return next(iter(writer.apply([change])))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run, employee, employee_update(afas, JANINE, {"EmAd": "j@example.org"}))
        second = pool.submit(run, user, user_update(JANINE, {"Upn": "j@example.org"}))
        outcomes = {first.result().outcome, second.result().outcome}
    assert outcomes == {Outcome.DONE}
    assert any("another user" in error.message for error in afas.errors)


def test_what_was_written_is_what_is_read_next(
    opened, afas, write_user, write_employee, employee_settings, user_settings
):
    write_user(JANINE, {"Upn": "j@example.org", "InSi": False})
    write_employee(JANINE, {"EmAd": "j@example.org"})
    held = opened(UserReader(user_settings(), "u")).read().attributes.loc[f"12345.{JANINE}"]
    assert (held["Upn"], held["InSi"]) == ("j@example.org", False)
    assert opened(EmployeeReader(employee_settings(), "e")).read().attributes.loc[
        JANINE, "EmAd"
    ] == ("j@example.org")
    assert afas.counts["inserted_persons"] == 0
    assert afas.counts["inserted_users"] == 0
    assert afas.counts["deletes"] == 0


def test_no_receipt_shows_the_token(afas, write_user):
    afas.fail_next("conflict", verb="PUT", times=99)
    receipt = write_user(JANINE, {"Upn": "j@example.org"})
    assert afas.token[33:97] not in str(receipt.to_json())
