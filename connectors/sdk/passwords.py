"""Initial passwords: made from `secrets`, handed to a sink, kept nowhere else."""

import csv
import fcntl
import io
import os
import secrets
import string
from pathlib import Path
from typing import Final, Protocol

from connectors.model.errors import ConfigError
from connectors.sdk.clock import now

LENGTH: Final = 16
_SYMBOLS: Final = "!#%+-=?@_"
_AMBIGUOUS: Final = frozenset("0O1lI|")
_CLASSES: Final = tuple(
    "".join(sorted(set(letters) - _AMBIGUOUS))
    for letters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
)


def make_password(length: int = LENGTH) -> str:
    """A random password with every character class, nothing in it that reads two ways.

    Args:
        length: Characters, at least 8.
    """
    letters = [secrets.choice(kind) for kind in _CLASSES]
    letters += [secrets.choice("".join(_CLASSES)) for _ in range(length - len(letters))]
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)


class PasswordSink(Protocol):
    """Where an initial password goes."""

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Hand over one password, before it is set in the target.

        Raises:
            OSError: It could not be handed over; the password must not be set then.
        """
        ...


class CsvSink:
    """Appends `when,person,login,password` to a file that only its owner can read.

    A later line for the same login replaces an earlier one.

    Args:
        path: The file; made with mode 0600, its folder with mode 0700.
    """

    HEADINGS: Final = ("when", "person", "login", "password")

    def __init__(self, path: Path) -> None:
        """Remember the path; the file is made with the first password."""
        self._path = path

    def __repr__(self) -> str:
        """Name the file."""
        return f"CsvSink({self._path})"

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Append one line and flush it to the disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # every shard of a run has a sink of its own
            os.fchmod(handle, 0o600)  # also when somebody made the file before us
            text = io.StringIO()
            lines = csv.writer(text)
            if os.fstat(handle).st_size == 0:
                lines.writerow(self.HEADINGS)
            lines.writerow([now().isoformat(timespec="seconds"), person, login, password])
            os.write(handle, text.getvalue().encode())
            os.fsync(handle)
        finally:
            os.close(handle)


class MemorySink:
    """Keeps passwords in memory: for tests.

    Attributes:
        delivered: login -> the password last delivered.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.delivered: dict[str, str] = {}

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Remember the password."""
        del person
        self.delivered[login] = password


def open_sink(address: str) -> PasswordSink:
    """The sink that a setting names.

    Args:
        address: `file:PATH` for a CSV file.

    Raises:
        ConfigError: Any other form.
    """
    kind, _, rest = address.partition(":")
    if kind == "file" and rest:
        return CsvSink(Path(rest).expanduser())
    message = f"initial passwords can go to file:PATH, not to {address!r}"
    raise ConfigError(message)
