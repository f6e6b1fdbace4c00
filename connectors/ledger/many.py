"""Many rows with one statement.

Python lets go of its interpreter lock with every row that it hands to SQLite, and beside threads
that want it gets it back late: a row by itself costs more in waiting than in work. So SQLite gets
many rows at once. The driver of PostgreSQL sends them together by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, update

from connectors.ledger.tables import Instant, stamp

MOST_VALUES: Final = 30_000
"""In one statement; SQLite takes 32,766."""

Row = Mapping[str, Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows.

    Args:
        connection: A transaction.
        table: Where to.
        rows: All with the same columns; none at all is nothing to do.

    Raises:
        IntegrityError: A row of that key is there. None of these rows may be there then.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(table.insert(), [dict(row) for row in rows])
        return
    names = tuple(rows[0])
    head, one = _insert_of(table, names)
    for some in _portions(rows, len(names)):
        connection.exec_driver_sql(head + ", ".join([one] * len(some)), _values(table, names, some))


def update_rows(connection: Connection, table: Table, key: str, rows: Sequence[Row]) -> None:
    """Change rows.

    Args:
        connection: A transaction.
        table: Where.
        key: Name of the column that tells them apart.
        rows: The key and what to set, all with the same columns; none at all is nothing to do.
    """
    if not rows:
        return
    names = (key, *(name for name in rows[0] if name != key))
    if connection.dialect.name != "sqlite":
        new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        changed = update(table).where(table.c[key] == new.pop(key)).values(new)
        told = [{f"new_{name}": row[name] for name in names} for row in rows]
        connection.execute(changed, told)
        return
    head, one, tail = _update_of(table, names)
    for some in _portions(rows, len(names)):
        statement = f"{head}{', '.join([one] * len(some))}{tail}"
        connection.exec_driver_sql(statement, _values(table, names, some))


def _portions(rows: Sequence[Row], columns: int) -> Iterator[Sequence[Row]]:
    many = MOST_VALUES // columns
    for start in range(0, len(rows), many):
        yield rows[start : start + many]


def _values(table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> tuple[Any, ...]:
    """Values of rows, one row after the other, as they are stored."""
    values = [row[name] for row in rows for name in names]
    for place in _instants(table, names):
        values[place :: len(names)] = [
            None if one is None else stamp(one) for one in values[place :: len(names)]
        ]
    return tuple(values)


@cache
def _instants(table: Table, names: tuple[str, ...]) -> tuple[int, ...]:
    """Which of these columns hold instants."""
    return tuple(
        place for place, name in enumerate(names) if isinstance(table.c[name].type, Instant)
    )


@cache
def _insert_of(table: Table, names: tuple[str, ...]) -> tuple[str, str]:
    """What comes before the rows, and one row."""
    places = ", ".join("?" * len(names))
    head = f"INSERT INTO {table.name} ({', '.join(_quoted(names))}) VALUES "  # noqa: S608 - ours
    return head, f"({places})"


@cache
def _update_of(table: Table, names: tuple[str, ...]) -> tuple[str, str, str]:
    """What comes before the rows, one row, and what comes behind them."""
    key, *others = _quoted(names)
    told = ", ".join(f"{name} = told.column{place}" for place, name in enumerate(others, start=2))
    places = ", ".join("?" * len(names))
    head = f"UPDATE {table.name} SET {told} FROM (VALUES "  # noqa: S608 - names of our own columns
    return head, f"({places})", f") AS told WHERE {table.name}.{key} = told.column1"


def _quoted(names: Sequence[str]) -> list[str]:
    return [f'"{name}"' for name in names]
