"""What a refusal of a directory stops. The messages are worded as Windows and Samba word them."""

import pytest

from connectors.active_directory.results import code_of, error_of
from connectors.model.errors import (
    AlreadyExists,
    Fatal,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    Refused,
    TimedOut,
    Transient,
    Unauthorized,
    Unavailable,
)

UPN_ON_WINDOWS = (
    "000021C8: AtrErr: DSID-03200EB6, #1: 0: 000021C8: DSID-03200EB6, problem 1005 "
    "(CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)\x00"
)
UPN_ON_SAMBA = "0000202F: samldb: userPrincipalName 'a@example.org' is already in use"
POLICY = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\x00"
BIND = "80090308: LdapErr: DSID-0C090449, comment: AcceptSecurityContext error, data {}, v4563\x00"


def error(code, message="", *, writing=True):
    return error_of(code, message, system="ad", operation="modify x", writing=writing)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (16, "", Invalid),
        (19, UPN_ON_WINDOWS, AlreadyExists),
        (19, UPN_ON_SAMBA, AlreadyExists),
        (19, POLICY, Invalid),
        (19, "000020B5: AtrErr", Invalid),
        (20, "", AlreadyExists),
        (32, "", NotFound),
        (53, POLICY, Invalid),
        (53, "0000209A: SvcErr: WILL_NOT_PERFORM", Invalid),
        (66, "", Invalid),
        (68, "00000562: UpdErr", AlreadyExists),
        (4, "", Misconfigured),
        (8, "", Misconfigured),
        (10, "", Misconfigured),
        (3, "", TimedOut),
        (51, "", Unavailable),
        (52, "", Unavailable),
        (81, "", Unavailable),
        (80, "", Invalid),
        (999, "", Invalid),
    ],
)
def test_a_code_and_its_detail_say_what_stops(code, message, kind):
    assert type(error(code, message)) is kind


def test_missing_rights_stop_one_write_and_a_whole_reading():
    assert type(error(50)) is Refused
    assert type(error(50, writing=False)) is Forbidden


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        ("52e", "password is wrong"),
        ("525", "no such user"),
        ("532", "expired"),
        ("533", "disabled"),
        ("701", "account has expired"),
        ("773", "must change its password"),
        ("775", "locked out"),
        ("fff", "Check bind_user and bind_password"),
    ],
)
def test_a_refused_bind_is_final_and_says_why(data, hint):
    refused = error(49, BIND.format(data))
    assert isinstance(refused, Unauthorized)
    assert isinstance(refused, Fatal)
    assert not isinstance(refused, Transient)
    assert hint in refused.hint


def test_a_message_is_one_line_with_the_code_by_name_and_number():
    text = str(error(53, POLICY))
    assert text.startswith("ad modify x: unwillingToPerform: 0000052D: SvcErr")
    assert "(code 53)" in text
    assert "raise password_length" in text
    assert "\n" not in text
    assert "\0" not in text


def test_an_error_without_an_answer_has_no_code():
    assert code_of(error(68)) == 68
    assert code_of(Unavailable("the connection broke")) is None
