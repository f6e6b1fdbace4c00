import pandas as pd
import pytest

from connectors.model.accounts import Accounts
from connectors.model.change import (
    CHANGES,
    CreateAccount,
    DeleteAccount,
    RevokePermission,
    Verb,
)
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from connectors.sdk.fanout import receipt_of
from tasks.settle import recall, settle_intents
from tests.tasks.lifecycle.landscape import NOON

GROUP = {"permission": "g", "name": "G"}


def reading(**account):
    records = {"a1": {"person": "1", "enabled": True, "container": "OU=Active", **account}}
    return Accounts.from_records(
        target="ad",
        records=records,
        attributes={"a1": {"title": "Nurse", "mail": "A@example.org"}},
        taken_at=NOON,
        grants=[("a1", "g")],
        permissions={"g": "G", "h": "H"},
    )


def change(verb, *, ref="a1", person="1", **content):
    return CHANGES[verb](target="ad", person=person, ref=ref, because=("rule:x",), **content)


def settled(intent, held=None, correlations=None):
    readings = {"ad": held if held is not None else reading()}
    found = settle_intents([intent], readings, correlations or {})
    assert list(found) == [intent.id]
    return found[intent.id]


HAPPENED = {
    "created": change(Verb.CREATE, ref=None, after={"title": "Nurse"}),
    "correlated": change(Verb.CORRELATE),
    "enabled": change(Verb.ENABLE, after={"enabled": True}),
    "enabled behind a create": change(Verb.ENABLE, ref=None, after={"enabled": True}),
    "moved": change(Verb.MOVE, after={"container": "ou=active"}),
    "updated": change(Verb.UPDATE, after={"title": "Nurse", "mail": "a@example.org"}),
    "cleared": change(Verb.UPDATE, after={"phone": CLEAR}),
    "granted": change(Verb.GRANT, after=GROUP),
    "revoked": change(Verb.REVOKE, before={"permission": "h", "name": "H"}),
    "deleted": change(Verb.DELETE, ref="gone"),
    "cleared by a delete": change(Verb.DELETE, after={"phone": CLEAR, "title": "nurse"}),
    "enabled and updated": change(Verb.ENABLE, after={"enabled": True, "title": "Nurse"}),
    "disabled what is gone": change(Verb.DISABLE, ref="gone", after={"enabled": False}),
    "revoked what is gone": change(Verb.REVOKE, ref="gone", before=GROUP),
}
DID_NOT = {
    "created": change(Verb.CREATE, ref=None, person="2", after={"title": "Nurse"}),
    "correlated": change(Verb.CORRELATE, ref="gone"),
    "disabled": change(Verb.DISABLE, after={"enabled": False}),
    "enabled what is gone": change(Verb.ENABLE, ref="gone", after={"enabled": True}),
    "moved": change(Verb.MOVE, after={"container": "OU=Shut"}),
    "updated half": change(Verb.UPDATE, after={"title": "Nurse", "mail": "b@example.org"}),
    "updated to what is not read": change(Verb.UPDATE, after={"phone": "1"}),
    "cleared": change(Verb.UPDATE, after={"title": CLEAR}),
    "granted": change(Verb.GRANT, after={"permission": "h", "name": "H"}),
    "revoked": change(Verb.REVOKE, before=GROUP),
    "deleted": change(Verb.DELETE),
    "cleared by a delete": change(Verb.DELETE, after={"phone": CLEAR, "title": CLEAR}),
    "emptied and not shut by a delete": change(
        Verb.DELETE, after={"phone": CLEAR, "enabled": False}
    ),
    "enabled and not updated": change(Verb.ENABLE, after={"enabled": True, "title": "Carer"}),
}


@pytest.mark.parametrize("intent", HAPPENED.values(), ids=HAPPENED)
def test_what_is_so_now_counts_as_done(intent):
    receipt = settled(intent)
    assert receipt.outcome is Outcome.DONE
    assert "confirmed by read" in receipt.detail
    assert (receipt.verb, receipt.person) == (intent.verb, intent.person)


@pytest.mark.parametrize("intent", DID_NOT.values(), ids=DID_NOT)
def test_what_is_not_so_counts_as_failed_and_is_planned_again(intent):
    receipt = settled(intent)
    assert receipt.outcome is Outcome.FAILED
    assert "planned again" in receipt.detail


def test_a_created_account_is_found_by_its_number_and_linked():
    assert settled(HAPPENED["created"]).ref == "a1"


def test_a_created_account_is_found_by_what_the_profile_correlates_by():
    intent = change(Verb.CREATE, ref=None, person="p")
    assert settled(intent, correlations={"ad": {"p": "1"}}).ref == "a1"


def test_a_person_who_left_hr_meanwhile_is_still_found_by_their_number():
    for correlations in ({"ad": {}}, {"ad": {"1": None}}):
        assert settled(HAPPENED["created"], correlations=correlations).ref == "a1"


def test_two_accounts_of_one_number_confirm_nothing():
    held = Accounts.from_records(
        target="ad",
        records={"a1": {"person": "1"}, "a2": {"person": "1"}},
        attributes={},
        taken_at=NOON,
    )
    assert settled(HAPPENED["created"], held).outcome is Outcome.FAILED


def test_a_target_that_knows_no_state_confirms_none():
    intent = change(Verb.ENABLE, after={"enabled": True})
    assert settled(intent, reading(enabled=None)).outcome is Outcome.FAILED


def test_a_target_that_is_not_read_leaves_it_in_doubt():
    intent = change(Verb.UPDATE, after={"title": "Nurse"})
    (receipt,) = settle_intents([intent], {}, {}).values()
    assert receipt.outcome is Outcome.IN_DOUBT


# --- What a preview makes of it -------------------------------------------------------------------

LINKS = pd.DataFrame([("app", "1", "r1"), ("app", "2", "r2")], columns=["target", "person", "ref"])
GRANTS = pd.DataFrame(
    [("app", "1", "g"), ("app", "2", "g")], columns=["target", "person", "permission"]
)


def recalled(change, outcome=Outcome.DONE, ref=None):
    links, grants = recall(LINKS, GRANTS, [(change, receipt_of(change, outcome, ref=ref))])
    return (
        set(links[["person", "ref"]].itertuples(index=False, name=None)),
        set(grants[["person", "permission"]].itertuples(index=False, name=None)),
    )


def test_a_revoke_that_happened_is_recalled_as_gone():
    revoke = RevokePermission(target="app", person="1", ref="r1", before=GROUP)
    assert recalled(revoke) == ({("1", "r1"), ("2", "r2")}, {("2", "g")})


def test_a_delete_that_happened_takes_link_and_grants_along():
    delete = DeleteAccount(target="app", person="1", ref="r1")
    assert recalled(delete) == ({("2", "r2")}, {("2", "g")})


def test_what_did_not_happen_is_not_recalled():
    create = CreateAccount(target="app", person="3")
    assert recalled(create, Outcome.FAILED)[0] == {("1", "r1"), ("2", "r2")}
    assert ("3", "r3") in recalled(create, ref="r3")[0]
