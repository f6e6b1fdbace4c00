"""Files that initial passwords are handed over in: plain for their owner, or encrypted.

A file is only ever appended to, a line at a time, and a line is on the disk before its password is
set anywhere. Several processes may write one file.
"""

import base64
import csv
import fcntl
import io
import os
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import pyrage  # type: ignore[import-untyped]  # it brings no types

from connectors.model.errors import ConfigError
from connectors.sdk.clock import now


def append(path: Path, line: bytes, *, heading: bytes = b"") -> None:
    """Append a line to a file that only its owner can read, and flush it to the disk.

    Args:
        path: Made with mode 0600 when it is not there, its folder with mode 0700.
        line: With its end.
        heading: Stands first in an empty file.

    Raises:
        OSError: It could not be written.
    """
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        handle = os.open(path, how, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, how, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # every shard of a run has a sink of its own
        os.fchmod(handle, 0o600)  # also when somebody made the file before us
        whole = heading + line if os.fstat(handle).st_size == 0 else line
        while whole:  # a disk that is nearly full takes a part of it
            whole = whole[os.write(handle, whole) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(*cells: str) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


HEADINGS: Final = ("when", "person", "login", "password")


class CsvSink:
    """Appends `when,person,login,password` to a file that only its owner can read.

    A later line for the same login replaces an earlier one.

    Args:
        path: The file; made with mode 0600, its folder with mode 0700.
    """

    HEADINGS: Final = HEADINGS

    def __init__(self, path: Path) -> None:
        """Remember the path; the file is made with the first password."""
        self._path = path

    def __repr__(self) -> str:
        """Name the file."""
        return f"CsvSink({self._path})"

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Append one line and flush it to the disk."""
        line = _row(now().isoformat(timespec="seconds"), person, login, password)
        append(self._path, line, heading=_row(*HEADINGS))


class AgeSink:
    """Appends one encrypted message per password; only the recipients can read it.

    A line is the base64 of an age message, whose content is the line that `CsvSink` would write.
    Nothing in the file is readable, logins included, and who writes it cannot read it again:

        while read -r line; do printf %s "$line" | base64 -d | age -d -i key.txt; done < FILE

    Args:
        path: The file; made with mode 0600, its folder with mode 0700.
        recipients: Public keys, `age1…`; each of them can read every line.

    Raises:
        ConfigError: A recipient is none, or there is none.

    Source: the age format, version 1 (age-encryption.org/v1).
    """

    def __init__(self, path: Path, recipients: tuple[str, ...]) -> None:
        """Check the recipients; the file is made with the first password."""
        if not recipients:
            message = "nobody could read the passwords: name a public key as ?recipient=age1…"
            raise ConfigError(message)
        self._path, self._recipients = path, [_recipient(one) for one in recipients]

    def __repr__(self) -> str:
        """Name the file."""
        return f"AgeSink({self._path})"

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Encrypt one line, append it and flush it to the disk."""
        line = _row(now().isoformat(timespec="seconds"), person, login, password)
        append(self._path, base64.b64encode(pyrage.encrypt(line, self._recipients)) + b"\n")


def open_age_sink(rest: str) -> AgeSink:
    """An encrypted sink by `PATH?recipient=age1…`, with a `&recipient=…` for every further key.

    Raises:
        ConfigError: A recipient is missing or is none.
    """
    path, _, query = rest.partition("?")
    given = parse_qs(query, keep_blank_values=True)
    if not path or set(given) - {"recipient"}:
        message = f"age:{path} … should read age:PATH?recipient=age1…"  # without what may be a key
        raise ConfigError(message)
    return AgeSink(Path(path).expanduser(), tuple(given.get("recipient", ())))


def _recipient(text: str) -> "pyrage.x25519.Recipient":
    if text.upper().startswith("AGE-SECRET-KEY-"):  # never shown, in no message
        message = "a recipient is the public key (age1…); this is the secret one"
        raise ConfigError(message)
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        message = f"{text!r} is no public key of age (age1…)"
        raise ConfigError(message) from None
