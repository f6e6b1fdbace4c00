"""What holds for every verb of `afas.user`: lost replies, conflicts, missing users, their code."""

import pytest

from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    UpdateAccount,
)
from connectors.model.receipt import Outcome
from tests.connectors.afas.lab import bodies, calls, user_change

JANINE = "1000001"
NEW_CODE = "12345.JVDB"
LOGIN = {"Upn": "janine@example.org", "EmAd": "janine@example.org"}

VERBS = {
    "create": (CreateAccount, None, {"create_user": True}),
    "update": (UpdateAccount, LOGIN, {}),
    "rename": (UpdateAccount, {"Gebruiker": NEW_CODE, **LOGIN}, {"update_user_id": True}),
    "enable": (EnableAccount, {"enabled": True, **LOGIN}, {}),
    "disable": (DisableAccount, {"enabled": False}, {}),
    "disable and leave groups": (
        DisableAccount,
        {"enabled": False},
        {"on_disable": "block_and_leave_groups"},
    ),
    "delete": (DeleteAccount, {"enabled": False, "InSi": False}, {}),
}
LOST = [(verb, 0) for verb in VERBS] + [("rename", 1), ("delete", 1)]
"""Verb, and which of its writes gets no reply."""
UNSEEN = {("disable and leave groups", 0), ("delete", 0)}
"""Writes that take a user out of groups: no reading shows that, so they are repeated."""


def prepared(afas, verb, create):
    """A change of a verb, and an environment in which there is something to do."""
    kind, after, settings = VERBS[verb]
    if verb == "enable":
        afas.user_of(JANINE).blocked = True
        afas.records.touch()
    change = create if kind is CreateAccount else user_change(kind, JANINE, after)
    return change, settings


@pytest.mark.parametrize(("verb", "place"), LOST)
def test_a_lost_reply_is_settled_by_reading_and_nothing_is_done_twice(
    afas, create, apply_user, verb, place
):
    change, settings = prepared(afas, verb, create)
    afas.fail_next("drop_reply", verb="PUT", connector="KnUser", after=place)
    [receipt] = apply_user(change, **settings)
    assert receipt.outcome is Outcome.DONE
    puts = [at for at, call in enumerate(afas.calls) if call.verb == "PUT"]
    assert calls(afas)[puts[place] + 1] == "GET T4E_HelloID_Users_v2"
    repeated = (verb, place) in UNSEEN
    assert len(puts) == (2 if verb in {"rename", "delete"} else 1) + repeated
    assert repeated or "confirmed by read" in receipt.detail
    assert afas.counts["inserted_users"] == (verb == "create")


@pytest.mark.parametrize("verb", VERBS)
def test_a_conflict_is_tried_again_whatever_the_verb(afas, create, apply_user, waits, verb):
    change, settings = prepared(afas, verb, create)
    afas.fail_next("conflict", verb="PUT", times=2)
    [receipt] = apply_user(change, **settings)
    assert receipt.outcome is Outcome.DONE
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("verb", "outcome"),
    [
        ("update", Outcome.FAILED),
        ("rename", Outcome.FAILED),
        ("enable", Outcome.FAILED),
        ("disable", Outcome.ALREADY),
        ("disable and leave groups", Outcome.ALREADY),
        ("delete", Outcome.ALREADY),
    ],
)
def test_only_taking_away_succeeds_where_there_is_no_user(afas, apply_user, verb, outcome):
    kind, after, settings = VERBS[verb]
    before = afas.records.to_bytes()
    change = user_change(kind, "9999999", after, ref="12345.9999999")
    [receipt] = apply_user(change, **settings)
    assert receipt.outcome is outcome
    if outcome is Outcome.ALREADY:
        assert "not visible" in receipt.detail
    assert afas.records.to_bytes() == before


@pytest.mark.parametrize("verb", VERBS)
def test_the_description_goes_along_on_request_and_is_the_one_that_profit_has(
    afas, create, apply_user, verb
):
    change, settings = prepared(afas, verb, create)
    afas.user_of(JANINE).description = "J. Boele (ward 3)"
    afas.records.touch()
    apply_user(change, send_description=True, **settings)
    wanted = "Kim Smit" if verb == "create" else "J. Boele (ward 3)"
    assert {body["Nm"] for body in bodies(afas)} == {wanted}


@pytest.mark.parametrize("verb", ["create", "update", "enable", "delete"])
@pytest.mark.parametrize("field", ["MtCd", "UsIdNew", "Pw", "Acon", "MatchPer", "BcCo"])
def test_what_is_done_never_comes_from_a_mapping(afas, create, apply_user, verb, field):
    change, settings = prepared(afas, verb, create)
    object.__setattr__(change, "after", {**change.after, field: "0"})
    [receipt] = apply_user(change, **settings)
    assert receipt.outcome is Outcome.FAILED
    assert f"{field} is never updated" in receipt.detail
    assert afas.writes == []


def test_no_verb_deletes_or_inserts_a_person(afas, create, apply_user):
    for verb in VERBS:
        change, settings = prepared(afas, verb, create)
        apply_user(change, **settings)
    assert (afas.counts["deletes"], afas.counts["inserted_persons"]) == (0, 0)
    assert {call.verb for call in afas.calls} == {"GET", "PUT"}
    assert len(afas.records.users) == 3
