"""The protocols between Retour and a system, and the offer a connector folder makes."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

import pandas as pd
from pydantic import BaseModel

from connectors.model.accounts import Accounts
from connectors.model.change import Change
from connectors.model.errors import shown
from connectors.model.manifest import Manifest
from connectors.model.people import People
from connectors.model.receipt import Receipt

LONGEST_DETAIL: Final = 5_000
"""Characters of a finding: what it found may quote others, without end."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `retour check` looked at.

    Attributes:
        ok: Whether it is as it should be.
        subject: What was looked at, such as "GetConnector T4E_HelloID_Users_v2".
        detail: What was found, and what to do when it is not ok.
        reached: Whether the system answered. False when it did not, or refused us.
        warns: Whether it is worth a look all the same: a run works, and may not do what was meant.
    """

    ok: bool
    subject: str
    detail: str
    reached: bool = True
    warns: bool = False

    def __post_init__(self) -> None:
        """Spell out what would steer a terminal, and keep the beginning of what has no end."""
        object.__setattr__(self, "subject", shown(self.subject)[:LONGEST_DETAIL])
        object.__setattr__(self, "detail", shown(self.detail)[:LONGEST_DETAIL])


class Source(Protocol):
    """Reads people."""

    def read(self, *, as_of: date) -> People:
        """Everybody HR knows, complete or not at all.

        Args:
            as_of: The day decisions are taken for. Does not filter; a source that can only see a
                window around today says so in its README.

        Raises:
            ConfigError: The input is not what the settings promise: file, row, column.
            Fatal: The system could not be read. Nothing partial is returned.
        """
        ...

    def check(self) -> Iterable[Finding]:
        """Look, read-only, whether a run could work."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Reader(Protocol):
    """Reads accounts. Cannot write: its transport refuses unsafe requests."""

    def read(self) -> Accounts:
        """Every account of the managed scope, complete or not at all.

        Raises:
            Fatal: The system could not be read. Nothing partial is returned.
        """
        ...

    def check(self) -> Iterable[Finding]:
        """Look, read-only, whether a run could work."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class ListsPermissions(Protocol):
    """A reader that can say which groups and permissions there are without reading accounts."""

    def permissions(self) -> pd.DataFrame:
        """All of them: index and columns `name` and `grantable` as in `Accounts.permissions`.

        Raises:
            Fatal: The system could not be read.
        """
        ...


@runtime_checkable
class ReadsChanges(Protocol):
    """A reader that can tell what changed since an earlier reading of its own."""

    def read_since(self, kept: bytes | None) -> tuple[Accounts, bytes | None]:
        """Every account of the managed scope, by way of what an earlier reading kept.

        The outcome is what `Reader.read` would give now, row for row. Whatever leaves that in doubt
        is a reason to read everything: another server, other settings, a kept state that is damaged
        or too old.

        Args:
            kept: What `read_since` gave last time; None reads everything.

        Returns:
            The accounts, and what the next call needs: a position and the content, without secrets.
            None when the next reading has to be a full one.

        Raises:
            Fatal: The system could not be read. Nothing partial is returned.
        """
        ...


class Once(Protocol):
    """Readings that the readers of one run share."""

    def get(self, key: Hashable, read: Callable[[], _T]) -> _T:
        """What `read` gives; called by whoever asks first for the key, the others wait for it.

        Raises:
            Exception: Whatever `read` raised, for everybody who asks.
        """
        ...


class Writer(Protocol):
    """Executes changes; a `Recorder` has the same shape and only pretends."""

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes; the only method that writes.

        Args:
            changes: A person's changes stand next to each other, in order. Pulled lazily: what was
                pulled may be written at any moment (the caller journals it as an intent first).
                Values are known (no `Pending`); `ref` may be None behind a create of the same
                person.

        Yields:
            One receipt per change, a person's in order, persons in any order. A failure of one
            change is a receipt, not an exception; the person's remaining changes are set aside.

        Raises:
            Fatal: The target as a whole is out of order. Receipts yielded so far stand.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How to fill and serve a sandbox.

    Attributes:
        people: Number of invented persons; ignored when `data` is given.
        seed: The same seed gives the same persons.
        data: A file to start from, in the form the sandbox's README describes.
        port: Loopback port, 0 for any free one.
        state: Where an in-process sandbox keeps its content; None for memory.
    """

    people: int = 200
    seed: int = 1
    data: Path | None = None
    port: int = 0
    state: Path | None = None


class Sandbox(Protocol):
    """A running sandbox."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which a connector reaches it, as they stand in a profile."""
        ...

    def close(self) -> None:
        """Stop serving."""
        ...


FieldDefaults = Mapping[str, Mapping[str, Any] | Sequence[Mapping[str, Any]]]
"""Attribute -> its mapping, or one per action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """What a connector folder offers under one name.

    Attributes:
        name: As in a profile, such as `active_directory` or `afas.employee`.
        manifest: What it can do.
        settings: Pydantic model of its settings; every field has a description, secrets are
            `SecretStr`. A field marked `json_schema_extra={"write_only": True}` is needed by the
            writer alone, and a preview never resolves it.
        open_source: Opens a source (read-only transport), None for targets.
        open_reader: Opens a reader (read-only transport) for the target of that name.
        open_shared_reader: The same, where readers of one run can share a reading: two targets that
            are parts of one record ask for it once.
        open_writer: Opens a writer for the target of that name.
        check_writer: Raises `ConfigError` for settings a writer could not work with; asked before
            the first write of a run, without a connection.
        fields: Default field mapping, in the grammar of a profile's `fields`. An attribute has one
            mapping, or several for different actions.
        manifest_for: The manifest under given settings, where they take something away or add it.
        fields_for: The default field mapping under given settings.
        fields_setting: The setting that takes the `fields` of a profile's source: where the
            connector finds what it cannot guess.
        mapped_setting: The setting that takes the names of the attributes a profile maps, for a
            target that has to be told what to read. None where the manifest says it all.
        in_process: Whether, under given settings, what it writes to lives in the writing process,
            so that the steps of a run cannot work in several; None for a system of its own.
        serve: Starts the sandbox that belongs to it, None where another connector of the folder
            does.
    """

    name: str
    manifest: Manifest
    settings: type[BaseModel]
    open_source: Callable[[Any], Source] | None = None
    open_reader: Callable[[Any, str], Reader] | None = None
    open_shared_reader: Callable[[Any, str, Once], Reader] | None = None
    open_writer: Callable[[Any, str], Writer] | None = None
    check_writer: Callable[[Any, str], None] | None = None
    fields: FieldDefaults = field(default_factory=dict)
    manifest_for: Callable[[Any], Manifest] | None = None
    fields_for: Callable[[Any], FieldDefaults] | None = None
    fields_setting: str = "fields"
    mapped_setting: str | None = None
    in_process: Callable[[Any], bool] | None = None
    serve: Callable[[SandboxOptions], AbstractContextManager[Sandbox]] | None = None
