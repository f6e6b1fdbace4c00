"""The service on loopback, strict where the real one is strict; nothing is kept when it ends."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import parse_qs

from connectors.model.connector import SandboxOptions
from connectors.sdk.sandbox_http import Faults, Faulty
from connectors.sdk.serve import Answer, HttpServer
from connectors.sdk.skeleton.manifest import MANIFEST, PERSON

TOKEN: Final = "public-token-of-the-sandbox"
JSON: Final = {"Content-Type": "application/json"}
UNIQUE: Final = (PERSON, "login", "mail")
FIELDS: Final = frozenset(one.name for one in MANIFEST.attributes) | {"enabled"}
GROUPS: Final = {"g1": "All staff", "g2": "Care", "g3": "Finance"}


class _No(Exception):
    """The service refuses: the status, and a word about it."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


class SkeletonService:
    """What the service holds, and how it answers.

    Attributes:
        accounts: id -> account.
        members: Group id -> ids of its accounts.
    """

    def __init__(self) -> None:
        """Groups, and the administrator's own account."""
        admin = {"id": "1", "login": "admin", "enabled": True, "administrator": True}
        self.accounts: dict[str, dict[str, Any]] = {"1": admin}
        self.members: dict[str, dict[str, None]] = {key: {} for key in GROUPS}
        self._next, self._lock = 2, threading.RLock()

    def content(self) -> bytes:
        """Everything it holds."""
        with self._lock:
            return json.dumps([self.accounts, self.members], sort_keys=True).encode()

    def answer(
        self, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        """Answer one request; called from several threads."""
        try:
            if headers.get("authorization") != f"Bearer {TOKEN}":
                raise _No(401, "this token is not known")
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            with self._lock:
                status, content = self._route(method, path.strip("/").split("/"), asked, body)
        except _No as no:
            status, content = no.status, {"error": str(no)}
        return Answer(status, b"" if content is None else json.dumps(content).encode(), JSON)

    def _route(
        self, method: str, path: list[str], asked: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        match [method, *path]:
            case ["GET", "me"]:
                return 200, {"rights": ["accounts:read", "accounts:write"]}
            case [_, "accounts", *rest]:
                return self._accounts(method, rest, asked, body)
            case ["GET", "groups"]:
                rows = [{"id": key, "name": name} for key, name in GROUPS.items()]
                return 200, _page("groups", rows, asked)
            case [_, "groups", group, "members", *rest] if group in GROUPS:
                return self._membership(method, self.members[group], rest, asked)
            case _:
                raise _No(404, "there is no such thing")

    def _accounts(
        self, method: str, rest: list[str], asked: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        match [method, *rest]:
            case ["GET"]:
                rows = list(self.accounts.values())
                if PERSON in asked:
                    rows = [row for row in rows if row.get(PERSON) == asked[PERSON]]
                return 200, _page("accounts", rows, asked)
            case ["POST"]:
                return 201, self._create(_fields(body))
            case ["GET", ref]:
                return 200, self._account(ref)
            case ["PATCH", ref]:
                return 200, self._update(self._account(ref), _fields(body))
            case ["DELETE", ref]:
                self._account(ref)
                del self.accounts[ref]
                for members in self.members.values():
                    members.pop(ref, None)
                return 204, None
            case _:
                raise _No(405, "this cannot be done with accounts")

    def _create(self, fields: dict[str, Any]) -> dict[str, Any]:
        if not fields.get("login"):
            raise _No(400, "login is needed")
        self._require_unique(fields, ref="")
        ref, self._next = str(self._next), self._next + 1
        known = {name: value for name, value in fields.items() if value is not None}
        self.accounts[ref] = {"id": ref, "enabled": False, **known}
        return self.accounts[ref]

    def _update(self, account: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        self._require_unique(fields, ref=account["id"])
        for name, value in fields.items():
            if value is None:
                account.pop(name, None)
            else:
                account[name] = value
        return account

    def _membership(
        self, method: str, members: dict[str, None], rest: list[str], asked: dict[str, str]
    ) -> tuple[int, Any]:
        match [method, *rest]:
            case ["GET"]:
                return 200, _page("members", [{"id": ref} for ref in members], asked)
            case ["GET", ref] if ref in members:
                return 200, {"id": ref}
            case ["PUT", ref]:
                self._account(ref)
                changed = ref not in members
                members[ref] = None
                return 200, {"changed": changed}
            case ["DELETE", ref]:
                self._account(ref)
                return 200, {"changed": members.pop(ref, "") is None}
            case _:
                raise _No(404, "there is no such member")

    def _account(self, ref: str) -> dict[str, Any]:
        if ref not in self.accounts:
            raise _No(404, "there is no such account")
        return self.accounts[ref]

    def _require_unique(self, fields: dict[str, Any], *, ref: str) -> None:
        for name in UNIQUE:
            wanted = fields.get(name)
            taken = [
                one
                for one in self.accounts.values()
                if one["id"] != ref and str(one.get(name, "")).casefold() == str(wanted).casefold()
            ]
            if wanted and taken:
                raise _No(409, f"{name} is in use")


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        raise _No(400, "no JSON") from None
    unknown = set(fields) - FIELDS if isinstance(fields, dict) else {"what is no object"}
    if unknown:
        raise _No(400, f"not known: {sorted(unknown)}")
    return dict(fields)


def _page(name: str, rows: list[dict[str, Any]], asked: Mapping[str, str]) -> dict[str, Any]:
    """A page of rows, which begins behind the id in `after`."""
    keys = [row["id"] for row in rows]
    begin = keys.index(asked["after"]) + 1 if asked.get("after") in keys else 0
    limit = asked.get("limit", "100")
    end = begin + (int(limit) if limit.isdecimal() else 100)
    return {name: rows[begin:end], "next": keys[end - 1] if end < len(rows) else None}


class ServedSkeleton:
    """A running service.

    Attributes:
        service: To look into.
        faults: To make things go wrong, and the log of requests.
    """

    def __init__(self, *, port: int = 0) -> None:
        """Serve on loopback."""
        self.service, self.faults = SkeletonService(), Faults()
        self._server = HttpServer(Faulty(self.service, self.faults), port=port)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings under which the connector reaches it."""
        return {"base_url": self._server.url, "api_token": TOKEN}

    def close(self) -> None:
        """Stop serving."""
        self._server.close()


@contextmanager
def serve(options: SandboxOptions) -> Iterator[ServedSkeleton]:
    """Serve a service without people: whoever is in HR gets an account."""
    sandbox = ServedSkeleton(port=options.port)
    try:
        yield sandbox
    finally:
        sandbox.close()
