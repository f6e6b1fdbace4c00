"""Bearer tokens: fetched, kept, renewed before they expire, and never shown.

A token is not the system's data: it is fetched for a read-only connection too, over a client of
its own. Whatever goes wrong says so without the secret that was sent, even where the other side
quotes it.
"""

import base64
import functools
import json
import re
import secrets
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import SecretStr

from connectors.model.errors import (
    ConfigError,
    ConnectorError,
    Misconfigured,
    Unauthorized,
)
from connectors.sdk.clock import now
from connectors.sdk.http import Http, classify
from connectors.sdk.responses import decoded

RENEW_BEFORE_SECONDS: Final = 60.0
LIFETIME_SECONDS: Final = 3600
"""Of a token whose lifetime nobody told; RFC 6749 recommends telling it."""
ASSERTION_SECONDS: Final = 600
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REFUSED: Final = {
    "invalid_client": "Check the client id and its secret or certificate.",
    "invalid_grant": "Check the account, its key and what it was allowed to do.",
    "unauthorized_client": "Check that the client may ask for such a token.",
    "access_denied": "Check the rights that were granted.",
}
"""Errors of RFC 6749 that mean the credentials, and what to do about them."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        value: Its text.
        expires_at: Seconds since the epoch, UTC.
    """

    value: SecretStr
    expires_at: float


Fetch = Callable[[], Token]


class Bearer(httpx.Auth):
    """Puts a token on every request; thread-safe.

    A token is kept until a minute before it expires. A request that meets 401 is repeated once with
    a new token: it has not been done.

    Args:
        fetch: Gets a new token. Its errors end the request that asked.
    """

    def __init__(self, fetch: Fetch) -> None:
        """Nothing is fetched yet."""
        self._fetch = fetch
        self._token: Token | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Without the token."""
        return "Bearer(***)"

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token; once more with another one after a 401."""
        token = self._current()
        request.headers["Authorization"] = f"Bearer {token.value.get_secret_value()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            renewed = self._current(instead_of=token)
            request.headers["Authorization"] = f"Bearer {renewed.value.get_secret_value()}"
            yield request

    def _current(self, *, instead_of: Token | None = None) -> Token:
        """The token to use; a new one when the old one is about to expire, or was refused."""
        with self._lock:  # one fetches, the others wait for it
            token = self._token
            soon = now().timestamp() + RENEW_BEFORE_SECONDS
            if token is None or token is instead_of or token.expires_at <= soon:
                token = self._token = self._fetch()
            return token


def client_credentials(  # noqa: PLR0913 - what RFC 6749 lets vary
    token_url: str,
    client_id: str,
    *,
    scope: str,
    secret: SecretStr | None = None,
    certificate: SecretStr | None = None,
    in_header: bool = False,
    verify: str | bool = True,
    system: str = "token",
) -> Fetch:
    """Tokens for an application (RFC 6749, section 4.4).

    Args:
        token_url: The token endpoint.
        client_id: Of the application.
        scope: What to ask for, separated by spaces; empty for none.
        secret: Of the application; or
        certificate: PEM with its private key and its certificate: no secret travels then, but a
            signed assertion (RFC 7523; header `x5t#S256`, as Microsoft Entra ID wants it).
        in_header: Send id and secret by HTTP Basic instead of in the form.
        verify: As in `Http`.
        system: Name for messages.

    Raises:
        ConfigError: Neither secret nor certificate, or the certificate cannot be read.
    """
    fields = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
    if certificate is not None:
        sign = _client_assertions(token_url, client_id, certificate)
        fields |= {"client_id": client_id, "client_assertion_type": ASSERTION}
        return _Endpoint(
            token_url, lambda: {**fields, "client_assertion": sign()}, verify=verify, system=system
        ).fetch
    told = secret.get_secret_value() if secret is not None else ""
    if not told:
        raise ConfigError("a client needs a secret or a certificate to get a token")
    headers = {}
    if in_header:
        pair = f"{quote(client_id, safe='')}:{quote(told, safe='')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        fields |= {"client_id": client_id, "client_secret": told}
    return _Endpoint(
        token_url, lambda: fields, headers, hidden=(told,), verify=verify, system=system
    ).fetch


def service_account(
    key: SecretStr,
    *,
    scopes: Sequence[str],
    subject: str | None = None,
    token_url: str | None = None,
    verify: str | bool = True,
    system: str = "token",
) -> Fetch:
    """Tokens for a service account by a signed assertion (RFC 7523; RS256).

    Args:
        key: The JSON of its key, with `client_email`, `private_key`, `private_key_id`, `token_uri`.
        scopes: What to ask for.
        subject: Whom the service account acts for (delegation); None for itself.
        token_url: Instead of the `token_uri` of the key.
        verify: As in `Http`.
        system: Name for messages.

    Raises:
        ConfigError: The key is not what it should be; its content is not quoted.
    """
    try:
        parts = json.loads(key.get_secret_value())
        issuer, private, url = parts["client_email"], parts["private_key"], parts.get("token_uri")
    except (ValueError, KeyError, TypeError, AttributeError):
        message = "the key of the service account is no JSON with client_email and private_key"
        raise ConfigError(message) from None
    where = token_url or url
    if not where:
        raise ConfigError("the key of the service account has no token_uri, and none is set")
    headers = {"kid": parts["private_key_id"]} if parts.get("private_key_id") else {}

    def form() -> dict[str, str]:
        claims = {
            "iss": issuer,
            "scope": " ".join(scopes),
            "aud": where,
            **_period(LIFETIME_SECONDS),
            **({"sub": subject} if subject else {}),
        }
        return {"grant_type": JWT_BEARER, "assertion": _signed(claims, private, headers)}

    form()  # a key that cannot sign is told now
    return _Endpoint(where, form, verify=verify, system=system).fetch


class _Endpoint:
    """Where tokens come from.

    Args:
        url: Its address.
        form: What to send; made anew for each request, since assertions expire.
        headers: Beside it.
        hidden: Texts that no message may show, whoever says them.
        verify: As in `Http`.
        system: Name for messages.
    """

    def __init__(
        self,
        url: str,
        form: Callable[[], Mapping[str, str]],
        headers: Mapping[str, str] | None = None,
        *,
        hidden: tuple[str, ...] = (),
        verify: str | bool,
        system: str,
    ) -> None:
        self._url, self._form, self._headers, self._hidden = url, form, headers, hidden
        self._verify, self._system = verify, system

    def fetch(self) -> Token:
        """Ask for a token.

        Raises:
            Unauthorized: The credentials were refused.
            Misconfigured: The address or the scope is wrong.
            Unreachable: No answer after all attempts.
        """
        asked_at = now().timestamp()
        address = httpx.URL(self._url)
        http = Http(
            system=self._system,
            base_url=str(address.copy_with(raw_path=b"/")),
            read_only=False,
            headers={"Accept": "application/json"},
            classify=self._classify,
            timeout_seconds=30.0,
            verify=self._verify,
        )
        with closing(http):
            response = http.post_form(
                address.raw_path.decode(), self._form(), headers=self._headers
            )
        given = decoded(response)
        value = given.get("access_token") if isinstance(given, dict) else None
        if not isinstance(value, str) or not value:
            raise Misconfigured("the answer holds no access token", system=self._system)
        return Token(SecretStr(value), asked_at + _lifetime(given))

    def _classify(self, response: httpx.Response) -> ConnectorError | None:
        """What a refusal means: the error codes of RFC 6749, section 5.2; the rest by status."""
        said = decoded(response)
        error = said.get("error") if isinstance(said, dict) else None
        if response.is_success or response.status_code >= 500 or response.status_code == 429:
            return None
        if not isinstance(error, str):
            failure = classify(response)
            text = f"HTTP {response.status_code} from the token endpoint"
            kind = Unauthorized if isinstance(failure, Unauthorized) else Misconfigured
            return _bare(kind(text, hint="Check the address of the token endpoint."))
        story = str(said.get("error_description") or "").partition("\n")[0].strip()
        text = self._without_secrets(f"{error}: {story}" if story else error)[:300]
        reference = str(said.get("correlation_id") or "")
        if error in REFUSED:
            return _bare(Unauthorized(text, code=error, hint=REFUSED[error], reference=reference))
        hint = "Check the address of the token endpoint and the scope."
        return _bare(Misconfigured(text, code=error, hint=hint, reference=reference))

    def _without_secrets(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, "***")
        return text


def _bare(error: ConnectorError) -> ConnectorError:
    """Without the body of the answer, which may repeat what was sent."""
    error.reply_json = {}
    return error


def _lifetime(given: Mapping[str, Any]) -> float:
    try:
        return float(given.get("expires_in") or LIFETIME_SECONDS)
    except (TypeError, ValueError):
        return LIFETIME_SECONDS


def _client_assertions(token_url: str, client_id: str, pem: SecretStr) -> Callable[[], str]:
    """A maker of assertions that the client is itself."""
    text = pem.get_secret_value()
    try:
        thumbprint = x509.load_pem_x509_certificate(text.encode()).fingerprint(hashes.SHA256())
    except ValueError:
        raise ConfigError("the certificate cannot be read: it is no PEM") from None
    key = _private_key(text)
    headers = {"x5t#S256": base64.urlsafe_b64encode(thumbprint).rstrip(b"=").decode()}

    def sign() -> str:
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": token_url,
            "jti": secrets.token_urlsafe(16),
            "nbf": int(now().timestamp()),
            **_period(ASSERTION_SECONDS),
        }
        return _signed(claims, key, headers)

    sign()  # a key that cannot sign is told now
    return sign


def _private_key(pem: str) -> str:
    """The private key in a PEM that holds the certificate too."""
    found = re.search(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", pem, re.DOTALL)
    if found is None:
        raise ConfigError("there is no private key beside the certificate")
    return found.group()


def _period(seconds: int) -> dict[str, int]:
    """From now on, for so long."""
    moment = int(now().timestamp())
    return {"iat": moment, "exp": moment + seconds}


def _signed(claims: Mapping[str, Any], key: str, headers: Mapping[str, str]) -> str:
    try:
        return jwt.encode(dict(claims), _loaded(key), algorithm="RS256", headers=dict(headers))
    except (ValueError, TypeError, jwt.PyJWTError):
        raise ConfigError("the private key cannot sign: it is no RSA key in PEM") from None


@functools.lru_cache(maxsize=8)
def _loaded(pem: str) -> RSAPrivateKey:
    """Loaded once: its primes are checked, which takes longer than a hundred signatures."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        message = "another kind of key"
        raise TypeError(message)
    return key
