"""HR files as a target: what is written back."""

import csv
import stat
import threading
from datetime import date

import pytest

from connectors.hr_file import CONNECTORS
from connectors.hr_file.reader import HrFileReader
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.sheet import locked
from connectors.hr_file.source import HrFileSource
from connectors.hr_file.writer import BATCH, HrFileWriter
from connectors.model.change import CorrelateAccount, CreateAccount, UpdateAccount
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError, Misconfigured, Unreachable
from connectors.model.values import CLEAR

TODAY = date(2026, 11, 23)


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "persons.csv").write_text(
        "external_id,nick_name,family_name\n1,Ann,Smit\n2,Bo,Vos\n3,Cas,Bos\n"
    )
    (tmp_path / "contracts.csv").write_text(
        "external_id,person_id,start_date\n1-1,1,2026-01-01\n2-1,2,2026-01-01\n"
    )
    return HrFileSettings(path=tmp_path, write_back_path=tmp_path / "back.csv")


def update(person, **after):
    return UpdateAccount(target="hr", person=person, ref=person, after=after)


def write(settings, *changes):
    return list(HrFileWriter(settings, "hr").apply(changes))


def rows(settings):
    return list(csv.reader(settings.write_back_path.read_text().splitlines()))


def test_the_accounts_are_the_persons_also_those_without_a_contract(settings):
    accounts = HrFileReader(settings, "hr").read()

    assert list(accounts.accounts.index) == ["1", "2", "3"]
    assert list(accounts.accounts["person"]) == ["1", "2", "3"]
    assert accounts.accounts["label"]["1"] == "Ann Smit"
    assert accounts.attributes.empty or accounts.attributes.isna().all(axis=None)
    assert not settings.write_back_path.exists()


def test_what_was_written_is_read_and_produced(settings):
    [receipt] = write(
        settings, update("1", work_email="ann@example.org", user_principal_name="a@example.org")
    )

    assert receipt.outcome == "done"
    assert receipt.produced == {
        "work_email": "ann@example.org",
        "user_principal_name": "a@example.org",
    }
    attributes = HrFileReader(settings, "hr").read().attributes
    assert attributes.loc["1"].to_dict() == dict(receipt.produced)
    assert rows(settings) == [
        ["external_id", "work_email", "user_principal_name"],
        ["1", "ann@example.org", "a@example.org"],
    ]


def test_the_same_values_again_leave_the_file_untouched(settings):
    write(settings, update("1", work_email="ann@example.org"))
    before = settings.write_back_path.stat()

    [receipt] = write(settings, update("1", work_email="ann@example.org"))

    assert receipt.outcome == "already"
    after = settings.write_back_path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_clearing_empties_the_cell_and_no_other(settings):
    write(settings, update("1", work_email="ann@example.org", user_principal_name="a@example.org"))

    [receipt] = write(settings, update("1", work_email=CLEAR))

    assert receipt.produced == {"user_principal_name": "a@example.org"}
    assert rows(settings)[1] == ["1", "", "a@example.org"]


def test_rows_columns_delimiter_mark_and_mode_of_the_file_are_kept(settings):
    path = settings.write_back_path
    path.write_text(
        "\ufeffexternal_id;remark;work_email\n9;gone;g@example.org\n1;é;\n", encoding="utf-8"
    )
    path.chmod(0o640)

    write(settings, *(update(person, work_email=f"{person}@example.org") for person in "12"))

    assert path.read_text(encoding="utf-8").splitlines() == [
        "\ufeffexternal_id;remark;work_email",
        "9;gone;g@example.org",
        "1;é;1@example.org",
        "2;;2@example.org",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(HrFileReader(settings, "hr").read().accounts.index) == ["1", "2", "3"]


def test_the_file_of_persons_itself_can_take_what_is_written_back(tmp_path, settings):
    persons = tmp_path / "persons.csv"
    persons.write_text("Nummer,Roepnaam,Achternaam,Mail\n1,Ann,Smit,\n2,Bo,Vos,\n")
    columns = {
        "external_id": "Nummer",
        "nick_name": "Roepnaam",
        "family_name": "Achternaam",
        "work_email": "Mail",
    }
    settings = HrFileSettings(path=tmp_path, write_back_path=persons, columns={"persons": columns})

    write(settings, update("2", work_email="bo@example.org"))

    assert persons.read_text() == (
        "Nummer,Roepnaam,Achternaam,Mail\n1,Ann,Smit,\n2,Bo,Vos,bo@example.org\n"
    )
    people = HrFileSource(settings).read(as_of=TODAY)
    assert people.person("2").fields["work_email"] == "bo@example.org"
    assert HrFileReader(settings, "hr").read().attributes.loc["2", "work_email"] == "bo@example.org"


def test_what_files_cannot_do_fails_that_change_and_sets_the_persons_others_aside(settings):
    receipts = write(
        settings,
        CreateAccount(target="hr", person="1", after={"work_email": "ann@example.org"}),
        update("1", work_email="ann@example.org"),
        CorrelateAccount(target="hr", person="2", ref="2"),
        update("2", work_email="bo@example.org"),
        update("8", work_email="nobody@example.org"),
        update("3", external_id="4"),
    )

    assert [receipt.outcome for receipt in receipts] == [
        "failed", "set_aside", "already", "done", "failed", "failed"
    ]  # fmt: skip
    assert "cannot create" in receipts[0].detail
    assert "8 is not in" in receipts[4].detail
    assert rows(settings) == [["external_id", "work_email"], ["2", "bo@example.org"]]


def test_letters_that_the_encoding_lacks_are_refused_before_anything_is_written(settings):
    narrow = settings.model_copy(update={"encoding": "cp1252"})

    receipts = write(narrow, update("1", remark="Łukasz"), update("2", remark="Zoë"))

    assert [receipt.outcome for receipt in receipts] == ["failed", "done"]
    assert narrow.write_back_path.read_bytes().decode("cp1252") == "external_id,remark\n2,Zoë\n"


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\t=1"])
def test_a_value_that_a_spreadsheet_would_run_is_refused(settings, text):
    receipts = write(settings, update("1", remark=text), update("2", remark="1 = 1"))

    assert [receipt.outcome for receipt in receipts] == ["failed", "done"]
    assert "would be a formula in a spreadsheet" in receipts[0].detail
    assert rows(settings) == [["external_id", "remark"], ["2", "1 = 1"]]


def test_a_file_that_cannot_be_written_stops_the_target_and_every_change_has_its_receipt(settings):
    settings.write_back_path.mkdir()

    stream = HrFileWriter(settings, "hr").apply([update("1", work_email="a@example.org")])

    assert next(stream).outcome == "failed"
    with pytest.raises(Misconfigured):
        next(stream)


def test_two_writers_do_not_lose_each_others_cells(settings):
    changes = {
        "work_email": [update("1", work_email=f"{n}@example.org") for n in range(30)],
        "phone": [update("2", phone=str(n)) for n in range(30)],
    }

    def run(some):
        for change in some:
            [receipt] = write(settings, change)
            assert receipt.outcome == "done"

    threads = [threading.Thread(target=run, args=(some,)) for some in changes.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    attributes = HrFileReader(settings, "hr").read().attributes
    assert attributes.loc["1", "work_email"] == "29@example.org"
    assert attributes.loc["2", "phone"] == "29"


def test_a_lock_that_is_never_let_go_is_given_up(settings):
    waits = []
    with (
        locked(settings.write_back_path),
        pytest.raises(Unreachable, match="somebody else"),
        locked(settings.write_back_path, sleep=waits.append),
    ):
        raise AssertionError
    assert 29 < sum(waits) < 32


def test_changes_are_pulled_no_further_than_a_batch_ahead(settings):
    pulled = []

    def stream():
        for number in range(BATCH * 3):
            pulled.append(number)
            yield update(str(number), work_email="x@example.org")

    next(HrFileWriter(settings, "hr").apply(stream()))

    assert len(pulled) <= BATCH + 1


def test_without_a_write_back_path_there_is_no_target(settings):
    with pytest.raises(ConfigError, match="write_back_path: is needed"):
        HrFileReader(settings.model_copy(update={"write_back_path": None}), "hr")


def test_a_write_back_file_with_a_person_twice_is_refused(settings):
    settings.write_back_path.write_text("external_id,work_email\n1,\n1,\n")

    with pytest.raises(ConfigError, match=r"back\.csv:3: person '1' stands there twice"):
        HrFileReader(settings, "hr").read()


def test_check_looks_at_the_file_and_the_folder(settings):
    assert [(one.ok, one.detail) for one in HrFileReader(settings, "hr").check()] == [
        (True, "is not there yet; the first write makes it"),
        (True, "files can be made here"),
    ]


def test_the_sandbox_serves_files_that_the_connector_reads(tmp_path):
    [connector] = CONNECTORS
    with connector.serve(SandboxOptions(people=25, seed=4)) as sandbox:
        settings = connector.settings(**sandbox.settings)
        assert len(connector.open_source(settings).read(as_of=TODAY)) == 25
        assert len(connector.open_reader(settings, "hr").read()) == 25
        folder = settings.path
    assert not folder.exists()

    with connector.serve(SandboxOptions(people=25, seed=4, state=tmp_path / "kept")) as sandbox:
        write(connector.settings(**sandbox.settings), update("1000001", work_email="x@example.org"))
    with connector.serve(SandboxOptions(people=25, seed=4, state=tmp_path / "kept")) as sandbox:
        reader = connector.open_reader(connector.settings(**sandbox.settings), "hr")
        assert reader.read().attributes.loc["1000001", "work_email"] == "x@example.org"
