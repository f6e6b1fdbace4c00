"""A reading as columns: made whole, brought up to date, and kept as bytes.

References are GUIDs wherever the directory has names, because a name changes with its object and
the object that refers to it does not notice.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from connectors.active_directory.manifest import MANAGER_ID
from connectors.model.accounts import Accounts

FORMAT: Final = 1
_FRAMES: Final = ("accounts", "values", "grants", "permissions", "taken", "objects", "parents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where a reading goes.

    Attributes:
        controller: invocationId of the controller's database: another one counts differently.
        usn: highestCommittedUSN before anything was read.
        taken_at: When reading began, UTC.
        digest: Of the settings it was read under.
    """

    controller: str
    usn: int
    taken_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one reading found.

    Attributes:
        position: Up to where it goes.
        accounts: As `Accounts.accounts`.
        values: As `Accounts.attributes`, without what is made out of others.
        grants: As `Accounts.grants`.
        permissions: As `Accounts.permissions`.
        taken: As `Accounts.taken`.
        objects: Index ref, column `dn`: every object that holds a name.
        parents: Index ref, column `dn`: every container that one of the objects stands in, however
            far up.
    """

    position: Position
    accounts: pd.DataFrame
    values: pd.DataFrame
    grants: pd.DataFrame
    permissions: pd.DataFrame
    taken: pd.DataFrame
    objects: pd.DataFrame
    parents: pd.DataFrame

    def ordered(self) -> Self:
        """The same, rows sorted: two readings of one state are equal."""
        return replace(
            self,
            accounts=self.accounts.sort_index(),
            values=self.values.sort_index(),
            grants=_sorted(self.grants, ["permission", "ref"]),
            permissions=self.permissions.sort_index(),
            taken=_sorted(self.taken, ["ref", "space", "value"]),
            objects=self.objects.sort_index(),
            parents=self.parents.sort_index(),
        )

    def to_accounts(self, target: str) -> Accounts:
        """The reading, as the planner takes it."""
        return Accounts(
            target=target,
            accounts=self.accounts,
            attributes=self.values.assign(**{MANAGER_ID: self._managers()}),
            taken_at=self.position.taken_at,
            grants=self.grants,
            permissions=self.permissions,
            taken=self.taken,
        )

    def _managers(self) -> "pd.Series[Any]":
        """HR ids of the managers, where those have an account."""
        named = self.values["manager"].dropna()
        persons = self.accounts["person"].dropna()
        by_dn = dict(
            zip(
                (dn.casefold() for dn in self.values["distinguishedName"][persons.index]),
                persons,
                strict=True,
            )
        )
        found = [by_dn.get(str(dn).casefold()) for dn in named]
        return pd.Series(found, index=named.index, dtype=object).reindex(self.values.index)

    # --- Keeping ----------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The reading, to be kept: a line of JSON, then the frames as Arrow tables."""
        position = self.position
        tables = [_table(getattr(self, name)) for name in _FRAMES]
        header = {
            "format": FORMAT,
            "controller": position.controller,
            "usn": position.usn,
            "taken_at": position.taken_at.isoformat(),
            "digest": position.digest,
            "bytes": [len(table) for table in tables],
        }
        return b"".join([json.dumps(header).encode(), b"\n", *tables])

    @classmethod
    def from_bytes(cls, kept: bytes) -> Self | None:
        """Undo `to_bytes`; None when these bytes are not of that form."""
        line, _, rest = kept.partition(b"\n")
        try:
            header = json.loads(line)
            if header["format"] != FORMAT:
                return None
            frames, start = {}, 0
            for name, size in zip(_FRAMES, header["bytes"], strict=True):
                frames[name] = _frame(rest[start : start + size])
                start += size
            position = Position(
                controller=header["controller"],
                usn=header["usn"],
                taken_at=datetime.fromisoformat(header["taken_at"]),
                digest=header["digest"],
            )
        except (ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        return cls(position=position, **frames)

    # --- Bringing up to date ----------------------------------------------------------------------

    def without(self, refs: Collection[str]) -> Self:
        """The same without some objects, their memberships and their members."""
        gone, grants = list(refs), self.grants
        return replace(
            self,
            accounts=self.accounts.drop(index=gone, errors="ignore"),
            values=self.values.drop(index=gone, errors="ignore"),
            grants=grants[~(grants["ref"].isin(gone) | grants["permission"].isin(gone))],
            permissions=self.permissions.drop(index=gone, errors="ignore"),
            taken=self.taken[~self.taken["ref"].isin(gone)],
            objects=self.objects.drop(index=gone, errors="ignore"),
        )

    def renamed(self, columns: Collection[str], names: Mapping[str, str | None]) -> Self:
        """The same with names of other objects replaced.

        Args:
            columns: Attributes that hold such names.
            names: Old name, folded -> new one, None for an object that is gone.
        """
        if not names:
            return self
        values = self.values.copy()
        for name in columns:
            column = values[name]
            old = column.dropna()
            hit = old[[str(one).casefold() in names for one in old]]
            if len(hit):
                values[name] = column.where(
                    ~column.index.isin(hit.index),
                    pd.Series(
                        [names[str(one).casefold()] for one in hit], index=hit.index, dtype=object
                    ).reindex(column.index),
                )
        return replace(self, values=values)

    def with_rows(self, **rows: pd.DataFrame) -> Self:
        """The same with rows added, by name of the frame."""
        joined: dict[str, Any] = {
            name: _joined(getattr(self, name), more) for name, more in rows.items()
        }
        return replace(self, **joined)


def _joined(frame: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    if more.empty:
        return frame
    if frame.empty:
        return more
    return pd.concat([frame, more[list(frame.columns)]], ignore_index=frame.index.name is None)


def _sorted(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.sort_values(by, ignore_index=True)


# --- Arrow ----------------------------------------------------------------------------------------


def _table(frame: pd.DataFrame) -> bytes:
    """A frame as an Arrow stream. Lists are lists; a column of texts and lists is JSON."""
    name = "" if frame.index.name is None else str(frame.index.name)
    keyed = frame.reset_index() if name else frame
    arrays, fields = [], []
    for column in keyed.columns:
        array, kind = _array(keyed[column])
        arrays.append(array)
        fields.append(pa.field(str(column), array.type, metadata={"kind": kind}))
    schema = pa.schema(fields, metadata={"index": name})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        stream.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue().to_pybytes())


def _array(column: "pd.Series[Any]") -> tuple[Any, str]:
    if column.dtype != object:
        return pa.array(column, from_pandas=True), "plain"
    values = column.to_numpy()
    match pd.api.types.infer_dtype(column, skipna=True):
        case "empty":
            return pa.nulls(len(values)), "object"
        case "string":
            return pa.array(values, type=pa.string(), from_pandas=True), "object"
        case "boolean":
            return pa.array(values, type=pa.bool_(), from_pandas=True), "object"
        case _:
            texts = [None if one is None else json.dumps(one) for one in values]
            return pa.array(texts, type=pa.string()), "json"


def _frame(stream: bytes) -> pd.DataFrame:
    with pa.ipc.open_stream(stream) as reader:
        table = reader.read_all()
    columns: dict[str, Any] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        kind = (field.metadata or {}).get(b"kind")
        if kind == b"plain":
            columns[field.name] = column.to_pandas()
            continue
        found = np.empty(len(column), dtype=object)
        if kind == b"json":
            found[:] = [None if one is None else _value(one) for one in column.to_pylist()]
        elif not pa.types.is_null(field.type):
            found[:] = column.to_numpy(zero_copy_only=False)
        columns[field.name] = pd.Series(found, dtype=object)
    frame = pd.DataFrame(columns)
    index = (table.schema.metadata or {}).get(b"index", b"").decode()
    return frame.set_index(index) if index else frame


def _value(text: str) -> Any:
    value = json.loads(text)
    return tuple(value) if isinstance(value, list) else value
