"""SCIM over HTTP: one method per endpoint, wire objects in and out, no nouns of ours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx
from pydantic import SecretStr

from connectors.model.errors import ConnectorError, Misconfigured, Refused, Unauthorized
from connectors.scim.announced import Announced, announced
from connectors.scim.pages import Resource, Shape, read_pages
from connectors.scim.paths import parse_path
from connectors.scim.replies import classify
from connectors.scim.settings import ScimSettings
from connectors.scim.spelling import Spelling
from connectors.scim.urns import SCIM_JSON
from connectors.sdk.calls import Call, Reply
from connectors.sdk.http import Http
from connectors.sdk.responses import decoded
from connectors.sdk.tokens import Bearer, client_credentials

PAGES_AHEAD: Final = 2
"""More would help nobody: by then a provider is busy all the time."""


class ScimClient:
    """A client for one provider.

    Args:
        settings: How to reach it.
        system: Name for messages.
        read_only: Whether requests that write are refused before they leave the process.
    """

    def __init__(self, settings: ScimSettings, system: str, *, read_only: bool) -> None:
        """Prepare the client; nothing is sent yet."""
        self.system, self._settings = system, settings
        self._spelling = Spelling(_spelled_in(settings))
        headers = {"Accept": f"{SCIM_JSON}, application/json;q=0.9"}
        token = settings.token if read_only else settings.write_token or settings.token
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._http = Http(
            system=system,
            base_url=settings.base_url,
            read_only=read_only,
            headers=headers,
            auth=None if token is not None else _auth(settings, system, read_only=read_only),
            classify=classify,
            timeout_seconds=settings.timeout_seconds,
            verify=str(settings.ca_file) if settings.ca_file else True,
            max_connections=settings.concurrency + 1,
        )

    def __repr__(self) -> str:
        """Name the system only: headers hold the token."""
        return f"ScimClient({self.system})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def announced(self) -> Announced:
        """What the provider says that it can, overruled by the settings.

        Raises:
            Unauthorized: The credentials were refused.
            Fatal: The provider could not be reached. One without these endpoints is none of that.
        """
        config = self._document("/ServiceProviderConfig")
        found = announced(
            config,
            self._listed("/ResourceTypes"),
            self._listed("/Schemas"),
            self._settings.base_url,
        )
        for urn, attributes in found.schemas.items():
            parts = (part for known in attributes.values() for part in known.parts)
            self._spelling.learn((urn, *attributes, *parts))
        return found.overruled({str(key): on for key, on in self._settings.overrule.items()})

    def everybody(self, path: str, *, params: Mapping[str, str] | None = None) -> list[Resource]:
        """Every resource below a path; as `pages`."""
        return [one for page in self.pages(path, list, params=params) for one in page]

    def pages(
        self,
        path: str,
        shape: Callable[[Sequence[Resource]], Shape],
        *,
        params: Mapping[str, str] | None = None,
    ) -> list[Shape]:
        """What is made of each page of the resources below a path.

        Raises:
            BrokenSource: What came contradicts itself.
            Fatal: The reading broke.
        """
        return read_pages(
            lambda asked: self.get(path, params={**(params or {}), **asked}),
            shape,
            page_size=self._settings.page_size,
            system=self.system,
            what=path.strip("/"),
            ahead=min(PAGES_AHEAD, self._settings.concurrency - 1),
        )

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path.

        Raises:
            Misconfigured: It is no JSON: a web page, say.
            Fatal: As `Http.get`.
        """
        response = self._http.get(path, params=dict(params or {}))
        content = decoded(response)
        if content is None:
            said = "a web page" if response.content.lstrip().startswith(b"<") else "something"
            message = f"HTTP {response.status_code} with {said} that is no JSON"
            raise Misconfigured(
                message,
                system=self.system,
                operation=f"GET {path}",
                hint="Check base_url: it is the address in front of /Users.",
            )
        return self._spelling.spelled(content)

    def methods(self, path: str) -> frozenset[str] | None:
        """The methods that the provider says we may use on a path; None when it does not say."""
        try:
            reply = self._http.send(Call("OPTIONS", path))
        except Unauthorized:
            raise
        except ConnectorError:
            return None
        allowed = reply.headers.get("allow", "")
        return frozenset(one.strip().upper() for one in allowed.split(",") if one.strip()) or None

    def send(self, call: Call) -> Reply:
        """Send one call of a conversation; see `Http.send`."""
        return self._known(self._http.send(call))

    def meaning(self, call: Call, response: httpx.Response) -> Reply | ConnectorError:
        """What the answer to a part of a bulk means; see `Http.meaning`."""
        found = self._http.meaning(call, response)
        return self._known(found) if isinstance(found, Reply) else found

    def _known(self, reply: Reply) -> Reply:
        return replace(reply, json=self._spelling.spelled(reply.json))

    def _document(self, path: str) -> Any:
        """A document, None where the provider has none."""
        try:
            return self.get(path)
        except (Refused, Misconfigured):
            return None

    def _listed(self, path: str) -> list[Any]:
        """A list that comes on one page (RFC 7644, section 4); some send it bare."""
        content = self._document(path)
        if isinstance(content, Mapping):
            content = content.get("Resources")
        return content if isinstance(content, list) else []


def _spelled_in(settings: ScimSettings) -> Iterator[str]:
    """Names that the settings spell: attributes that no schema may describe."""
    named = (settings.correlation, *settings.names.values(), *settings.extra_attributes)
    for text in (*named, *settings.several):
        path = parse_path(text)
        yield from filter(None, (path.schema, path.attribute, path.by, path.part))


def _auth(settings: ScimSettings, system: str, *, read_only: bool) -> httpx.Auth:
    scope = settings.scope if read_only else settings.write_scope or settings.scope
    return Bearer(
        client_credentials(
            settings.token_url or "",
            settings.client_id or "",
            scope=scope,
            secret=settings.client_secret or SecretStr(""),
            in_header=settings.client_auth == "basic",
            verify=str(settings.ca_file) if settings.ca_file else True,
            system=system,
        )
    )
