"""Reading files into tables of text. What a cell means is decided later, by `mapping`."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, Final, get_args
from zipfile import ZipFile

import openpyxl
import pandas as pd
from pyarrow import parquet

from connectors.hr_file.problems import Problem, raise_for
from connectors.hr_file.settings import Format, HrFileSettings, Noun
from connectors.model.errors import ConfigError

NOUNS: Final[tuple[Noun, ...]] = get_args(Noun)
REQUIRED: Final[tuple[Noun, ...]] = ("persons", "contracts")
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
MOST_BYTES: Final = 2_000_000_000
"""Of a workbook, unpacked: a hundred thousand people are a tenth of it."""
MOST_COLUMNS: Final = 1_000
MOST_CELLS: Final = 200_000_000
"""Of a table: a million people with two hundred columns."""
DELIMITERS: Final = (",", ";", "\t", "|")
_HALF: Final = re.compile("[\ud800-\udfff]")
"""Half of a character, which JSON can spell (RFC 8259, section 8.2) and no text can hold."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of one file or sheet, as text.

    Attributes:
        file: What messages call it.
        cells: A column per heading, all str, "" for an empty cell. The index is the row as a person
            counts it, the heading being row 1 (for JSON the item, counted from 1). Empty rows are
            left out and still counted.
        place: What messages call a row.
    """

    file: str
    cells: pd.DataFrame
    place: str = "row"

    def at(self, column: str, where: "pd.Series[bool]") -> Iterator[tuple[int, str]]:
        """Row and text of the cells of a column for which `where` holds."""
        found = self.cells[column][where]
        return zip(found.index.tolist(), found.tolist(), strict=True)

    def problem(self, row: int, column: str, message: str, value: str | None = None) -> Problem:
        """Something wrong with this table."""
        return Problem(self.file, row, column, message, value, self.place)


def read_tables(settings: HrFileSettings) -> dict[Noun, Table]:
    """Read the files.

    Returns:
        `persons` and `contracts`, and `departments` when there are any.

    Raises:
        ConfigError: A file is missing, is not what its name says, or breaks off.
    """
    path = settings.path
    if not path.exists():
        raise ConfigError("does not exist", file=str(path), key="path")
    kind = settings.format if settings.format != "auto" else _look(path)
    if path.is_file() and kind in {"csv", "parquet"}:
        message = f"{kind} files come as a folder with a file for persons and one for contracts"
        raise ConfigError(message, file=str(path), key="path")
    if kind == "xlsx":
        tables = _read_workbook(path)
    elif kind == "json" and path.is_file():
        tables = _read_json_document(path)
    else:
        tables = {}
        for noun in NOUNS:
            file = path / f"{noun}.{kind}"
            if file.is_file():
                tables[noun] = _read_file(file, kind, settings)
    required = REQUIRED[:1] if settings.persons_only else REQUIRED
    raise_for(
        [Problem(str(path), 0, "", f"has no {noun}") for noun in required if noun not in tables]
    )
    return tables


def _look(path: Path) -> Format:
    if path.is_file():
        ending = path.suffix.lower().lstrip(".")
        for kind in FORMATS:
            if kind == ending:
                return kind
        message = f"the name does not end in one of {', '.join(FORMATS)}: set `format`"
        raise ConfigError(message, file=str(path), key="path")
    there = [kind for kind in FORMATS if kind != "xlsx" and (path / f"persons.{kind}").is_file()]
    if len(there) == 1:
        return there[0]
    if there:
        message = f"holds persons as {' and '.join(there)}: set `format`"
        raise ConfigError(message, file=str(path), key="path")
    raise ConfigError(
        "holds no persons.csv, persons.json or persons.parquet", file=str(path), key="path"
    )


def _read_file(file: Path, kind: Format, settings: HrFileSettings) -> Table:
    if kind == "csv":
        return read_csv(file, encoding=settings.encoding, delimiter=settings.delimiter)
    if kind == "json":
        return _table_of_items(file.name, _load_json(file))
    return _read_parquet(file)


def read_csv(file: Path, *, encoding: str, delimiter: str) -> Table:
    """Read one CSV file.

    Raises:
        ConfigError: It is empty, cannot be decoded, breaks off inside a quoted cell, or has rows of
            another length than its heading.
    """
    text = read_text(file, encoding=encoding)
    mark = delimiter if delimiter != "auto" else find_delimiter(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        message = f"breaks off or is not CSV ({error})"
        raise ConfigError(message, file=file.name) from error
    return _table_of_rows(file.name, rows, ragged=True)


def read_text(file: Path, *, encoding: str) -> str:
    """The text of a file.

    Raises:
        ConfigError: It cannot be read or decoded; the message says at which row.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        message = f"cannot be read ({error.strerror})"
        raise ConfigError(message, file=str(file)) from error
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        message = (
            f"is not {encoding} (byte {raw[error.start]:#04x}): set `encoding`, often it is cp1252"
        )
        raise ConfigError(message, file=file.name, line=row) from error
    except LookupError as error:
        message = f"there is no encoding {encoding!r}"
        raise ConfigError(message, key="encoding") from error


def find_delimiter(text: str) -> str:
    """The mark that stands most often in the first line; a comma when there is none."""
    first = text.partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _read_workbook(path: Path) -> dict[Noun, Table]:
    if not path.is_file():
        raise ConfigError("an XLSX source is one file with sheets", file=str(path), key="path")
    tables: dict[Noun, Table] = {}
    try:
        with path.open("rb") as opened:  # which is closed also where the library comes no further
            _refuse_what_unpacks_without_end(path, opened)
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            sheets = {name.strip().casefold(): name for name in book.sheetnames}
            for noun in NOUNS:
                if noun in sheets:
                    sheet = book[sheets[noun]]
                    sheet.reset_dimensions()  # it can say that it is of any size
                    rows = [
                        [_text(cell) for cell in row[: MOST_COLUMNS + 1]]
                        for row in sheet.iter_rows(values_only=True)
                    ]
                    name = f"{path.name} sheet {sheets[noun]}"
                    tables[noun] = _table_of_rows(name, rows, ragged=False)
    except ConfigError:
        raise
    except Exception as error:  # of a damaged file the library raises anything
        message = f"is not a readable XLSX file; it may have been cut off ({type(error).__name__})"
        raise ConfigError(message, file=str(path)) from error
    return tables


def _refuse_what_unpacks_without_end(path: Path, opened: IO[bytes]) -> None:
    """Raise `ConfigError` for a workbook of a few bytes that holds gigabytes."""
    with ZipFile(opened) as packed:
        size = sum(part.file_size for part in packed.infolist())
    if size > MOST_BYTES:
        message = f"unpacks to more than {MOST_BYTES // 1_000_000} MB; is it the one you mean?"
        raise ConfigError(message, file=str(path))


def _read_json_document(path: Path) -> dict[Noun, Table]:
    document = _load_json(path)
    if not isinstance(document, dict):
        raise ConfigError("must hold an object with persons and contracts", file=str(path))
    return {
        noun: _table_of_items(f"{path.name} {noun}", document[noun])
        for noun in NOUNS
        if noun in document
    }


def _load_json(file: Path) -> Any:
    try:
        return json.loads(read_text(file, encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        message = f"is not JSON, or breaks off ({error.msg})"
        raise ConfigError(message, file=file.name, line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        message = "holds a number without end, or lists in lists without end"
        raise ConfigError(message, file=file.name) from error


def _table_of_items(name: str, items: Any) -> Table:
    if not isinstance(items, list):
        raise ConfigError("must be a list of objects", file=name)
    rows: list[dict[str, str]] = []
    problems: list[Problem] = []
    for place, item in enumerate(items, start=1):
        if not isinstance(item, Mapping):
            problems.append(Problem(name, place, "", "is not an object", place="item"))
            continue
        rows.append({str(key): _text(value) for key, value in item.items()})
        problems.extend(
            Problem(name, place, str(key), reason, place="item")
            for key, value in item.items()
            if (reason := _why_not(key, value))
        )
    raise_for(problems)
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    cells = pd.DataFrame(
        [[row.get(heading, "") for heading in headings] for row in rows],
        index=pd.RangeIndex(1, len(rows) + 1),
        columns=headings,
        dtype="str",
    )
    return Table(name, cells, "item")


def _why_not(key: str, value: Any) -> str | None:
    """What is wrong with a value of an object, None if nothing is."""
    if isinstance(value, list | dict):
        return "is not a plain value"
    halves = (text for text in (key, value) if isinstance(text, str) and _HALF.search(text))
    return "holds half of a character" if any(halves) else None


def _read_parquet(file: Path) -> Table:
    try:
        about = parquet.read_metadata(file)
        if about.num_rows * about.num_columns > MOST_CELLS:
            message = f"holds more than {MOST_CELLS // 1_000_000} million cells"
            raise ConfigError(message, file=file.name)
        cells = pd.DataFrame(
            {
                str(name): [_text(cell) for cell in column]
                for name, column in pd.read_parquet(file).items()
            },
            dtype="str",
        )
    except ConfigError:
        raise
    except Exception as error:  # of a damaged file the library raises anything
        message = (
            f"is not a readable Parquet file; it may have been cut off ({type(error).__name__})"
        )
        raise ConfigError(message, file=file.name) from error
    cells.index = pd.RangeIndex(2, len(cells) + 2)
    return Table(file.name, cells)


def _table_of_rows(name: str, rows: Sequence[Sequence[str]], *, ragged: bool) -> Table:
    heading = [cell.strip() for cell in rows[0]] if rows else []
    if len(heading) > MOST_COLUMNS:
        raise ConfigError(f"has more than {MOST_COLUMNS} columns", file=name)
    while heading and not heading[-1] and not ragged:
        heading.pop()
    if not any(heading):
        raise ConfigError("is empty; it needs at least a row of headings", file=name)
    width = len(heading)
    problems = [
        Problem(name, 1, "", f"the heading {twice!r} stands there twice")
        for twice in sorted(_twice(heading))
    ]
    numbers: list[int] = []
    cells: list[list[str]] = []
    for number, row in enumerate(rows[1:], start=2):
        stripped = [cell.strip() for cell in row]
        if not any(stripped):
            continue
        if ragged and len(row) != width:
            problems.append(
                Problem(name, number, "", f"has {len(row)} cells where the heading has {width}")
            )
        numbers.append(number)
        cells.append(stripped if len(row) == width else (stripped + [""] * width)[:width])
    raise_for(problems)
    return Table(name, pd.DataFrame(cells, index=numbers, columns=heading, dtype="str"))


def _twice(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if name and times > 1}


def _text(cell: Any) -> str:
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
