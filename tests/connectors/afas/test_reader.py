import pandas as pd
import pytest

from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.settings import EmployeeSettings, UserSettings
from connectors.model.errors import Misconfigured
from connectors.sdk.once import Once
from tests.connectors.afas.lab import TODAY

USERS = "T4E_HelloID_Users_v2"


@pytest.fixture
def read_employees(employee_settings, opened):
    return lambda **more: opened(EmployeeReader(employee_settings(**more), "afas_employee")).read()


@pytest.fixture
def read_users(user_settings, opened):
    return lambda **more: opened(UserReader(user_settings(**more), "afas_user")).read()


def test_an_employee_is_known_by_employee_number_under_the_names_of_the_update(
    afas, read_employees
):
    afas.person_of("1000001").fields |= {"EmAd": "Janine@Example.org", "TeNr": "030"}
    afas.records.touch()
    accounts = read_employees()
    assert list(accounts.accounts.index) == ["1000001", "1000002"]
    assert accounts.accounts.loc["1000001", "person"] == "1000001"
    assert accounts.accounts.loc["1000001", "label"] == "Janine van den Boele"
    assert accounts.accounts["enabled"].isna().all()
    assert {name: accounts.value("1000001", name) for name in accounts.attributes} == {
        "Medewerker": "1000001",
        "BcCo": "1000001",
        "EmAd": "Janine@Example.org",
        "TeNr": "030",
        "MbNr": None,
    }
    assert accounts.taken.to_dict("records") == [
        {"space": "address", "value": "janine@example.org", "ref": "1000001"}
    ]


def test_a_user_has_its_own_mail_and_knows_whether_it_is_blocked(afas, read_users):
    afas.hire(nick_name="Kim", family_name="Smit", department="IT", title="T", with_user=False)
    user = afas.user_of("1000001")
    user.blocked = True
    user.fields |= {"Upn": "J@example.org", "EmAd": "user@example.org"}
    afas.person_of("1000001").fields["EmAd"] = "person@example.org"
    afas.records.touch()
    accounts = read_users()
    assert list(accounts.accounts.index) == ["12345.1000001", "12345.1000002"]
    assert list(accounts.accounts["person"]) == ["1000001", "1000002"]
    assert list(accounts.accounts["enabled"]) == [False, True]
    held = accounts.attributes.loc["12345.1000001"].to_dict()
    assert held["EmAd"] == "user@example.org"
    assert held["InSi"] is True
    assert held["Site"] is False
    assert set(accounts.taken["value"]) == {"j@example.org", "user@example.org"}


def test_several_rows_for_one_employee_number_are_two_accounts_of_one_person(afas, read_employees):
    afas.catalogue.further[USERS] = [afas.rows(USERS)[0]]
    accounts = read_employees()
    assert sorted(accounts.accounts.index) == ["1000001", "1000001#2", "1000002"]
    assert (accounts.accounts["person"] == "1000001").sum() == 2


def test_a_user_who_is_shown_for_two_employees_is_left_alone(afas, read_users):
    row = {**afas.rows(USERS)[0], "Medewerker": "1000099", "Persoonsnummer": "99"}
    afas.catalogue.further[USERS] = [row]
    accounts = read_users().accounts
    assert accounts["protected"].to_dict() == {
        "12345.1000001": True,
        "12345.1000001#2": True,
        "12345.1000002": False,
    }


def test_an_address_of_a_person_without_employee_number_is_taken_all_the_same(afas, read_employees):
    row = {**afas.rows(USERS)[0], "Medewerker": None, "Persoonsnummer": "77"}
    afas.catalogue.further[USERS] = [{**row, "Email_werk": "lost@example.org"}]
    accounts = read_employees()
    assert len(accounts) == 2
    assert accounts.taken["value"].tolist() == ["lost@example.org"]
    assert accounts.taken["ref"].tolist() == ["person 77"]


def test_a_user_without_employee_number_belongs_to_nobody(afas, read_users):
    row = afas.rows(USERS)[0]
    afas.catalogue.further[USERS] = [{**row, "Medewerker": None, "Gebruiker": "12345.X"}]
    accounts = read_users().accounts
    assert pd.isna(accounts.loc["12345.X", "person"])


def test_reading_takes_one_request_per_page(afas, read_employees):
    for number in range(8):
        afas.hire(nick_name="Kim", family_name=f"N{number}", department="IT", title="T")
    accounts = read_employees(max_rows=4)
    assert len(accounts) == 10
    assert [call.verb for call in afas.calls] == ["GET"] * 3


def test_a_field_of_ones_own_is_read_where_the_settings_say(afas, read_employees):
    accounts = read_employees(columns={"U" + "A" * 32: "Roepnaam"})
    assert accounts.attributes.loc["1000001", "U" + "A" * 32] == "Janine"
    with pytest.raises(Misconfigured, match="no field Nergens"):
        read_employees(columns={"U" + "A" * 32: "Nergens"})


def test_an_empty_environment_has_no_accounts(opened):
    with ServedAfas(Afas.empty(today=TODAY)) as served:
        settings = served.settings
        assert len(opened(EmployeeReader(EmployeeSettings(**settings), "e")).read()) == 0
        assert len(opened(UserReader(UserSettings(**settings), "u")).read()) == 0


# --- one reading for both targets -----------------------------------------------------------------


def test_employee_and_user_read_the_same_rows_once(afas, opened, employee_settings, user_settings):
    once = Once()
    employees = opened(EmployeeReader(employee_settings(), "afas_employee", once)).read()
    users = opened(UserReader(user_settings(), "afas_user", once)).read()
    assert [call.connector for call in afas.calls] == [USERS]
    assert len(employees) == len(users) == 2
    assert employees.taken_at == users.taken_at
    assert afas.token[33:97] not in repr(once)


def test_another_environment_or_another_definition_is_read_anew(opened, afas, user_settings):
    afas.catalogue.names["Copy"] = USERS
    afas.catalogue.granted.add("Copy")
    once = Once()
    for names in ({}, {"users": "Copy"}):
        given = user_settings(get_connectors=names)
        opened(UserReader(given, "afas_user", once)).read()
    assert [call.connector for call in afas.calls] == [USERS, "Copy"]


# --- persons without a user -----------------------------------------------------------------------


def test_a_person_without_a_user_is_a_record_that_one_can_be_made_for(afas, read_users):
    kim = afas.hire(nick_name="Kim", family_name="S", department="IT", title="T", with_user=False)
    row = {**afas.rows(USERS)[2], "Medewerker": None, "Persoonsnummer": "77"}
    afas.catalogue.further[USERS] = [row]
    accounts = read_users()
    number = afas.person_of(kim).number
    assert accounts.without_account.to_dict("records") == [{"person": kim, "BcCo": number}]
    assert len(accounts) == 2


def test_employees_do_not_hang_under_anything(read_employees):
    assert read_employees().without_account is None


# --- payslips -------------------------------------------------------------------------------------

PRIVATE = "janine.at.home@example.org"
PAYSLIPS = {
    "payslips_to_private_mail": True,
    "private_mail_column": "Email_prive",
    "documents_column": "Digitale_documenten",
}


def test_an_employee_without_a_private_mail_is_kept_and_the_mail_itself_goes_nowhere(
    afas, read_employees
):
    afas.person_of("1000001").fields["EmA2"] = PRIVATE
    afas.records.employees["1000001"].fields["EmAd"] = "P"
    afas.records.touch()
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Digitale_documenten", "KnEmployee.EmAd")
    accounts = read_employees(**PAYSLIPS)
    keep = accounts.accounts["keep"]
    assert pd.isna(keep["1000001"])
    assert "no private mail in AFAS" in keep["1000002"]
    assert [accounts.value(ref, "DocumentsTo") for ref in keep.index] == ["P", None]
    shown = [accounts.accounts, accounts.attributes, accounts.taken]
    assert PRIVATE not in "".join(frame.to_csv() for frame in shown)
    assert "private mail" not in accounts.attributes


def test_nobody_is_kept_where_payslips_are_no_concern(read_employees):
    assert read_employees().accounts["keep"].isna().all()


def test_a_column_of_the_payslips_that_is_not_there_is_named(read_employees):
    with pytest.raises(Misconfigured, match="no field Digitale_documenten, Email_prive"):
        read_employees(**PAYSLIPS)


# --- nothing is written ---------------------------------------------------------------------------


def test_readers_send_nothing_but_get_whatever_the_settings(
    afas, opened, employee_settings, user_settings
):
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Digitale_documenten", "KnEmployee.EmAd")
    given = user_settings(create_user=True, update_user_id=True, customer="12345")
    readers = [
        opened(EmployeeReader(employee_settings(update_through="KnPerson", **PAYSLIPS), "e")),
        opened(UserReader(given, "u")),
    ]
    before = afas.records.to_bytes()
    for reader in readers:
        reader.read()
        assert [finding.detail for finding in reader.check() if not finding.ok] == []
    assert {call.verb for call in afas.calls} == {"GET"}
    assert afas.records.to_bytes() == before


def test_check_asks_for_every_connector_that_a_run_would_use(
    afas, opened, employee_settings, user_settings
):
    afas.add_column(USERS, "Email_prive", "KnPerson.EmA2")
    afas.add_column(USERS, "Digitale_documenten", "KnEmployee.EmAd")
    afas.catalogue.granted -= {"KnEmployee", "Profit_Users"}
    given = user_settings(create_user=True, customer="12345")
    readers = [
        opened(EmployeeReader(employee_settings(update_through="KnPerson", **PAYSLIPS), "e")),
        opened(UserReader(given, "u")),
    ]
    wrong = [finding.subject for reader in readers for finding in reader.check() if not finding.ok]
    assert wrong == ["UpdateConnector KnEmployee", "GetConnector Profit_Users"]
