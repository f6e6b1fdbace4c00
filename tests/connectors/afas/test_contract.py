"""Our requests against AFAS's own description."""

import pytest

from connectors.afas.client import AfasClient
from connectors.model.change import (
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    UpdateAccount,
)
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from tests.connectors.afas.contract import Description, description_file, watch
from tests.connectors.afas.lab import employee_update, user_change

FILE = description_file()
if FILE is None:
    pytest.skip(
        "needs AFAS's API description: see Tests in CONTRIBUTING.md", allow_module_level=True
    )

DESCRIPTION = Description(FILE)
JANINE, SEAN = "1000001", "1000002"
CUSTOM = "U" + "0A" * 16
USER_EXAMPLES = DESCRIPTION.examples("KnUser")
PERSON_EXAMPLES = DESCRIPTION.examples("KnPerson")


def user(**fields):
    return {"KnUser": {"Element": {"@UsId": "12345.1", "Fields": {"MtCd": "1", **fields}}}}


def person(**fields):
    return {"KnPerson": {"Element": {"Fields": {"MatchPer": "0", "BcCo": "1", **fields}}}}


def employee(*persons, **fields):
    element = {"@EmId": "1", "Fields": fields, "Objects": list(persons)}
    return {"AfasEmployee": {"Element": element}}


# --- the description itself -----------------------------------------------------------------------


def test_there_are_ten_examples_of_users_and_seven_of_persons():
    assert (len(USER_EXAMPLES), len(PERSON_EXAMPLES)) == (10, 7)


@pytest.mark.parametrize("name", USER_EXAMPLES)
def test_every_example_of_a_user_passes(name):
    verb, body = USER_EXAMPLES[name]
    assert DESCRIPTION.violations("KnUser", body, verb=verb) == []


@pytest.mark.parametrize("name", PERSON_EXAMPLES)
def test_every_example_of_a_person_passes(name):
    verb, body = PERSON_EXAMPLES[name]
    assert DESCRIPTION.violations("KnPerson", body, verb=verb) == []


@pytest.mark.parametrize(
    ("connector", "body", "field", "rule"),
    [
        ("KnUser", user(Nonsense="x"), "Nonsense", "unknown name"),
        ("KnUser", user(Acon=True), "Acon", "unknown name"),
        ("KnUser", user(InSi="perhaps"), "InSi", "type boolean"),
        ("KnUser", user(InSi=""), "InSi", "type boolean"),
        ("KnUser", user(Upn="u" * 256), "Upn", "maxLength"),
        ("KnUser", user(Upn=None), "Upn", "type string"),
        ("KnUser", user(Upn=True), "Upn", "type string"),
        ("KnUser", user(MtCd="9"), "MtCd", "enum"),
        ("KnUser", user(GrId="g" * 21), "GrId", "maxLength"),
        ("KnUser", {"KnUser": {"Element": {"Fields": {"MtCd": "1"}}}}, "Fields", "UsId"),
        ("KnUser", person(), "KnUser", "root"),
        ("KnPerson", person(Upn="x"), "Upn", "unknown name"),
        ("KnPerson", person(EmAd="m" * 256), "EmAd", "maxLength"),
        ("KnPerson", person(BcCo="1" * 16), "BcCo", "maxLength"),
        ("KnPerson", person(MatchPer="8"), "MatchPer", "enum"),
        ("KnEmployee", employee(person(Upn="x")), "Upn", "unknown name"),
        ("KnEmployee", employee(person(EmAd=None)), "EmAd", "type string"),
        ("KnEmployee", employee(EmAd="j@example.org"), "EmAd", "selector"),
        ("KnEmployee", employee(Upn="x"), "Upn", "unknown name"),
        ("KnEmployee", {"KnEmployee": {"Element": {"@EmId": "1"}}}, "AfasEmployee", "root"),
        ("KnEmployee", {"AfasEmployee": {"Element": {"Objects": []}}}, "@EmId", "no employee"),
    ],
)
def test_a_bad_body_is_caught_and_says_connector_field_and_rule(connector, body, field, rule):
    [found] = DESCRIPTION.violations(connector, body)
    assert (found.field, rule in found.rule) == (field, True), found
    assert connector in str(found) or "KnPerson" in str(found)


@pytest.mark.parametrize(
    ("connector", "body"),
    [
        ("KnUser", user(Upn="", EmAd="", Site=False, InLn="")),
        ("KnUser", user(**{CUSTOM: "9"})),
        ("KnPerson", person(EmAd="", TeNr="030", **{CUSTOM: "9"})),
        ("KnEmployee", employee(person(EmAd="j@example.org"), EmAd="P")),
        ("KnEmployee", {"AfasEmployee": {"Element": [{"@EmId": "1", "Objects": person()}]}}),
    ],
)
def test_a_good_body_passes(connector, body):
    assert DESCRIPTION.violations(connector, body) == []


# --- our requests ---------------------------------------------------------------------------------


@pytest.mark.off_contract
def test_what_a_client_sends_is_watched_in_every_test(afas, user_settings, opened):
    watched = watch()
    opened(AfasClient(user_settings(), read_only=False)).put_user(
        f"12345.{JANINE}", {"Upn": "j@example.org"}
    )
    assert (watched.sent[-1], watched.ask()) == ("KnUser", "")
    with pytest.raises(Exception, match="Nonsense"):
        opened(AfasClient(user_settings(), read_only=False)).put_person(JANINE, {"Nonsense": "x"})
    assert watched.ask() == "PUT KnPerson: Nonsense: unknown name"
    with watched.looking_away(), pytest.raises(Exception, match="Nonsense"):
        opened(AfasClient(user_settings(), read_only=False)).put_person(JANINE, {"Nonsense": "x"})
    assert watched.ask() == ""


def test_every_verb_of_the_users_sends_what_afas_describes(afas, create, apply_user):
    login = {"Upn": "janine@example.org", "EmAd": "janine@example.org"}
    steps = [
        (create, {"create_user": True, "send_description": True}),
        (user_change(UpdateAccount, JANINE, login), {"send_description": True}),
        (user_change(UpdateAccount, JANINE, {"InSi": False, "Site": True}), {}),
        (user_change(DisableAccount, JANINE, {"enabled": False}), {}),
        (user_change(EnableAccount, JANINE, {"enabled": True, "Upn": "j@example.org"}), {}),
        (
            user_change(DisableAccount, SEAN, {"enabled": False}),
            {"on_disable": "block_and_leave_groups"},
        ),
        (
            user_change(
                DeleteAccount,
                JANINE,
                {"enabled": False, "Site": False, "InSi": False, "Upn": CLEAR, "EmAd": CLEAR},
            ),
            {},
        ),
        (user_change(UpdateAccount, JANINE, {"Gebruiker": "12345.J"}), {"update_user_id": True}),
    ]
    before = len(watch().sent)
    for change, settings in steps:
        if change.verb.value == "delete":
            afas.user_of(JANINE).fields["InSi"] = True
            afas.records.touch()
        [receipt] = apply_user(change, **settings)
        assert receipt.outcome is Outcome.DONE, receipt
    actions = [
        call.body["KnUser"]["Element"]["Fields"]["MtCd"] for call in afas.writes if call.status
    ]
    assert set(actions) == {"0", "1", "2", "4", "6"}
    assert len(watch().sent) - before == len(afas.writes) >= len(steps)
    assert watch().violations == []


@pytest.mark.parametrize("through", ["KnEmployee", "KnPerson"])
def test_every_verb_of_the_employees_sends_what_afas_describes(afas, apply_employee, through):
    users = "T4E_HelloID_Users_v2"
    afas.person_of(JANINE).fields["EmA2"] = "home@example.org"
    afas.add_column(users, "Email_prive", "KnPerson.EmA2")
    afas.add_column(users, "Documenten", "KnEmployee.EmAd")
    afas.add_column(users, "Badge", f"KnPerson.{CUSTOM}")
    settings = {
        "update_through": through,
        "columns": {CUSTOM: "Badge"},
        "payslips_to_private_mail": True,
        "private_mail_column": "Email_prive",
        "documents_column": "Documenten",
    }
    update = employee_update(afas, JANINE, {"EmAd": "j@example.org", "MbNr": "06", CUSTOM: "9"})
    clear = DeleteAccount(
        target="afas_employee",
        person=JANINE,
        ref=JANINE,
        after={"DocumentsTo": "P", "EmAd": CLEAR, CUSTOM: CLEAR},
        context={"BcCo": JANINE},
    )
    before = len(watch().sent)
    for change in (update, clear):
        [receipt] = apply_employee(change, **settings)
        assert receipt.outcome is Outcome.DONE, receipt
    assert watch().sent[before:] == [through, "KnEmployee", through]
    assert watch().violations == []
