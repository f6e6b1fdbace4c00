"""How requests travel: batches, chains in them, throttling, pages, tokens."""

import pytest

from connectors.entra_id.graph import Followed, Graph
from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    Misconfigured,
    RateLimited,
    Unavailable,
)
from connectors.model.receipt import Outcome
from connectors.sdk.calls import Call, Reply
from connectors.sdk.trouble import Trouble
from tests.connectors.entra_id.lab import create, grant, update

DONE = Outcome.DONE


@pytest.fixture
def graph(lab):
    connection = Graph(lab.settings(), "entra_id", read_only=False)
    yield connection
    connection.close()


def body(name, person="1"):
    return {
        "accountEnabled": False,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": f"{name}@example.org",
        "employeeId": person,
        "passwordProfile": {"password": "Correct-Horse-7"},
    }


def test_forty_creates_are_two_calls_in_batches_and_forty_without(lab):
    lab.apply(*(create(str(number)) for number in range(40)), concurrency=1)
    assert lab.count("POST /v1.0/$batch") == 2
    lab.apply(*(create(str(number)) for number in range(100, 140)), batch_size=1)
    assert lab.count("POST /v1.0/$batch") == 2
    assert lab.count("POST /v1.0/users") == 80


def test_every_part_of_a_batch_has_an_outcome_of_its_own(graph, lab):
    lab.create("7", userPrincipalName="taken@example.org", mail=None, mailNickname="taken")
    good, taken, limited = graph.send_together(
        [Call("POST", "/users", json=body(name)) for name in ("a", "taken")]
        + [Call("GET", "/users/nobody")]
    )
    assert isinstance(good, Reply)
    assert isinstance(taken, AlreadyExists)
    assert isinstance(limited, ConnectorError)
    assert "nobody" in str(limited)


def test_what_follows_depends_on_what_goes_before(graph, lab):
    ref = lab.create()
    look = Call("GET", f"/users/{ref}", params={"$select": "id,jobTitle"})
    patch = ("PATCH", f"/users/{ref}", {"jobTitle": "Nurse"}, {}, None)
    wrong = ("PATCH", f"/users/{ref}", {"nonsense": "x"}, {}, None)
    done, refused = graph.send_together([Followed(*patch, look), Followed(*wrong, look)])
    assert isinstance(done, Reply)
    assert (done.status, done.json["jobTitle"]) == (204, "Nurse")
    assert isinstance(refused, ConnectorError)
    assert lab.count("POST /v1.0/$batch") == 2  # one of them made the account
    assert graph.send(Followed(*patch, look)).json["jobTitle"] == "Nurse"


def test_twenty_calls_with_something_behind_them_are_two_batches(graph, lab):
    refs = [lab.create(str(number)) for number in range(20)]
    before = lab.count("POST /v1.0/$batch")
    calls = [
        Followed("PATCH", path, {"jobTitle": "x"}, {}, None, Call("GET", path))
        for path in (f"/users/{ref}" for ref in refs)
    ]
    answers = graph.send_together(calls)
    assert [answer.json["id"] for answer in answers if isinstance(answer, Reply)] == refs
    assert lab.count("POST /v1.0/$batch") == before + 2


def test_an_answer_that_is_missing_from_a_batch_leaves_its_call_in_doubt(graph, monkeypatch):
    monkeypatch.setattr(
        graph._http, "send", lambda call: Reply(200, {"responses": [{"id": "0", "status": 204}]})
    )
    first, second = graph.send_together([Call("DELETE", "/users/1"), Call("DELETE", "/users/2")])
    assert isinstance(first, Reply)
    assert isinstance(second, Unavailable)


@pytest.mark.parametrize("told", [3, None])
def test_a_part_that_is_told_to_slow_down_is_sent_again(lab, waits, told):
    lab.faults.next(status=429, only="POST /v1.0/users", retry_after=told, count=2)
    receipts = lab.apply(*(create(str(number)) for number in range(5)))
    assert [receipt.outcome for receipt in receipts] == [DONE] * 5
    assert all(len(lab.users_of(str(number))) == 1 for number in range(5))


def test_by_rate_everybody_is_written_in_the_end(lab, waits):
    lab.tenant.switches.requests_per_window = 15
    receipts = lab.apply(*(create(str(number)) for number in range(30)), concurrency=1)
    assert {receipt.outcome for receipt in receipts} == {DONE}


def test_a_single_call_is_sent_again_after_the_time_it_was_told(lab, waits):
    lab.faults.next(status=429, only="POST /v1.0/users", retry_after=7)
    assert lab.one(create(), batch_size=1).outcome is DONE
    assert waits == [7.0]


def test_a_reading_slows_down_as_well(lab, waits):
    lab.faults.next(status=429, only="GET /v1.0/groups", retry_after=2, count=2)
    assert len(lab.read())
    assert waits == [2.0, 2.0]


def test_a_batch_that_is_lost_is_settled_for_everybody_in_it(lab):
    refs = [lab.create(str(number)) for number in range(3)]
    group = lab.group("G-IT")
    lab.faults.next(after_applying=True, only="POST */members/$ref")
    receipts = lab.apply(*(grant(ref, group.id, str(n)) for n, ref in enumerate(refs)))
    assert all(receipt.outcome.succeeded for receipt in receipts)
    assert set(group.members) == set(refs)


def test_a_token_is_renewed_when_it_expires_on_the_way(lab):
    lab.tenant.switches.token_seconds = 3600
    ref = lab.create()
    issued = lab.graph.tokens.issued
    lab.graph.tokens.revoke_all()
    assert lab.one(update(ref, jobTitle="Nurse")).outcome is DONE
    assert lab.graph.tokens.issued > issued


def test_one_token_serves_a_whole_run(lab):
    issued = lab.graph.tokens.issued
    lab.apply(*(create(str(number)) for number in range(50)))
    assert lab.graph.tokens.issued == issued + 1


def test_a_page_that_leads_to_itself_is_an_error(graph, monkeypatch, lab):
    lab.faults.order(Trouble.REPEATED_PAGE, writing=False)
    with pytest.raises(Misconfigured, match="earlier one"):
        lab.read(page_size=1)


def test_a_next_link_to_another_host_is_not_followed(lab, monkeypatch):
    monkeypatch.setattr(
        "connectors.entra_id.sandbox.users.next_link",
        lambda *_: "https://elsewhere.example/v1.0/users",
    )
    with pytest.raises(Misconfigured, match="another host"):
        lab.read(page_size=1)


def test_a_web_page_instead_of_graph_is_an_error(lab):
    lab.faults.next(status=200, only="GET /v1.0/users", body=b"<html>Sign in</html>")
    with pytest.raises(Misconfigured, match="not what Graph sends"):
        lab.read()


def test_too_long_a_wait_is_not_waited_for(graph, lab, waits):
    lab.faults.next(status=429, only="GET /v1.0/users/x", retry_after=600)
    [answer] = graph.send_together([Call("GET", "/users/x")])
    assert isinstance(answer, RateLimited)
    assert answer.retry_after_seconds == 600
