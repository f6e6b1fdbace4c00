"""Cassettes of this folder: recorded from our own sandbox, never from AFAS.

They pin the bytes on the wire: a request that changes, or a reply read differently, shows up
in review. `python -m tests.connectors.afas.recorded` records them anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
import yaml

from connectors.afas.employee_writer import EmployeeWriter
from connectors.afas.reader import EmployeeReader, UserReader
from connectors.afas.sandbox.afas import Afas
from connectors.afas.sandbox.serve import ServedAfas
from connectors.afas.settings import EmployeeSettings, SourceSettings, UserSettings
from connectors.afas.source import AfasSource
from connectors.afas.user_writer import UserWriter
from connectors.model.accounts import Accounts
from connectors.model.people import People
from connectors.model.receipt import Receipt
from tests.connectors.afas.lab import TODAY, employee_update, user_update

FOLDER = Path(__file__).parent / "cassettes"
ADDRESS = "https://12345.rest.afas.online/ProfitRestServices"
HEADER = """\
# Recorded from Retour's own sandbox of AFAS Profit, not from AFAS. Invented people; the token is
# left out, the address has AFAS's form. To record anew: python -m tests.connectors.afas.recorded
"""
JANINE = "1000001"


def environment() -> Afas:
    """Two colleagues; the second one has no user."""
    afas = Afas.empty(today=TODAY)
    afas.hire(
        nick_name="Janine",
        prefix="van den",
        family_name="Boele",
        department="CARE",
        title="Nurse",
        start=date(2020, 1, 1),
    )
    afas.hire(
        nick_name="Seán",
        family_name="O'Connor",
        department="IT",
        title="Developer",
        start=date(2024, 5, 1),
        with_user=False,
    )
    return afas


def import_people(settings: dict[str, Any]) -> People:
    """The import: four GetConnectors."""
    source = AfasSource(SourceSettings(**settings))
    try:
        return source.read(as_of=TODAY)
    finally:
        source.close()


def write_back(settings: dict[str, Any]) -> tuple[list[Receipt], Accounts, Accounts]:
    """The write-back of one person: employee, user, the user again, and a reading of both."""
    afas = environment()
    mail = {"EmAd": "janine.vandenboele@example.org"}
    login = {**mail, "Upn": "janine.vandenboele@example.org"}
    employee = EmployeeWriter(EmployeeSettings(**settings), "afas_employee")
    user = UserWriter(UserSettings(**settings), "afas_user")
    receipts = [
        *employee.apply([employee_update(afas, JANINE, mail)]),
        *user.apply([user_update(JANINE, login)]),
        *user.apply([user_update(JANINE, login)]),
    ]
    readers = (
        EmployeeReader(EmployeeSettings(**settings), "afas_employee"),
        UserReader(UserSettings(**settings), "afas_user"),
    )
    employees, users = (reader.read() for reader in readers)
    for part in (employee, user, *readers):
        part.close()
    return receipts, employees, users


EXCHANGES = {"import": import_people, "write_back": write_back}


@contextmanager
def cassette(name: str, *, mode: str = "none") -> Iterator[Any]:
    """A cassette that is replayed, or recorded with mode `all`."""
    tape = vcr.VCR(
        record_mode=mode,
        match_on=["method", "path_and_query", "body"],
        before_record_request=_without_token,
        before_record_response=_without_server,
        decode_compressed_response=True,
    )
    tape.register_matcher("path_and_query", _same_path_and_query)
    with tape.use_cassette(str(FOLDER / f"{name}.yaml")) as running:
        yield running


def _without_token(request: Any) -> Any:
    parts = urlsplit(request.uri)
    path = parts.path.removeprefix("/ProfitRestServices")
    request.uri = f"{ADDRESS}{path}{'?' + parts.query if parts.query else ''}"
    kept = ("content-type", "accept-language")
    request.headers = {name: v for name, v in request.headers.items() if name.lower() in kept}
    return request


def _without_server(response: dict[str, Any]) -> dict[str, Any]:
    kept = ("content-type", "content-length")
    headers = {name: v for name, v in response["headers"].items() if name.lower() in kept}
    return {**response, "headers": headers}


def _same_path_and_query(one: Any, other: Any) -> None:
    first, second = (urlsplit(request.uri)[2:4] for request in (one, other))
    if first != second:
        message = f"{first} is not {second}"
        raise AssertionError(message)


def record() -> None:
    """Record every cassette from a fresh sandbox."""
    for name, exchange in EXCHANGES.items():
        path = FOLDER / f"{name}.yaml"
        path.unlink(missing_ok=True)
        with ServedAfas(environment()) as served, cassette(name, mode="all"):
            exchange(dict(served.settings))
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        tape = yaml.safe_dump(content, allow_unicode=True, sort_keys=True, width=100)
        path.write_text(HEADER + tape, encoding="utf-8")


if __name__ == "__main__":
    record()
