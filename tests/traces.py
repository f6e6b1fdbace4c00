"""What runs leave on disk - ledger, Prefect, logs, reports - searched to the last byte."""

import base64
import csv
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from flows.playground import Playground
from tests.sought import Sought

TOKEN: Final = re.compile(rb"eyJ[\w-]{15,}\.eyJ[\w-]{15,}\.")
SHOWN: Final = ("plan", "outcome")
"""Keys of the artifacts whose tables name people, a row per change, at most a thousand."""
ARTIFACTS: Final = ("artifact", "artifact_collection", "events")
"""Tables in which they are."""
NAMED: Final = ("DisplayName", "Geboortenaam", "Email_werk", "UPN")
"""Fields of the users GetConnector that name a person."""


def secrets_found(root: Path, secrets: Iterable[str], *, but: Iterable[str] = ()) -> list[str]:
    """Places in databases and in any other file that hold one of these, however it is spelled.

    Args:
        root: A folder: PREFECT_HOME, or all that a site leaves behind.
        secrets: None of them empty.
        but: Names of files and folders in it that are to hold them: where passwords go, and what a
            sandbox keeps for itself.
    """
    sought = Sought(form for secret in secrets for form in forms_of(secret))
    found = set()
    for file in _files(root, frozenset(but)):
        place = str(file.relative_to(root))
        if sought.stands_in(file.read_bytes()):
            found.add(place)
        if _is_database(file):  # a long value lies in pieces in the file
            cells = list(_cells_of(file))
            if sought.stands_in("\n".join({text for _, text in cells}).encode()):
                held = {text for _, text in cells if sought.stands_in(text.encode())}
                found |= {f"{place}: {cell}" for cell, text in cells if text in held}
    return sorted(found)


def tokens_found(root: Path, *, but: Iterable[str] = ()) -> list[str]:
    """Files that hold something of the form of a bearer token (JWT), whoever gave it out."""
    files = _files(root, frozenset(but))
    return sorted(str(one.relative_to(root)) for one in files if TOKEN.search(one.read_bytes()))


def _files(root: Path, but: frozenset[str]) -> Iterator[Path]:
    for file in sorted(root.rglob("*")):
        if file.is_file() and not but & {*file.relative_to(root).parts}:
            yield file


def _is_database(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(16) == b"SQLite format 3\0"


def people_found(home: Path, words: Iterable[str], shown: Iterable[str] = SHOWN) -> list[str]:
    """Places outside of the tables of changes that hold one of these names or addresses.

    Prefect tells what an artifact holds a second time, in the event that it was made.

    Args:
        home: PREFECT_HOME.
        words: Names and addresses.
        shown: Keys of the artifacts that may hold them.
    """
    allowed = tuple(f"{table}/{key}." for table in ARTIFACTS for key in shown)
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, words))})(?![\w-])")
    found = {
        f"{place}: {match[0]}"
        for place, text in _cells(home)
        if not place.startswith(allowed) and (match := pattern.search(text))
    }
    logs = {
        f"{file.relative_to(home)}: {match[0]}"
        for file in home.rglob("*")
        if file.is_file() and not file.name.startswith("prefect.db")
        if (match := pattern.search(file.read_text(encoding="utf-8", errors="replace")))
    }
    return sorted(found | logs)


def marked_secrets(ground: Playground) -> list[str]:
    """Every secret of a playground: credentials, and initial passwords that were handed over."""
    given = ground.variables
    found = [value for name, value in given.items() if name.startswith("RETOUR_SECRET_")]
    found.append(json.loads(given["RETOUR_SECRET_GOOGLE_SERVICE_ACCOUNT"])["private_key"])
    found += [row["password"] for row in _handed_over(ground)]
    return found


def marked_people(ground: Playground) -> set[str]:
    """What names the people of a playground: names, addresses, at work and at home, and logins."""
    words = {row["login"] for row in _handed_over(ground)}
    for row in ground.afas.rows("T4E_HelloID_Users_v2"):
        at_home = ground.afas.person_of(row["Medewerker"]).fields
        words |= {row[name] for name in NAMED} | {at_home.get("EmA2"), at_home.get("MbN2")}
    for account in ground.directory.accounts().values():
        words |= {account["mail"], account["userPrincipalName"]}
    return {word for word in words if word}


def _handed_over(ground: Playground) -> Iterator[dict[str, str]]:
    for name in ("INITIAL_PASSWORDS", "ENTRA_PASSWORDS", "GOOGLE_PASSWORDS"):
        path = Path(ground.variables[name])
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                yield from csv.DictReader(file)


def forms_of(secret: str) -> Iterator[bytes]:
    """A secret as it stands in text, JSON, JSON in JSON, an address, a header, a dump."""
    inner = json.dumps(secret)[1:-1]
    texts = {secret, inner, json.dumps(inner)[1:-1], quote(secret, safe=""), quote_plus(secret)}
    yield from (text.encode() for text in texts)
    yield from (secret.encode(form) for form in ("utf-16-le", "utf-16-be"))
    raw = secret.encode()
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    # Behind something else, such as `user:`, the same bytes are spelled in one of two other ways.
    for before in range(3):
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            spelled = alphabet(bytes(before) + raw)
            # Its ends depend on what stands there.
            yield spelled[(0, 2, 3)[before] : len(spelled) - (len(raw) + before) % 3 - 2].rstrip(
                b"="
            )


def _cells(home: Path) -> Iterator[tuple[str, str]]:
    """The same of Prefect's database."""
    yield from _cells_of(home / "prefect.db")


def _cells_of(file: Path) -> Iterator[tuple[str, str]]:
    """Every value of a database: where it stands, with the key of an artifact, and as text."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own names
                key = f"/{_artifact(row)}" if table in ARTIFACTS else ""
                for column in row.keys():  # noqa: SIM118 - of a sqlite3.Row
                    value = row[column]
                    text = value.decode(errors="replace") if isinstance(value, bytes) else value
                    yield f"{table}{key}.{column}", str(text)


def _artifact(row: sqlite3.Row) -> str:
    """Key of the artifact that a row holds, or tells about."""
    if "payload" not in row.keys():  # noqa: SIM118 - of a sqlite3.Row
        return str(row["key"])
    about = row["event"].startswith("prefect.artifact")
    return str(json.loads(row["payload"])["key"]) if about else str(row["event"])
