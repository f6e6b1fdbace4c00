"""The token endpoint: signed assertions of a service account with domain-wide delegation (G1)."""

import base64
import functools
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.google_workspace.sandbox.refusals import (
    JSON,
    dumped,
    forbidden,
    too_narrow,
    unauthenticated,
)
from connectors.google_workspace.sandbox.workspace import Workspace
from connectors.sdk.serve import Answer

GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES: Final = frozenset(
    {"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token"}
)
LIFETIME_SECONDS: Final = 3600
CLOCK_SKEW_SECONDS: Final = 60


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """One key pair per process: making one takes as long as a thousand requests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token was made for.

    Attributes:
        subject: Id of the administrator it acts for.
        scopes: What it may be used for.
        expires_at: Seconds since the epoch.
    """

    subject: str
    scopes: frozenset[str]
    expires_at: float


class Tokens:
    """Makes tokens and knows them again.

    Attributes:
        delegated: Scopes that the service account was given in the admin console.
        audience: Address of the endpoint itself, also accepted in `aud`.
    """

    def __init__(self, workspace: Workspace, *, project: str, delegated: frozenset[str]) -> None:
        """Make a service account."""
        self._workspace = workspace
        self.delegated, self.audience = delegated, ""
        self.email = f"retour@{project}.iam.gserviceaccount.com"
        self._project = project
        self._known: dict[str, Grant] = {}

    def __repr__(self) -> str:
        """Without key and tokens."""
        return f"Tokens({self.email})"

    def service_account(self) -> str:
        """The key file of the service account, as the cloud console hands it out."""
        pem = _key().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        content = {
            "type": "service_account",
            "project_id": self._project,
            "private_key_id": "5a4d0b0c",
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "100000000000000000001",
            "token_uri": self.audience,
        }
        return json.dumps(content)

    def answer(self, body: bytes) -> Answer:
        """Answer a token request."""
        try:
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if form.get("grant_type") != GRANT:
                raise _NotGranted(400, "unsupported_grant_type", "Invalid grant_type")
            claims = self._claims(form.get("assertion", ""))
            token = self._granted(claims)
        except UnicodeDecodeError:
            return _NotGranted(400, "invalid_request", "Bad request").answer()
        except _NotGranted as refused:
            return refused.answer()
        content = {"access_token": token, "expires_in": LIFETIME_SECONDS, "token_type": "Bearer"}
        return Answer(200, dumped(content), JSON)

    def issue(self, scopes: frozenset[str], *, subject: str, seconds: float = 3600.0) -> str:
        """A token without further questions: for tests."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        expires_at = self._workspace.instant().timestamp() + seconds
        self._known[token] = Grant(subject, scopes, expires_at)
        return token

    def revoke_all(self) -> None:
        """Let every token expire now."""
        self._known.clear()

    def require(self, headers: Mapping[str, str], scopes: frozenset[str]) -> None:
        """Whether a request may be made.

        Args:
            headers: Of the request, names in lower case.
            scopes: Any of them is enough.

        Raises:
            Refusal: 401 or 403.
        """
        kind, _, token = headers.get("authorization", "").partition(" ")
        grant = self._known.get(token) if kind.casefold() == "bearer" else None
        if grant is None or grant.expires_at <= self._workspace.instant().timestamp():
            raise unauthenticated()
        if not grant.scopes & scopes:
            raise too_narrow()
        acting = self._workspace.users.get(grant.subject)
        if (
            acting is None
            or acting["suspended"]
            or not (acting["isAdmin"] or acting["isDelegatedAdmin"])
        ):
            raise forbidden()

    def _claims(self, assertion: str) -> dict[str, Any]:
        header, _, rest = assertion.partition(".")
        if not rest or "=" in assertion or not _is_base64url(header):
            raise _NotGranted(400, "invalid_grant", "Invalid JWT: Failed to parse.")
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                _key().public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise _NotGranted(400, "invalid_grant", "Invalid JWT Signature.") from None
        return claims

    def _granted(self, claims: Mapping[str, Any]) -> str:
        moment = self._workspace.instant().timestamp()
        if claims.get("iss") != self.email:
            raise _NotGranted(400, "invalid_grant", "Invalid grant: account not found")
        if claims.get("aud") not in AUDIENCES | {self.audience}:
            raise _NotGranted(400, "invalid_grant", "Invalid JWT: Failed audience check.")
        begins, ends = claims.get("iat"), claims.get("exp")
        if (
            not isinstance(begins, int | float)
            or not isinstance(ends, int | float)
            or begins > moment + CLOCK_SKEW_SECONDS
            or not moment - CLOCK_SKEW_SECONDS < ends
            or not 0 < ends - begins <= LIFETIME_SECONDS
        ):
            story = "Invalid JWT: Token must be a short-lived token (60 minutes)"
            raise _NotGranted(400, "invalid_grant", f"{story} and in a reasonable timeframe.")
        scopes = frozenset(str(claims.get("scope") or "").split())
        if not scopes:
            raise _NotGranted(400, "invalid_scope", "Empty or missing scope not allowed.")
        if not scopes <= self.delegated or not claims.get("sub"):
            story = "Client is unauthorized to retrieve access tokens using this method, or"
            more = "client not authorized for any of the scopes requested."
            raise _NotGranted(401, "unauthorized_client", f"{story} {more}")
        subject = self._workspace.holder(str(claims["sub"]))
        if subject not in self._workspace.users:
            raise _NotGranted(400, "invalid_grant", "Invalid email or User ID")
        return self.issue(scopes, subject=str(subject))


class _NotGranted(Exception):
    """A token that is not given."""

    def __init__(self, code: int, error: str, story: str) -> None:
        super().__init__(story)
        self._code, self._content = code, {"error": error, "error_description": story}

    def answer(self) -> Answer:
        return Answer(self._code, dumped(self._content), JSON)


def _is_base64url(text: str) -> bool:
    padded = text + "=" * (-len(text) % 4)
    try:
        base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        return False
    return True
