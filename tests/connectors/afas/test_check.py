import pytest

from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.source import AfasSource

USERS = "T4E_HelloID_Users_v2"
CUSTOM = "U" + "A" * 32


@pytest.fixture
def findings(opened):
    """What a check found: subject -> (ok, detail)."""
    return lambda checked: {
        finding.subject: (finding.ok, finding.detail) for finding in opened(checked).check()
    }


def test_a_sound_environment_has_nothing_to_complain_about(
    findings, afas, source_settings, employee_settings, user_settings
):
    checked = [
        AfasSource(source_settings()),
        EmployeeReader(employee_settings(update_through="KnPerson"), "e"),
        UserReader(user_settings(), "u"),
    ]
    found = [findings(part) for part in checked]
    assert all(ok for part in found for ok, _ in part.values())
    assert "UpdateConnector KnPerson" in found[1]
    assert "UpdateConnector KnUser" in found[2]
    assert len(found[0]) == 6
    assert afas.writes == []


def test_what_is_missing_is_named(findings, afas, source_settings):
    afas.catalogue.granted.discard("T4E_HelloID_Positions_v2")
    afas.catalogue.rename_field("T4E_HelloID_Users_v2", "Roepnaam", "Noemnaam")
    found = findings(AfasSource(source_settings()))
    assert found["GetConnector T4E_HelloID_Positions_v2"][0] is False
    assert "not granted" in found["GetConnector T4E_HelloID_Positions_v2"][1]
    assert "Roepnaam" in found["GetConnector T4E_HelloID_Users_v2"][1]
    assert found["GetConnector T4E_HelloID_Employments_v2"][0] is True


def test_a_missing_field_is_said_with_what_shows_it_and_what_it_may_be_called(
    findings, afas, source_settings, employee_settings, user_settings
):
    afas.catalogue.rename_field(USERS, "Email_werk", "EmailWerk")
    subject = f"GetConnector {USERS}"
    for part, purpose in (
        (AfasSource(source_settings()), "which `person_fields` reads as work_email"),
        (EmployeeReader(employee_settings(), "e"), "which shows EmAd"),
    ):
        ok, detail = findings(part)[subject]
        assert not ok
        assert f"no field Email_werk, {purpose} (did you mean EmailWerk?)" in detail
    assert findings(UserReader(user_settings(), "u"))[subject][0] is True


def test_every_field_that_is_missing_is_named(findings, afas, user_settings):
    afas.catalogue.rename_field(USERS, "UPN", "A")
    afas.catalogue.rename_field(USERS, "Geblokkeerd", "B")
    _, detail = findings(UserReader(user_settings(), "u"))[f"GetConnector {USERS}"]
    assert "no field UPN, which shows Upn" in detail
    assert "no field Geblokkeerd" in detail


def test_a_connector_that_is_not_granted_may_have_another_name(findings, afas, source_settings):
    names = {"users": "T4E_HelloID_Users"}
    found = findings(AfasSource(source_settings(get_connectors=names)))
    ok, detail = found["GetConnector T4E_HelloID_Users"]
    assert not ok
    assert f"did you mean {USERS}?" in detail


@pytest.mark.parametrize("through", ["KnEmployee", "KnPerson"])
def test_a_mapped_field_must_be_one_of_the_person(findings, afas, employee_settings, through):
    """AfasEmployee has fields of its own; the writer sends those of the person in it."""
    settings = {"update_through": through, "columns": {CUSTOM: "Roepnaam"}, "mapped": (CUSTOM,)}
    afas.add_custom_field("KnEmployee", CUSTOM, label="Badge")
    ok, detail = findings(EmployeeReader(employee_settings(**settings), "e"))[
        f"UpdateConnector {through}"
    ]
    assert not ok
    level = "KnPerson." if through == "KnEmployee" else ""
    assert f"no field {level}{CUSTOM}, which `fields` maps" in detail
    afas.add_custom_field("KnPerson", CUSTOM, label="Badge")
    ok, _ = findings(EmployeeReader(employee_settings(**settings), "e"))[
        f"UpdateConnector {through}"
    ]
    assert ok


def test_keys_that_have_another_column_are_no_update_fields(findings, user_settings):
    found = findings(UserReader(user_settings(columns={"Medewerker": "Persoonsnummer"}), "u"))
    assert found["UpdateConnector KnUser"][0] is True


def test_a_misspelt_update_field_gets_a_hint(findings, user_settings):
    settings = user_settings(columns={"XOAE": "UPN"}, mapped=("XOAE", "Upn"))
    ok, detail = findings(UserReader(settings, "u"))["UpdateConnector KnUser"]
    assert not ok
    assert detail.startswith("no field XOAE, which `fields` maps (did you mean XOEA?)")


def test_who_makes_users_reads_all_of_them(findings, afas, user_settings):
    def found(**settings):
        return findings(UserReader(user_settings(customer="12345", **settings), "u"))

    assert "GetConnector Profit_Users" not in found()
    assert found(create_user=True)["GetConnector Profit_Users"][0] is True
    afas.catalogue.rename_field("Profit_Users", "PersonId", "Persoon")
    ok, detail = found(create_user=True)["GetConnector Profit_Users"]
    assert (ok, "no field PersonId" in detail) == (False, True)
    afas.catalogue.granted.discard("Profit_Users")
    ok, detail = found(create_user=True)["GetConnector Profit_Users"]
    assert (ok, "not granted" in detail) == (False, True)


def test_payslips_need_the_employee_and_two_columns(findings, afas, employee_settings):
    settings = employee_settings(
        update_through="KnPerson",
        payslips_to_private_mail=True,
        private_mail_column="Email_prive",
        documents_column="Documenten",
    )
    found = findings(EmployeeReader(settings, "e"))
    ok, detail = found[f"GetConnector {USERS}"]
    assert not ok
    assert "no field Documenten, which `documents_column` names" in detail
    assert "no field Email_prive, which `private_mail_column` names" in detail
    assert found["UpdateConnector KnEmployee"][0] is True
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Documenten", "KnEmployee.EmAd")
    afas.catalogue.granted.discard("KnEmployee")
    found = findings(EmployeeReader(settings, "e"))
    assert found[f"GetConnector {USERS}"][0] is True
    assert found["UpdateConnector KnEmployee"][0] is False


def test_a_token_that_expires_is_noted(findings, afas, source_settings):
    assert "expires" not in findings(AfasSource(source_settings()))["token"][1]
    afas.switches.token_expiry = "2027-01-01"
    ok, detail = findings(AfasSource(source_settings()))["token"]
    assert ok
    assert detail.endswith("note that the token expires: 2027-01-01")


def test_a_wrong_path_says_so(findings, served, source_settings):
    address = served.settings["base_url"].replace("Profit", "Porfit")
    settings = source_settings().model_copy(update={"base_url": address})
    [(ok, detail)] = findings(AfasSource(settings)).values()
    assert not ok
    assert "does not know this address" in detail
    assert "base_url" in detail


def test_looking_sends_nothing_but_gets(
    findings, afas, source_settings, employee_settings, user_settings
):
    for part in (
        AfasSource(source_settings(read_groups=True)),
        EmployeeReader(employee_settings(), "e"),
        UserReader(user_settings(create_user=True, customer="12345"), "u"),
    ):
        assert all(ok for ok, _ in findings(part).values())
    assert {call.verb for call in afas.calls} == {"GET"}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda afas: afas.tokens.clear(), "refused the token"),
        (lambda afas: setattr(afas.switches, "ip_refused", True), "IP addresses"),
    ],
)
def test_a_refused_connection_is_a_finding_and_no_exception(
    findings, afas, source_settings, spoil, said
):
    spoil(afas)
    [(ok, detail)] = findings(AfasSource(source_settings())).values()
    assert not ok
    assert said in detail
    assert afas.token[33:97] not in detail
