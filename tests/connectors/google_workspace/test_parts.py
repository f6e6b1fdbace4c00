"""Settings, translation, batches and pace, each by itself."""

import json

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.google_workspace import CONNECTORS, check_writer, open_writer
from connectors.google_workspace.fields import Fields
from connectors.google_workspace.manifest import MANIFEST, manifest_for
from connectors.google_workspace.mapping import FIELDS
from connectors.google_workspace.multipart import answers_in, batch_of
from connectors.google_workspace.pace import Pace
from connectors.google_workspace.replies import directory_error, licensing_error
from connectors.google_workspace.sandbox.batch import parts_of
from connectors.google_workspace.settings import GoogleWorkspaceSettings, key_text
from connectors.model.change import Verb
from connectors.model.errors import (
    AlreadyExists,
    ConfigError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
)
from connectors.model.values import CLEAR, Pending
from connectors.sdk.calls import Call
from tests.connectors.google_workspace.lab import TARGET, settings_of

EXAMPLE = {"service_account": "{}", "subject": "admin@example.org"}


# --- Settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_url": "http://admin.googleapis.com"},
        {"api_url": "https://user:secret@example.org"},
        {"token_url": "ftp://example.org"},
        {"subject": "admin"},
        {"containers": {"initial": "Staff"}},
        {"containers": {"initial": "/Staff/"}},
        {"base_unit": "/Staff", "containers": {"initial": "/Staffing"}},
        {"licences": {"Starter": "1010020027"}},
        {"extra_attributes": ["shoeSize"]},
        {"extra_attributes": ["customSchemas.Care"]},
        {"page_size": 501},
        {"batch_size": 1001},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValidationError):
        GoogleWorkspaceSettings(**{**EXAMPLE, **wrong})


def test_plain_http_is_for_this_machine_only():
    settings = GoogleWorkspaceSettings(**EXAMPLE, api_url="http://127.0.0.1:8080/")
    assert settings.api_url == "http://127.0.0.1:8080"


def test_a_key_can_be_text_or_a_file(tmp_path):
    file = tmp_path / "key.json"
    file.write_text('{"type": "service_account"}')
    for told in (f"file:{file}", str(file), file.read_text()):
        assert json.loads(key_text(SecretStr(told), "k").get_secret_value())
    with pytest.raises(ConfigError, match="neither the JSON of a key nor a file"):
        key_text(SecretStr("file:/nowhere/key.json"), "targets.x.settings.service_account")


def test_a_key_that_is_none_is_told_without_its_content(served):
    with pytest.raises(ConfigError, match="client_email") as met:
        open_writer(settings_of(served, service_account='{"private_key": "TOP"}'), TARGET)
    assert "TOP" not in str(met.value)
    assert met.value.key == f"targets.{TARGET}.settings.service_account"


def test_writing_needs_somewhere_to_put_passwords(served):
    check_writer(settings_of(served), TARGET)
    with pytest.raises(ConfigError, match="say where it goes"):
        check_writer(settings_of(served, initial_passwords=None), TARGET)
    with pytest.raises(ConfigError, match="initial passwords"):
        check_writer(settings_of(served, initial_passwords="nowhere"), TARGET)


def test_deleting_is_offered_only_where_it_is_allowed():
    assert Verb.DELETE not in manifest_for(GoogleWorkspaceSettings(**EXAMPLE)).verbs
    allowed = GoogleWorkspaceSettings(**EXAMPLE, allow_delete=True)
    assert manifest_for(allowed) is MANIFEST


def test_the_default_fields_are_attributes_and_private_ones_are_marked():
    assert all(MANIFEST.attribute(name) for name in FIELDS)
    assert MANIFEST.private == {"homePhone", "recoveryEmail", "recoveryPhone"}
    assert MANIFEST.attribute("suspended") is None
    assert MANIFEST.attribute("customSchemas.Care.ward") is not None
    assert CONNECTORS[0].fields == FIELDS


# --- Translation ----------------------------------------------------------------------------------


def test_what_an_account_has_no_place_for_is_refused():
    fields = Fields(external_id_type="organization")
    for after in ({"shoeSize": "44"}, {"title": Pending("ad", "mail")}):
        with pytest.raises(Invalid):
            fields.check(after)


def test_the_primary_one_of_several_organisations_counts():
    fields = Fields(external_id_type="organization")
    user = {
        "organizations": [
            {"type": "work", "title": "Carer"},
            {"type": "work", "title": "Nurse", "primary": True},
            {"type": "school", "title": "Pupil"},
        ]
    }
    assert fields.attributes(user) == {"title": "Nurse"}
    body = fields.body({"title": CLEAR, "company": "Care"}, user)
    assert body["organizations"] == [
        {"type": "work", "title": "Carer"},
        {"type": "work", "primary": True, "name": "Care"},
        {"type": "school", "title": "Pupil"},
    ]


# --- Batches --------------------------------------------------------------------------------------


def test_a_batch_says_what_the_calls_say():
    calls = [
        Call("PUT", "/admin/directory/v1/users/1", json={"name": {"givenName": "Ольга"}}),
        Call("GET", "/admin/directory/v1/users/o'brien@example.org", params={"fields": "id,name"}),
        Call("DELETE", "/admin/directory/v1/groups/g/members/1"),
    ]
    kind, body = batch_of(calls)
    parts = parts_of(kind, body)
    assert [(one.method, one.path) for one in parts] == [(one.method, one.path) for one in calls]
    assert json.loads(parts[0].body) == calls[0].json
    assert parts[1].query == "fields=id%2Cname"
    assert [one.content_id for one in parts] == ["retour-0", "retour-1", "retour-2"]


def answer(*parts, kind="multipart/mixed; boundary=b"):
    pieces = [
        f"--b\r\nContent-Type: application/http\r\nContent-ID: <response-retour-{place}>"
        f"\r\n\r\n{text}"
        for place, text in parts
    ]
    content = "\r\n".join([*pieces, "--b--\r\n"]).encode()
    return httpx.Response(200, headers={"Content-Type": kind}, content=content)


def test_answers_are_told_apart_by_their_id_in_whatever_order():
    gone = "HTTP/1.1 404 Not Found\r\nRetry-After: 3\r\n\r\n{}"
    done = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": 1}'
    one, two, three = answers_in(answer((1, gone), (0, done)), 3)
    assert (one.status_code, one.json()) == (200, {"a": 1})
    assert (two.status_code, two.headers["retry-after"]) == (404, "3")
    assert three is None


@pytest.mark.parametrize(
    "reply",
    [
        answer((0, "HTTP/1.1 200 OK\r\n\r\n"), kind="text/html"),
        answer((0, "HTTP/1.1 200 OK\r\n\r\n"), kind="multipart/mixed"),
        answer((0, "nonsense")),
        answer((0, "HTTP/1.1 999 Odd\r\n\r\n")),
        answer((7, "HTTP/1.1 200 OK\r\n\r\n")),
    ],
)
def test_an_answer_that_cannot_be_read_is_no_answer(reply):
    assert answers_in(reply, 1) == [None]


# --- Errors ---------------------------------------------------------------------------------------


def error(status, reason, message="no", **headers):
    content = {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}
    return httpx.Response(status, json=content, headers=headers)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (403, "userRateLimitExceeded", RateLimited),
        (403, "quotaExceeded", RateLimited),
        (429, "rateLimitExceeded", RateLimited),
        (403, "forbidden", Forbidden),
        (403, "insufficientPermissions", Forbidden),
        (404, "notFound", NotFound),
        (409, "duplicate", AlreadyExists),
        (409, "conflict", Conflict),
        (412, "conditionNotMet", NotFound),
        (400, "invalid", Invalid),
    ],
)
def test_an_error_is_what_its_reason_says(status, reason, kind):
    assert type(directory_error(error(status, reason))) is kind


def test_the_other_api_means_something_else_by_412():
    assert type(licensing_error(error(412, "conditionNotMet"))) is AlreadyExists


def test_the_newer_form_of_errors_is_understood():
    details = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"}
    ]
    content = {"error": {"code": 403, "status": "PERMISSION_DENIED", "details": details}}
    assert type(directory_error(httpx.Response(403, json=content))) is RateLimited
    content = {"error": {"code": 409, "status": "ABORTED", "message": "again"}}
    assert type(directory_error(httpx.Response(409, json=content))) is Conflict


@pytest.mark.parametrize("status", [200, 401, 500, 503])
def test_a_status_that_says_it_all_is_left_to_the_table(status):
    assert directory_error(error(status, "x")) is None
    assert directory_error(httpx.Response(404, content=b"<html>")) is None


# --- Pace -----------------------------------------------------------------------------------------


def test_a_minutes_quota_may_be_spent_at_once_and_then_calls_follow_at_its_rate(waits):
    moment = [0.0]
    pace = Pace(60, seconds=lambda: moment[0])
    pace.take(60)
    assert waits == []
    pace.take(2)
    assert waits == [2.0]
    moment[0] = 62.0
    pace.take(1)
    assert waits == [2.0]


def test_when_google_says_it_was_too_much_the_rest_is_taken_as_spent(waits):
    pace = Pace(60, seconds=lambda: 0.0)
    pace.spent()
    pace.take(3)
    assert waits == [3.0]
