"""The tenant behind its addresses: token endpoint, `/v1.0`, batches, limits, faults."""

import json
import re
import time
import uuid
from collections import Counter, deque
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from connectors.entra_id.sandbox.batch import Answered, Part, carry_out, parts_of
from connectors.entra_id.sandbox.delta import Deltas
from connectors.entra_id.sandbox.directory import DirectoryDoors
from connectors.entra_id.sandbox.doors import doors
from connectors.entra_id.sandbox.groups import Groups
from connectors.entra_id.sandbox.problems import DROPPED, Problem, denied, throttled
from connectors.entra_id.sandbox.request import Request, Response, json_of
from connectors.entra_id.sandbox.tenant import Tenant
from connectors.entra_id.sandbox.tokens import Tokens
from connectors.entra_id.sandbox.users import Users
from connectors.sdk.serve import Answer

VERSION: Final = "v1.0"
BATCH: Final = "$batch"
JSON_TYPE: Final = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)
NOT_TROUBLED: Final = ("POST */oauth2/v2.0/token", "POST */$batch")
"""Trouble is made for the parts of a batch, one by one, as Graph itself does it."""
_TOKEN_PATH: Final = re.compile(r"/([^/]+)/oauth2/v2\.0/token")
_CASTS: Final = {
    "microsoft.graph.user": "user",
    "graph.user": "user",
    "microsoft.graph.group": "group",
    "graph.group": "group",
}
_CODES: Final = {
    401: "InvalidAuthenticationToken",
    403: "Authorization_RequestDenied",
    404: "Request_ResourceNotFound",
    409: "Request_Conflict",
    429: "TooManyRequests",
    503: "serviceNotAvailable",
}


class Graph:
    """One tenant of Entra ID, as login.microsoftonline.com and graph.microsoft.com show it.

    Attributes:
        tenant: What it holds.
        tokens: The app, its secrets and its permissions.
        faults: What goes wrong next, and every request so far, parts of batches included. Whoever
            serves this puts them in front of it.
        counts: `deletes_without_ref` (E8).
    """

    def __init__(self, tenant: Tenant) -> None:
        """Open the doors."""
        self.tenant = tenant
        self.tokens = Tokens(tenant.id, tenant.new_id("client"), tenant.clock)
        self.faults = tenant.faults
        self.faults.render, self.faults.exempt = self._rendered, NOT_TROUBLED
        users = Users(tenant)
        groups = Groups(tenant, users)
        self.counts: Counter[str] = groups.counts
        self._doors = doors(
            users, groups, DirectoryDoors(tenant, users), Deltas(tenant), self.tokens
        )
        self._recent: deque[float] = deque()
        self._problems = 0

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """See `connectors.sdk.serve.Application`."""
        host = headers.get("host", "graph.microsoft.com")
        asked = _TOKEN_PATH.fullmatch(path)
        if asked is not None and method == "POST":
            with self.tenant.lock:
                self.tokens.seconds = self.tenant.switches.token_seconds
                return self.tokens.answer(asked[1], body, f"http://{host}{path}")
        if self.tenant.switches.call_seconds:
            time.sleep(self.tenant.switches.call_seconds)
        try:
            request = Request(
                method=method,
                route=_route(path),
                query=query,
                headers=headers,
                body=json_of(body),
                base=f"http://{host}/{VERSION}",
                roles=self._roles(headers),
            )
            if request.route == (BATCH,) and method == "POST":
                return self._batch(request)
        except Problem as problem:
            return self._refusal(problem)
        return self._one(request)

    def _roles(self, headers: dict[str, str]) -> frozenset[str]:
        with self.tenant.lock:
            return self.tokens.roles_of(headers.get("authorization", ""))

    def _batch(self, request: Request) -> Answer:
        """Carry out a batch; where a part breaks the connection, the others are done all the same.

        Raises:
            Problem: The batch as a whole is refused.
        """
        dropped: list[Part] = []

        def answer(part: Part) -> Answered:
            # Relative by the documentation; Microsoft's own SDK sends whole addresses all the same.
            address = urlsplit(part.url.removeprefix(request.base))
            path = f"/{VERSION}/{address.path.lstrip('/')}"
            found = self.faults.around(
                part.method,
                path,
                address.query,
                json.dumps(part.body).encode(),
                lambda: self._part(part, path, address.query, request),
            )
            if found.drop:
                dropped.append(part)
            content = json.loads(found.body) if found.body else None
            return found.status, found.headers, content

        content = carry_out(parts_of(request.body), answer)
        return DROPPED if dropped else _answer(Response(200, content))

    def _part(self, part: Part, path: str, query: str, whole: Request) -> Answer:
        try:
            route = _route(path)
        except Problem as problem:
            return self._refusal(problem)
        return self._one(
            Request(
                method=part.method,
                route=route,
                query=query,
                headers=part.headers,
                body=part.body,
                base=whole.base,
                roles=whole.roles,
            )
        )

    def _one(self, request: Request) -> Answer:
        """One request, or one part of a batch."""
        with self.tenant.lock:
            try:
                self._throttle()
                return _answer(self._routed(request))
            except Problem as problem:
                return self._refusal(problem)

    def _throttle(self) -> None:
        """Count requests in a sliding window (E10)."""
        switches = self.tenant.switches
        if switches.requests_per_window is None:
            return
        moment = self.tenant.clock.seconds()
        while self._recent and self._recent[0] <= moment - switches.window_seconds:
            self._recent.popleft()
        if len(self._recent) >= switches.requests_per_window:
            wait = max(0.0, self._recent[0] + switches.window_seconds - moment)
            raise throttled(max(1.0, round(wait + 0.5)) if switches.says_retry_after else None)
        self._recent.append(moment)

    def _routed(self, request: Request) -> Response:
        """Find the door, see that the token opens it, and go through."""
        there = [door for door in self._doors if door.fits(request.route)]
        for door in there:
            if door.method == request.method:
                if not request.roles.intersection(door.needed):
                    raise denied()
                return door.open(request, *door.places(request.route))
        if there:
            raise Problem(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            )
        segment = request.route[-1] if request.route else ""
        raise Problem(400, "BadRequest", f"Resource not found for the segment '{segment}'.")

    def _refusal(self, problem: Problem) -> Answer:
        return _answer(Response(problem.status, self._body(problem), problem.headers))

    def _rendered(self, status: int) -> tuple[bytes, dict[str, str]]:
        """The body and headers of an error that was ordered."""
        code = _CODES.get(status, "UnknownError")
        problem = Problem(status, code, "The service says so because a test asked it to.")
        return json.dumps(self._body(problem)).encode(), {"Content-Type": JSON_TYPE}

    def _body(self, problem: Problem) -> dict[str, Any]:
        self._problems += 1
        key = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"request {self._problems}"))
        return problem.body(request_id=key, date=self.tenant.clock.stamp().removesuffix("Z"))


def _answer(response: Response) -> Answer:
    if response.body is None:
        return Answer(response.status, b"", dict(response.headers))
    headers = {"Content-Type": JSON_TYPE, **response.headers}
    return Answer(response.status, json.dumps(response.body).encode(), headers)


def _route(path: str) -> tuple[str, ...]:
    """The segments of a path, in one spelling: no empty call marks, casts without namespace.

    Raises:
        Problem: Another version than v1.0.
    """
    segments = [unquote(part) for part in path.split("/") if part]
    if not segments or segments[0] != VERSION:
        raise Problem(400, "BadRequest", "Invalid version: only v1.0 is served here.")
    found = []
    for segment in segments[1:]:
        name = segment.removesuffix("()")
        found.append(_CASTS.get(name, name.removeprefix("microsoft.graph.")))
    return tuple(found)
