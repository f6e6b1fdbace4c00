"""The environment behind its address: tokens, routes, limits, faults and the call log."""

import base64
import binascii
import hashlib
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

from connectors.afas.sandbox.answers import (
    INSTEAD,
    JSON,
    NOT_FOUND,
    REFUSALS,
    XML,
    busy,
    dumped,
    json_in,
    ok,
)
from connectors.afas.sandbox.catalogue import Catalogue
from connectors.afas.sandbox.faults import Fault, on_first_page, spoiled
from connectors.afas.sandbox.faults import Kind as FaultKind
from connectors.afas.sandbox.fields import Level, Spec, SpecKind, redacted
from connectors.afas.sandbox.query import parse, run
from connectors.afas.sandbox.records import Records
from connectors.afas.sandbox.refusals import (
    Refusal,
    blocked,
    conflict,
    locked,
    not_granted,
)
from connectors.afas.sandbox.switches import Switches
from connectors.afas.sandbox.updates import ROOTS, Updates
from connectors.sdk.serve import Answer

PREFIX: Final = "profitrestservices"
MAX_QUERY: Final = 2049
"""Characters of a query, the question mark included. Source: OASContent, get-connector.md."""
VERSION: Final = "22.22.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the log keeps it: private values hidden, no token (D32).

    Attributes:
        verb: HTTP verb.
        connector: Name of the connector, or `ProfitVersion`, `MetaInfo`.
        query: Decoded.
        body: Redacted JSON, None without one.
        status: HTTP status, 0 when the connection was closed instead.
    """

    verb: str
    connector: str
    query: str
    body: Any
    status: int


@dataclass(frozen=True, slots=True)
class LoggedError:
    """A line of AFAS's own error log: no body in it (D29)."""

    number: int
    message: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request, taken apart."""

    method: str
    prefix: str
    route: list[str]
    query: str
    body: bytes
    token: str | None
    language: str

    @property
    def connector(self) -> str:
        """What the call log and faults call it."""
        named = len(self.route) > 1 and self.route[0].casefold() == "connectors"
        return self.route[1] if named else "/".join(self.route)


class Environment:
    """One environment of AFAS, as its REST services show it.

    Attributes:
        records: Persons, employees, users, units.
        switches: How it behaves.
        catalogue: GetConnectors and UpdateConnectors, their fields, and what is granted.
        tokens: Tokens that are known.
        calls: Every call so far.
        errors: AFAS's error log.
        counts: `inserted_persons`, `inserted_users`, `deletes`, `most_at_once`.
    """

    def __init__(self, *, customer: str, records: Records, today: date, switches: Switches) -> None:
        """Start with these records."""
        self.customer, self.records, self.switches = customer, records, switches
        self.token = invented_token(customer)
        self.tokens = {self.token}
        self.catalogue = Catalogue()
        self.calls: list[Call] = []
        self.errors: list[LoggedError] = []
        self.counts: Counter[str] = Counter()
        self.lock = threading.RLock()
        self._today = today
        self._updates = Updates(records, switches, self.counts, self.catalogue.custom)
        self._faults: list[Fault] = []
        self._in_flight: set[str] = set()
        self._open = 0

    @property
    def today(self) -> date:
        """The day in this environment; the windows of GetConnectors lie around it (D11, D12)."""
        return self._today

    @today.setter
    def today(self, day: date) -> None:
        with self.lock:
            self._today = day
            self.records.touch()

    @property
    def in_flight(self) -> frozenset[str]:
        """Numbers of the persons who are being written right now."""
        with self.lock:
            return frozenset(self._in_flight)

    @property
    def writes(self) -> list[Call]:
        """The calls that were no reading."""
        return [call for call in self.calls if call.verb != "GET"]

    def fail_next(
        self,
        kind: FaultKind,
        *,
        verb: str = "",
        connector: str = "",
        times: int = 1,
        seconds: float = 0.0,
        after: int = 0,
    ) -> None:
        """Let one of the next calls go wrong (D28); see `Fault`."""
        with self.lock:
            self._faults.append(Fault(kind, verb, connector, times, seconds, after))

    def fail_no_more(self) -> None:
        """Call off every fault that still waits for its call."""
        with self.lock:
            self._faults.clear()

    def rows(self, connector: str) -> list[dict[str, Any]]:
        """The rows that a GetConnector shows today, in the order of the records."""
        with self.lock:
            return self.catalogue.table(connector, self.records, self._today).rows()

    def add_column(self, connector: str, name: str, shows: str) -> None:
        """Let a GetConnector show another field, as customers do; see `Catalogue.add_column`.

        Args:
            connector: Such as `T4E_HelloID_Users_v2`.
            name: What the column is called.
            shows: Level and field, such as `KnPerson.EmailPortal`, `KnEmployee.EmAd` (which mail
                receives digital documents) or a custom field, which is made when it is new.

        Raises:
            ValueError: There is no such connector or field, or the column is there already.
        """
        with self.lock:
            self.catalogue.add_column(connector, name, shows)

    def add_custom_field(
        self, level: Level, field: str, *, label: str, length: int = 255, kind: SpecKind = "string"
    ) -> None:
        """Make a custom field at a level; any other id of that form is refused (D15).

        Args:
            level: `KnPerson`, `KnUser` or `KnEmployee`.
            field: `U` and 32 hexadecimal digits.
            label: What people call it.
            length: Longest text.
            kind: Its type.

        Raises:
            ValueError: The level or the id is none.
        """
        with self.lock:
            self.catalogue.add_custom_field(level, field, Spec(length, kind, label=label))

    # --- the wire --------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """Answer one request; called from several threads."""
        prefix, *route = [unquote(part) for part in path.strip("/").split("/")]
        request = _Request(
            method=method,
            prefix=prefix,
            route=route,
            query=query,
            body=body,
            token=_presented_token(headers),
            language=headers.get("accept-language", ""),
        )
        with self._open_call():
            answer = self._received(request)
        with self.lock:
            self.calls.append(
                Call(
                    verb=method,
                    connector=request.connector,
                    query=unquote(query),
                    body=redacted(json_in(body)),
                    status=0 if answer.drop else answer.status,
                )
            )
        return answer

    @contextmanager
    def _open_call(self) -> Iterator[None]:
        with self.lock:
            self._open += 1
            self.counts["most_at_once"] = max(self.counts["most_at_once"], self._open)
        try:
            yield
        finally:
            with self.lock:
                self._open -= 1

    def _received(self, request: _Request) -> Answer:
        """Answer a request, unless something stands before it or goes wrong with it."""
        refused = self._at_the_door(request)
        if refused:
            return refused
        fault = self._striking(request)
        kind = fault.kind if fault else None
        seconds = fault.seconds if fault else 0.0
        if kind in INSTEAD:
            return INSTEAD[kind]
        if kind == "503":
            return busy(int(seconds))
        if kind == "delay":
            time.sleep(seconds)
        if kind == "same_page":
            request = replace(request, query=on_first_page(request.query))
        try:
            if kind in REFUSALS:
                raise REFUSALS[kind]()
            answer = self._route(request)
        except Refusal as refusal:
            answer = self._refused(refusal, dutch=self._is_dutch(request.language))
        return spoiled(kind, answer)

    def _at_the_door(self, request: _Request) -> Answer | None:
        """What is looked at before the connector: address, size, IP, token, maintenance."""
        waiting = self.switches.maintenance_seconds
        doors = (
            (request.prefix.casefold() != PREFIX, NOT_FOUND),
            (len(request.query) + 1 > MAX_QUERY, NOT_FOUND),
            (len(request.body) > self.switches.max_body, Answer(413)),
            (self.switches.ip_refused, Answer(403)),
            (request.token not in self.tokens, Answer(401)),
            (waiting is not None, busy(waiting or 0)),
        )
        return next((answer for closed, answer in doors if closed), None)

    def _route(self, request: _Request) -> Answer:
        if self._open > self.switches.max_parallel:
            raise locked()
        match [request.method, *(part.casefold() for part in request.route)]:
            case ["GET", "profitversion"]:
                return ok({"version": VERSION})
            case ["GET", "metainfo"]:
                return ok(self.catalogue.listing(self.customer, self.switches.token_expiry))
            case ["GET", "metainfo", ("get" | "update") as kind, _]:
                described = self.catalogue.description(kind, request.route[2])
                return NOT_FOUND if described is None else ok(described)
            case ["GET", "connectors", _]:
                return self._read(request.route[1], request.query)
            case ["PUT" | "POST", "connectors", _]:
                return self._write(request.route[1], request.body)
            case ["DELETE", "connectors", connector, *_]:
                self.counts["deletes"] += 1
                if connector == "knemployee":
                    raise not_granted(reading=False)
                return NOT_FOUND
            case _:
                return NOT_FOUND

    def _read(self, given: str, query: str) -> Answer:
        connector = self.catalogue.get_connector(given)
        if connector is None:
            return NOT_FOUND
        if connector not in self.catalogue.granted:
            return self._not_granted(reading=True)
        if connector in self.catalogue.blocked:
            raise blocked()
        parsed = parse(query, self.switches)
        with self.lock:
            table = self.catalogue.table(connector, self.records, self._today)
            rows = [entry.json(table.columns) for entry in run(parsed, table, self.switches)]
        page = f'{{"skip":{parsed.skip},"take":{parsed.take},"rows":[{",".join(rows)}]}}'
        return Answer(200, page.encode(), JSON)

    def _write(self, given: str, body: bytes) -> Answer:
        connector = next((name for name in ROOTS if name.casefold() == given.casefold()), None)
        if connector is None:
            return NOT_FOUND
        if connector not in self.catalogue.granted:
            return self._not_granted(reading=False)
        content = json_in(body)
        if content is None:
            return Answer(400, b'{"message":"Invalid json"}', XML)
        with self._writing(connector, content):
            time.sleep(self.switches.write_seconds)
            with self.lock:
                reply = self._updates.apply(connector, content)
        return Answer(201) if reply is None else Answer(201, dumped(reply), JSON)

    @contextmanager
    def _writing(self, connector: Level, content: Any) -> Iterator[None]:
        """Hold a person while a write is in flight; a second one is refused (D27)."""
        with self.lock:
            person = self._updates.person_of(connector, content) or ""
            if person in self._in_flight:
                raise conflict()
            if person:
                self._in_flight.add(person)
        try:
            yield
        finally:
            with self.lock:
                self._in_flight.discard(person)

    def _not_granted(self, *, reading: bool) -> Answer:
        if self.switches.not_granted == "401":
            return Answer(401)
        raise not_granted(reading=reading)

    def _refused(self, refusal: Refusal, *, dutch: bool) -> Answer:
        text = refusal.dutch if dutch else refusal.english
        reference = uuid.uuid4().hex.upper()
        with self.lock:
            self.errors.append(LoggedError(refusal.number, text, reference))
        content = {
            "errorNumber": refusal.number,
            "externalMessage": text,
            "profitLogReference": reference,
        }
        return Answer(500, dumped(content), XML)

    def _is_dutch(self, asked: str) -> bool:
        return (asked.strip() or self.switches.language).casefold().startswith("nl")

    def _striking(self, request: _Request) -> Fault | None:
        with self.lock:
            return next(
                (f for f in self._faults if f.strikes(request.method, request.connector)), None
            )


def invented_token(customer: str) -> str:
    """The token of an invented customer: as public as the sandbox."""
    digits = hashlib.sha256(f"sandbox {customer}".encode()).hexdigest().upper()
    return f"<token><version>1</version><data>{digits}</data></token>"


def _presented_token(headers: dict[str, str]) -> str | None:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme != "AfasToken":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
