"""The write-back file: a CSV with a row per person, read whole and replaced whole.

It is replaced by a rename, so that a reader sees the old file or the new one, and under a lock, so
that of two writers none loses the other's cells.
"""

import csv
import errno
import fcntl
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from connectors.hr_file.tables import find_delimiter, read_csv, read_text
from connectors.model.errors import ConfigError, Misconfigured, Unreachable

LOCK_SECONDS: Final = 30.0
"""How long a writer waits for another one."""


class Sheet:
    """The rows of a write-back file, by person.

    Attributes:
        headings: In the order of the file, the key first in a new one.
        rows: external_id -> heading -> text; "" is an empty cell. In the order of the file.
    """

    __slots__ = ("_delimiter", "_encoding", "_key", "headings", "rows")

    def __init__(self, *, key: str, encoding: str, delimiter: str) -> None:
        """An empty sheet with the key as its only heading."""
        self._key, self._encoding, self._delimiter = key, encoding, delimiter
        self.headings = [key]
        self.rows: dict[str, dict[str, str]] = {}

    @classmethod
    def read(cls, path: Path, *, key: str, encoding: str, delimiter: str) -> "Sheet":
        """Read the file; one that is not there is an empty sheet.

        Raises:
            ConfigError: It is not such a file: no key column, a person twice, not CSV.
        """
        if not path.exists():
            mark = "," if delimiter == "auto" else delimiter
            # No byte order mark in a new file: it would end up in the name of the first heading.
            return cls(
                key=key, encoding="utf-8" if encoding == "utf-8-sig" else encoding, delimiter=mark
            )
        mark = (
            find_delimiter(read_text(path, encoding=encoding)) if delimiter == "auto" else delimiter
        )
        marked = encoding == "utf-8-sig" and not path.read_bytes().startswith(b"\xef\xbb\xbf")
        sheet = cls(key=key, encoding="utf-8" if marked else encoding, delimiter=mark)
        table = read_csv(path, encoding=encoding, delimiter=mark)
        sheet.headings = list(map(str, table.cells.columns))
        if key not in sheet.headings:
            message = f"the column {key!r} is missing"
            raise ConfigError(message, file=path.name, line=1)
        for row, cells in zip(table.cells.index, table.cells.to_numpy().tolist(), strict=True):
            values = dict(zip(sheet.headings, cells, strict=True))
            if values[key] in sheet.rows:
                message = f"person {values[key]!r} stands there twice"
                raise ConfigError(message, file=path.name, line=int(row))
            sheet.rows[values[key]] = values
        return sheet

    def put(self, person: str, cells: dict[str, str]) -> bool:
        """Set cells of a person's row, made when it is not there.

        Returns:
            Whether anything is different now.
        """
        row = self.rows.get(person, {})
        if all(row.get(heading, "") == text for heading, text in cells.items()):
            return False
        for heading in cells:
            if heading not in self.headings:
                self.headings.append(heading)
        self.rows.setdefault(person, {self._key: person}).update(cells)
        return True

    def can_hold(self, text: str) -> bool:
        """Whether the encoding of the file has the letters of a text."""
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True

    def replace(self, path: Path) -> None:
        """Write the file beside the old one, to the disk, and put it in its place.

        Raises:
            Misconfigured: It cannot be written; the old file is as it was.
        """
        text = io.StringIO(newline="")
        lines = csv.writer(text, delimiter=self._delimiter, lineterminator="\n")
        lines.writerow(self.headings)
        lines.writerows(
            [row.get(heading, "") for heading in self.headings] for row in self.rows.values()
        )
        draft = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, mode)
                file.write(text.getvalue().encode(self._encoding))
                file.flush()
                os.fsync(handle)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            message = f"{path} cannot be written ({error.strerror})"
            raise Misconfigured(message, system="hr_file", operation="write back") from error


@contextmanager
def locked(path: Path, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold the lock that belongs to a write-back file: `<file>.lock` beside it.

    Raises:
        Unreachable: Somebody else held it for `LOCK_SECONDS`.
        Misconfigured: The lock file cannot be made.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"{lock} cannot be made ({error.strerror})"
        raise Misconfigured(message, system="hr_file", operation="write back") from error
    try:
        waited, pause = 0.0, 0.05
        while not _take(handle):
            if waited >= LOCK_SECONDS:
                message = (
                    f"somebody else has been writing {path.name} for {LOCK_SECONDS:.0f} seconds"
                )
                raise Unreachable(message, system="hr_file", operation="write back")
            sleep(pause)
            waited += pause
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True
