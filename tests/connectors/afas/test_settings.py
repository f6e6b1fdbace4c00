import pytest
from pydantic import ValidationError

from connectors.afas.connection import AfasSettings
from connectors.afas.sandbox.application import invented_token
from connectors.afas.settings import (
    EmployeeSettings,
    SourceSettings,
    TargetSettings,
    UserSettings,
)
from connectors.model.errors import ConfigError

ADDRESS = "https://12345.rest.afas.online/ProfitRestServices"
TOKEN = invented_token("12345")
DIGITS = TOKEN[33:97]


@pytest.mark.parametrize(
    "wrong",
    [
        DIGITS,
        "",
        f"<token><version>1</version><data>{DIGITS}</data>",
        f"<token><version>2</version><data>{DIGITS}</data></token>",
        f"<token><version>1</version><data>{DIGITS[1:]}</data></token>",
        f"<token><version>1</version><data>{'G' * 64}</data></token>",
        f"<token><version>1</version><data>{DIGITS}</data><extra>1</extra></token>",
        f"<other><version>1</version><data>{DIGITS}</data></other>",
        "<token/>",
    ],
)
def test_a_wrong_token_is_a_config_error_that_does_not_show_it(wrong):
    with pytest.raises(ConfigError) as caught:
        SourceSettings(base_url=ADDRESS, token=wrong)
    assert caught.value.key == "token"
    assert "64 hexadecimal digits" in str(caught.value)
    assert DIGITS[1:] not in str(caught.value)
    assert "G" * 64 not in str(caught.value)


def test_a_token_may_stand_on_a_line_of_its_own():
    settings = SourceSettings(base_url=ADDRESS, token=f"\n{TOKEN}\n")
    assert settings.token.get_secret_value() == TOKEN


def test_a_token_that_was_shown_on_several_lines_is_sent_as_afas_gave_it():
    for end in ("\n  ", " "):  # as text, and as the form in a browser makes of it
        shown = TOKEN.replace("><", f">{end}<").replace("<data>", f"<data>{end}")
        settings = SourceSettings(base_url=ADDRESS, token=shown)
        assert settings.token.get_secret_value() == TOKEN


def test_no_settings_show_the_token():
    settings = EmployeeSettings(base_url=ADDRESS, token=TOKEN, write_token=TOKEN)
    assert (
        DIGITS
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )


def test_an_error_beside_the_token_does_not_show_it():
    with pytest.raises(ValidationError) as caught:
        SourceSettings(base_url=ADDRESS, token=TOKEN, timeout_seconds=-1, unknown=TOKEN)
    assert DIGITS not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://12345.rest.afas.online/x", "12345", "ftp://example.org"]
)
def test_a_token_is_never_sent_unencrypted(address):
    with pytest.raises(ConfigError) as caught:
        SourceSettings(base_url=address, token=TOKEN)
    assert caught.value.key == "base_url"


def test_the_token_that_writes_is_marked_so_that_a_preview_never_resolves_it():
    field = EmployeeSettings.model_json_schema()["properties"]["write_token"]
    assert field["write_only"] is True


def test_an_unknown_person_field_is_named_with_its_place():
    with pytest.raises(ConfigError, match=r"person_fields.shoe: there is no field 'shoe'"):
        SourceSettings(base_url=ADDRESS, token=TOKEN, person_fields={"shoe": "Schoenmaat"})


def test_every_setting_is_described_by_a_sentence():
    for kind in (SourceSettings, EmployeeSettings, UserSettings):
        for name, field in kind.model_fields.items():
            assert field.description, name
            assert field.description.endswith("."), name


def test_every_setting_of_a_target_has_a_label_for_its_form():
    for kind in (AfasSettings, TargetSettings, EmployeeSettings, UserSettings):
        for name, field in kind.model_fields.items():
            assert field.title, name
            assert field.title != name


@pytest.mark.parametrize(
    ("kind", "mapped", "key"),
    [
        (EmployeeSettings, "EmailPortal", "columns.EmailPortal"),
        (EmployeeSettings, "OcUs", "columns.OcUs"),
        (EmployeeSettings, "MatchPer", "mapped.MatchPer"),
        (EmployeeSettings, "DocumentsTo", "mapped.DocumentsTo"),
        (UserSettings, "U" + "A" * 32, "columns.U" + "A" * 32),
        (UserSettings, "MtCd", "mapped.MtCd"),
        (UserSettings, "usidnew", "mapped.usidnew"),
        (UserSettings, "BcCo", "mapped.BcCo"),
        (UserSettings, "Geblokkeerd", "mapped.Geblokkeerd"),
    ],
)
def test_a_mapped_field_that_could_not_be_sent_or_compared_is_told_before_anything_is_read(
    kind, mapped, key
):
    with pytest.raises(ConfigError) as caught:
        kind(base_url=ADDRESS, token=TOKEN, mapped=("EmAd", mapped))
    assert caught.value.key == key
    assert mapped in caught.value.message


def test_a_column_or_a_create_makes_a_mapped_field_possible():
    columns = {"EmailPortal": "Portaal"}
    EmployeeSettings(base_url=ADDRESS, token=TOKEN, mapped=("EmailPortal",), columns=columns)
    UserSettings(base_url=ADDRESS, token=TOKEN, mapped=("OcUs", "Nm", "Awin", "Gebruiker"))


@pytest.mark.parametrize("missing", ["private_mail_column", "documents_column"])
def test_payslips_need_both_columns(missing):
    columns = {"private_mail_column": "Prive", "documents_column": "Documenten"}
    del columns[missing]
    with pytest.raises(ConfigError) as caught:
        EmployeeSettings(base_url=ADDRESS, token=TOKEN, payslips_to_private_mail=True, **columns)
    assert caught.value.key == missing


@pytest.mark.parametrize("wish", ["create_user", "update_user_id"])
def test_user_codes_need_a_customer_that_the_address_mostly_says(wish):
    given = {"token": TOKEN, wish: True}
    assert UserSettings(base_url=ADDRESS, **given).customer_number == "12345"
    elsewhere = {"base_url": "https://afas.example.org/ProfitRestServices", **given}
    assert UserSettings(**elsewhere, customer="54321").customer_number == "54321"
    assert UserSettings(**elsewhere, mapped=("Gebruiker",)).customer_number is None
    with pytest.raises(ConfigError) as caught:
        UserSettings(**elsewhere)
    assert caught.value.key == "customer"


@pytest.mark.parametrize(
    "address",
    [
        TOKEN,
        f"http://{DIGITS}.example.org",
        f"https://user:{DIGITS}@12345.rest.afas.online",
        "https://[",
    ],
)
def test_an_address_that_is_none_is_not_quoted_for_it_may_be_the_token(address):
    with pytest.raises(ConfigError) as refused:
        AfasSettings(base_url=address, token=TOKEN)
    assert refused.value.key == "base_url"
    assert DIGITS not in str(refused.value)
