"""Conversations without I/O: questions, answers, errors, pauses."""

import pytest

from connectors.model.errors import NotFound, TimedOut
from connectors.sdk.calls import WAITED, Call, Pause, Reply, alone


def talk(steps, *answers):
    """What came of a conversation, what was sent, and what was waited."""
    answers, sent, waits = list(answers), [], []

    def send(call):
        sent.append(str(call))
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return alone(steps, send, sleep=waits.append), sent, waits


def test_a_conversation_goes_on_with_what_it_was_told():
    def steps():
        made = yield Call("POST", "/users?$select=id", json={})
        return (yield Call("GET", f"/users/{made.json['id']}")).json

    result, sent, _ = talk(steps(), Reply(201, {"id": "7"}), Reply(200, {"name": "Bo"}))
    assert result == {"name": "Bo"}
    assert sent == ["POST /users", "GET /users/7"]


def test_an_error_is_thrown_to_where_the_call_was_made():
    def steps():
        try:
            yield Call("POST", "/users")
        except TimedOut:
            return (yield Call("GET", "/users")).json
        return "not reached"

    result, sent, _ = talk(steps(), TimedOut("…"), Reply(200, ["there"]))
    assert (result, sent) == (["there"], ["POST /users", "GET /users"])


def test_an_error_that_nobody_catches_ends_the_conversation():
    def steps():
        yield Call("GET", "/users/1")

    with pytest.raises(NotFound):
        talk(steps(), NotFound("gone"))


def test_a_pause_is_waited_for_and_answered():
    def steps():
        return (yield Pause(2.5))

    assert talk(steps()) == (WAITED, [], [2.5])


def test_a_conversation_may_have_nothing_to_say():
    def steps():
        return "already"
        yield

    assert talk(steps()) == ("already", [], [])


def test_a_part_of_a_conversation_is_a_conversation():
    def look(ref):
        return (yield Call("GET", f"/users/{ref}")).status

    def steps():
        return (yield from look("1")), (yield from look("2"))

    result, sent, _ = talk(steps(), Reply(200), Reply(204))
    assert (result, sent) == ((200, 204), ["GET /users/1", "GET /users/2"])
