"""Initial passwords and where they go."""

import base64
import csv
import stat
import string
import threading

import pyrage
import pytest

from connectors.model.errors import ConfigError
from connectors.sdk import passwords
from connectors.sdk.passwords import LENGTH, CsvSink, MemorySink, make_password, open_sink


def test_a_password_has_every_class_of_characters_and_nothing_that_reads_two_ways():
    for _ in range(300):
        password = make_password()
        assert len(password) == LENGTH
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
            assert set(password) & set(kind)
        assert set(password) - set(string.ascii_letters + string.digits)
        assert not set(password) & set("0O1lI|")
        assert password[0] not in "=+-@"  # a spreadsheet would take it for a formula


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


def test_a_password_does_not_hold_the_name_of_its_owner():
    names = [chr(letter) * 3 for letter in range(ord("a"), ord("n"))]  # each quite likely by chance
    for _ in range(50):
        password = make_password(100, without=["Bo", *names]).casefold()
        assert not any(name in password for name in names)


class TestEncrypted:
    @pytest.fixture
    def keys(self):
        return [pyrage.x25519.Identity.generate() for _ in range(2)]

    def address(self, path, *keys):
        return f"age:{path}?" + "&".join(f"recipient={key.to_public()}" for key in keys)

    def read(self, path, key):
        lines = [
            pyrage.decrypt(base64.b64decode(line), [key]).decode()
            for line in path.read_bytes().splitlines()
        ]
        return list(csv.reader(lines))

    def test_every_recipient_can_read_every_line_and_nobody_else_can(self, tmp_path, keys):
        path = tmp_path / "new" / "passwords.age"
        for number in range(3):
            sink = open_sink(self.address(path, *keys))  # every shard of a run has its own
            sink.deliver(person=str(number), login=f"o'brien,{number}", password="s3cret")
        for key in keys:
            assert [row[1:] for row in self.read(path, key)] == [
                [str(number), f"o'brien,{number}", "s3cret"] for number in range(3)
            ]
        with pytest.raises(pyrage.DecryptError):
            self.read(path, pyrage.x25519.Identity.generate())

    def test_nothing_in_the_file_can_be_read_and_only_its_owner_can_try(self, tmp_path, keys):
        path = tmp_path / "passwords.age"
        open_sink(self.address(path, keys[0])).deliver(
            person="1000123", login="jboele", password="s3cret"
        )
        content = path.read_bytes()
        decoded = base64.b64decode(content)
        for text in (b"s3cret", b"jboele", b"1000123"):
            assert text not in content
            assert text not in decoded
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize(
        ("rest", "why"),
        [
            ("", "age:PATH"),
            ("x.age", "nobody could read"),
            ("x.age?recipient=", "no public key"),
            ("x.age?recipient=age1xyz", "no public key"),
            ("x.age?key=1", "should read age:PATH"),
            ("?recipient=age1xyz", "should read age:PATH"),
        ],
    )
    def test_what_nobody_could_read_is_told_before_anything_is_written(self, rest, why):
        with pytest.raises(ConfigError, match=why):
            open_sink(f"age:{rest}")

    def test_a_secret_key_is_refused_and_never_shown(self, keys):
        with pytest.raises(ConfigError) as caught:
            open_sink(f"age:x.age?recipient={keys[0]}")
        assert str(keys[0]) not in f"{caught.value}{caught.value.__cause__}"
        assert "secret one" in str(caught.value)


def test_other_packages_may_offer_a_sink(monkeypatch):
    monkeypatch.setattr(passwords, "_OFFERED", dict(passwords._OFFERED))
    monkeypatch.setattr(passwords, "_FORMS", dict(passwords._FORMS))
    sink = MemorySink()
    passwords.offer_sink("drawer", lambda rest: {"top": sink}[rest], form="drawer:NAME")
    assert open_sink("drawer:top") is sink
    with pytest.raises(ConfigError, match="or drawer:NAME"):
        open_sink("cupboard:top")


@pytest.mark.parametrize("address", ["", "file:", "fax:+31 30 000 0001", "passwords.csv"])
def test_another_kind_of_sink_is_a_configuration_error(address):
    with pytest.raises(ConfigError, match="file:PATH"):
        open_sink(address)


def test_a_sink_is_opened_by_its_address(tmp_path):
    open_sink(f"file:{tmp_path}/p.csv").deliver(person="1", login="a", password="b")
    assert (tmp_path / "p.csv").exists()
