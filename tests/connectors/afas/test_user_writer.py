"""The verbs of `afas.user`, each with what AFAS is sent and what becomes of a lost reply."""

import pytest

from connectors.afas.sandbox.records import User
from connectors.model.change import (
    CreateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    UpdateAccount,
)
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR
from tests.connectors.afas.lab import bodies, calls, user_change

JANINE, SEAN = "1000001", "1000002"
MAIL = "janine@example.org"
CODE = f"12345.{JANINE}"
NEW_CODE = "12345.JVDB"
LOGIN = {"Upn": MAIL, "EmAd": MAIL}


@pytest.fixture
def janine(afas) -> User:
    """A user with everything that a leaver is to lose."""
    user = afas.user_of(JANINE)
    user.fields |= {**LOGIN, "InSi": True, "Site": True, "Awin": True}
    afas.records.groups["WARD"] = "Ward"
    user.groups.append("WARD")
    afas.records.touch()
    return user


# --- create ---------------------------------------------------------------------------------------


def test_a_new_user_hangs_under_the_person_and_has_every_right_named(afas, create, apply_user, kim):
    [receipt] = apply_user(create, create_user=True)
    assert receipt.outcome is Outcome.DONE
    assert receipt.ref == f"12345.{kim}"
    assert calls(afas) == ["GET Profit_Users", "PUT KnUser"]
    rights = {"InSi": True, "Site": False, "Awin": False, "OcUs": False, "PoMa": False}
    assert bodies(afas) == [
        {"UsId": f"12345.{kim}", "MtCd": "1", "BcCo": kim, "Nm": "Kim Smit"}
        | {**rights, "AcUs": False, "Upn": "kim@example.org"}
    ]
    made = afas.user_of(kim)
    assert (made.description, made.blocked) == ("Kim Smit", False)
    assert (made.fields["InSi"], made.fields["Awin"]) == (True, False)


def test_a_code_of_somebody_else_is_never_written_to(afas, create, apply_user):
    taken = user_change(CreateAccount, create.person, {**create.after, "Gebruiker": CODE}, ref=None)
    before = afas.records.to_bytes()
    [receipt] = apply_user(taken, create_user=True)
    assert receipt.outcome is Outcome.FAILED
    assert f"user {CODE} exists and belongs to somebody else" in receipt.detail
    assert afas.writes == []
    assert afas.records.to_bytes() == before


def test_creating_twice_makes_one_user(afas, create, apply_user, kim):
    receipts = [apply_user(create, create_user=True)[0] for _ in range(2)]
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE, Outcome.ALREADY]
    assert {receipt.ref for receipt in receipts} == {f"12345.{kim}"}
    assert len(afas.writes) == 1


def test_a_create_that_never_arrived_is_sent_again_after_another_look(afas, create, apply_user):
    afas.fail_next("cut", verb="PUT")
    [receipt] = apply_user(create, create_user=True)
    assert receipt.outcome is Outcome.DONE
    assert calls(afas) == [
        "GET Profit_Users",
        "PUT KnUser",
        "GET T4E_HelloID_Users_v2",
        "GET Profit_Users",
        "PUT KnUser",
    ]
    assert afas.counts["inserted_users"] == 1


def test_a_create_that_is_lost_twice_is_in_doubt(afas, create, apply_user):
    afas.fail_next("cut", verb="PUT", times=2)
    [receipt] = apply_user(create, create_user=True)
    assert receipt.outcome is Outcome.IN_DOUBT


def test_a_value_in_use_stops_a_create_with_the_words_of_afas(afas, create, apply_user):
    afas.user_of(SEAN).fields["Upn"] = "Kim@example.org"
    afas.records.touch()
    [receipt] = apply_user(create, create_user=True)
    assert receipt.outcome is Outcome.FAILED
    assert afas.errors[-1].message in receipt.detail
    assert afas.errors[-1].reference in receipt.detail
    assert afas.counts["inserted_users"] == 0


@pytest.mark.parametrize(
    ("missing", "said"),
    [("Gebruiker", "map Gebruiker"), ("Nm", "map Nm"), ("BcCo", "person number is not known")],
)
def test_a_create_without_what_it_needs_sends_nothing(afas, create, apply_user, missing, said):
    after = {name: value for name, value in create.after.items() if name != missing}
    change = user_change(CreateAccount, create.person, after, ref=None)
    if missing == "BcCo":
        object.__setattr__(change, "context", {})
    [receipt] = apply_user(change, create_user=True)
    assert receipt.outcome is Outcome.FAILED
    assert said in receipt.detail
    assert afas.calls == []


def test_changes_behind_a_create_find_the_new_user(afas, create, apply_user, kim):
    disable = user_change(DisableAccount, kim, {"enabled": False}, ref=None)
    receipts = apply_user(create, disable, create_user=True)
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE, Outcome.DONE]
    assert afas.user_of(kim).blocked


def test_users_are_made_on_request_only(afas, create, apply_user):
    [receipt] = apply_user(create)
    assert "has no create" in receipt.detail
    assert afas.calls == []


# --- another user code ----------------------------------------------------------------------------


@pytest.fixture
def rename():
    return user_change(UpdateAccount, JANINE, {"Gebruiker": NEW_CODE, "Upn": MAIL})


def test_another_code_is_written_first_read_back_and_the_rest_sent_under_it(
    afas, rename, apply_user
):
    disable = user_change(DisableAccount, JANINE, {"enabled": False})
    receipts = apply_user(rename, disable, update_user_id=True)
    assert [receipt.outcome for receipt in receipts] == [Outcome.DONE, Outcome.DONE]
    assert {receipt.ref for receipt in receipts} == {NEW_CODE}
    assert receipts[0].detail == f"the user code is {NEW_CODE} now"
    assert bodies(afas) == [
        {"UsId": CODE, "MtCd": "4", "UsIdNew": NEW_CODE},
        {"UsId": NEW_CODE, "MtCd": "1", "Upn": MAIL},
        {"UsId": NEW_CODE, "MtCd": "2"},
    ]
    assert calls(afas)[:3] == ["PUT KnUser", "GET T4E_HelloID_Users_v2", "PUT KnUser"]


def test_a_code_that_was_changed_before_is_no_failure(afas, rename, apply_user):
    first, second = (apply_user(rename, update_user_id=True)[0] for _ in range(2))
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.ALREADY)
    assert second.ref == NEW_CODE


def test_the_code_of_somebody_else_is_refused_and_nothing_else_is_sent(afas, apply_user):
    change = user_change(UpdateAccount, JANINE, {"Gebruiker": f"12345.{SEAN}", "Upn": MAIL})
    [receipt] = apply_user(change, update_user_id=True)
    assert receipt.outcome is Outcome.FAILED
    assert f"user code 12345.{SEAN} is somebody else's" in receipt.detail
    assert len(afas.writes) == 1
    assert afas.user_of(JANINE).code == CODE
    assert "Upn" not in afas.user_of(SEAN).fields


def test_a_failure_behind_a_new_code_says_that_the_code_is_new(afas, rename, apply_user):
    afas.user_of(SEAN).fields["Upn"] = MAIL
    afas.records.touch()
    [receipt] = apply_user(rename, update_user_id=True)
    assert receipt.outcome is Outcome.FAILED
    assert f"the user code is {NEW_CODE} now; then:" in receipt.detail


def test_a_code_that_afas_took_and_does_not_show_is_in_doubt(afas, rename, apply_user):
    afas.fail_next("cut", verb="GET", times=99)
    [receipt] = apply_user(rename, update_user_id=True)
    assert receipt.outcome is Outcome.IN_DOUBT
    assert len(afas.writes) == 1


def test_a_user_who_was_blocked_gets_another_code_and_is_unblocked_under_it(afas, apply_user):
    afas.user_of(JANINE).blocked = True
    change = user_change(EnableAccount, JANINE, {"enabled": True, "Gebruiker": NEW_CODE, **LOGIN})
    [receipt] = apply_user(change, update_user_id=True)
    assert (receipt.outcome, receipt.ref) == (Outcome.DONE, NEW_CODE)
    assert receipt.detail == f"the user code is {NEW_CODE} now"
    assert bodies(afas) == [
        {"UsId": CODE, "MtCd": "4", "UsIdNew": NEW_CODE},
        {"UsId": NEW_CODE, "MtCd": "6", **LOGIN},
    ]


def test_codes_are_changed_on_request_only(afas, rename, apply_user):
    [receipt] = apply_user(rename)
    assert receipt.outcome is Outcome.FAILED
    assert "Gebruiker is never updated" in receipt.detail
    assert afas.calls == []


# --- enable and disable ---------------------------------------------------------------------------


def test_unblocking_carries_the_fields_that_differ_in_one_put(afas, apply_user):
    afas.user_of(JANINE).blocked = True
    [receipt] = apply_user(user_change(EnableAccount, JANINE, {"enabled": True, **LOGIN}))
    assert (receipt.outcome, receipt.produced) == (Outcome.DONE, LOGIN)
    assert bodies(afas) == [{"UsId": CODE, "MtCd": "6", **LOGIN}]
    assert not afas.user_of(JANINE).blocked


def test_an_unblocked_user_that_lacks_a_field_gets_an_ordinary_update(afas, apply_user):
    afas.user_of(JANINE).fields["Upn"] = MAIL
    afas.records.touch()
    [receipt] = apply_user(user_change(EnableAccount, JANINE, {"enabled": True, **LOGIN}))
    assert receipt.outcome is Outcome.DONE
    assert bodies(afas)[-1] == {"UsId": CODE, "MtCd": "1", "EmAd": MAIL}


def test_a_licence_that_is_used_up_fails_and_leaves_the_user_blocked(afas, apply_user):
    afas.user_of(JANINE).blocked = True
    afas.records.touch()
    afas.switches.max_licences = 1
    [receipt] = apply_user(user_change(EnableAccount, JANINE, {"enabled": True}))
    assert receipt.outcome is Outcome.FAILED
    assert "licence" in receipt.detail
    assert afas.user_of(JANINE).blocked


@pytest.mark.parametrize(
    ("on_disable", "action", "groups", "said"),
    [
        ("block", "2", ["Iedereen", "WARD"], None),
        ("block_and_leave_groups", "0", ["Iedereen"], "blocked and out of all groups"),
    ],
)
def test_blocking_does_to_groups_what_the_setting_says(
    afas, janine, apply_user, on_disable, action, groups, said
):
    afas.switches.block_keeps_groups = True
    change = user_change(DisableAccount, JANINE, {"enabled": False})
    [receipt] = apply_user(change, on_disable=on_disable)
    assert (receipt.outcome, receipt.detail) == (Outcome.DONE, said)
    assert bodies(afas) == [{"UsId": CODE, "MtCd": action}]
    assert (janine.blocked, janine.groups) == (True, groups)
    assert janine.fields["Upn"] == MAIL


def test_who_manages_access_elsewhere_has_no_enable_and_no_disable(afas, apply_user):
    changes = [
        user_change(DisableAccount, JANINE, {"enabled": False}),
        user_change(EnableAccount, SEAN, {"enabled": True}),
    ]
    receipts = apply_user(*changes, manage_access=False)
    assert {receipt.outcome for receipt in receipts} == {Outcome.FAILED}
    assert afas.calls == []


# --- delete ---------------------------------------------------------------------------------------


@pytest.fixture
def delete():
    cleared = {"Upn": CLEAR, "EmAd": CLEAR, "InSi": False, "Site": False, "Awin": False}
    return user_change(DeleteAccount, JANINE, {"enabled": False, **cleared})


def test_a_leaver_is_blocked_first_and_then_emptied(afas, janine, delete, apply_user):
    [receipt] = apply_user(delete)
    assert receipt.outcome is Outcome.DONE
    off = {"InSi": False, "Site": False, "Awin": False}
    assert bodies(afas) == [
        {"UsId": CODE, "MtCd": "0"},
        {"UsId": CODE, "MtCd": "0", "Upn": "", "EmAd": "", **off},
    ]
    assert receipt.detail == (
        "blocked and out of all groups; Upn, EmAd emptied, InSi, Site, Awin off"
    )
    assert (janine.blocked, janine.groups, janine.fields) == (True, ["Iedereen"], off)


def test_a_clear_that_fails_has_locked_the_leaver_out_and_says_so(afas, janine, delete, apply_user):
    still_on = user_change(DeleteAccount, JANINE, {"EmAd": CLEAR})  # OutSite needs a mail
    [receipt] = apply_user(still_on)
    assert receipt.outcome is Outcome.FAILED
    assert "the user is blocked and out of all groups; then:" in receipt.detail
    assert afas.errors[-1].reference in receipt.detail
    assert janine.blocked
    assert janine.fields["EmAd"] == MAIL
    [receipt] = apply_user(delete)
    assert receipt.outcome is Outcome.DONE


@pytest.mark.parametrize("after", [{}, {"enabled": False}])
def test_a_leaver_with_nothing_to_clear_is_still_blocked(afas, janine, apply_user, after):
    [receipt] = apply_user(user_change(DeleteAccount, JANINE, after))
    assert (receipt.outcome, receipt.detail) == (Outcome.DONE, "blocked and out of all groups")
    assert bodies(afas) == [{"UsId": CODE, "MtCd": "0"}]


def test_a_leaver_outside_the_window_is_looked_for_once_and_reported(afas, janine, apply_user):
    afas.leave(JANINE, last_day=afas.today.replace(year=2025))
    [receipt] = apply_user(user_change(DeleteAccount, JANINE))
    assert receipt.outcome is Outcome.ALREADY
    assert "not visible" in receipt.detail
    assert "may still be taken" in receipt.detail
    assert calls(afas) == ["GET T4E_HelloID_Users_v2"]
    assert not janine.blocked
