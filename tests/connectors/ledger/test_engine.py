import sqlite3
import traceback
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from connectors.ledger.ledger import open_ledger
from connectors.model.errors import ConfigError, Unreachable


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("", "cannot be read"),
        ("ledger.db", "cannot be read"),
        ("mysql://retour:hunter2@db.example.org/retour", "'mysql'"),
        ("postgresql://retour:hunter2@db.example.org:port/retour", "cannot be read"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:ledger?mode=memory&uri=true", "in memory"),
    ],
)
def test_a_url_that_cannot_be_a_ledger_is_refused_without_its_password(url, named):
    with pytest.raises(ConfigError, match=named) as caught:
        open_ledger(url)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_sqlite_too_old_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 32, 3))
    with pytest.raises(ConfigError, match=r"needs SQLite 3\.33"):
        open_ledger(f"sqlite:///{tmp_path}/a/ledger.db")
    assert not (tmp_path / "a").exists()


def test_a_server_that_is_not_there_is_named_without_its_password():
    place = "127.0.0.1:1/retour?application_name="
    url = "hunter2".join(["postgresql://retour:", f"@{place}", ""])
    with pytest.raises(Unreachable) as caught:
        open_ledger(url)
    assert "postgresql+psycopg://retour:***@127.0.0.1:1/retour" in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_file_and_its_folder_are_made_for_nobody_else_to_read(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/a/b/ledger.db") as ledger:
        assert ledger.runs() == []
        files = [tmp_path / "a" / "b" / f"ledger.db{end}" for end in ("", "-wal", "-shm")]
        assert [file.stat().st_mode & 0o077 for file in files] == [0, 0, 0]
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0


def test_a_file_in_place_of_the_folder_is_a_configuration_error(tmp_path):
    (tmp_path / "a").write_text("not a folder")
    with pytest.raises(ConfigError, match="file cannot be made"):
        open_ledger(f"sqlite:///{tmp_path}/a/ledger.db")


def test_a_file_that_is_no_database_is_a_configuration_error_and_stays_as_it_is(tmp_path):
    file = tmp_path / "ledger.db"
    file.write_text("person;account\n" * 100)
    with pytest.raises(ConfigError, match=r"cannot be opened: file is not a database"):
        open_ledger(f"sqlite:///{file}")
    assert file.read_text() == "person;account\n" * 100


def test_sqlite_keeps_a_write_ahead_log_checks_foreign_keys_and_survives_a_power_cut(tmp_path):
    with (
        open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        ledger._reading() as connection,
    ):
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": full,
        "busy_timeout": 30_000,
    }


def test_a_repr_holds_no_query(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db?timeout=5") as ledger:
        assert repr(ledger) == f"Ledger(sqlite+pysqlite:///{tmp_path}/ledger.db)"


def test_a_ledger_that_is_locked_by_somebody_else_says_so_instead_of_a_traceback(tmp_path):
    file = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{file}?timeout=0.05") as ledger:
        stranger = sqlite3.connect(file, isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unreachable, match=r"ledger\.db does not answer: database is locked"):
            ledger.note_absences("demo", present=[], known=["1"], day=date(2026, 11, 23))
        stranger.close()


def test_a_damaged_file_is_said_so_in_a_sentence(ledger, ledger_url):
    path = Path(ledger_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * (size - 4096))
    with pytest.raises(Unreachable, match=r"malformed|not a database"):
        ledger.runs()


def test_a_mistake_in_what_was_asked_is_no_ledger_that_is_away(ledger):
    with pytest.raises(IntegrityError), ledger._writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO audit_head (chain, sequence, hash) VALUES (1, 0, '')"
        )
