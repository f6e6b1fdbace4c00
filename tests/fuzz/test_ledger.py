"""Whatever happened to the ledger's rows: its trail is whole, or a sentence says where it is not.

Rows are changed behind its back, as somebody with a SQL shell, a bad restore or a failing disk
would: values of another kind, lines that are gone, doubled or swapped, JSON that is none.
"""

import json
import os
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ledger.ledger import open_ledger
from connectors.sdk.clock import now
from tests.connectors.ledger.examples import a_run, carry_out, create, done, grant
from tests.flows.site import retour
from tests.fuzz.damage import TEXTS
from tests.fuzz.outcome import check_sentence

EXAMPLES: Final = 2_000 if "RETOUR_SOAK" in os.environ else 20
CODES: Final = {0, 1, 2, 6}
"""A command that only looks is done, finds a break, is asked wrongly, or has no ledger."""
SEEN: Final = (
    ("audit", "verify"),
    ("audit", "export"),
    ("audit", "export", "--with-private", "--person", "2"),
    ("audit", "prune", "--older-than", "9"),
    ("runs",),
    ("show", "run-1"),
    ("show", "run-1", "--json"),
)
NO_TRACE: Final = ("audit", "audit_head")
"""Tables in which nothing may be changed without a trace."""

CELLS: Final = st.one_of(
    st.none(),
    st.sampled_from([one for one in TEXTS if one.isascii() or "\ud800" not in one]),
    st.sampled_from((0, -1, 1, 2, 137, 2**62, 0.5)),
    st.sampled_from((b"", b"\x00\xff", b"x\x9c", zlib.compress(b"[]"), zlib.compress(b'{"a"'))),
    st.sampled_from(
        (
            '{"produced": {}}',
            '{"verb": "create"}',
            '{"a": "\\ud800"}',
            "lines 1-99999999999999999999: x",
            "lines 2-1: x",
            "lines -, : x",
            "2026-11-23T09:30:00",
            "0" * 64,
        )
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
"""What a cell holds instead."""


def written(url: str) -> None:
    """A ledger in which something was done, erased, and cut off."""
    with open_ledger(url) as ledger:
        for run in ("run-1", "run-2"):
            ledger.start_run(a_run(run, profile="site", parameters={"dry_run": False}))
        old = datetime(2020, 1, 1, tzinfo=UTC)
        carry_out(ledger, done(create("1"), "r1"), run="run-2", profile="site", at=old)
        several = [done(create("2", homePhone="06", note="x"), "r2"), done(grant("2", "g"), "r2")]
        carry_out(ledger, *several, run="run-1", profile="site")
        for number in range(3, 6):
            carry_out(ledger, done(create(str(number)), f"r{number}"), run="run-1", profile="site")
        ledger.forget("site", "3", at=now(), by="fuzz")
        ledger.prune_audit(datetime(2021, 1, 1, tzinfo=UTC), at=now(), by="fuzz")
        seal = ledger.audit_seal()
        report = {"audit": {"line": seal.sequence, "hash": seal.hash}}
        ledger.finish_run("run-2", finished=now(), exit=0, digest=None, report=report)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole ledger, to be copied."""
    file = tmp_path_factory.mktemp("kept") / "ledger.db"
    written(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the damaged copy is, which the command line takes for its ledger."""
    monkeypatch.chdir(tmp_path)
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    return tmp_path / "ledger.db"


def laid(kept: Path, file: Path) -> None:
    for end in ("", "-wal", "-shm"):  # a new file: somebody may not have let go of the old one
        file.with_name(file.name + end).unlink(missing_ok=True)
    shutil.copyfile(kept, file)


def columns_of(database: sqlite3.Connection, table: str) -> list[str]:
    return [one[1] for one in database.execute(f'PRAGMA table_info("{table}")')]


def rows_of(file: Path, table: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as database:
        database.text_factory = bytes
        return sorted(map(repr, database.execute(f'SELECT * FROM "{table}"')))  # noqa: S608 - ours


def damage(database: sqlite3.Connection, table: str, how: str, where: int, cell: Any) -> None:
    """Change something in a table, if the database lets itself be changed so."""
    rows = [one for (one,) in database.execute(f'SELECT rowid FROM "{table}"')]  # noqa: S608 - ours
    if not rows:
        return
    row, columns = rows[where % len(rows)], columns_of(database, table)
    column = columns[where // 7 % len(columns)]
    match how:
        case "set":
            statement = f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE rowid = ?'  # noqa: S608
            database.execute(statement, (cell, row))
        case "every":
            database.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ?', (cell,))  # noqa: S608
        case "delete":
            database.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))  # noqa: S608
        case "swap":
            other = rows[(where + 1) % len(rows)]
            for one, there in ((row, -7), (other, row), (-7, other)):
                database.execute(f'UPDATE "{table}" SET rowid = ? WHERE rowid = ?', (there, one))  # noqa: S608
        case _:
            names = ", ".join(f'"{one}"' for one in columns[1:])
            database.execute(
                f'INSERT OR IGNORE INTO "{table}" SELECT ?, {names} FROM "{table}" WHERE rowid = ?',  # noqa: S608
                (cell if isinstance(cell, int) else max(rows) + 1, row),
            )


def look(*arguments: str) -> tuple[int, str]:
    """What a command says of the ledger: a documented end, and nothing that is no text."""
    result = retour(*arguments)
    said = f"{arguments}: {result.output[:600]}"
    assert result.exception is None or isinstance(result.exception, SystemExit), said
    assert "a fault in Retour" not in result.output, said
    assert result.exit_code in CODES, said
    if result.stderr:
        check_sentence(result.stderr)
    odd = {one for one in result.stdout if not one.isprintable() and one not in "\n\t"}
    assert not odd, f"{odd} in {said}"
    if result.exit_code == 0 and "export" in arguments:
        for line in result.stdout.splitlines():
            json.loads(line)
    if result.exit_code and arguments[:2] != ("audit", "verify"):
        assert result.stderr.startswith("error: "), said
    return result.exit_code, result.stdout


# --- Rows -----------------------------------------------------------------------------------------

HOWS: Final = st.sampled_from(("set", "set", "set", "every", "delete", "swap", "double"))
READ: Final = ("audit", "audit", "audit_head", "journal", "journal", "runs")
"""Tables that these commands read."""


def test_what_is_whole_says_so(kept: Path, file: Path) -> None:
    laid(kept, file)
    assert look("audit", "verify")[0] == 0
    assert all(look(*arguments)[0] == 0 for arguments in SEEN)


def test_rows_with_something_wrong_in_them(kept: Path, file: Path) -> None:
    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(st.sampled_from(READ), HOWS, st.integers(0, 5_000), CELLS, st.sampled_from(SEEN))
    def are_told_of(table: str, how: str, where: int, cell: Any, also: tuple[str, ...]) -> None:
        laid(kept, file)
        with (
            closing(sqlite3.connect(file)) as database,
            suppress(sqlite3.IntegrityError),
            database,
        ):
            damage(database, table, how, where, cell)
        look(*also)
        end, _ = look("audit", "verify")
        changed = [one for one in NO_TRACE if rows_of(file, one) != rows_of(kept, one)]
        if changed:
            assert end == 1, (changed, how, where, cell)
        elif table == "journal":
            assert end == 0

    are_told_of()


def test_every_column_of_the_trail_is_under_its_hash(kept: Path, file: Path) -> None:
    with closing(sqlite3.connect(kept)) as database:
        columns = columns_of(database, "audit")
    for column in columns:
        laid(kept, file)
        statement = f"UPDATE audit SET {column} = ? WHERE sequence = 5"  # noqa: S608 - our names
        value = 9 if column in {"sequence", "version"} else "2020-01-01T00:00:00.000000+00:00"
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(statement, (value,))
        code, said = look("audit", "verify")
        assert (code, "BROKEN - line 5: " in said) == (1, True), (column, said)


def test_an_erased_line_says_nothing_again(kept: Path, file: Path) -> None:
    for column in ("text", "change", "salt"):
        laid(kept, file)
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(f"UPDATE audit SET {column} = 'x' WHERE erased IS NOT NULL")  # noqa: S608
        assert (
            "BROKEN - line 4: its content was taken out, and something"
            in look("audit", "verify")[1]
        )


# --- The file -------------------------------------------------------------------------------------


def test_a_file_with_something_wrong_in_it(kept: Path, file: Path) -> None:
    whole = kept.read_bytes()

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(
        st.sampled_from(("cut", "bytes", "zeros", "text", "empty")),
        st.integers(0, len(whole) - 1),
        st.binary(min_size=1, max_size=8),
        st.sampled_from(SEEN),
    )
    def is_told_of(how: str, where: int, some: bytes, seen: tuple[str, ...]) -> None:
        laid(kept, file)
        match how:
            case "cut":
                content = whole[:where]
            case "bytes":
                content = whole[:where] + some + whole[where + len(some) :]
            case "zeros":
                content = whole[:where] + bytes(4096) + whole[where + 4096 :]
            case "text":
                content = some + b"no database" * 500
            case _:
                content = b""
        file.write_bytes(content)
        look(*seen)

    is_told_of()
