"""When Google is late, busy or silent: nothing twice, nothing in silence, and no hurry."""

from contextlib import closing

import pytest

from connectors.google_workspace import open_reader
from connectors.model.errors import Misconfigured, Unreachable
from tests.connectors.google_workspace.lab import (
    PERSON,
    TARGET,
    apply,
    create,
    delete,
    disable,
    enable,
    grant,
    outcomes,
    passwords,
    read,
    revoke,
    settings_of,
    update,
)


@pytest.fixture(params=[1, 50], ids=["single", "batched"])
def size(request):
    return {"batch_size": request.param}


def made(served, **values):
    return apply(served, create(**values))[0].ref


def test_a_new_account_that_cannot_be_seen_yet_is_waited_for(served, size, waits):
    switches = served.workspace.switches
    switches.hidden_answers, switches.forbidden_answers = 2, 1
    key = served.workspace.holder("it@example.org")
    receipts = apply(served, create(), grant(None, key), enable(), **size)
    assert outcomes(receipts) == ["done", "done", "done"]
    assert served.account(PERSON)["groups"] == ["it@example.org"]


def test_patience_ends(served, size, waits):
    served.workspace.switches.hidden_answers = 100
    receipts = apply(served, create(), enable(), patience_seconds=2.0, **size)
    assert outcomes(receipts) == ["done", "failed"]


def test_an_account_that_somebody_else_made_is_not_waited_for(served, size, waits):
    [receipt] = apply(served, enable("100000000000000000000"), **size)
    assert receipt.outcome.value == "failed"
    assert waits == []


def test_a_group_that_is_gone_is_not_waited_for(served, size, waits):
    receipts = apply(served, create(), grant(None, "0123"), **size)
    assert outcomes(receipts) == ["done", "failed"]
    assert waits == []


@pytest.mark.parametrize(
    "reason", ["userRateLimitExceeded", "quotaExceeded", "rateLimitExceeded", "backendError"]
)
def test_reasons_that_mean_later_are_waited_out(served, size, waits, reason):
    served.refuse(reason, only="POST /users", count=2)
    assert outcomes(apply(served, create(), **size)) == ["done"]
    assert len(served.accounts()[PERSON]) == 1


def test_google_asks_for_a_time_and_gets_it(served, waits):
    served.refuse("rateLimitExceeded", only="GET /users*", retry_after=7)
    read(served)
    assert max(waits) >= 7


def test_a_quota_that_stays_spent_ends_the_reading(served, waits):
    served.workspace.switches.queries_per_minute = 4
    with pytest.raises(Unreachable, match="Rate Limit"):
        read(served, calls_per_minute=60_000)


def test_a_quota_of_ours_keeps_googles_from_being_met(served, waits):
    read(served, calls_per_minute=3)
    assert sum(waits) > 60  # a dozen calls at three a minute


def test_the_limit_of_the_day_ends_the_run_at_once(served, waits):
    served.refuse("dailyLimitExceeded", only="GET /users*", count=10)
    with pytest.raises(Unreachable, match="24 hours"):
        read(served)
    assert waits == []


def test_two_writers_at_one_user_take_turns(served, size, waits):
    ref = made(served)
    served.refuse("conflict", only="PUT /users/*", count=2)
    assert outcomes(apply(served, update(ref, title="Head nurse"), **size)) == ["done"]


def test_a_conflict_that_stays_fails_the_change(served, size, waits):
    ref = made(served)
    served.refuse("conflict", only="PUT /users/*", count=100)
    [receipt] = apply(served, update(ref, title="Head nurse"), **size)
    assert receipt.outcome.value == "failed"
    assert "Conflicting requests" in receipt.detail


def test_a_lost_answer_to_a_create_makes_one_account_with_the_password_that_was_handed_over(
    served, size, waits
):
    served.faults.next(after_applying=True, only="POST /users")
    [receipt] = apply(served, create(), **size)
    assert receipt.outcome.value == "done"
    [user] = served.accounts()[PERSON]
    served.workspace.users[user["id"]]["suspended"] = False
    assert served.can_sign_in("janine@example.org", passwords(served)["janine@example.org"])


def test_a_lost_create_that_cannot_be_seen_yet_is_confirmed_in_the_end(served, size, waits):
    served.workspace.switches.hidden_answers = 2
    served.faults.next(after_applying=True, only="POST /users")
    [receipt] = apply(served, create(), **size)
    assert receipt.outcome.value == "done"
    assert len(served.accounts()[PERSON]) == 1


def test_lost_answers_to_other_writes_are_looked_up(served, size, waits):
    ref = made(served)
    key = served.workspace.holder("it@example.org")
    for only, change in (
        ("PUT *", update(ref, title="Head nurse", primaryEmail="jan@example.org")),
        ("PUT *", enable(ref)),
        ("POST *aliases", update(ref, aliases=("janine@example.org", "j@example.org"))),
        ("DELETE *aliases*", update(ref, aliases=("j@example.org",))),
        ("POST *members", grant(ref, key)),
        ("PATCH *members*", grant(ref, f"{key}:MANAGER")),
        ("DELETE *members*", revoke(ref, key)),
        ("PUT *", disable(ref)),
        ("DELETE *", delete(ref)),
    ):
        served.faults.next(after_applying=True, only=only)
        [receipt] = apply(served, change, **size)
        assert receipt.outcome.succeeded, (only, receipt.detail)
        served.faults.heal()
    assert ref in served.workspace.deleted


def test_a_lost_answer_to_bringing_back_is_looked_up(served, size, waits):
    ref = made(served)
    apply(served, delete(ref))
    served.faults.next(after_applying=True, only="POST *undelete")
    [receipt] = apply(served, create(), undelete=True, **size)
    assert (receipt.outcome.value, receipt.ref) == ("done", ref)


def test_check_says_what_did_not_answer(served, waits):
    served.faults.next(status=500, count=-1)
    with closing(open_reader(settings_of(served), TARGET)) as reader:
        bad = [one.subject for one in reader.check() if not one.ok]
    assert bad == ["organisational units", "domains", "groups", "subject admin@example.org"]


def test_an_answer_that_is_lost_twice_is_in_doubt(served, size, waits):
    ref = made(served)
    served.faults.next(count=-1, only="PUT *")
    [receipt] = apply(served, update(ref, title="Head nurse"), **size)
    assert receipt.outcome.value == "in_doubt"


def test_one_part_that_breaks_harms_no_other(served, waits):
    refs = {n: apply(served, create(n, primaryEmail=f"u{n}@example.org"))[0].ref for n in "123"}
    served.refuse("invalid", only=f"PUT /users/{refs['2']}")
    changes = [update(ref, person, title="Carer") for person, ref in refs.items()]
    receipts = apply(served, *changes, batch_size=50)
    assert {one.person: one.outcome.value for one in receipts} == {
        "1": "done",
        "2": "failed",
        "3": "done",
    }


def test_a_page_in_place_of_an_answer_is_no_empty_directory(served):
    served.faults.next(status=200, body=b"<html>Sign in</html>", only="GET /users*")
    with pytest.raises(Misconfigured, match="not the JSON"):
        read(served)
