"""The fault proxy and the chaos of a seed."""

import socket
import time

import httpx
import pytest

from connectors.memory.conformance import subject as memory_subject
from connectors.model.change import CreateAccount, UpdateAccount
from connectors.model.errors import ConnectorError
from connectors.model.receipt import Outcome
from connectors.sdk.conformance.changing import create
from connectors.sdk.conformance.chaos import ChaosTransport, ChaosWriter, Odds
from connectors.sdk.conformance.proxy import CALM, FaultProxy, Weather
from connectors.sdk.http import Http
from connectors.sdk.sandbox_http import Faults, Faulty
from connectors.sdk.serve import Answer, HttpServer

RESET = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""A reset is met once: whoever is told of it while sending reads an end of file after it."""

REFUSED = (httpx.ConnectError, *RESET)
"""On a busy machine the reset is there before the client knows that it is connected."""


class Counting:
    """Counts what it has done."""

    done = 0

    def answer(self, method, path, query, headers, body):
        self.done += 1
        return Answer(200, b"x" * 1000)


@pytest.fixture
def system():
    return Counting()


@pytest.fixture
def proxied(system):
    server = HttpServer(system)
    with FaultProxy("127.0.0.1", int(server.url.rpartition(":")[2])) as proxy:
        yield proxy, proxy.in_front_of(f"{server.url}/base")
    server.close()


def ask(url, **parts):
    return httpx.post(f"{url}/notes", content=b"y" * 500, timeout=0.3, **parts)


def test_calm_weather_changes_nothing(proxied, system):
    proxy, url = proxied
    assert url.endswith("/base")
    with httpx.Client() as client:
        for _ in range(3):
            assert client.post(f"{url}/notes").status_code == 200
    assert (system.done, proxy.connections) == (3, 1)


def test_one_request_of_many_meets_weather_of_its_own(proxied, system):
    proxy, url = proxied
    proxy.meets = {
        1: Weather(answer=429, told={"Retry-After": "7"}),
        3: Weather(reset_after=40),
        5: Weather(cut_answer_after=0),
    }.get
    heard = []
    with httpx.Client() as client:
        for _ in range(7):
            try:
                reply = client.post(f"{url}/notes", content=b"y" * 500)
                heard.append((reply.status_code, reply.headers.get("Retry-After")))
            except (*RESET, httpx.ConnectError):
                heard.append(None)
    fine = (200, None)
    assert heard == [fine, (429, "7"), fine, None, fine, None, fine]
    assert (proxy.requests, system.done) == (7, 5)


@pytest.mark.parametrize(
    ("weather", "error", "done"),
    [
        (Weather(refuse=True), REFUSED, 0),
        (Weather(reset_after=40), RESET, 0),
        (Weather(cut_answer_after=0), httpx.RemoteProtocolError, 1),
        (Weather(cut_answer_after=20), httpx.RemoteProtocolError, 1),
        (Weather(cut_answer_after=900), httpx.RemoteProtocolError, 1),
        (Weather(hold=True), httpx.ReadTimeout, 0),
        (Weather(hold_answers=True), httpx.ReadTimeout, 1),
        (Weather(latency_seconds=0.5), httpx.ReadTimeout, None),
    ],
)
def test_weather_is_what_it_says_and_passes(proxied, system, weather, error, done):
    proxy, url = proxied
    proxy.weather = weather
    with pytest.raises(error):
        ask(url)
    time.sleep(0.05)
    if done is not None:
        assert system.done == done
    proxy.weather = CALM
    assert ask(url).status_code == 200


def test_weather_reaches_a_connection_that_is_open(proxied):
    proxy, url = proxied
    with httpx.Client(timeout=0.3) as client:
        assert client.post(url).status_code == 200
        proxy.weather = Weather(refuse=True)
        with pytest.raises(REFUSED):
            client.post(url)


def test_latency_costs_time_both_ways(proxied):
    proxy, url = proxied
    proxy.weather = Weather(latency_seconds=0.03)
    begun = time.perf_counter()
    assert ask(url).status_code == 200
    assert time.perf_counter() - begun >= 0.06


def test_nobody_behind_the_proxy_is_a_reset_and_closing_ends_what_is_open():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    proxy = FaultProxy("127.0.0.1", port)
    url = f"http://127.0.0.1:{proxy.port}"
    with pytest.raises(REFUSED):
        httpx.get(url)
    proxy.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def every_round(transport_seed):
    """What came of fifty reads and writes under chaos."""
    faults = Faults()
    server = HttpServer(Faulty(Counting(), faults))
    chaos = ChaosTransport(httpx.HTTPTransport(), seed=transport_seed, odds=Odds(delay=0.0))
    http = Http(
        system="x",
        base_url=server.url,
        read_only=False,
        transport=chaos,
        sleep=lambda seconds: None,
    )
    outcomes = []
    for _ in range(50):
        try:
            outcomes.append(http.write("POST", "/a").status_code)
        except ConnectorError as error:
            outcomes.append(type(error).__name__)
    http.close()
    server.close()
    return outcomes, faults.writes


def test_chaos_of_a_seed_is_the_same_every_time_and_another_one_is_not():
    first, arrived = every_round(1)
    assert every_round(1) == (first, arrived)
    assert every_round(2)[0] != first
    assert set(first) == {200, "Unavailable"}, "a 503 was repeated; what may be done was not"
    lost = arrived - first.count(200)
    assert 0 < lost < first.count("Unavailable"), "some were carried out and their answers lost"


def test_a_writer_in_chaos_tells_no_lies():
    with memory_subject() as subject:
        odds = Odds(lose=0.3, refuse=0.2, cut=0.2, delay=0.1)
        people = [f"7{number:03}" for number in range(60)]
        changes = [
            change
            for person in people
            for change in (
                create(subject, person),
                UpdateAccount(target="subject", person=person, after={"title": "Cook"}),
            )
        ]
        with subject.writer() as inner:
            receipts = list(ChaosWriter(inner, seed=3, odds=odds).apply(iter(changes)))
        assert [receipt.change for receipt in receipts] == [change.id for change in changes]
        assert {receipt.outcome for receipt in receipts} == {
            Outcome.DONE,
            Outcome.FAILED,
            Outcome.IN_DOUBT,
            Outcome.SET_ASIDE,
        }
        accounts = subject.read()
        there = set(accounts.accounts["person"])
        cooks = set(accounts.accounts.loc[accounts.attributes["title"] == "Cook", "person"])
        created = {one.person for one in receipts if one.verb == "create"}
        assert created == set(people)
        for receipt in receipts:
            holds = receipt.person in (there if receipt.verb == "create" else cooks)
            if receipt.outcome is Outcome.DONE:
                assert holds
            if receipt.outcome in {Outcome.FAILED, Outcome.SET_ASIDE}:
                assert not holds
        doubted = [one for one in receipts if one.outcome is Outcome.IN_DOUBT]
        assert any(one.person in there for one in doubted if one.verb == "create")
        assert isinstance(changes[0], CreateAccount)
