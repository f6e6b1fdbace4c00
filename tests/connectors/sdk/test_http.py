"""The HTTP client of the connectors, over real sockets."""

import email.utils
import socket
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.model.errors import (
    AlreadyExists,
    Fatal,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    RateLimited,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from connectors.sdk.calls import Call
from connectors.sdk.http import ATTEMPTS, LONGEST_WAIT_SECONDS, Busy, Http, NotSent, classify
from connectors.sdk.serve import Answer, HttpServer


class Script:
    """Answers with what it was given, in order, the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.seen = list(answers), []

    def answer(self, method, path, query, headers, body):
        self.seen.append((method, path, query, headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def serve():
    opened = []

    def start(*answers, read_only=False, **parts):
        script, waits = Script(*answers), []
        server = HttpServer(script)
        http = Http(
            system="x", base_url=server.url, read_only=read_only, sleep=waits.append, **parts
        )
        opened.extend([http, server])
        return http, script, waits

    yield start
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Misconfigured),
        (307, Misconfigured),
        (400, Invalid),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotFound),
        (408, TimedOut),
        (409, AlreadyExists),
        (410, NotFound),
        (422, Invalid),
        (429, RateLimited),
        (500, Unavailable),
        (503, Busy),
        (504, TimedOut),
    ],
)
def test_a_status_says_what_is_stopped(status, kind):
    assert type(classify(httpx.Response(status, headers={"Location": "/login?token=x"}))) is kind


@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_no_error(status):
    assert classify(httpx.Response(status)) is None


def test_a_message_is_one_short_line_and_shows_no_query():
    failure = classify(httpx.Response(400, text="so\n\n  sorry " + "x" * 1000))
    assert failure.message.startswith("HTTP 400: so sorry xxx")
    assert len(failure.message) < 320
    sent_on = classify(
        httpx.Response(302, headers={"Location": "https://example.org/in?ticket=s3cret"})
    )
    assert "s3cret" not in str(sent_on)


def test_what_a_system_wants_kept_is_not_sent_back(serve):
    http, script, _ = serve(Answer(200, headers={"Set-Cookie": "session=s3cret"}))
    http.get("/a")
    http.get("/a", headers={"X-Mine": "1"})
    [(*_, first, _), (*_, second, _)] = script.seen
    assert "cookie" not in {name.lower() for name in second}
    assert {**first, "x-mine": "1"} == {name.lower(): value for name, value in second.items()}


def test_addresses_are_put_together_and_parts_encoded_once(serve):
    http, script, _ = serve(Answer(200))
    http.get("users/J%C3%B8rgen", params={"q": "a b", "ids": ["1", "2"]})
    http.get("/users/Jørgen?$top=1&name=%27x%27")
    assert [one[1:3] for one in script.seen] == [
        ("/users/J%C3%B8rgen", "q=a+b&ids=1&ids=2"),
        ("/users/J%C3%B8rgen", "$top=1&name=%27x%27"),
    ]


def test_no_address_stands_in_the_log_of_another_package(serve, caplog):
    http, _, _ = serve(Answer(200))
    with caplog.at_level("INFO"):
        http.get("/users?filter=s3cret")
    assert "s3cret" not in caplog.text


def test_a_redirected_write_is_not_done(serve):
    http, script, _ = serve(Answer(302, headers={"Location": "/elsewhere"}))
    with pytest.raises(Misconfigured, match="sent on to /elsewhere"):
        http.write("PUT", "/a", json={})
    assert len(script.seen) == 1


def test_a_read_is_tried_again_until_it_succeeds(serve):
    http, script, waits = serve(Answer(500), Answer(0, drop=True), Answer(200, b"fine"))
    assert http.get("/a", params={"q": "O'Brien & co"}).text == "fine"
    assert [query for _, _, query, _, _ in script.seen] == ["q=O%27Brien+%26+co"] * 3
    assert len(waits) == 2


@pytest.mark.parametrize("answer", [Answer(500), Answer(0, drop=True), Answer(429), Answer(504)])
def test_a_read_gives_up_after_some_attempts_and_stops_the_target(serve, answer):
    http, script, waits = serve(answer)
    with pytest.raises(Unreachable, match=f"{ATTEMPTS} attempts"):
        http.get("/a")
    assert len(script.seen) == ATTEMPTS
    assert len(waits) == ATTEMPTS - 1
    assert sum(waits) < 10


@pytest.mark.parametrize("status", [401, 403, 404, 400])
def test_a_read_that_is_refused_is_not_repeated(serve, status):
    http, script, _ = serve(Answer(status))
    with pytest.raises(Exception, match=f"x GET /a: HTTP {status}"):
        http.get("/a")
    assert len(script.seen) == 1


def test_the_wait_that_was_asked_for_is_kept(serve):
    http, _, waits = serve(
        Answer(429, headers={"Retry-After": "7"}),
        Answer(503, headers={"Retry-After": "2"}),
        Answer(200),
    )
    http.get("/a")
    assert waits == [7.0, 2.0]


def test_a_wait_can_be_asked_for_as_a_date(serve):
    soon = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    # "-0000" says that nobody knows the time zone; Python then gives a naive time.
    naive = soon.replace("GMT", "-0000")
    http, _, waits = serve(
        *(Answer(429, headers={"Retry-After": text}) for text in (soon, naive)), Answer(200)
    )
    http.get("/a")
    assert 15 < waits[0] <= 20
    assert 15 < waits[1] <= 20


@pytest.mark.parametrize(
    ("seconds", "said"), [(LONGEST_WAIT_SECONDS + 1, "31 seconds"), (7200, "2 hours")]
)
def test_a_wait_that_is_too_long_is_not_begun_and_nobody_knocks_again(serve, seconds, said):
    http, script, waits = serve(Answer(503, headers={"Retry-After": f"{seconds:.0f}"}))
    with pytest.raises(Unreachable, match=rf"come back after {said}\) .*Run again in {said}"):
        http.get("/a")
    with pytest.raises(Busy):
        http.write("PUT", "/a")
    assert len(script.seen) == 2
    assert waits == []


def test_a_web_page_is_not_quoted_because_it_may_repeat_what_was_asked(serve):
    http, _, _ = serve(Answer(502, b"<html>GET /a?name=Janine failed</html>"))
    with pytest.raises(Unreachable, match=r"HTTP 502: a web page \(4 attempts\)") as caught:
        http.get("/a", params={"name": "Janine"})
    assert "Janine" not in str(caught.value)


def test_nonsense_as_a_wait_is_ignored(serve):
    http, _, waits = serve(Answer(429, headers={"Retry-After": "soon"}), Answer(200))
    http.get("/a")
    assert len(waits) == 1


@pytest.mark.parametrize("answer", [Answer(500), Answer(504), Answer(0, drop=True)])
def test_a_write_that_may_have_happened_is_not_repeated(serve, answer):
    http, script, waits = serve(answer)
    with pytest.raises((Unavailable, TimedOut)):
        http.write("POST", "/a", json={"a": 1})
    assert len(script.seen) == 1
    assert waits == []


@pytest.mark.parametrize("answer", [Answer(429), Answer(503)])
def test_a_write_that_was_not_begun_is_repeated(serve, answer):
    http, script, _ = serve(answer, Answer(201))
    assert http.write("POST", "/a", json={"name": "Weiß"}).status_code == 201
    assert [body for *_, body in script.seen] == ['{"name":"Weiß"}'.encode()] * 2


def test_a_write_that_timed_out_is_not_repeated():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        http = Http(system="x", base_url=address, read_only=False, timeout_seconds=0.05)
        with pytest.raises(TimedOut, match="no answer in time"):
            http.write("PUT", "/a", json={})
        http.close()


def test_nobody_listening_means_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    waits = []
    http = Http(system="x", base_url=address, read_only=False, sleep=waits.append)
    with pytest.raises(NotSent):
        http.write("PUT", "/a", json={})
    assert len(waits) == ATTEMPTS - 1
    http.close()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_read_only_client_sends_nothing_unsafe(serve, method):
    http, script, _ = serve(Answer(200), read_only=True)
    with pytest.raises(Fatal, match=f"{method} /a was stopped"):
        http.write(method, "/a", json={})
    assert script.seen == []
    assert http.get("/a").status_code == 200


def test_a_connector_may_look_into_the_body_first(serve):
    def slow_down(response):
        return RateLimited("slow down") if b"userRateLimitExceeded" in response.content else None

    http, script, _ = serve(Answer(403, b"userRateLimitExceeded"), Answer(403), classify=slow_down)
    with pytest.raises(Forbidden, match="x GET /a: HTTP 403"):
        http.get("/a")
    assert len(script.seen) == 2


def test_credentials_are_sent_and_never_shown(serve):
    http, script, _ = serve(Answer(401), headers={"Authorization": "Bearer s3cret"})
    with pytest.raises(Unauthorized) as caught:
        http.get("/a")
    assert script.seen[0][3]["authorization"] == "Bearer s3cret"
    for text in (repr(http), str(caught.value), repr(caught.value), repr(vars(caught.value))):
        assert "s3cret" not in text


def test_a_call_is_sent_with_its_query_and_headers_and_answered_with_its_body(serve):
    http, script, _ = serve(
        Answer(201, b'{"id": "7"}', {"ETag": "x"}), Answer(204), headers={"A": "of the connection"}
    )
    call = Call("POST", "/users", json={"n": 1}, headers={"If-Match": "*"}, params={"q": "O'B"})
    reply = http.send(call)
    assert (reply.status, reply.json, reply.headers["etag"]) == (201, {"id": "7"}, "x")
    [(method, path, query, headers, body)] = script.seen
    assert (method, path, query, body) == ("POST", "/users", "q=O%27B", b'{"n":1}')
    assert (headers["if-match"], headers["a"]) == ("*", "of the connection")
    assert http.send(Call("DELETE", "/users/7")).json is None


def test_a_failed_call_brings_its_body_along_and_no_message_quotes_its_query(serve):
    http, _, _ = serve(Answer(409, b'{"error": {"code": "taken"}}'))
    with pytest.raises(AlreadyExists) as caught:
        http.send(Call("PATCH", "/users/7?who=Janine", json={}))
    assert caught.value.reply_json == {"error": {"code": "taken"}}
    assert "Janine" not in str(caught.value)


def test_a_call_that_reads_is_tried_again_and_stays_in_doubt(serve):
    http, script, _ = serve(Answer(500))
    with pytest.raises(Unavailable):
        http.send(Call("GET", "/users/7"))
    assert len(script.seen) == ATTEMPTS


def test_a_call_that_writes_is_not_tried_again_when_it_may_have_happened(serve):
    http, script, _ = serve(Answer(500))
    with pytest.raises(Unavailable):
        http.send(Call("POST", "/users", json={}))
    assert len(script.seen) == 1


def test_an_answer_that_is_no_json_leaves_a_write_in_doubt(serve):
    http, _, _ = serve(Answer(200, b"<html>please sign in"))
    with pytest.raises(Unavailable, match="x POST /users: HTTP 200 with 'a web page'"):
        http.send(Call("POST", "/users", json={}))


def test_a_part_of_a_batch_means_what_a_response_means(serve):
    def slow_down(response):
        return RateLimited("slow down") if response.json().get("reason") == "quota" else None

    http, _, _ = serve(Answer(200), classify=slow_down)
    call = Call("GET", "/users/7")
    assert http.meaning(call, httpx.Response(200, json={"id": "7"})).json == {"id": "7"}
    gone = http.meaning(call, httpx.Response(404, json={"a": 1}))
    assert (type(gone), gone.reply_json, gone.operation) == (NotFound, {"a": 1}, "GET /users/7")
    assert isinstance(
        http.meaning(call, httpx.Response(403, json={"reason": "quota"})), RateLimited
    )


def test_a_next_link_is_followed_on_its_own_host_only(serve):
    http, script, _ = serve(Answer(200), headers={"Authorization": "Bearer s3cret"})
    own = str(http._outgoing.base_url).rstrip("/")
    http.get(f"{own}/users?$skiptoken=abc")
    assert script.seen[0][1:3] == ("/users", "$skiptoken=abc")
    for elsewhere in (
        "https://evil.example.org/users?$skiptoken=abc",
        own.replace("127.0.0.1", "127.0.0.2"),
        own.rpartition(":")[0] + ":1/users",
    ):
        with pytest.raises(Misconfigured, match="it sends us on to"):
            http.get(elsewhere)
    http.get("//evil.example.org/users")
    http.get("/users?redirect=https://evil.example.org/")
    assert len(script.seen) == 3


def test_a_form_is_sent_like_a_read_and_shown_nowhere(serve):
    http, script, _ = serve(Answer(503), Answer(200, b"{}"))
    http.post_form("/token", {"client_secret": "s3 cret"})
    assert [body for *_, body in script.seen] == [b"client_secret=s3+cret"] * 2
    http, _, _ = serve(Answer(500))
    with pytest.raises(Unreachable) as caught:
        http.post_form("/token", {"client_secret": "s3cret"})
    assert "s3cret" not in str(caught.value)
