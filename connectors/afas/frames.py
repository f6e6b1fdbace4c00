"""From rows of a GetConnector to typed columns; what does not fit is named by connector and key."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from connectors.afas.client import Row
from connectors.model.errors import BrokenSource, Misconfigured


def text_frame(connector: str, rows: list[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as text under our names.

    Args:
        connector: Name of the GetConnector, for messages.
        rows: What it gave.
        columns: Our name -> its field.

    Returns:
        One column (str) per entry of `columns`, trimmed; NA where AFAS has nothing.

    Raises:
        Misconfigured: The rows lack a field.
    """
    wire = wire_frame(connector, rows, columns)
    named = pd.DataFrame({ours: wire[field].astype("str") for ours, field in columns.items()})
    for name in named.columns:
        trimmed = named[name].str.strip()
        named[name] = trimmed.mask(trimmed == "")
    return named


def wire_frame(connector: str, rows: list[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as they came, after checking that they have the fields we know by these names.

    Raises:
        Misconfigured: The rows lack a field.
    """
    if not rows:
        return pd.DataFrame(columns=list(dict.fromkeys(columns.values())), dtype=object)
    frame = pd.DataFrame(rows, dtype=object)
    missing = sorted({field for field in columns.values() if field not in frame.columns})
    if missing:
        message = f"no field {', '.join(missing)}"
        raise Misconfigured(
            message,
            system="afas",
            operation=f"GET {connector}",
            hint="Compare the settings with the GetConnector, or load its original definition.",
        )
    return frame


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


def days(
    connector: str, columns: Mapping[str, str], frame: pd.DataFrame, name: str
) -> "pd.Series[Any]":
    """Calendar days of a column.

    AFAS writes `2026-04-17T00:00:00Z` and means that day in Amsterdam, whatever the Z says:
    converting from UTC would shift it. So the day is what stands there.

    Raises:
        BrokenSource: A value is no date.
    """
    parsed = pd.to_datetime(frame[name].str[:10], format="%Y-%m-%d", errors="coerce")
    _require_parsed(connector, columns[name], frame[name], parsed, "date")
    return parsed.astype("datetime64[s]")


def numbers(
    connector: str, columns: Mapping[str, str], frame: pd.DataFrame, name: str
) -> "pd.Series[Any]":
    """Numbers of a column; NaN where there is none.

    Raises:
        BrokenSource: A value is no number.
    """
    parsed = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    _require_parsed(connector, columns[name], frame[name], parsed, "number")
    return parsed


def _require_parsed(
    connector: str, field: str, text: "pd.Series[Any]", parsed: "pd.Series[Any]", kind: str
) -> None:
    wrong = text.notna() & parsed.isna()
    if wrong.any():
        message = f"{field} {text[wrong].iloc[0]!r} is no {kind}"
        raise BrokenSource(message, system="afas", operation=f"GET {connector}")
