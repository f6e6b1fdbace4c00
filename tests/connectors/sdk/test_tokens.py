"""Bearer tokens: kept, renewed, asked for with a secret, a certificate or a service account."""

import base64
import hashlib
import json
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from connectors.model.errors import ConfigError, Misconfigured, Unauthorized, Unreachable
from connectors.sdk.clock import now
from connectors.sdk.http import Http
from connectors.sdk.serve import Answer, HttpServer
from connectors.sdk.tokens import Bearer, Token, client_credentials, service_account


class Issuer:
    """Gives out t-1, t-2, …; lets in whoever holds one that it has not revoked."""

    def __init__(self):
        self.forms, self.headers, self.revoked, self.seen = [], [], set(), []
        self.lifetime, self.instead = 3600, None
        self._lock = threading.Lock()

    def answer(self, method, path, query, headers, body):
        with self._lock:
            if path == "/token":
                self.headers.append(headers)
                self.forms.append({name: one for name, [one] in parse_qs(body.decode()).items()})
                if self.instead is not None:
                    return self.instead
                given = {"access_token": f"t-{len(self.forms)}", "expires_in": self.lifetime}
                return Answer(200, json.dumps(given).encode())
            token = headers.get("authorization", "").removeprefix("Bearer ")
            self.seen.append((method, token, body))
            return Answer(401 if token in self.revoked else 200, b"{}")


@pytest.fixture
def issuer():
    application = Issuer()
    server = HttpServer(application)
    application.url = server.url
    yield application
    server.close()


@pytest.fixture
def http(issuer):
    opened = []

    def open_with(fetch, *, read_only=True):
        opened.append(
            Http(system="x", base_url=issuer.url, read_only=read_only, auth=Bearer(fetch))
        )
        return opened[-1]

    yield open_with
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def by_secret(issuer, **parts):
    return client_credentials(
        f"{issuer.url}/token", "app", scope="all", secret=SecretStr("s3cret&"), **parts
    )


def test_a_token_is_fetched_once_and_kept_also_for_a_read_only_connection(issuer, http):
    x = http(by_secret(issuer))
    x.get("/a")
    x.get("/a")
    assert [token for _, token, _ in issuer.seen] == ["t-1", "t-1"]
    assert issuer.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "app",
            "client_secret": "s3cret&",
            "scope": "all",
        }
    ]


def test_a_token_is_renewed_a_minute_before_it_expires(issuer, http):
    issuer.lifetime = 59
    x = http(by_secret(issuer))
    x.get("/a")
    x.get("/a")
    assert [token for _, token, _ in issuer.seen] == ["t-1", "t-2"]


def test_a_token_that_is_refused_is_renewed_once_and_the_request_repeated(issuer, http):
    x = http(by_secret(issuer), read_only=False)
    x.get("/a")
    issuer.revoked = {"t-1"}
    x.write("POST", "/a", json={"n": 1})
    assert issuer.seen[1:] == [("POST", "t-1", b'{"n":1}'), ("POST", "t-2", b'{"n":1}')]
    issuer.revoked = {"t-1", "t-2", "t-3"}
    with pytest.raises(Unauthorized):
        x.get("/a")
    assert len(issuer.forms) == 3


def test_many_threads_fetch_one_token(issuer, http):
    x = http(by_secret(issuer))
    threads = [threading.Thread(target=x.get, args=("/a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(issuer.seen) == 8
    assert len(issuer.forms) == 1


def test_a_secret_may_travel_in_the_header(issuer):
    by_secret(issuer, in_header=True)()
    pair = base64.b64decode(issuer.headers[0]["authorization"].removeprefix("Basic "))
    assert pair == b"app:s3cret%26"
    assert "client_secret" not in issuer.forms[0]


def test_a_certificate_signs_and_no_secret_travels(issuer, key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM).decode()
    pem = SecretStr(public + pem_of(key))
    url = f"{issuer.url}/token"
    client_credentials(url, "app", scope="all", certificate=pem)()
    [form] = issuer.forms
    claims = jwt.decode(form["client_assertion"], key.public_key(), ["RS256"], audience=url)
    assert (claims["iss"], claims["sub"]) == ("app", "app")
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
    print_ = jwt.get_unverified_header(form["client_assertion"])["x5t#S256"]
    assert base64.urlsafe_b64decode(print_ + "=") == digest
    assert "client_secret" not in form


def test_a_service_account_signs_for_whom_it_acts(issuer, key):
    url = f"{issuer.url}/token"
    account = {
        "client_email": "retour@example.org",
        "private_key": pem_of(key),
        "private_key_id": "k1",
        "token_uri": url,
    }
    fetch = service_account(
        SecretStr(json.dumps(account)), scopes=("a", "b"), subject="admin@example.org"
    )
    assert fetch().value.get_secret_value() == "t-1"
    [form] = issuer.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(form["assertion"], key.public_key(), ["RS256"], audience=url)
    assert (claims["iss"], claims["sub"]) == ("retour@example.org", "admin@example.org")
    assert claims["scope"] == "a b"
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "k1"


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, b'{"error": "invalid_client", "error_description": "wrong s3cret&"}', Unauthorized,
         "wrong [*]{3}"),
        (400, b'{"error": "invalid_scope"}', Misconfigured, "scope"),
        (404, b"<html>", Misconfigured, "HTTP 404"),
        (401, b"s3cret&", Unauthorized, "HTTP 401"),
        (200, b'{"s3cret&": 1}', Misconfigured, "no access token"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong_and_shows_no_secret(issuer, status, body, kind, said):
    issuer.instead = Answer(status, body)
    with pytest.raises(kind, match=said) as caught:
        by_secret(issuer)()
    for text in (str(caught.value), repr(caught.value), repr(vars(caught.value))):
        assert "s3cret" not in text


def test_nobody_there_to_give_a_token_stops_the_target(issuer, http, monkeypatch):
    monkeypatch.setattr("connectors.sdk.clock.wait", lambda seconds: None)
    issuer.instead = Answer(500)
    with pytest.raises(Unreachable):
        http(by_secret(issuer)).get("/a")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"client_email": "a", "private_key": "s3"}'])
def test_a_key_that_cannot_sign_is_told_at_once_and_not_quoted(content):
    with pytest.raises(ConfigError) as caught:
        service_account(SecretStr(content), scopes=(), token_url="https://example.org/token")
    assert "s3" not in str(caught.value)


@pytest.mark.parametrize("pem", ["", "-----BEGIN CERTIFICATE-----\ns3\n-----END CERTIFICATE-----"])
def test_a_certificate_that_cannot_sign_is_told_at_once_and_not_quoted(pem):
    with pytest.raises(ConfigError) as caught:
        client_credentials("https://example.org", "app", scope="", certificate=SecretStr(pem))
    assert "s3" not in str(caught.value)
    with pytest.raises(ConfigError):
        client_credentials("https://example.org", "app", scope="")


def test_a_token_and_its_holder_show_nothing():
    token = Token(SecretStr("t0ken"), now().timestamp() + 100)
    bearer = Bearer(lambda: token)
    assert "t0ken" not in repr(token) + repr(bearer) + str(vars(bearer))
