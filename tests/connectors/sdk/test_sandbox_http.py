"""What sandboxes share: serving, the log, latency, faults on request."""

import http.client
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from connectors.sdk.loopback_tls import loopback_tls
from connectors.sdk.sandbox_http import ALWAYS, Faults, Faulty
from connectors.sdk.serve import Answer, HttpServer
from connectors.sdk.trouble import HARMLESS, Trouble


class Notes:
    """Keeps what it is sent."""

    def __init__(self):
        self.kept, self.big = [], b"[]"

    def answer(self, method, path, query, headers, body):
        if method == "GET":
            return Answer(200, self.big if path == "/big" else query.encode())
        self.kept.append((method, path, body))
        return Answer(204 if method == "DELETE" else 201, b"" if method == "DELETE" else b"{}")


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def faults():
    return Faults(exempt=("POST /token",))


@pytest.fixture
def server(notes, faults):
    served = HttpServer(Faulty(notes, faults))
    yield served
    served.close()


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, timeout=5) as opened:
        yield opened


def test_one_connection_serves_many_requests_without_a_stall(client, notes):
    notes.big = b"x" * 200_000
    client.get("/")
    begun = time.perf_counter()
    for _ in range(20):
        assert len(client.get("/big").content) == 200_000
        client.post("/notes", content=b"y" * 20_000)
    assert time.perf_counter() - begun < 20 * 2 * 0.02, "Nagle and delayed answers cost 40 ms each"


def test_a_body_may_come_in_chunks(client, notes):
    client.post("/notes", content=iter([b"one ", b"", b"two" * 1000]))
    assert notes.kept == [("POST", "/notes", b"one " + b"two" * 1000)]


@pytest.mark.parametrize("length", ["x", "-1", "1.5"])
def test_a_body_without_an_end_is_refused(server, notes, length):
    raw = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    raw.putrequest("POST", "/notes")
    raw.putheader("Content-Length", length)
    raw.endheaders()
    assert raw.getresponse().status == 400
    raw.close()
    assert notes.kept == []


def test_an_answer_without_a_body_says_so_and_the_connection_goes_on(client):
    gone = client.delete("/notes/1")
    assert (gone.status_code, "content-length" in gone.headers) == (204, False)
    assert client.head("/").content == b""
    assert client.request("OPTIONS", "/").status_code == 201
    assert client.get("/", params={"a": "1"}).text == "a=1"


def test_tls_is_served_to_whoever_trusts_it(notes, tmp_path):
    context, trusted = loopback_tls(tmp_path)
    server = HttpServer(notes, tls=context)
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port)):  # never shakes hands
        trust = ssl.create_default_context(cafile=str(trusted))
        with httpx.Client(base_url=server.url, verify=trust) as client:
            assert client.post("/notes").status_code == 201
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(server.url)
    server.close()


def test_the_log_names_requests_and_counts_writes(client, faults):
    client.get("/users", params={"name": "Janine"})
    client.post("/token")
    client.post("/users")
    client.patch("/users/7")
    assert [str(one) for one in faults.log] == [
        "GET /users",
        "POST /token",
        "POST /users",
        "PATCH /users/7",
    ]
    assert faults.writes == 2
    assert faults.count("* /users*") == 3


def test_a_fault_meets_the_requests_it_fits_and_then_no_more(client, faults, notes):
    faults.next(status=429, retry_after=2, only="POST /users*", count=2, skip=1)
    statuses = [client.post("/users").status_code for _ in range(2)]
    assert (client.patch("/users/7").status_code, client.get("/users").status_code) == (201, 200)
    refused = client.post("/users")
    statuses += [refused.status_code, client.post("/users").status_code]
    assert statuses == [201, 429, 429, 201]
    assert refused.headers["Retry-After"] == "2"
    assert len(notes.kept) == 3


def test_a_reply_can_be_lost_after_the_work_or_before(client, faults, notes):
    faults.next(after_applying=True, only="POST *")
    faults.next(only="POST *")
    faults.next(status=500, after_applying=True, only="POST *")
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/users")
    assert client.post("/users").status_code == 500
    assert len(notes.kept) == 2


def test_faults_last_until_they_are_healed(client, faults):
    faults.next(status=503, count=ALWAYS)
    assert [client.get("/").status_code for _ in range(3)] == [503] * 3
    faults.heal()
    assert client.get("/").status_code == 200


def test_latency_is_per_request_and_may_change(client, faults):
    def seconds():
        begun = time.perf_counter()
        client.get("/")
        return time.perf_counter() - begun

    client.get("/")
    faults.latency_seconds = 0.05
    assert seconds() >= 0.05
    faults.slow(0.05, only="GET /")
    assert seconds() >= 0.1
    faults.latency_seconds = 0.0
    faults.heal()
    assert seconds() < 0.05


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (Trouble.UNAUTHORIZED, 401),
        (Trouble.FORBIDDEN, 403),
        (Trouble.NOT_FOUND, 404),
        (Trouble.CONFLICT, 409),
        (Trouble.SLOW_DOWN, 429),
        (Trouble.SLOW_DOWN_UNSAID, 429),
        (Trouble.BUSY, 503),
        (Trouble.BROKEN, 500),
    ],
)
def test_trouble_is_ordered_for_reading_or_writing(client, faults, notes, trouble, status):
    faults.order(trouble, writing=True, seconds=7)
    client.get("/users")
    client.post("/token")
    met = client.post("/users")
    assert met.status_code == status
    assert met.headers.get("Retry-After") == ("7" if trouble is Trouble.SLOW_DOWN else None)
    assert [path for _, path, _ in notes.kept] == ["/token"]
    faults.order(trouble, writing=False)
    assert client.post("/users").status_code == 201
    assert client.get("/users").status_code == status


@pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.LOST])
def test_a_broken_connection_says_nothing_about_the_work(client, faults, notes, trouble):
    faults.order(trouble, writing=True)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/users")
    assert len(notes.kept) == (trouble is Trouble.LOST)


def test_a_system_may_mean_another_status_and_write_errors_in_its_own_way():
    faults = Faults(
        statuses={Trouble.SLOW_DOWN: 403},
        render=lambda status: (b'{"reason": "quota"}', {"X": "y"}),
        reads=lambda method, path, body: path.endswith("/query"),
    )
    faults.order(Trouble.SLOW_DOWN, writing=False)
    met = Faulty(Notes(), faults).answer("POST", "/query", "", {}, b"")
    assert (met.status, met.body) == (403, b'{"reason": "quota"}')
    assert met.headers == {"X": "y", "Retry-After": "1"}


def test_a_page_is_repeated_when_that_was_ordered(client, faults):
    faults.order(Trouble.REPEATED_PAGE, writing=False)
    pages = [client.get("/users", params={"page": str(n)}).text for n in (1, 2, 3)]
    assert pages == ["page=1"] * 3
    assert client.get("/groups").text == ""
    faults.heal()
    assert client.get("/users", params={"page": "2"}).text == "page=2"


def test_a_new_object_is_unseen_for_as_many_looks_as_was_set(faults):
    faults.made("7")
    assert faults.shows("7")
    faults.unseen_for = 2
    faults.made("8")
    assert [faults.shows("8") for _ in range(3)] == [False, False, True]


def test_an_answer_can_be_cut_in_the_middle():
    class Half:
        def answer(self, *request):
            return Answer(200, b"x" * 100, cut_after=40)

    server = HttpServer(Half())
    with pytest.raises(httpx.RemoteProtocolError, match="received 40 bytes"):
        httpx.get(server.url)
    server.close()


def test_one_of_many_threads_meets_a_fault_that_was_ordered_once(server, faults):
    faults.next(status=503)
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(httpx.get(server.url).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 7 + [503]


def test_all_kinds_but_one_leave_the_system_as_it_was():
    assert set(Trouble) - HARMLESS == {Trouble.LOST}
