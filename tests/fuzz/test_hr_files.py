"""Whatever lies in the folder of HR files: people, or a list of what is wrong with file and row."""

import csv
import io
import json
import os
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.hr_file import tables
from connectors.hr_file.sandbox import write_hr_files
from connectors.hr_file.settings import HrFileSettings
from connectors.hr_file.source import HrFileSource
from connectors.model.errors import ConfigError
from connectors.model.people import People
from connectors.sdk.invent import invent
from tests.fuzz.damage import BODIES, ODD, TEXTS, as_json, wounded, wounds
from tests.fuzz.outcome import come_of

DAY: Final = date(2026, 11, 23)
EXAMPLES: Final = 3_000 if "RETOUR_SOAK" in os.environ else 40
CELLS: Final = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
DAMAGE: Final = BODIES if "RETOUR_SOAK" in os.environ else BODIES[::2]
KINDS: Final = ("csv", "json", "parquet", "xlsx")
HOW: Final = st.lists(
    st.tuples(
        st.integers(0, 5_000),
        st.sampled_from(("cell", "row", "twice", "short", "long", "heading", "empty")),
        CELLS,
    ),
    min_size=1,
    max_size=3,
)
"""What is wrong with a table: where, what, and a cell."""


def read(path: Path) -> Any:
    people = come_of(lambda: HrFileSource(HrFileSettings(path=path)).read(as_of=DAY))
    assert isinstance(people, People | ConfigError), people
    if isinstance(people, People):
        assert people.digest
    return people


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """The files of a few people in every format, as bytes by name."""
    people, found = invent(8, 3, DAY), {}
    for kind in KINDS:
        written = write_hr_files(people, tmp_path_factory.mktemp(kind), kind)
        files = sorted(written.iterdir()) if written.is_dir() else [written]
        found[kind] = {file.name: file.read_bytes() for file in files}
    return found


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "hr.xlsx" if "hr.xlsx" in files else folder


def torn(rows: list[list[Any]], some: list[tuple[int, str, str]]) -> list[list[Any]]:
    """A table with things wrong in it."""
    for where, how, cell in some:
        row = where % len(rows)
        column = where % max(1, len(rows[row]))
        match how:
            case "cell":
                rows[row][column : column + 1] = [cell]
            case "row":
                rows[row] = [cell] * len(rows[row])
            case "twice":
                rows.insert(row, list(rows[row]))
            case "short":
                rows[row] = rows[row][:-1]
            case "long":
                rows[row] = [*rows[row], cell]
            case "heading":
                rows[0][where % max(1, len(rows[0])) : where % max(1, len(rows[0])) + 1] = [cell]
            case _:
                rows[row] = [""] * len(rows[row])
    return rows


def test_csv_with_something_wrong_in_it(seeds, tmp_path):
    names = st.sampled_from(sorted(seeds["csv"]))

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(
        names,
        HOW,
        st.sampled_from((",", ";", "\t")),
        st.sampled_from(("utf-8", "cp1252", "utf-16")),
    )
    def is_read_or_refused(name, some, mark, encoding):
        rows = torn(list(csv.reader(io.StringIO(seeds["csv"][name].decode()))), some)
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=mark).writerows(rows)
        content = text.getvalue().encode(encoding, "replace")
        read(laid(tmp_path, {**seeds["csv"], name: content}))

    is_read_or_refused()


def test_json_with_something_wrong_in_it(seeds, tmp_path):
    names = st.sampled_from(sorted(seeds["json"]))

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(names, wounds(ODD))
    def is_read_or_refused(name, some):
        content = as_json(wounded(json.loads(seeds["json"][name]), some))
        read(laid(tmp_path, {**seeds["json"], name: content}))

    is_read_or_refused()


def test_a_workbook_with_something_wrong_in_it(seeds, tmp_path):
    sheets = st.sampled_from(("persons", "contracts", "departments"))
    values = st.one_of(
        CELLS,
        st.integers(),
        st.floats(),
        st.booleans(),
        st.dates(),
        st.datetimes(),
        st.times(),
        st.timedeltas(),
    )
    illegal = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE

    @settings(max_examples=EXAMPLES // 2, derandomize=True, database=None)
    @given(
        sheets,
        st.lists(st.tuples(st.integers(1, 12), st.integers(1, 20), values), min_size=1, max_size=3),
    )
    def is_read_or_refused(sheet, some):
        book = openpyxl.load_workbook(io.BytesIO(seeds["xlsx"]["hr.xlsx"]))
        for row, column, value in some:
            if isinstance(value, str):
                value = illegal.sub("", value).encode("utf-8", "ignore").decode()[:30_000]  # noqa: PLW2901
            book[sheet].cell(row, column, value)
        written = io.BytesIO()
        book.save(written)
        read(laid(tmp_path, {"hr.xlsx": written.getvalue()}))

    is_read_or_refused()


def parts_of(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return written.getvalue()


def test_a_part_of_a_workbook_that_is_damaged(seeds, tmp_path):
    parts = parts_of(seeds["xlsx"]["hr.xlsx"])
    for name in sorted(parts):
        for damage in DAMAGE[::3]:
            read(laid(tmp_path, {"hr.xlsx": packed({**parts, name: damage(parts[name])})}))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_damaged_as_a_whole(seeds, tmp_path, kind):
    for name, content in seeds[kind].items():
        for damage in DAMAGE:
            read(laid(tmp_path, {**seeds[kind], name: damage(content)}))


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_a_byte_of_a_packed_file_that_is_another_one(seeds, tmp_path, kind):
    names = st.sampled_from(sorted(seeds[kind]))

    @settings(max_examples=EXAMPLES * 2, derandomize=True, database=None)
    @given(names, st.integers(0, 10**6), st.integers(0, 255))
    def is_read_or_refused(name, where, byte):
        content = bytearray(seeds[kind][name])
        content[where % len(content)] = byte
        read(laid(tmp_path, {**seeds[kind], name: bytes(content)}))

    is_read_or_refused()


def test_a_workbook_that_says_it_is_of_any_size(seeds, tmp_path):
    parts = parts_of(seeds["xlsx"]["hr.xlsx"])
    sheet = "xl/worksheets/sheet1.xml"
    huge = re.sub(rb'ref="A1:[A-Z]+[0-9]+"', b'ref="A1:XFD1048576"', parts[sheet])
    assert huge != parts[sheet]
    assert len(read(laid(tmp_path, {"hr.xlsx": packed({**parts, sheet: huge})}))) == 8


def test_a_workbook_that_unpacks_without_end(seeds, tmp_path):
    parts = parts_of(seeds["xlsx"]["hr.xlsx"])
    with patch.object(tables, "MOST_BYTES", 1_000_000):
        found = read(laid(tmp_path, {"hr.xlsx": packed({**parts, "x": bytes(2_000_000)})}))
    assert "unpacks to more than 1 MB" in str(found)


def test_a_heading_that_stands_far_to_the_right(seeds, tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(seeds["xlsx"]["hr.xlsx"]))
    book["persons"].cell(1, 16_000, "far")
    book.save(tmp_path / "hr.xlsx")
    assert "has more than 1000 columns" in str(read(tmp_path / "hr.xlsx"))


def test_a_parquet_file_of_a_few_bytes_and_very_many_rows(seeds, tmp_path):
    with patch.object(tables, "MOST_CELLS", 10):
        assert "cells" in str(read(laid(tmp_path, seeds["parquet"])))
