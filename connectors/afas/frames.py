"""From rows of a GetConnector to typed columns; what does not fit is named by connector and key.

Columns are gathered page by page: what nobody reads is gone before the next page comes, and a value
is looked at once.
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.afas.pages import Row
from connectors.model.errors import BrokenSource, Misconfigured

TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
"""Spellings of AFAS, in lower case."""


def typed_frame(
    connector: str,
    pages: Iterable[list[Row]],
    columns: Mapping[str, str],
    *,
    dates: frozenset[str] = frozenset(),
    numbers: frozenset[str] = frozenset(),
    flags: frozenset[str] = frozenset(),
) -> pd.DataFrame:
    """Rows under our names.

    Args:
        connector: Name of the GetConnector, for messages.
        pages: What it gave.
        columns: Our name -> its field.
        dates: Of our names, those that are calendar days (datetime64[s]).
        numbers: Those that are numbers (float64).
        flags: Those that are true or false (bool); false where AFAS has nothing.

    Returns:
        One column per entry of `columns`, text (str, trimmed) unless it is one of the others. NA
        where AFAS has nothing.

    Raises:
        Misconfigured: The rows lack a field.
        BrokenSource: A value is no date, number or truth.
    """
    gathered = _gathered(connector, pages, list(dict.fromkeys(columns.values())))
    texts = {field: _text(gathered.pop(field)) for field in list(gathered)}
    frame: dict[str, pd.Series[Any]] = {}
    for name, field in columns.items():
        if name in dates:
            frame[name] = days(connector, field, texts[field])
        elif name in numbers:
            frame[name] = _numbers(connector, field, texts[field])
        elif name in flags:
            frame[name] = _flags(connector, field, texts[field])
        else:
            frame[name] = texts[field]
    return pd.DataFrame(frame, copy=False)


def _gathered(
    connector: str, pages: Iterable[list[Row]], fields: list[str]
) -> dict[str, list[pa.Array]]:
    gathered: dict[str, list[pa.Array]] = {field: [] for field in fields}
    cells = itemgetter(*fields, fields[0])  # twice the first: a single one would not give a tuple
    for page in pages:
        if not page:
            continue
        try:
            columns = zip(*map(cells, page), strict=True)
        except KeyError:
            missing = {field for row in page for field in fields if field not in row}
            raise _missing(connector, missing) from None
        for chunks, column in zip(gathered.values(), columns, strict=False):
            chunks.append(_text_array(column))
    return gathered


def _text_array(cells: tuple[Any, ...]) -> pa.Array:
    try:
        return pa.array(cells, pa.string())
    except pa.ArrowTypeError:
        texts = [None if cell is None else str(cell) for cell in cells]
        return pa.array(texts, pa.string())


def _text(chunks: list[pa.Array]) -> "pd.Series[str]":
    """Text, trimmed; NA for nothing."""
    trimmed = pc.utf8_trim_whitespace(pa.chunked_array(chunks, pa.string()).combine_chunks())
    known = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    texts: pd.Series[str] = known.to_pandas()  # Arrow underneath, as pandas has text
    return texts.astype("str")


def wire_frame(connector: str, rows: list[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as they came, after checking that they have the fields we know by these names.

    Raises:
        Misconfigured: The rows lack a field.
    """
    if not rows:
        return pd.DataFrame(columns=list(dict.fromkeys(columns.values())), dtype=object)
    frame = pd.DataFrame(rows, dtype=object)
    missing = {field for field in columns.values() if field not in frame.columns}
    if missing:
        raise _missing(connector, missing)
    return frame


def _missing(connector: str, fields: set[str]) -> Misconfigured:
    return Misconfigured(
        f"no field {', '.join(sorted(fields))}",
        system="afas",
        operation=f"GET {connector}",
        hint="Compare the settings with the GetConnector, or load its original definition.",
    )


def require_unique(
    connector: str, columns: Mapping[str, str], frame: pd.DataFrame, key: str
) -> None:
    """Refuse two rows for one key; rows without the key are another matter.

    Raises:
        BrokenSource: Naming the key.
    """
    keys = frame[key].dropna()
    twice = keys[keys.duplicated()]
    if not twice.empty:
        message = f"two rows with {columns[key]} {twice.iloc[0]}"
        raise BrokenSource(message, system="afas", operation=f"GET {connector}")


def days(connector: str, field: str, texts: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Calendar days of a column.

    AFAS writes `2026-04-17T00:00:00Z` and means that day in Amsterdam, whatever the Z says:
    converting from UTC would shift it, by one hour in winter and two in summer. So the day is what
    stands there.

    Raises:
        BrokenSource: A value is no date.
    """
    codes, distinct = pd.factorize(texts)
    parsed = pd.to_datetime(
        pd.Series(distinct, dtype="str").str[:10], format="%Y-%m-%d", errors="coerce"
    )
    _require_parsed(connector, field, distinct, parsed.isna().to_numpy(), "date")
    return _spread(codes, parsed.to_numpy(dtype="datetime64[s]"), np.datetime64("NaT", "s"))


def _numbers(connector: str, field: str, texts: "pd.Series[str]") -> "pd.Series[float]":
    codes, distinct = pd.factorize(texts)
    parsed = pd.to_numeric(pd.Series(distinct, dtype=object), errors="coerce").astype("float64")
    _require_parsed(connector, field, distinct, parsed.isna().to_numpy(), "number")
    return _spread(codes, parsed.to_numpy(), np.nan)


def _flags(connector: str, field: str, texts: "pd.Series[str]") -> "pd.Series[bool]":
    codes, distinct = pd.factorize(texts)
    parsed = [TRUTHS.get(str(text).casefold()) for text in distinct]
    wrong = np.array([truth is None for truth in parsed], dtype=bool)
    _require_parsed(connector, field, distinct, wrong, "yes or no")
    return _spread(codes, np.array(parsed, dtype=bool), False)  # noqa: FBT003 - a cell


def _spread(codes: Any, parsed: Any, nothing: Any) -> "pd.Series[Any]":
    """The value behind each code; nothing has the code -1, which points at the last place."""
    return pd.Series(np.append(parsed, np.array([nothing], dtype=parsed.dtype))[codes])


def _require_parsed(connector: str, field: str, texts: Any, wrong: Any, kind: str) -> None:
    if wrong.any():
        message = f"{field} {texts[wrong][0]!r} is no {kind}"
        raise BrokenSource(message, system="afas", operation=f"GET {connector}")
