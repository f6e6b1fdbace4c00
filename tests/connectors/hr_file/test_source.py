"""The HR files as a source."""

from datetime import date

import openpyxl
import pandas as pd
import pytest

from connectors.hr_file.sandbox import write_hr_files
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.source import HrFileSource
from connectors.model.errors import ConfigError
from connectors.sdk.invent import invent

TODAY = date(2026, 11, 23)
PERSONS = "external_id,nick_name,family_name,convention\n1,Ann,Smit,B\n2,Bo,Vos,P\n"
CONTRACTS = """external_id,person_id,start_date,end_date,fte
1-1,1,2026-01-01,,1.0
2-1,2,2026-02-01,2026-12-31,0.6
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "persons.csv").write_text(PERSONS)
    (tmp_path / "contracts.csv").write_text(CONTRACTS)
    return tmp_path


def read(path, **settings):
    return HrFileSource(HrFileSettings(path=path, **settings)).read(as_of=TODAY)


def refusal(path, **settings):
    with pytest.raises(ConfigError) as caught:
        read(path, **settings)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "parquet"])
def test_every_format_gives_the_same_people(tmp_path, kind):
    people = invent(60, 3, TODAY)
    expected = read(write_hr_files(people, tmp_path / "csv"))

    found = read(write_hr_files(people, tmp_path / kind, kind))

    assert found.digest == expected.digest
    assert len(found) == 60
    assert list(found.persons["family_name"]) == list(people.persons["family_name"])
    assert found.contracts["start_date"].equals(people.contracts["start_date"])


def test_row_order_does_not_change_the_digest(folder):
    before = read(folder).digest
    heading, first, second = PERSONS.splitlines()
    (folder / "persons.csv").write_text("\n".join([heading, second, first]))

    assert read(folder).digest == before


def test_a_semicolon_file_of_excel_in_cp1252_with_decimal_commas_is_read(folder):
    text = "external_id;nick_name;family_name\n1;Zoë;Smit\n2;Bo;Vos\n"
    (folder / "persons.csv").write_bytes(text.encode("cp1252"))
    (folder / "contracts.csv").write_text(CONTRACTS.replace(",", ";").replace("0.6", "0,6"))

    people = read(folder, encoding="cp1252")

    assert people.person("1").fields["nick_name"] == "Zoë"
    assert people.person("2").contracts[0].fields["fte"] == 0.6


def test_a_byte_order_mark_is_no_part_of_the_first_heading(folder):
    (folder / "persons.csv").write_bytes(b"\xef\xbb\xbf" + PERSONS.encode())

    assert len(read(folder)) == 2


def test_other_headings_are_mapped_and_extra_columns_become_custom_fields(folder):
    (folder / "persons.csv").write_text(
        "Personeelsnummer,Roepnaam,Achternaam,Maat\n1,Ann,Smit,38\n2,Bo,Vos,\n"
    )
    columns = {
        "persons": {
            "external_id": "Personeelsnummer",
            "nick_name": "roepnaam",
            "family_name": "Achternaam",
        }
    }

    person = read(folder, columns=columns).person("1")

    assert person.fields["family_name"] == "Smit"
    assert person.fields["custom.Maat"] == "38"


def test_keys_keep_their_leading_zeros(folder):
    (folder / "persons.csv").write_text(PERSONS.replace("\n1,", "\n0001,"))
    (folder / "contracts.csv").write_text(CONTRACTS.replace(",1,", ",0001,"))

    assert read(folder).person("0001").fields["nick_name"] == "Ann"


def test_nan_and_null_are_names_and_not_missing_values(folder):
    (folder / "persons.csv").write_text(PERSONS.replace("Smit", "Null").replace("Vos", "NaN"))

    assert list(read(folder).persons["family_name"]) == ["Null", "NaN"]


def test_a_file_with_only_headings_is_an_empty_snapshot_and_no_error(folder):
    (folder / "persons.csv").write_text(PERSONS.splitlines()[0])
    (folder / "contracts.csv").write_text(CONTRACTS.splitlines()[0])

    assert len(read(folder)) == 0


def test_persons_without_contract_or_name_are_left_out_with_the_reason(folder):
    (folder / "persons.csv").write_text(PERSONS + "3,Cas,Bos,B\n4,,Mol,B\n5,Dé,,B\n")
    (folder / "contracts.csv").write_text(CONTRACTS + "4-1,4,2026-01-01,,1\n5-1,5,,,1\n")

    people = read(folder)

    assert list(people.persons["external_id"]) == ["1", "2"]
    assert set(people.contracts["person_id"]) == {"1", "2"}
    assert dict(zip(people.blocked["external_id"], people.blocked["reason"], strict=True)) == {
        "3": "no contract",
        "4": "no given name and no nickname",
        "5": "no family name, a contract without start_date",
    }
    assert list(people.blocked["code"]) == ["no_contract", "invalid", "invalid"]


def test_every_problem_is_named_with_file_row_column_and_value(folder):
    (folder / "persons.csv").write_text(PERSONS + "\n2,Bo,Vos,P\n,Eva,Prins,B\n")
    (folder / "contracts.csv").write_text(
        CONTRACTS
        + "3-1,3,2026-01-01,,1\n2-2,2,01-02-2026,2026-02-30,veel\n2-3,2,2026-05-01,2026-04-30,1\n"
    )

    message = refusal(folder)

    assert message.splitlines() == [
        "7 problems in the files of HR",
        "  contracts.csv row 4, person_id '3': is not in persons.csv",
        "  contracts.csv row 5, start_date '01-02-2026': is not a date; write 2026-12-31",
        "  contracts.csv row 5, end_date '2026-02-30': is not a date; write 2026-12-31",
        "  contracts.csv row 5, fte 'veel': is not a number",
        "  contracts.csv row 6, end_date '2026-04-30': lies before start_date 2026-05-01",
        "  persons.csv row 5, external_id '2': stands in row 3 already",
        "  persons.csv row 6, external_id: is empty",
    ]


def test_after_twenty_problems_the_others_are_counted(folder):
    rows = "".join(f"x{number},1,yesterday,,1\n" for number in range(30))
    (folder / "contracts.csv").write_text(CONTRACTS + rows)

    lines = refusal(folder).splitlines()

    assert lines[0] == "30 problems in the files of HR"
    assert len(lines) == 22
    assert lines[-1] == "  and 10 more"


def test_a_missing_column_is_named(folder):
    (folder / "persons.csv").write_text("external_id,convention\n1,B\n")

    assert refusal(folder).splitlines()[1:] == [
        "  persons.csv row 1, family_name: the column is missing",
        "  persons.csv row 1, nick_name: the column is missing",
    ]


def test_a_mapped_heading_that_is_not_there_is_named(folder):
    message = refusal(folder, columns={"persons": {"external_id": "Nummer"}})

    assert message == "persons.csv row 1, Nummer: the column for external_id is missing"


def test_a_mapped_field_that_does_not_exist_is_named(folder):
    assert "there is no field 'externalid'" in refusal(
        folder, columns={"persons": {"externalid": "Nummer"}}
    )


def test_an_unknown_convention_is_kept_and_reported_by_check(folder):
    (folder / "persons.csv").write_text(PERSONS.replace("Vos,P", "Vos,X"))

    assert read(folder).person("2").fields["convention"] == "X"
    findings = list(HrFileSource(HrFileSettings(path=folder)).check())
    assert [(finding.ok, finding.detail) for finding in findings] == [
        (True, "2 persons, 2 contracts"),
        (False, "persons.csv row 3, convention 'X': is none of B, P, BP, PB"),
    ]


def test_a_wrong_encoding_says_where_and_what_to_set(folder):
    (folder / "persons.csv").write_bytes(PERSONS.replace("Vos", "Vós").encode("cp1252"))

    message = refusal(folder)

    assert message.startswith("persons.csv:3: is not utf-8-sig (byte 0xf3)")
    assert "cp1252" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b'external_id,nick_name,family_name\n1,"Ann,Smit\n', "breaks off or is not CSV"),
        (
            b"external_id,nick_name,family_name\n1,Ann,Smit\n2,Bo\n",
            "row 3: has 2 cells where the heading has 3",
        ),
        (b"external_id,nick_name,nick_name,family_name\n", "'nick_name' stands there twice"),
    ],
)
def test_a_broken_csv_is_refused_as_a_whole(folder, content, says):
    (folder / "persons.csv").write_bytes(content)

    assert says in refusal(folder)


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "json"])
def test_a_file_that_was_cut_off_is_refused(tmp_path, kind):
    path = write_hr_files(invent(30, 1, TODAY), tmp_path, kind)
    file = path if path.is_file() else path / f"contracts.{kind}"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])

    message = refusal(path)

    assert file.name in message
    assert "cut off" in message or "breaks off" in message


def test_rows_of_a_workbook_are_counted_as_the_person_sees_them(tmp_path):
    path = write_hr_files(invent(5, 1, TODAY), tmp_path, "xlsx")
    book = openpyxl.load_workbook(path)
    book["contracts"].insert_rows(3)
    book["contracts"]["C5"] = "soon"
    book.save(path)

    assert (
        refusal(path)
        == "hr.xlsx sheet contracts row 5, start_date 'soon': is not a date; write 2026-12-31"
    )


def test_dates_and_numbers_that_excel_made_its_own_are_understood(tmp_path):
    path = write_hr_files(invent(5, 1, TODAY), tmp_path, "xlsx")
    expected = read(path)
    book = openpyxl.load_workbook(path)
    for row in book["contracts"].iter_rows(min_row=2):
        row[1].value = int(row[1].value)
        row[2].value = date.fromisoformat(row[2].value)
    book.save(path)

    assert read(path).digest == expected.digest


def test_a_json_document_with_a_list_in_a_cell_names_the_item(tmp_path):
    file = tmp_path / "hr.json"
    file.write_text('{"persons": [{"external_id": "1", "family_name": ["Smit"]}], "contracts": []}')

    assert refusal(file) == "hr.json persons item 1, family_name: is not a plain value"


def test_half_of_a_character_in_json_names_the_item(tmp_path):
    file = tmp_path / "hr.json"
    file.write_text(
        r'{"persons": [{"external_id": "1", "family_name": "\ud800"}], "contracts": []}'
    )

    assert refusal(file) == "hr.json persons item 1, family_name: holds half of a character"


def test_two_formats_in_one_folder_ask_for_a_choice(folder):
    pd.DataFrame({"external_id": ["1"]}).to_parquet(folder / "persons.parquet")

    assert "set `format`" in refusal(folder)
    assert len(read(folder, format="csv")) == 2


def test_a_missing_path_or_file_is_a_configuration_error(folder):
    assert "does not exist" in refusal(folder / "nowhere")
    (folder / "contracts.csv").unlink()
    assert "has no contracts" in refusal(folder)
