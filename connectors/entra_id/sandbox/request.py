"""One request as the doors see it, and what they answer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.entra_id.sandbox.problems import bad_request

REFERENCE: Final = re.compile(
    r"(?:https?://[^/]+/v1\.0/|/)?(?:users|groups|directoryObjects|contacts)/([^/?#]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, or one part of a batch.

    Attributes:
        method: HTTP method.
        route: Segments of the path, decoded, without the version.
        query: As it came.
        headers: Names in lower case.
        body: Decoded JSON, None for none.
        base: Address under which the client reaches us, with the version.
        roles: Application permissions of the token.
    """

    method: str
    route: tuple[str, ...]
    query: str
    headers: Mapping[str, str]
    body: Any
    base: str
    roles: frozenset[str]

    @property
    def path(self) -> str:
        """The path, for logs and links."""
        return "/" + "/".join(self.route)

    def content(self) -> dict[str, Any]:
        """The body, which has to be an object.

        Raises:
            Problem: It is none.
        """
        if not isinstance(self.body, dict):
            raise bad_request("Empty Payload. JSON content expected.")
        return self.body

    def reference(self) -> str:
        """The id in the body of a `$ref` request.

        Raises:
            Problem: There is none.
        """
        return referred(self.content().get("@odata.id"))


@dataclass(frozen=True, slots=True)
class Response:
    """An answer.

    Attributes:
        status: HTTP status.
        body: To be sent as JSON, None for none.
        headers: Further ones.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


DONE: Final = Response(204)


def referred(address: Any) -> str:
    """The id at the end of a reference such as `https://…/v1.0/users/{id}`.

    Raises:
        Problem: Not a reference.
    """
    found = REFERENCE.fullmatch(address) if isinstance(address, str) else None
    if found is None:
        raise bad_request("Invalid URL format specified in '@odata.id'.")
    return found[1]


def json_of(body: bytes) -> Any:
    """The JSON of a body, None for an empty one.

    Raises:
        Problem: It is none.
    """
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise bad_request("Unable to read JSON request payload.") from None
