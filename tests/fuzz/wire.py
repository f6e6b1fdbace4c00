"""Answers over HTTP: recorded once from a sandbox, and given again with something wrong in them."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import httpx
from hypothesis import strategies as st

from connectors.sdk import clock
from tests.fuzz.damage import BODIES, Wound, as_json, wounded, wounds

PARTS: Final = re.compile(rb"(?s)(\r\n\r\n)(\{[^\r]*\})(?=\r\n--)")
"""The JSON in the parts of a multipart answer."""
STATUSES: Final = (
    200, 201, 204, 206, 301, 302, 304, 400, 401, 403, 404, 409, 410, 412, 413, 429, 500, 503, 599,
)  # fmt: skip
HEADERS: Final = (
    ("retry-after", "²"),
    ("retry-after", "9" * 400),
    ("retry-after", "-5"),
    ("retry-after", "Fri, 99 Foo 99999 99:99:99 GMT"),
    ("retry-after", "Fri, 31 Dec 9999 23:59:59 -2359"),
    ("retry-after", ""),
    ("content-type", "text/html; charset=hex"),
    ("content-type", "application/json; charset=utf-7"),
    ("content-type", "multipart/mixed; boundary="),
    ("content-type", "multipart/mixed; boundary=\"'()?"),
    ("content-type", ""),
    ("content-encoding", "gzip"),
    ("content-encoding", "identity, deflate"),
    ("location", "\x80"),
    ("location", "http://[::1"),
    ("location", "https://elsewhere.example.org/"),
    ("etag", "\xff"),
    ("content-length", "5"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        status: HTTP status.
        headers: Those that say something about the body.
        body: As it was sent.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Blow:
    """What is wrong with one answer.

    Attributes:
        which: Which one, counted round.
        always: Whether every further answer to such a request is as wrong.
        wounds: What is wrong in its JSON, if anything.
        body: What is wrong with the body as a whole, if anything.
        status: Instead of its status, if anything.
        header: Instead of that header, if anything.
    """

    which: int
    always: bool
    wounds: Sequence[Wound] = ()
    body: int | None = None
    status: int | None = None
    header: int | None = None

    def hit(self, answer: Answer) -> Answer:
        """The answer with this wrong in it."""
        body = self._inside(answer.body) if self.wounds else answer.body
        if self.body is not None:
            body = BODIES[self.body](body)
        headers = dict(answer.headers)
        if self.header is not None:
            headers |= [HEADERS[self.header]]
        return Answer(self.status or answer.status, tuple(headers.items()), body)

    def _inside(self, body: bytes) -> bytes:
        parts = [one[2] for one in PARTS.finditer(body)]
        if parts:
            chosen = parts[self.which % len(parts)]
            return body.replace(chosen, self._inside(chosen), 1)
        try:
            return as_json(wounded(json.loads(body), self.wounds))
        except ValueError:
            return as_json(self.wounds[0].odd)


def _blow(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Blow]:
    return st.builds(Blow, which=st.integers(0, 500), always=st.booleans(), **parts)


BLOWS: Final = st.one_of(
    _blow(wounds=wounds()),
    _blow(wounds=wounds()),
    _blow(wounds=wounds()),
    _blow(wounds=wounds(), status=st.sampled_from(STATUSES)),
    _blow(body=st.integers(0, len(BODIES) - 1)),
    _blow(body=st.integers(0, len(BODIES) - 1), status=st.sampled_from(STATUSES)),
    _blow(header=st.integers(0, len(HEADERS) - 1), status=st.sampled_from(STATUSES)),
    _blow(header=st.integers(0, len(HEADERS) - 1)),
)
"""What can be wrong with an answer; mostly something inside."""


@dataclass
class Tape(httpx.BaseTransport):
    """What a sandbox answered, in order, and by what was asked.

    Attributes:
        blow: What is wrong when it is played; None for nothing.
    """

    answers: list[tuple[tuple[str, str], Answer]] = field(default_factory=list)
    blow: Blow | None = None
    played: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def play(self, blow: Blow | None) -> None:
        """Begin anew, with something wrong."""
        self.blow = blow
        self.played.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to such a request: the next one, and the last one again and again."""
        key = _key(request)
        fitting = [place for place, (asked, _) in enumerate(self.answers) if asked == key]
        if not fitting:
            return httpx.Response(404, json={"error": {"code": "404"}}, request=request)
        turn = min(self.played[key], len(fitting) - 1)
        self.played[key] += 1
        place = fitting[turn]
        answer = self.answers[place][1]
        if self.blow is not None:
            hit = self.blow.which % len(self.answers)
            again = self.blow.always and self.answers[hit][0] == key
            if place == hit or again:
                answer = self.blow.hit(answer)
        return _response(answer, request)


def record(act: Callable[[], Any]) -> Tape:
    """What is answered over HTTP while something is done."""
    tape, real = Tape(), httpx.HTTPTransport

    class Recording(httpx.BaseTransport):
        def __init__(self, **given: Any) -> None:
            self._inner = real(**given)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = self._inner.handle_request(request)
            response.read()
            kept = ("content-type", "etag", "location", "retry-after")
            headers = tuple(
                (name, value) for name, value in response.headers.items() if name in kept
            )
            answer = Answer(response.status_code, headers, response.content)
            tape.answers.append((_key(request), answer))
            return _response(answer, request)

        def close(self) -> None:
            self._inner.close()

    with patch("httpx.HTTPTransport", Recording):
        act()
    assert tape.answers, "nothing was asked over HTTP"
    return tape


@contextmanager
def playing(tape: Tape) -> Iterator[Tape]:
    """Whoever opens a client gets the tape, and nobody waits."""
    with (
        patch("httpx.HTTPTransport", lambda **_: tape),
        patch.object(clock, "wait", lambda _: None),
    ):
        yield tape


def _key(request: httpx.Request) -> tuple[str, str]:
    return request.method, request.url.raw_path.decode("ascii", "replace")


def _response(answer: Answer, request: httpx.Request) -> httpx.Response:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    return httpx.Response(
        answer.status, headers=headers, stream=httpx.ByteStream(answer.body), request=request
    )
