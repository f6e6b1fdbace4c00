"""The token endpoint, and who a token lets in (E1).

Source: Microsoft identity platform, "OAuth 2.0 client credentials flow" and "Certificate
credentials"; numbers of errors from the page of AADSTS codes.
"""

import base64
import hashlib
import json
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from connectors.entra_id.sandbox.clock import Clock
from connectors.entra_id.sandbox.problems import unauthenticated
from connectors.entra_id.sandbox.rights import GRANTED
from connectors.sdk.serve import Answer

AUDIENCE: Final = "https://graph.microsoft.com"
SCOPE: Final = f"{AUDIENCE}/.default"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION: Final = 24 * 3600
JSON: Final = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


class _Refused(Exception):
    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


class Tokens:
    """Issues tokens to one app, and looks at those that come back.

    Attributes:
        client_id: Of the app.
        secrets: Secrets that count.
        certificates: Certificates that count, as PEM.
        roles: Application permissions that the app was given.
        others: Other apps of the tenant: client id -> their permissions. They get no tokens here.
        issued: How many tokens were issued.
        seconds: How long a token lives.
    """

    def __init__(self, tenant_id: str, client_id: str, clock: Clock) -> None:
        """Know one app, with one secret."""
        self.tenant_id, self.client_id, self._clock = tenant_id, client_id, clock
        digest = hashlib.sha256(f"{tenant_id} {client_id}".encode()).hexdigest()
        self._key = f"signing {digest}"
        self.secret = f"Sandbox-{digest[:32]}"
        self.secrets = {self.secret}
        self.certificates: list[str] = []
        self.roles: set[str] = set(GRANTED)
        self.others: dict[str, set[str]] = {}
        self.issued = 0
        self.seconds = 3600
        self._seen: dict[str, tuple[float, frozenset[str]]] = {}
        self._revoked: set[str] = set()

    @property
    def apps(self) -> dict[str, set[str]]:
        """Every app: client id -> its permissions."""
        return {self.client_id: self.roles, **self.others}

    def issue(self, *, roles: set[str] | None = None) -> str:
        """A token, as the endpoint would give it."""
        moment = int(self._clock.seconds())
        self.issued += 1
        claims = {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": moment,
            "nbf": moment,
            "exp": moment + self.seconds,
            "appid": self.client_id,
            "idtyp": "app",
            "roles": sorted(self.roles if roles is None else roles),
            "tid": self.tenant_id,
            "uti": f"{self.issued:022d}",
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="HS256")

    def revoke_all(self) -> None:
        """Refuse every token that was issued so far."""
        self._revoked |= set(self._seen)
        self._seen.clear()
        self._key += "'"

    def roles_of(self, authorization: str) -> frozenset[str]:
        """The permissions of the token on a request.

        Raises:
            Problem: There is none, or it does not count (any more).
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() != "bearer" or not token:
            raise unauthenticated("Access token is empty.")
        known = self._seen.get(token)
        if known is None:
            known = self._read(token)
            self._seen[token] = known
        if self._clock.seconds() >= known[0]:
            raise unauthenticated("Lifetime validation failed, the token is expired.")
        return known[1]

    def _read(self, token: str) -> tuple[float, frozenset[str]]:
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            raise unauthenticated("CompactToken parsing failed with error code: 80049217") from None
        return float(claims["exp"]), frozenset(claims["roles"])

    # --- The endpoint -----------------------------------------------------------------------------

    def answer(self, tenant: str, body: bytes, url: str) -> Answer:
        """Answer a request for a token.

        Args:
            tenant: As it stands in the path: an id.
            body: The form.
            url: Of this endpoint, as the client knows it.
        """
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
        except ValueError:
            form = {}
        try:
            self._check(tenant, form, url)
        except _Refused as refusal:
            return self._refusal(refusal)
        content = {
            "token_type": "Bearer",
            "expires_in": self.seconds,
            "ext_expires_in": self.seconds,
            "access_token": self.issue(),
        }
        return Answer(200, json.dumps(content).encode(), JSON)

    def _check(self, tenant: str, form: dict[str, str], url: str) -> None:
        if tenant.casefold() != self.tenant_id:
            raise _Refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise _Refused(
                400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."
            )
        if form.get("scope") != SCOPE:
            raise _Refused(
                400, "invalid_scope", 1002012, "The provided value for scope is not valid."
            )
        if form.get("client_id") != self.client_id:
            raise _Refused(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{form.get('client_id')}' was not found.",
            )
        if form.get("client_assertion_type") == ASSERTION:
            self._check_assertion(form.get("client_assertion", ""), url)
        elif form.get("client_secret") not in self.secrets:
            raise _Refused(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is "
                "the client secret value, not the client secret ID.",
            )

    def _check_assertion(self, assertion: str, url: str) -> None:
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.PyJWTError:
            raise _Refused(
                401, "invalid_client", 50027, "JWT token is invalid or malformed."
            ) from None
        for pem in self.certificates:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            if header.get("x5t#S256") != _thumbprint(certificate):
                continue
            key = certificate.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            self._check_claims(assertion, key.decode(), url)
            return
        raise _Refused(
            401,
            "invalid_client",
            700027,
            "The certificate with identifier used to sign the client assertion is not registered "
            "on application.",
        )

    def _check_claims(self, assertion: str, key: str, url: str) -> None:
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                key,
                algorithms=["RS256", "PS256"],
                audience=url,
                issuer=self.client_id,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise _Refused(
                401,
                "invalid_client",
                700024,
                "Client assertion is not within its valid time range.",
            ) from None
        except jwt.PyJWTError:
            raise _Refused(
                401, "invalid_client", 50027, "JWT token is invalid or malformed."
            ) from None
        too_long = claims["exp"] - self._clock.seconds() > LONGEST_ASSERTION
        if claims["sub"] != self.client_id or too_long:
            raise _Refused(
                401, "invalid_client", 700021, "Client assertion is not valid for this client."
            )

    def _refusal(self, refusal: _Refused) -> Answer:
        stamp = self._clock.stamp()
        content = {
            "error": refusal.error,
            "error_description": f"AADSTS{refusal.number}: {refusal.text} Timestamp: {stamp}",
            "error_codes": [refusal.number],
            "timestamp": stamp,
            "trace_id": "00000000-0000-4000-8000-000000000001",
            "correlation_id": "00000000-0000-4000-8000-000000000002",
        }
        return Answer(refusal.status, json.dumps(content).encode(), JSON)


def _thumbprint(certificate: x509.Certificate) -> str:
    digest = certificate.fingerprint(hashes.SHA256())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
