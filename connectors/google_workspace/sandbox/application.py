"""The workspace behind its address: tokens, quotas, faults, batches and the call log."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from connectors.google_workspace.sandbox.batch import Part, answered, parts_of
from connectors.google_workspace.sandbox.refusals import Refusal, conflict, ok, slow_down
from connectors.google_workspace.sandbox.routes import DIRECTORY, LICENSING, Question, Routes
from connectors.google_workspace.sandbox.tokens import Tokens
from connectors.google_workspace.sandbox.troubles import google_faults
from connectors.google_workspace.sandbox.workspace import Busy, Workspace
from connectors.sdk.serve import Answer

TOKEN: Final = "/token"
LICENCES: Final = "/licensing"
"""Where the second API stands: it has a host of its own at Google."""
BATCHES: Final = {"/batch": DIRECTORY, "/batch/admin/directory_v1": DIRECTORY}
MINUTE_SECONDS: Final = 60.0

Witness = Callable[[Part, Answer], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that came in.

    Attributes:
        method: Upper case.
        path: Without what all paths begin with: `/users/123`.
        query: Still encoded.
        body: As it came. Holds passwords: for tests only.
        in_batch: Whether it was part of one.
    """

    method: str
    path: str
    query: str
    body: bytes
    in_batch: bool


class Application:
    """Answers requests.

    Attributes:
        calls: Requests, parts of batches one by one, oldest first; those for tokens are not here.
        requests: How many HTTP requests there were, a batch being one.
        faults: What requests meet, parts of batches one by one; those for tokens never do.
        most_at_once: HTTP requests that were answered side by side.
        witness: Sees every request with its answer, parts of batches one by one.
    """

    def __init__(self, workspace: Workspace, tokens: Tokens) -> None:
        """Put the parts together."""
        self.workspace, self.tokens = workspace, tokens
        self.calls: list[Recorded] = []
        self.requests, self.most_at_once = 0, 0
        self.faults = google_faults()
        self.witness: Witness | None = None
        self._at_once = 0
        self._routes, self._busy = Routes(workspace), Busy()
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """See `connectors.sdk.serve.Application`."""
        if path == TOKEN:
            with self.workspace.lock:
                return self.tokens.answer(body)
        with self._lock:
            self.requests += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.workspace.switches.call_seconds:
                time.sleep(self.workspace.switches.call_seconds)
            return self._routed(Part("", method, path, query, headers, body))
        finally:
            with self._lock:
                self._at_once -= 1

    def _routed(self, request: Part) -> Answer:
        api, path = DIRECTORY, request.path
        if path.startswith(LICENCES):
            api, path = LICENSING, path.removeprefix(LICENCES)
        if path in BATCHES and request.method == "POST":
            return self._batch(request, api)
        return self._one(request, path, in_batch=False, touched=set())

    def _batch(self, request: Part, api: str) -> Answer:
        try:
            parts = parts_of(request.headers.get("content-type", ""), request.body)
        except Refusal as refusal:
            return refusal.answer()
        touched: set[str] = set()
        silent: list[Part] = []

        def answer(part: Part) -> Answer:
            if not part.path.startswith(api):  # one API per batch
                return Refusal(404, "notFound", "Not Found").answer()
            headers = {
                "authorization": request.headers.get("authorization", ""),
                **part.headers,
            }
            inner = Part(part.content_id, part.method, part.path, part.query, headers, part.body)
            reply = self._one(inner, part.path, in_batch=True, touched=touched)
            if reply.drop:
                silent.append(part)
            return reply

        reply = answered(parts, answer)
        return Answer(0, drop=True) if silent else reply

    def _one(self, request: Part, path: str, *, in_batch: bool, touched: set[str]) -> Answer:
        known = path.removeprefix(DIRECTORY)
        query = request.query
        with self._lock:
            self.calls.append(Recorded(request.method, known, query, request.body, in_batch))

        def carry_out() -> Answer:
            try:
                reply = self._done(request, path, touched)
            except Refusal as refusal:
                reply = refusal.answer()
            if self.witness is not None:
                self.witness(request, reply)
            return reply

        return self.faults.around(request.method, known, query, request.body, carry_out)

    def _done(self, request: Part, path: str, touched: set[str]) -> Answer:
        """The request carried out.

        Raises:
            Refusal: It is not.
        """
        workspace = self.workspace
        route, values = self._routes.find(request.method, path)
        question = Question(
            {name: unquote(value, errors="replace") for name, value in values.items()},
            _params(request.query),
            request.body,
        )
        with workspace.lock:
            self.tokens.require(request.headers, route.scopes)
            self._count()
        if not route.writes:
            with workspace.lock:
                return ok(route.answer(question))
        key = question.path[route.writes]
        ref = key if key in workspace.users else workspace.addresses.get(key.casefold(), key)
        if ref in touched:
            raise conflict()  # parts of a batch are carried out side by side
        touched.add(ref)
        self._busy.enter(ref)
        try:
            if workspace.switches.write_seconds:
                time.sleep(workspace.switches.write_seconds)
            with workspace.lock:
                return ok(route.answer(question))
        finally:
            self._busy.leave(ref)

    def _count(self) -> None:
        """Hold the request against the quota (G8).

        Raises:
            Refusal: 403 or 429.
        """
        most = self.workspace.switches.queries_per_minute
        if most is None:
            return
        moment = self.workspace.instant().timestamp()
        while self._recent and self._recent[0] <= moment - MINUTE_SECONDS:
            self._recent.popleft()
        if len(self._recent) >= most:
            raise slow_down(self.workspace.switches.quota_reason)
        self._recent.append(moment)


def _params(query: str) -> dict[str, str]:
    found: dict[str, list[Any]] = parse_qs(query, keep_blank_values=True, errors="replace")
    return {name: values[-1] for name, values in found.items()}
