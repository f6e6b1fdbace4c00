"""No cassette holds a secret or a private value: none that is kept here, none that is recorded."""

import base64
import csv
import gzip
import json
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, unquote_plus

import pytest
import vcr
import yaml

from connectors import registry
from connectors.afas.sandbox.serve import ServedAfas
from connectors.model.change import CHANGES, Verb
from connectors.model.errors import RetourError
from connectors.sdk.conformance.cases import conformance_of, find_connector
from connectors.sdk.conformance.changing import context, create, succeeds, update
from connectors.sdk.conformance.subject import TARGET, same_frame
from connectors.sdk.http import Http
from connectors.sdk.outgoing import Outgoing
from connectors.sdk.serve import Answer, HttpServer
from tests.cassette_search import cassettes_under, credentials_in, values_in
from tests.connectors.afas.recorded import EXCHANGES, environment, private_values
from tests.connectors.afas.tape import TAPE as AFAS
from tests.tape import SCRUBBED, Tape

ROOT = Path(__file__).parents[2]
OVER_HTTP = [
    name
    for name in registry.names()
    if any(field.endswith("_url") for field in registry.find(name).settings.model_fields)
]
SUBJECTS = [
    subject
    for name in OVER_HTTP
    for subject in conformance_of(find_connector(name)).SUBJECTS
    if subject.partition(" ")[0] == name
]
VENDOR = "https://api.vendor.example.org"
AT_HOME = {
    "entra_id": {
        "mobilePhone": "+31 6 7654 3210",
        "streetAddress": "Thuisstraat 77",
        "postalCode": "7654 QX",
        "otherMails": ("marked.at.home@example.org",),
    },
    "google_workspace": {
        "homePhone": "+31 30 765 4321",
        "recoveryEmail": "marked.recovery@example.org",
        "recoveryPhone": "+31676543210",
    },
    "scim": {
        'emails[type eq "home"].value': "marked.at.home@example.org",
        'phoneNumbers[type eq "home"].value': "+31 30 765 4321",
    },
}
"""Private values that accounts are made with, and changed to."""
POOR = "scim minimal"
"""Keeps no passwords."""
NO_TEXT = {"ageGroup", "consentProvidedForMinor"}
"""Private attributes of which there are three values, for everybody."""


def private_of(subject):
    """Private attributes of a new account, and others for an update."""
    given = AT_HOME.get(subject.connector.name, {})
    assert set(given) == subject.manifest.private - NO_TEXT or subject.connector.name[:4] == "afas"
    later = {
        name: tuple(f"new.{one}" for one in value)
        if isinstance(value, tuple)
        else f"new.{value}"
        if "@" in value
        else value[:-2] + "99"
        for name, value in given.items()
    }
    return given, later


def converse(subject):
    """Everything that is said to a system: a check, a reading, verbs, wrong credentials."""
    if subject.connector.open_source:
        with subject.source() as source:
            list(source.check())
            source.read(as_of=date(2026, 11, 23))
    else:
        write(subject)
    for name, value in subject.secrets.items():
        model = subject.model(**{name: value})
        with suppress(RetourError), closing(_opened(subject.connector, model)) as refused:
            list(refused.check())


def _opened(connector, model):
    source = connector.open_source
    return source(model) if source else connector.open_reader(model, TARGET)


def write(subject):
    with subject.reader() as reader:
        list(reader.check())
    given, later = private_of(subject)
    person = subject.persons[0]
    if subject.create is not None:
        change = create(subject, person)
        succeeds(subject.apply(replace(change, after={**change.after, **given})))
    ref = subject.ref_of(person)
    succeeds(subject.apply(update(subject, person, ref, {**subject.update, **later})))
    told = {"target": TARGET, "person": person, "ref": ref}
    named = {"permission": subject.permission, "name": "G"}
    for verb in (Verb.ENABLE, Verb.GRANT, Verb.REVOKE, Verb.DISABLE, Verb.DELETE):
        if subject.offers(verb):
            after = named if verb is Verb.GRANT else {}
            before = named if verb is Verb.REVOKE else {}
            held = context(subject, subject.held(ref))
            subject.attempt(CHANGES[verb](after=after, before=before, context=held, **told))


@contextmanager
def listening():
    """Every request that is sent meanwhile, as it leaves."""
    sent, passed = [], Outgoing._passed

    def heard(self, request):
        sent.append(request)
        return passed(self, request)

    with patch.object(Outgoing, "_passed", heard):
        yield sent


def secrets_sent(sent):
    """Credentials of some requests: of their headers, spelled plainly too, and of their forms."""
    for request in sent:
        value = request.headers.get("authorization", "")
        scheme, _, credential = value.partition(" ")
        if scheme in {"Basic", "AfasToken"}:
            plain = base64.b64decode(credential).decode()
            yield unquote_plus(plain.partition(":")[2]) if scheme == "Basic" else plain
        if credential:
            yield credential
        if "form" in request.headers.get("content-type", ""):
            form = parse_qs(request.content.decode())
            yield from (
                one for name in ("client_secret", "assertion") for one in form.get(name, ())
            )


def passwords_of(subject):
    path = str(subject.settings.get("initial_passwords") or "").removeprefix("file:")
    if path and Path(path).is_file():
        with Path(path).open(newline="", encoding="utf-8") as file:
            return [row["password"] for row in csv.DictReader(file)]
    return []


def recorded(name, folder, tape=None):
    """Record everything that is said to a system, and tell what was secret in it, and private."""
    with conformance_of(find_connector(name.partition(" ")[0])).SUBJECTS[name]() as opened:
        goes = {"initial_passwords": f"file:{folder / 'passwords.csv'}"}
        takes = "initial_passwords" in opened.connector.settings.model_fields and name != POOR
        subject = replace(opened, settings={**opened.settings, **goes}) if takes else opened
        keeper = tape or Tape(folder / "cassettes", VENDOR, subject.manifest.private)
        with keeper.cassette("all", mode="all"), listening() as sent:
            converse(subject)
        secrets = {*secrets_sent(sent), *passwords_of(subject)}
        private = {
            text
            for values in private_of(subject)
            for value in values.values()
            for text in (value if isinstance(value, tuple) else (value,))
        }
        return secrets, private if subject.offers(Verb.CREATE) else set(), subject.secret_texts()


class Bare:
    """A tape that leaves nothing out: what Tape is held against."""

    def __init__(self, folder):
        self.folder = folder

    def cassette(self, name, mode):
        return vcr.use_cassette(str(self.folder / "cassettes" / f"{name}.yaml"), record_mode=mode)


# --- What is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_recorded_conversation_holds_no_secret_and_no_private_value(name, tmp_path):
    secrets, private, settings = recorded(name, tmp_path)

    assert secrets
    assert [one.name for one in cassettes_under(tmp_path)] == ["all.yaml"]
    assert values_in(tmp_path, {*secrets, *private, *settings}) == []
    assert credentials_in(tmp_path / "cassettes" / "all.yaml") == []


@pytest.mark.parametrize("name", ["afas.user", "entra_id", "google_workspace", "scim one by one"])
def test_the_search_is_not_blind(name, tmp_path):
    """The same conversation, recorded as vcrpy does by itself: all of it is found."""
    secrets, private, _ = recorded(name, tmp_path, Bare(tmp_path))

    assert values_in(tmp_path, {*secrets, *private}) == sorted({*secrets, *private})
    assert any("authorization" in one for one in credentials_in(tmp_path / "cassettes/all.yaml"))


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("bare", [False, True])
def test_private_columns_of_afas_are_left_out_of_what_is_recorded(exchange, bare, tmp_path):
    tape = Bare(tmp_path) if bare else replace(AFAS, folder=tmp_path / "cassettes")
    with (
        ServedAfas(environment()) as served,
        tape.cassette(exchange, mode="all"),
        listening() as sent,
    ):
        EXCHANGES[exchange](dict(served.settings))

    hidden = {*private_values(), *secrets_sent(sent), served.afas.token}
    found = values_in(tmp_path, hidden)
    assert len(found) > 90 if bare else found == []


@pytest.mark.parametrize("name", ["entra_id", "google_workspace", "scim", "scim one by one"])
def test_what_was_recorded_can_be_played(name, tmp_path):
    with conformance_of(find_connector(name.partition(" ")[0])).SUBJECTS[name]() as subject:
        tape = Tape(tmp_path, VENDOR, subject.manifest.private)
        given, _ = private_of(subject)
        change = create(subject, subject.persons[0])
        succeeds(subject.apply(replace(change, after={**change.after, **given})))
        with tape.cassette("reading", mode="all"):
            held = subject.read()
    with tape.cassette("reading"):
        again = subject.read()
    assert same_frame(held.accounts, again.accounts)
    [ref] = again.accounts.index[again.accounts["person"] == subject.persons[0]]
    for attribute, value in given.items():
        assert held.value(ref, attribute) == value
        assert again.value(ref, attribute) in {SCRUBBED, (SCRUBBED,)}


# --- Whatever a system answers --------------------------------------------------------------------

SECRET = "Marked/Secret+of=the client"
ANSWERS = {
    "packed": lambda token: (
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        gzip.compress(json.dumps({"access_token": token, "bsn": "123456782"}).encode()),
    ),
    "quoted in an error": lambda token: (
        {"Content-Type": "application/json"},
        json.dumps({"error": f"the token {token} is of nobody with {SECRET!r}"}).encode(),
    ),
    "cookies and headers": lambda token: (
        {"Set-Cookie": f"session={token}", "WWW-Authenticate": f"x {token}", "ETag": f'"{token}"'},
        b"{}",
    ),
    "no JSON": lambda token: ({"Content-Type": "text/html"}, f"<p>{token}{SECRET}".encode()),
    "JSON that is cut off": lambda token: ({}, json.dumps({"token": token}).encode()[:-1]),
    "JSON in JSON": lambda token: ({}, json.dumps({"message": json.dumps(SECRET)}).encode()),
    "said to be packed": lambda token: (
        {"Content-Encoding": "zstd"},
        gzip.compress(token.encode()),
    ),
    "nested": lambda token: (
        {"Content-Type": "application/json"},
        json.dumps(
            {"Password": {"value": SECRET}, "privateEmail": [token], "a": [{"id_token": token}]}
        ).encode(),
    ),
    "an operation on a path": lambda _: (
        {"Content-Type": "application/scim+json"},
        json.dumps(
            {"op": "replace", "path": 'phoneNumbers[type eq "home"].value', "value": "123456782"}
        ).encode(),
    ),
    "a batch": lambda token: (
        {"Content-Type": "multipart/mixed; boundary=b"},
        b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nX-Session: 123456782"
        b'\r\n\r\n{"password":"' + token.encode() + b'"}\r\n--b--\r\n',
    ),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_answer_of_any_form_is_scrubbed(kind, tmp_path):
    token = "marked-token-of-somebody"

    class System:
        def answer(self, method, path, query, headers, body):
            more, content = ANSWERS[kind](token)
            return Answer(200, content, more)

    server = HttpServer(System())
    headers = {"Authorization": f"Token {token}"}
    http = Http(system="x", base_url=server.url, read_only=False, headers=headers)
    tape = Tape(tmp_path / "cassettes", VENDOR)
    try:
        with tape.cassette("one", mode="all"), suppress(RetourError):
            http.post_form("/token", {"client_secret": SECRET, "scope": "all"})
            http.get("/things", params={"api_key": SECRET, "top": "9"})
    finally:
        http.close()
        server.close()

    [cassette] = cassettes_under(tmp_path)
    assert values_in(tmp_path, [token, SECRET, "123456782", server.url]) == []
    assert credentials_in(cassette) == []
    text = cassette.read_text(encoding="utf-8")
    assert "scope=all" in text
    assert VENDOR in text


# --- What is kept here ----------------------------------------------------------------------------


def test_no_cassette_of_the_repository_holds_a_credential():
    kept = [one for part in ("connectors", "tests") for one in cassettes_under(ROOT / part)]

    assert len(kept) >= 2
    assert {str(one): found for one in kept if (found := credentials_in(one))} == {}


def a_cassette(**parts):
    request = {"method": "GET", "uri": f"{VENDOR}/a", "body": "", "headers": {}}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": "{}"}}
    for name, value in parts.items():
        side, _, part = name.partition("_")
        if part == "body" and side == "response":
            value = {"string": value}  # noqa: PLW2901
        (request if side == "request" else response)[part] = value
    return {"interactions": [{"request": request, "response": response}]}


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"
PLANTED = {
    "a header": {"request_headers": {"Authorization": ["x"]}},
    "a cookie": {"response_headers": {"Set-Cookie": ["a=b"]}},
    "a token of AFAS": {"request_body": "AfasToken PHRva2VuPjx2ZXJzaW9uPjE8L3ZlcnNpb24+"},
    "a token of AFAS in base64": {
        "request_body": base64.b64encode(b"<token><version>1</version></token>").decode()
    },
    "a bearer token": {"response_body": json.dumps({"text": JWT})},
    "a password": {"request_body": '{"passwordProfile": {"password": "Ab3-defg"}}'},
    "a password in JSON in JSON": {
        "response_body": json.dumps({"text": json.dumps({"password": "Ab3-defg"})})
    },
    "a secret in a form": {"request_body": "grant_type=x&client_secret=Ab3%2Ddefg"},
    "a secret in a query": {"request_uri": f"{VENDOR}/a?access_token=abcdefgh&top=1"},
    "a key": {"response_body": "-----BEGIN RSA PRIVATE KEY-----"},
    "packed bytes": {"response_body": gzip.compress(b'{"access_token": "abcdefgh"}')},
    "packed, as base64": {
        "response_body": base64.b64encode(gzip.compress(JWT.encode() + bytes(40))).decode()
    },
    "a hash": {"response_body": '{"digest": "' + "0f" * 32 + '"}'},
}


@pytest.mark.parametrize("what", PLANTED)
@pytest.mark.parametrize("packed", [False, True])
def test_a_credential_that_was_left_in_a_cassette_is_found(what, packed, tmp_path):
    (tmp_path / "cassettes").mkdir()
    content = yaml.safe_dump(a_cassette(**PLANTED[what])).encode()
    path = tmp_path / "cassettes" / ("a.yaml.gz" if packed else "a.yaml")
    path.write_bytes(gzip.compress(content) if packed else content)

    [found] = cassettes_under(tmp_path)
    assert credentials_in(found)


def test_what_is_no_credential_is_not_taken_for_one(tmp_path):
    said = {
        "password": SCRUBBED,
        "passwordProfile": None,
        "nextPageToken": "abcdefgh",
        "tokenExpiry": "0",
        "token": "",
        "text": "Basic training, bearer of the password",
    }
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(a_cassette(response_body=json.dumps(said))), encoding="utf-8")
    assert cassettes_under(tmp_path) == [path]
    assert credentials_in(path) == []


def test_the_sweep_over_connectors_leaves_none_out():
    assert {"afas", "afas.employee", "afas.user", "entra_id", "google_workspace", "scim"} == set(
        OVER_HTTP
    )
