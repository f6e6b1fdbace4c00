"""What sandboxes over HTTP share: a log of requests, latency, and faults on request.

    faults = Faults()
    server = HttpServer(Faulty(application, faults))
    faults.next(status=429, retry_after=2, only="POST /users*", count=3)
    faults.next(after_applying=True, only="PATCH *")     # carried out, and no answer
    faults.order(Trouble.BUSY, writing=True)             # in words that fit every system

A fault meets each request that it fits, in the order in which they were asked for.
"""

import fnmatch
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.sdk.serve import Answer, Application
from connectors.sdk.trouble import Trouble

ALWAYS: Final = -1
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
STATUS: Final = {
    Trouble.UNAUTHORIZED: 401,
    Trouble.FORBIDDEN: 403,
    Trouble.NOT_FOUND: 404,
    Trouble.CONFLICT: 409,
    Trouble.SLOW_DOWN: 429,
    Trouble.SLOW_DOWN_UNSAID: 429,
    Trouble.BUSY: 503,
    Trouble.BROKEN: 500,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the log keeps it: no header, no body, no query."""

    method: str
    path: str
    writes: bool

    def __str__(self) -> str:
        """As patterns see it."""
        return f"{self.method} {self.path}"


@dataclass(slots=True, kw_only=True)
class _Fault:
    """A fault that waits; one without an answer is a delay."""

    fits: Callable[[Request], bool]
    answer: Callable[[], Answer] | None
    after_applying: bool = False
    count: int = 1
    skip: int = 0
    delay_seconds: float = 0.0

    def strikes(self, request: Request) -> bool:
        """Whether it meets this request; counts it if so."""
        if self.count == 0 or not self.fits(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count > 0:
            self.count -= 1
        return True


@dataclass
class Faults:
    """Faults that wait for their requests, and the log. Thread-safe.

    Attributes:
        latency_seconds: How long every request takes beside its work. May be set at any time.
        unseen_for: How many readings do not show an object that was just made. May be set.
        render: The body and headers of an error as this system writes them, for a status.
        statuses: What this system answers to mean a trouble, where it is not the usual status.
        exempt: Patterns of requests that no trouble is ordered for, such as fetching a token.
        reads: Says of method, path and body whether a POST, say, reads all the same.
        log: Every request so far, exempt ones included.
    """

    latency_seconds: float = 0.0
    unseen_for: int = 0
    render: Callable[[int], tuple[bytes, Mapping[str, str]]] = field(
        default=lambda status: (
            json.dumps({"error": status}).encode(),
            {"Content-Type": "application/json"},
        )
    )
    statuses: Mapping[Trouble, int] = field(default_factory=dict)
    exempt: Collection[str] = ()
    reads: Callable[[str, str, bytes], bool] | None = None
    log: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Nothing is wrong yet."""
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._first_pages: dict[str, tuple[str, Answer]] | None = None
        self._unseen: Counter[str] = Counter()

    # --- ordering --------------------------------------------------------------------------------

    def next(
        self,
        *,
        status: int = 0,
        after_applying: bool = False,
        count: int = 1,
        only: str = "*",
        skip: int = 0,
        retry_after: float | str | None = None,
        body: bytes | None = None,
    ) -> None:
        """Let the next requests meet a fault.

        Args:
            status: What is answered; 0 for no answer: the connection breaks.
            after_applying: Whether the request is carried out first.
            count: For how many requests; `ALWAYS` until `heal`.
            only: Which: a pattern of method and path, such as `PATCH /users/*`.
            skip: So many of them go well first.
            retry_after: Seconds, or a date, to ask for.
            body: Instead of what `render` gives.
        """
        told = {} if retry_after is None else {"Retry-After": f"{retry_after}"}
        self._add(
            _Fault(
                fits=lambda request: fnmatch.fnmatchcase(str(request), only),
                answer=lambda: self._answer(status, told, body),
                after_applying=after_applying,
                count=count,
                skip=skip,
            )
        )

    def slow(self, seconds: float, *, count: int = ALWAYS, only: str = "*") -> None:
        """Let requests that fit wait before they are carried out as usual."""
        self._add(
            _Fault(
                fits=lambda request: fnmatch.fnmatchcase(str(request), only),
                answer=None,
                count=count,
                delay_seconds=seconds,
            )
        )

    @property
    def kinds(self) -> Collection[Trouble]:
        """Every kind of trouble."""
        return frozenset(Trouble)

    def order(
        self,
        trouble: Trouble,
        *,
        writing: bool,
        times: int = 1,
        skip: int = 0,
        seconds: int = 1,
    ) -> None:
        """Let the next requests meet trouble, as `trouble.Troubled` has it."""
        if trouble is Trouble.REPEATED_PAGE:
            with self._lock:
                self._first_pages = {}
            return
        told = {"Retry-After": f"{seconds}"} if trouble is Trouble.SLOW_DOWN else {}
        status = self.statuses.get(trouble, STATUS.get(trouble, 0))
        self._add(
            _Fault(
                fits=lambda request: request.writes is writing and not self._is_exempt(request),
                answer=lambda: self._answer(status, told, None),
                after_applying=trouble is Trouble.LOST,
                count=times,
                skip=skip,
            )
        )

    def heal(self) -> None:
        """No more faults. Log, latency and how long new objects are unseen stay."""
        with self._lock:
            self._faults.clear()
            self._first_pages = None

    # --- what happened ---------------------------------------------------------------------------

    @property
    def writes(self) -> int:
        """How many requests that write have arrived, refused ones included."""
        return sum(one.writes and not self._is_exempt(one) for one in list(self.log))

    def count(self, only: str = "*") -> int:
        """How many requests have arrived that fit a pattern of method and path."""
        return sum(fnmatch.fnmatchcase(str(one), only) for one in list(self.log))

    # --- new objects that are not seen yet ------------------------------------------------------

    def made(self, key: str) -> None:
        """An object was made: the next `unseen_for` times that somebody asks, it is not there."""
        with self._lock:
            if self.unseen_for:
                self._unseen[key] = self.unseen_for

    def shows(self, key: str) -> bool:
        """Whether an object can be seen; counts this as one look."""
        with self._lock:
            if self._unseen[key] <= 0:
                return True
            self._unseen[key] -= 1
            return False

    # --- answering -------------------------------------------------------------------------------

    def around(
        self, method: str, path: str, query: str, body: bytes, carry_out: Callable[[], Answer]
    ) -> Answer:
        """The answer to a request, with whatever it meets on the way.

        A sandbox calls this by itself only for the parts of a batch; `Faulty` does it for requests.

        Args:
            method: Upper case.
            path: Without the query.
            query: Without the question mark.
            body: The raw body.
            carry_out: Does what is asked, and answers.
        """
        writes = method not in SAFE and not (self.reads and self.reads(method, path, body))
        request = Request(method, path, writes)
        with self._lock:
            self.log.append(request)
            met = self._met(request)
        delay = sum((fault.delay_seconds for fault in met), self.latency_seconds)
        if delay:
            time.sleep(delay)
        for fault in met:
            if fault.answer is not None:
                if fault.after_applying:
                    carry_out()
                return fault.answer()
        answer = carry_out()
        return answer if writes else self._page(path, query, answer)

    def _met(self, request: Request) -> list[_Fault]:
        """Every delay that it meets, and at most one fault."""
        met: list[_Fault] = []
        for fault in self._faults:
            if fault.answer is not None and any(one.answer is not None for one in met):
                continue
            if fault.strikes(request):
                met.append(fault)
        return met

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def _answer(self, status: int, told: Mapping[str, str], body: bytes | None) -> Answer:
        if not status:
            return Answer(0, drop=True)
        content, headers = self.render(status)
        return Answer(status, content if body is None else body, {**headers, **told})

    def _is_exempt(self, request: Request) -> bool:
        return any(fnmatch.fnmatchcase(str(request), one) for one in self.exempt)

    def _page(self, path: str, query: str, answer: Answer) -> Answer:
        """The answer, or the first page of the same reading over again when that was ordered."""
        with self._lock:
            if self._first_pages is None:
                return answer
            first_query, first = self._first_pages.setdefault(path, (query, answer))
            return answer if first_query == query else first


class Faulty:
    """An application whose requests meet faults.

    Args:
        application: The sandbox.
        faults: What they meet.
    """

    def __init__(self, application: Application, faults: Faults) -> None:
        """Keep both."""
        self._application, self._faults = application, faults

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """Answer one request, or let it fail."""
        return self._faults.around(
            method,
            path,
            query,
            body,
            lambda: self._application.answer(method, path, query, headers, body),
        )
