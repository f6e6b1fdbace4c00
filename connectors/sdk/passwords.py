"""Initial passwords: made from `secrets`, handed to a sink, kept nowhere else."""

import secrets
import string
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from connectors.model.errors import ConfigError
from connectors.sdk.password_files import AgeSink, CsvSink, open_age_sink

__all__ = [
    "LENGTH",
    "AgeSink",
    "CsvSink",
    "MemorySink",
    "OpenSink",
    "PasswordSink",
    "make_password",
    "offer_sink",
    "open_sink",
]

LENGTH: Final = 16
_SYMBOLS: Final = "!#%+-=?@_"
_AMBIGUOUS: Final = frozenset("0O1lI|")
_CLASSES: Final = tuple(
    frozenset(letters) - _AMBIGUOUS
    for letters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
)
_ALL: Final = "".join(sorted(frozenset().union(*_CLASSES)))
_EVEN: Final = 256 - 256 % len(_ALL)
"""Bytes from here on would make some letters likelier than others."""
_FORMULA: Final = frozenset("=+-@")
"""A spreadsheet takes text that begins with one of these for a formula."""
_LEAST_NAME: Final = 3
"""Shorter parts of a name are not looked for in a password."""


def make_password(length: int = LENGTH, *, without: Collection[str] = ()) -> str:
    """A random password with every character class, nothing in it that reads two ways.

    It does not begin as a formula does: the file of initial passwords is opened in spreadsheets.

    Args:
        length: Characters, at least 8.
        without: Names that must not be part of it, in any case; a policy of complexity refuses
            such a password. Names of one or two letters do not count.
    """
    names = [name.casefold() for name in without if len(name) >= _LEAST_NAME]
    while True:
        password = _letters(length)
        complete = all(kind.intersection(password) for kind in _CLASSES)
        named = any(name in password.casefold() for name in names)
        if complete and not named and password[0] not in _FORMULA:
            return password


def _letters(length: int) -> str:
    """Letters at random, each as likely as any other.

    All random bytes are fetched at once: one by one they cost more than the request of an account.
    """
    letters = ""
    while len(letters) < length:
        drawn = secrets.token_bytes(2 * length)
        letters += "".join(_ALL[byte % len(_ALL)] for byte in drawn if byte < _EVEN)
    return letters[:length]


class PasswordSink(Protocol):
    """Where an initial password goes."""

    def deliver(self, *, person: str, login: str, password: str) -> None:
        """Hand over one password, before it is set in the target.

        A later password for the same login replaces an earlier one.

        Raises:
            OSError: It could not be handed over; the password must not be set then.
        """
        ...


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


OpenSink = Callable[[str], PasswordSink]
"""Opens a sink by what stands behind its kind and the colon; `ConfigError` when it cannot."""

_FORMS: Final = {
    "file": "file:PATH (CSV, readable by its owner only)",
    "age": "age:PATH?recipient=age1… (encrypted, only its recipients can read it)",
}
_OFFERED: Final[dict[str, OpenSink]] = {
    "file": lambda path: CsvSink(Path(path).expanduser()),
    "age": open_age_sink,
}


def offer_sink(kind: str, opens: OpenSink, *, form: str) -> None:
    """Add a kind of sink, from a package that connectors do not know.

    Args:
        kind: What stands before the colon, such as `prefect-secret`.
        opens: Opens it. Nothing is sent or made before the first password.
        form: How it is written, for the message that lists what there is.
    """
    _OFFERED[kind], _FORMS[kind] = opens, form


def open_sink(address: str) -> PasswordSink:
    """The sink that a setting names.

    Args:
        address: `file:PATH` for a CSV file, `age:PATH?recipient=age1…` for an encrypted one, or a
            kind that `offer_sink` added.

    Raises:
        ConfigError: Any other form, or one that lacks something.
    """
    kind, _, rest = address.partition(":")
    if kind in _OFFERED and rest:
        return _OFFERED[kind](rest)
    message = f"initial passwords can go to {' or '.join(_FORMS.values())}, not to {address!r}"
    raise ConfigError(message)


def sink_of(address: str | None, target: str) -> PasswordSink:
    """Where the initial passwords of a target go, as its setting `initial_passwords` says.

    Raises:
        ConfigError: Nothing says so, or not in a form we know; with the key.
    """
    key = f"targets.{target}.settings.initial_passwords"
    if not address:
        raise ConfigError(
            "new accounts get a password: say where it goes, such as file:initial-passwords.csv",
            key=key,
        )
    try:
        return open_sink(address)
    except ConfigError as error:
        raise ConfigError(error.message, key=key) from error
