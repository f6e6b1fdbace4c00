"""What fuzzing has found in the one place where all answers come through; each was a traceback."""

import gzip
from unittest.mock import patch

import httpx
import pytest

from connectors.model.change import UpdateAccount
from connectors.model.errors import (
    BrokenSource,
    ConnectorError,
    Fatal,
    Invalid,
    Misconfigured,
    TimedOut,
    Unavailable,
    Unreachable,
)
from connectors.model.receipt import Outcome
from connectors.sdk import bodies
from connectors.sdk.fanout import apply_per_person
from connectors.sdk.http import Http, classify
from connectors.sdk.responses import LONGEST_ASKED_SECONDS, decoded, retry_after_seconds
from connectors.sdk.understood import understood

DEEP = b"[" * 100_000


def http(answer):
    transport = httpx.MockTransport(answer)
    return Http(
        system="acme",
        base_url="https://acme.example.org",
        read_only=False,
        transport=transport,
        sleep=lambda _: None,
    )


@pytest.mark.parametrize("status", [301, 304])
def test_a_redirect_that_leads_nowhere(status):
    with pytest.raises(Misconfigured, match="sent on to nowhere"):
        http(lambda _: httpx.Response(status)).get("/users")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("²", None),
        ("-5", None),
        ("Fri, 99 Foo 99999 99:99:99 GMT", None),
        ("9" * 400, LONGEST_ASKED_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_ASKED_SECONDS),
    ],
)
def test_a_patience_that_is_none_or_has_no_end(asked, seconds):
    headers = [(b"Retry-After", asked.encode("latin-1"))]
    assert retry_after_seconds(httpx.Response(429, headers=headers)) == seconds


def test_a_charset_that_is_no_encoding_of_text():
    headers = {"Content-Type": "text/plain; charset=hex"}
    error = classify(httpx.Response(500, headers=headers, content=b"out of order"))
    assert str(error) == "HTTP 500: out of order (code 500)"


def test_json_that_is_nested_without_end():
    assert decoded(httpx.Response(200, content=DEEP)) is None


def test_an_id_that_makes_an_address_too_long():
    with pytest.raises(Invalid, match="no address"):
        http(lambda _: httpx.Response(200)).write("PATCH", f"/users/{'x' * 70_000}", json={})


def test_a_next_page_that_has_no_address():
    with pytest.raises(Misconfigured, match="no address"):
        http(lambda _: httpx.Response(200)).get("https://[::1")


def bomb(_):
    packed = gzip.compress(bytes(3_000_000))
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=packed)


@pytest.fixture
def small():
    with patch.object(bodies, "MAX_BODY_BYTES", 1_000_000):
        yield


def test_a_little_gzip_that_holds_a_lot_is_not_unpacked_to_its_end(small):
    with pytest.raises(Fatal, match="larger than 1 MB") as caught:
        http(bomb).get("/users")
    assert str(caught.value).startswith("acme GET /users: ")


def test_after_a_write_such_an_answer_leaves_it_in_doubt(small):
    with pytest.raises(Unavailable, match="larger than 1 MB"):
        http(bomb).write("POST", "/users", json={})


def test_an_answer_that_says_nothing_of_its_length_is_not_taken_to_its_end(small):
    taken = []

    def piece_by_piece():
        for number in range(100):
            taken.append(number)
            yield bytes(300_000)

    with pytest.raises(Fatal, match="larger than 1 MB"):
        http(lambda _: httpx.Response(200, content=piece_by_piece())).get("/users")
    assert len(taken) == 4


def test_a_body_that_does_not_end_is_given_up():
    def endless():
        while True:
            yield b" "

    with (
        patch.object(bodies, "BODY_SECONDS", 0.05),
        pytest.raises(TimedOut, match="did not end"),
    ):
        http(lambda _: httpx.Response(200, content=endless())).write("POST", "/users", json={})


def test_a_body_that_is_not_packed_as_it_says():
    headers = {"Content-Encoding": "gzip"}
    wrong = http(
        lambda _: httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"no gzip"))
    )
    with pytest.raises(Unreachable, match="DecodingError"):
        wrong.get("/users")


def test_a_body_is_given_once_whatever_the_headers_said_of_its_packing():
    packed = gzip.compress(b'{"id": 1}')
    found = http(
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=packed)
    ).get("/users")
    assert found.json() == {"id": 1}
    assert "content-encoding" not in found.headers


def test_what_steers_a_terminal_is_spelt_out():
    said = str(Unavailable("HTTP 500: \x1b[2J\x00gone", system="acme"))
    assert said == r"acme: HTTP 500: \x1b[2J\x00gone"


def test_what_code_stumbles_over_is_an_error_of_the_system_and_quotes_nothing():
    with pytest.raises(BrokenSource) as caught, understood("acme", "read accounts"):
        {}["Ann Smit"]
    said = str(caught.value)
    assert said.startswith("acme read accounts: an answer is not as it should be (KeyError at sdk/")
    assert "Ann" not in said
    assert caught.value.__suppress_context__


def test_what_is_no_stumble_passes_through():
    with pytest.raises(RuntimeError), understood("acme", "read accounts"):
        raise RuntimeError


def test_an_answer_to_a_write_that_nobody_understands_leaves_it_in_doubt():
    def execute(change):
        raise KeyError("Ann Smit")

    change = UpdateAccount(target="acme", person="1", ref="a", after={"mail": "a@example.org"})
    receipts = apply_per_person([change], execute, concurrency=1)
    receipt = next(receipts)
    with pytest.raises(ConnectorError, match="KeyError at sdk/"):
        next(receipts)
    assert receipt.outcome is Outcome.IN_DOUBT
    assert "Ann" not in receipt.detail
