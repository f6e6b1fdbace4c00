"""The connection to Graph: tokens, pages, single calls and batches. Knows requests, no accounts."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from pydantic import SecretStr

from connectors.entra_id import refusals
from connectors.entra_id.rights import Need, missing, vital
from connectors.entra_id.settings import FILE, EntraIdSettings
from connectors.model.errors import ConfigError, ConnectorError, Misconfigured, Unavailable
from connectors.sdk.calls import Call, Reply
from connectors.sdk.http import Http
from connectors.sdk.responses import decoded
from connectors.sdk.tokens import Bearer, Fetch, Token, client_credentials

BATCH: Final = "/$batch"
MOST_IN_BATCH: Final = 20
JSON: Final = {"Content-Type": "application/json"}
NEXT: Final = "@odata.nextLink"
Answer = Reply | ConnectorError


@dataclass(frozen=True, slots=True)
class Followed(Call):
    """A call with another one behind it that only makes sense when it went well.

    In a batch both travel together, the second depending on the first. The answer is that of the
    first; its body is that of the second, None where only the first went well.

    Attributes:
        then: The call behind it.
    """

    then: Call | None = None


class Graph:
    """One tenant, by way of one app.

    Args:
        settings: How to reach it.
        target: Name of the target, for messages.
        read_only: Whether this is the app that reads, over a connection that cannot write.

    Raises:
        ConfigError: A certificate cannot be read.
    """

    def __init__(self, settings: EntraIdSettings, target: str, *, read_only: bool) -> None:
        """Prepare the connection; nothing is sent yet."""
        self._target = target
        self._access = _Access(_fetch(settings, target, read_only=read_only))
        needs = list(vital(settings))
        self._http = Http(
            system=target,
            base_url=settings.graph_url,
            read_only=read_only,
            headers={"Accept": "application/json"},
            auth=Bearer(self._access),
            classify=refusals.reading if read_only else refusals.writing(self._lacking(needs)),
            timeout_seconds=settings.timeout_seconds,
            verify=str(settings.ca_file) if settings.ca_file else True,
            max_connections=settings.concurrency + 4,
        )

    def __repr__(self) -> str:
        """Name the target only."""
        return f"Graph({self._target})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def roles(self) -> frozenset[str]:
        """Application permissions in the token; one is fetched where there is none yet.

        Raises:
            Unauthorized: The credentials were refused.
        """
        return self._access.roles()

    # --- Reading ----------------------------------------------------------------------------------

    def pages(
        self, path: str, *, options: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every page from here to the last one.

        Args:
            path: Of a collection; or a whole link, as delta queries give them.
            options: Query options, without their dollar sign.

        Raises:
            Misconfigured: A page leads to itself, or to one that was there already.
        """
        seen = {path}
        params = {f"${name}": value for name, value in (options or {}).items()} or None
        page = _content(self._http.get(path, params=params), self._target, path)
        yield page
        while (link := page.get(NEXT)) is not None:
            if link in seen:
                message = "a page leads back to an earlier one"
                raise Misconfigured(message, system=self._target, operation=f"GET {path}")
            seen.add(link)
            page = _content(self._http.get(link), self._target, path)
            yield page

    def all(
        self, path: str, *, options: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Every object of a collection."""
        for page in self.pages(path, options=options):
            yield from page["value"]

    # --- Writing ----------------------------------------------------------------------------------

    def send(self, call: Call) -> Reply:
        """Send one call by itself, and what follows it.

        Raises:
            ConnectorError: What the answer means.
        """
        reply = self._http.send(call)
        if not isinstance(call, Followed) or call.then is None:
            return reply
        try:
            return Reply(reply.status, self._http.send(call.then).json, reply.headers)
        except ConnectorError:
            return Reply(reply.status, None, reply.headers)  # whoever asked looks by itself

    def send_together(self, calls: list[Call]) -> Sequence[Answer]:
        """Send calls as a batch, or as two where too many have something behind them.

        Raises:
            ConnectorError: What all of them met.
        """
        answers: list[Answer] = []
        parts: list[Call] = []
        size = 0
        for call in calls:
            weight = 2 if isinstance(call, Followed) and call.then is not None else 1
            if size + weight > MOST_IN_BATCH:
                answers += self._batch(parts)
                parts, size = [], 0
            parts.append(call)
            size += weight
        return [*answers, *self._batch(parts)] if parts else answers

    def _batch(self, calls: list[Call]) -> list[Answer]:
        requests: list[dict[str, Any]] = []
        for place, call in enumerate(calls):
            requests.append(_part(str(place), call))
            if isinstance(call, Followed) and call.then is not None:
                requests.append({**_part(f"{place}+", call.then), "dependsOn": [str(place)]})
        reply = self._http.send(Call("POST", BATCH, json={"requests": requests}))
        content = reply.json if isinstance(reply.json, dict) else {}
        found = {
            str(one.get("id")): one
            for one in content.get("responses") or []
            if isinstance(one, dict)
        }
        return [self._answer_of(str(place), call, found) for place, call in enumerate(calls)]

    def _answer_of(self, key: str, call: Call, found: Mapping[str, dict[str, Any]]) -> Answer:
        answer = self._meaning(call, found.get(key))
        if not isinstance(call, Followed) or call.then is None or not isinstance(answer, Reply):
            return answer
        behind = self._meaning(call.then, found.get(f"{key}+"))
        body = behind.json if isinstance(behind, Reply) else None
        return Reply(answer.status, body, answer.headers)

    def _meaning(self, call: Call, part: Mapping[str, Any] | None) -> Answer:
        status = part.get("status") if part is not None else None
        if part is None or not isinstance(status, int) or not 100 <= status <= 599:
            message = "the answer to the batch says nothing of this request"
            return Unavailable(message, system=self._target, operation=str(call))
        body = part.get("body")
        if status < 300:
            return Reply(status, body)
        headers = {str(name): str(value) for name, value in (part.get("headers") or {}).items()}
        headers.pop("Content-Length", None)
        response = httpx.Response(
            status, headers=headers, content=b"" if body is None else json.dumps(body).encode()
        )
        return self._http.meaning(call, response)

    def _lacking(self, needs: list[Need]) -> Callable[[], list[str]]:
        return lambda: missing(self._access.roles(), needs)


class _Access:
    """Fetches tokens, and remembers which permissions the last one carries."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._roles: frozenset[str] | None = None

    def __repr__(self) -> str:
        return "_Access(***)"

    def __call__(self) -> Token:
        token = self._fetch()
        self._roles = roles_in(token.value)
        return token

    def roles(self) -> frozenset[str]:
        if self._roles is None:
            self()
        return self._roles or frozenset()


def roles_in(token: SecretStr) -> frozenset[str]:
    """The application permissions that a token carries (claim `roles`); none in a foreign form.

    The token is not verified: it is ours, and only Graph decides what it is good for.
    """
    _, _, rest = token.get_secret_value().partition(".")
    payload = rest.partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return frozenset()
    roles = claims.get("roles") if isinstance(claims, dict) else None
    return frozenset(map(str, roles)) if isinstance(roles, list) else frozenset()


def _fetch(settings: EntraIdSettings, target: str, *, read_only: bool) -> Fetch:
    """Tokens of the app that reads, or of the one that writes where that is another."""
    client_id, secret, certificate = (
        settings.client_id,
        settings.client_secret,
        settings.certificate,
    )
    if not read_only and settings.write_client_id is not None:
        client_id = settings.write_client_id
        secret, certificate = settings.write_client_secret, settings.write_certificate
        if secret is None and certificate is None:
            message = f"the app {client_id} writes, and has neither secret nor certificate"
            raise ConfigError(message, key=f"targets.{target}.settings.write_client_secret")
    return client_credentials(
        settings.token_url,
        client_id,
        scope=settings.scope,
        secret=secret,
        certificate=_pem(certificate, target),
        verify=str(settings.ca_file) if settings.ca_file else True,
        system=target,
    )


def _pem(given: SecretStr | None, target: str) -> SecretStr | None:
    """A certificate as text, from its file where the setting names one."""
    text = given.get_secret_value().strip() if given is not None else ""
    if given is None or not text.startswith(FILE):
        return given
    path = Path(text.removeprefix(FILE)).expanduser()
    try:
        return SecretStr(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        message = f"the certificate {path} cannot be read ({reason})"
        raise ConfigError(message, key=f"targets.{target}.settings.certificate") from None


def _part(key: str, call: Call) -> dict[str, Any]:
    """A call as one request of a batch."""
    url = call.path
    if call.params:
        url += f"?{urlencode(call.params, quote_via=quote, safe='$,')}"
    part: dict[str, Any] = {"id": key, "method": call.method, "url": url}
    headers = dict(call.headers)
    if call.json is not None:
        part["body"] = call.json
        headers |= JSON
    if headers:
        part["headers"] = headers
    return part


def _content(response: httpx.Response, target: str, path: str) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        Misconfigured: It is none, or a page without its list.
    """
    content = decoded(response)
    listed = content.get("value") if isinstance(content, dict) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        message = "the answer is not what Graph sends"
        hint = "Check graph_url, and what stands between."
        operation = f"GET {path.partition('?')[0]}"
        raise Misconfigured(message, system=target, operation=operation, hint=hint)
    return dict(content)
