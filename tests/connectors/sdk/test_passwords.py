"""Initial passwords and where they go."""

import csv
import stat
import string
import threading

import pytest

from connectors.model.errors import ConfigError
from connectors.sdk.passwords import LENGTH, CsvSink, MemorySink, make_password, open_sink


def test_a_password_has_every_class_of_characters_and_nothing_that_reads_two_ways():
    for _ in range(300):
        password = make_password()
        assert len(password) == LENGTH
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
            assert set(password) & set(kind)
        assert set(password) - set(string.ascii_letters + string.digits)
        assert not set(password) & set("0O1lI|")


def test_no_two_passwords_are_alike_and_the_classes_have_no_fixed_place():
    passwords = [make_password(8) for _ in range(500)]
    assert len(set(passwords)) == 500
    assert len({password[0].isdigit() for password in passwords}) == 2


def test_the_file_can_be_read_by_its_owner_only_and_has_one_heading(tmp_path):
    path = tmp_path / "new" / "passwords.csv"
    sink = CsvSink(path)
    threads = [
        threading.Thread(
            target=sink.deliver,
            kwargs={"person": str(number), "login": f"o'brien,{number}", "password": '"#,;'},
        )
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert sorted(row["login"] for row in rows) == sorted(f"o'brien,{n}" for n in range(20))
    assert {row["password"] for row in rows} == {'"#,;'}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_several_sinks_of_one_file_make_one_heading(tmp_path):
    """Every shard of a run has a writer of its own, and every writer a sink."""
    for place in range(10):
        path, start = tmp_path / f"{place}.csv", threading.Barrier(8)

        def deliver(number, path=path, start=start):
            start.wait()
            CsvSink(path).deliver(person="1", login=str(number), password="b")

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert sorted(row["login"] for row in rows) == list("01234567")


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "passwords.csv"
    path.touch(0o644)
    CsvSink(path).deliver(person="1", login="a", password="b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_password_that_cannot_be_handed_over_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        CsvSink(tmp_path / "file" / "passwords.csv").deliver(person="1", login="a", password="b")


def test_a_sink_shows_no_password():
    sink = MemorySink()
    sink.deliver(person="1", login="a", password="s3cret")
    assert sink.delivered == {"a": "s3cret"}
    assert "s3cret" not in repr(sink)


@pytest.mark.parametrize("address", ["", "file:", "mail:someone@example.org", "passwords.csv"])
def test_another_kind_of_sink_is_a_configuration_error(address):
    with pytest.raises(ConfigError, match="file:PATH"):
        open_sink(address)


def test_a_sink_is_opened_by_its_address(tmp_path):
    open_sink(f"file:{tmp_path}/p.csv").deliver(person="1", login="a", password="b")
    assert (tmp_path / "p.csv").exists()
