"""Who may do what: bearer tokens, and the endpoint that gives them for a client and its secret."""

import base64
import binascii
import json
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from connectors.scim.sandbox.errors import ScimError
from connectors.sdk.serve import Answer

READ: Final = "scim.read"
WRITE: Final = "scim.write"
TOKEN: Final = "scim-sandbox-token"
READ_TOKEN: Final = "scim-sandbox-read-token"
CLIENT: Final = "retour"
SECRET: Final = "scim-sandbox-secret"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="scim"'}


class Access:
    """The tokens that are known, and what each may do.

    Attributes:
        tokens: Token -> scopes. Take one out, and its bearer is refused.
        granted: Scopes that the client may ask for.
        lifetime_seconds: Of a token that the endpoint gives; what it says, for it keeps no clock.
    """

    def __init__(self) -> None:
        """Two tokens by hand: one for everything, one to read."""
        self.tokens = {TOKEN: frozenset({READ, WRITE}), READ_TOKEN: frozenset({READ})}
        self.granted = frozenset({READ, WRITE})
        self.lifetime_seconds = 3600
        self._given = 0

    def scopes(self, authorization: str) -> frozenset[str]:
        """What the bearer of a header may do.

        Raises:
            ScimError: 401.
        """
        kind, _, token = authorization.partition(" ")
        found = self.tokens.get(token.strip()) if kind.casefold() == "bearer" else None
        if found is None:
            raise ScimError(401, "a bearer token is needed", headers=dict(_CHALLENGE))
        return found

    def require(self, authorization: str, method: str, path: str) -> None:
        """Raise `ScimError` where the bearer may not do this: 401, 403."""
        needed = READ if method in SAFE or path.endswith("/.search") else WRITE
        if needed not in self.scopes(authorization):
            raise ScimError(403, f"the token lacks {needed}")

    def allowed(self, authorization: str) -> str:
        """The methods for an Allow header."""
        methods = ["GET", "HEAD", "OPTIONS"]
        if WRITE in self.scopes(authorization):
            methods += ["POST", "PUT", "PATCH", "DELETE"]
        return ", ".join(methods)

    def give(self, headers: dict[str, str], body: bytes) -> Answer:
        """A token for a client (RFC 6749, section 4.4), by HTTP Basic or in the form."""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        client = _basic(headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        if client != (CLIENT, SECRET):
            return _said(401, {"error": "invalid_client"}, {"WWW-Authenticate": "Basic"})
        if form.get("grant_type") != "client_credentials":
            return _said(400, {"error": "unsupported_grant_type"})
        asked = frozenset(form.get("scope", "").split()) or self.granted
        if not asked <= frozenset({READ, WRITE}):
            return _said(400, {"error": "invalid_scope"})
        scopes = asked & self.granted
        self._given += 1
        token = f"given-{self._given}"
        self.tokens[token] = scopes
        return _said(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.lifetime_seconds,
                "scope": " ".join(sorted(scopes)),
            },
        )


def _basic(header: str) -> tuple[str, str] | None:
    kind, _, text = header.partition(" ")
    if kind.casefold() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _said(status: int, content: dict[str, object], headers: dict[str, str] | None = None) -> Answer:
    shown = {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})}
    return Answer(status, json.dumps(content).encode(), shown)
