"""What the sandbox enforces, G1 to G14: a double that is laxer than Google would prove nothing."""

import json
import threading
import time
from datetime import timedelta

import httpx
import jwt
import pytest

from connectors.google_workspace.sandbox import serve
from connectors.google_workspace.sandbox.content import ADMIN, HELPDESK, SKUS
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from tests.connectors.google_workspace.lab import JANINE

USER = "https://www.googleapis.com/auth/admin.directory.user"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def claims(served, **others):
    moment = int(time.time())
    told = {
        "iss": served.tokens.email,
        "sub": ADMIN,
        "scope": USER,
        "aud": "https://oauth2.googleapis.com/token",
        "iat": moment,
        "exp": moment + 3600,
    }
    return {name: value for name, value in {**told, **others}.items() if value is not None}


def token(served, told, *, key=None):
    key = key or json.loads(served.tokens.service_account())["private_key"]
    assertion = jwt.encode(told, key, algorithm="RS256")
    form = {"grant_type": GRANT, "assertion": assertion}
    return httpx.post(served.tokens.audience, data=form)


# --- G1 -------------------------------------------------------------------------------------------


def test_g1_a_signed_assertion_gives_a_token(served):
    given = token(served, claims(served)).json()
    assert given["token_type"] == "Bearer"
    assert given["expires_in"] == 3600
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert httpx.get(f"{served.url}/admin/directory/v1/users/{ADMIN}", headers=headers).is_success


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ({"aud": "https://example.org/token"}, "invalid_grant"),
        ({"exp": int(time.time()) - 600, "iat": int(time.time()) - 1200}, "invalid_grant"),
        ({"exp": int(time.time()) + 7200}, "invalid_grant"),
        ({"iat": None}, "invalid_grant"),
        ({"iss": "other@example.iam.gserviceaccount.com"}, "invalid_grant"),
        ({"sub": "nobody@example.org"}, "invalid_grant"),
        ({"sub": None}, "unauthorized_client"),
        ({"scope": f"{USER} {USER}.security"}, "unauthorized_client"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_g1_an_assertion_that_is_wrong_gives_none(served, others, error):
    answer = token(served, claims(served, **others))
    assert answer.is_client_error
    assert answer.json()["error"] == error


def test_g1_an_assertion_signed_by_somebody_else_gives_none(served):
    from cryptography.hazmat.primitives.asymmetric import rsa

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    answer = token(served, claims(served), key=stranger)
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Invalid JWT Signature.",
    }


def test_g1_a_token_is_good_for_its_scopes_and_its_time(served):
    given = token(served, claims(served)).json()["access_token"]
    client = httpx.Client(
        base_url=f"{served.url}/admin/directory/v1", headers={"Authorization": f"Bearer {given}"}
    )
    with client:
        narrow = client.get("/groups", params={"customer": "my_customer"})
        assert narrow.status_code == 403
        assert narrow.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
        served.workspace.later = timedelta(hours=2)
        assert client.get(f"/users/{ADMIN}").status_code == 401


def test_g1_whoever_is_no_administrator_gets_nothing(served, ask):
    status, user = ask("POST /users", JANINE)
    assert status == 200
    given = served.tokens.issue(frozenset({USER}), subject=user["id"])
    headers = {"Authorization": f"Bearer {given}"}
    answer = httpx.get(f"{served.url}/admin/directory/v1/users/{ADMIN}", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["errors"][0]["reason"] == "forbidden"


# --- G2 to G7 -------------------------------------------------------------------------------------


def test_g2_an_empty_search_has_no_users(ask):
    status, content = ask("GET /users", customer="my_customer", query="externalId:1000123")
    assert status == 200
    assert "users" not in content


def test_a_search_is_taken_at_its_word(ask):
    ask("POST /users", {**JANINE, "name": {"givenName": "Séan", "familyName": "O'Brien"}})
    _, content = ask("GET /users", customer="my_customer", query=r"familyName:'O\'Brien'")
    assert [one["primaryEmail"] for one in content["users"]] == ["janine@example.org"]
    assert ask("GET /users", customer="my_customer", query="familyName:O'Brien")[0] == 400
    assert ask("GET /users", customer="my_customer", query="shoeSize:44") == (400, "invalid")
    _, content = ask("GET /users", customer="my_customer", query="isAdmin=true")
    assert [one["primaryEmail"] for one in content["users"]] == [ADMIN]
    assert ask("GET /users") == (400, "badRequest")


@pytest.mark.parametrize("address", ["Janine@Example.org", "second@example.org", "it@example.org"])
def test_g3_an_address_is_given_once_over_users_aliases_and_groups(ask, address):
    _, user = ask("POST /users", JANINE)
    ask(f"POST /users/{user['id']}/aliases", {"alias": "second@example.org"})
    other = {**JANINE, "primaryEmail": address}
    assert ask("POST /users", other) == (409, "duplicate")
    _, admin = ask(f"GET /users/{ADMIN}")
    if address != "Janine@Example.org":
        assert ask(f"PUT /users/{user['id']}", {"primaryEmail": "it@example.org"})[0] == 409
    assert ask(f"POST /users/{admin['id']}/aliases", {"alias": address}) == (409, "duplicate")


def test_g3_an_address_has_a_domain_of_the_customer(ask):
    strange = {**JANINE, "primaryEmail": "janine@elsewhere.example"}
    assert ask("POST /users", strange) == (400, "invalid")


@pytest.mark.parametrize("missing", ["primaryEmail", "name", "password"])
def test_a_user_needs_an_address_a_name_and_a_password(ask, missing):
    body = {name: value for name, value in JANINE.items() if name != missing}
    assert ask("POST /users", body) == (400, "required")


@pytest.mark.parametrize(
    "field",
    [
        {"password": "short"},
        {"suspended": "yes"},
        {"phones": {"type": "work"}},
        {"phones": [{"type": "work", "value": "x" * 2000}]},
        {"externalIds": [{"type": "custom", "value": "1"}]},
        {"shoeSize": 44},
        {"name": {"givenName": "x" * 61, "familyName": "y"}},
        {"recoveryPhone": "06 1"},
    ],
)
def test_a_value_that_is_none_is_refused(ask, field):
    assert ask("POST /users", {**JANINE, **field})[0] == 400


def test_g4_put_merges_objects_replaces_arrays_and_clears_with_null(ask):
    phones = [{"type": "work", "value": "1"}, {"type": "home", "value": "2"}]
    _, user = ask("POST /users", {**JANINE, "phones": phones})
    key = user["id"]
    _, user = ask(f"PUT /users/{key}", {"name": {"givenName": "Jan"}, "phones": phones[:1]})
    assert user["name"]["familyName"] == "van den Boele"
    assert user["phones"] == phones[:1]
    _, user = ask(f"PUT /users/{key}", {"phones": None})
    assert "phones" not in user
    ask(f"PUT /users/{key}", {"customSchemas": {"Care": {"ward": "3", "floor": "1"}}})
    ask(f"PUT /users/{key}", {"customSchemas": {"Care": {"ward": None}}})
    _, user = ask(f"GET /users/{key}", projection="full")
    assert user["customSchemas"] == {"Care": {"floor": "1"}}
    _, user = ask(f"GET /users/{key}")
    assert "customSchemas" not in user


@pytest.mark.parametrize("empty", [None, []])
def test_g4_patch_refuses_to_clear_an_array(ask, empty):
    _, user = ask("POST /users", {**JANINE, "phones": [{"type": "work", "value": "1"}]})
    assert ask(f"PATCH /users/{user['id']}", {"phones": empty}) == (400, "invalid")


def test_g5_a_rename_leaves_the_old_address_as_an_alias(ask):
    _, user = ask("POST /users", JANINE)
    _, user = ask(f"PUT /users/{user['id']}", {"primaryEmail": "jan@example.org"})
    assert (user["primaryEmail"], user["aliases"]) == ("jan@example.org", ["janine@example.org"])
    _, user = ask(f"PUT /users/{user['id']}", {"primaryEmail": "janine@example.org"})
    assert (user["primaryEmail"], user["aliases"]) == ("janine@example.org", ["jan@example.org"])


def test_g5_a_rename_may_be_answered_with_a_conflict_although_it_is_done(served, ask):
    served.workspace.switches.rename_conflicts = True
    _, user = ask("POST /users", JANINE)
    body = {"primaryEmail": "jan@example.org"}
    assert ask(f"PUT /users/{user['id']}", body) == (409, "conflict")
    assert ask(f"GET /users/{user['id']}")[1]["primaryEmail"] == "jan@example.org"


def test_g6_a_new_user_is_unknown_then_forbidden_then_nameless(served, ask):
    switches = served.workspace.switches
    switches.hidden_answers = switches.forbidden_answers = switches.nameless_answers = 1
    _, user = ask("POST /users", JANINE)
    _, listed = ask("GET /users", customer="my_customer")
    assert user["id"] not in {one["id"] for one in listed["users"]}
    assert ask(f"GET /users/{user['id']}") == (404, "notFound")
    assert ask(f"GET /users/{user['id']}") == (403, "forbidden")
    assert "name" not in ask(f"GET /users/{user['id']}")[1]
    assert ask(f"GET /users/{user['id']}")[1]["name"]["givenName"] == "Janine"


def test_g7_a_deleted_user_answers_412_keeps_the_address_and_can_come_back(served, ask):
    _, user = ask("POST /users", JANINE)
    key = user["id"]
    assert ask(f"DELETE /users/{key}") == (204, None)
    assert ask(f"GET /users/{key}") == (412, "conditionNotMet")
    assert ask(f"DELETE /users/{key}") == (412, "conditionNotMet")
    assert ask("POST /users", JANINE) == (409, "duplicate")
    _, gone = ask("GET /users", customer="my_customer", showDeleted="true")
    assert [one["id"] for one in gone["users"]] == [key]
    assert ask(f"POST /users/{key}/undelete", {"orgUnitPath": "/Staff"}) == (204, None)
    assert ask(f"GET /users/{key}")[1]["orgUnitPath"] == "/Staff"
    assert ask(f"POST /users/{key}/undelete", {}) == (412, "conditionNotMet")


def test_g7_after_twenty_days_a_deleted_user_is_gone_and_the_address_is_free(served, ask):
    _, user = ask("POST /users", JANINE)
    ask(f"DELETE /users/{user['id']}")
    served.workspace.later = timedelta(days=21)
    ask.client.headers["Authorization"] = "Bearer " + served.tokens.issue(
        frozenset({USER}), subject=served.workspace.holder(ADMIN)
    )
    assert ask(f"GET /users/{user['id']}") == (404, "notFound")
    assert ask(f"POST /users/{user['id']}/undelete", {}) == (404, "notFound")
    assert ask("POST /users", JANINE)[0] == 200


# --- G8 to G14 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("userRateLimitExceeded", 403),
        ("quotaExceeded", 403),
        ("rateLimitExceeded", 429),
        ("backendError", 503),
    ],
)
def test_g8_reasons_that_mean_later_can_be_ordered(served, ask, reason, status):
    served.refuse(reason, only="GET /users/*")
    assert ask(f"GET /users/{ADMIN}") == (status, reason)
    assert ask(f"GET /users/{ADMIN}")[0] == 200


def test_g8_a_quota_counts_every_request_of_the_last_minute(served, ask):
    served.workspace.switches.queries_per_minute = 2
    assert [ask(f"GET /users/{ADMIN}")[0] for _ in range(3)] == [200, 200, 403]
    served.workspace.later = timedelta(minutes=2)
    assert ask(f"GET /users/{ADMIN}")[0] == 200


def test_g9_pages_follow_each_other_by_token(served, ask):
    seen, token_, pages = [], None, 0
    while pages == 0 or token_:
        more = {"pageToken": token_} if token_ else {}
        _, content = ask("GET /groups", customer="my_customer", maxResults=4, **more)
        seen += [one["email"] for one in content["groups"]]
        token_, pages = content.get("nextPageToken"), pages + 1
    assert len(seen) == len(set(seen)) == len(served.workspace.groups)
    assert pages == 3
    assert ask("GET /groups", customer="my_customer", pageToken="made up") == (400, "invalid")
    assert ask("GET /groups", customer="my_customer", maxResults=201)[0] == 400
    assert ask("GET /users", customer="my_customer", maxResults=0)[0] == 400


def test_g10_an_unknown_unit_is_refused(ask):
    assert ask("POST /users", {**JANINE, "orgUnitPath": "/Nowhere"}) == (400, "invalid")
    _, user = ask("POST /users", {**JANINE, "orgUnitPath": "/staff"})
    assert user["orgUnitPath"] == "/Staff"
    assert ask(f"PUT /users/{user['id']}", {"orgUnitPath": "/Nowhere"}) == (400, "invalid")


def test_g11_two_writes_on_one_user_at_once_are_a_conflict(served, ask):
    _, user = ask("POST /users", JANINE)
    served.workspace.switches.write_seconds = 0.2
    met = []

    def write():
        met.append(ask(f"PUT /users/{user['id']}", {"suspended": True})[0])

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(met) == [200, 409]


def test_g12_a_grant_twice_is_a_duplicate_and_a_revocation_twice_is_not_found(served, ask):
    _, user = ask("POST /users", JANINE)
    body = {"id": user["id"], "role": "MEMBER"}
    assert ask("POST /groups/it@example.org/members", body)[0] == 200
    assert ask("POST /groups/it@example.org/members", body) == (409, "duplicate")
    assert ask(f"DELETE /groups/it@example.org/members/{user['id']}") == (204, None)
    assert ask(f"DELETE /groups/it@example.org/members/{user['id']}") == (404, "notFound")
    assert ask("POST /groups/none@example.org/members", body) == (404, "notFound")
    nobody = {"id": "100000000000000000000"}
    assert ask("POST /groups/it@example.org/members", nobody) == (404, "notFound")


def test_a_group_in_a_group_counts_for_has_member_and_makes_no_circle(served, ask):
    _, user = ask("POST /users", JANINE)
    ask("POST /groups/it@example.org/members", {"id": user["id"]})
    assert ask("POST /groups/vpn@example.org/members", {"email": "it@example.org"})[0] == 200
    path = f"GET /groups/vpn@example.org/hasMember/{user['id']}"
    assert ask(path) == (200, {"isMember": True})
    circle = {"email": "vpn@example.org"}
    assert ask("POST /groups/it@example.org/members", circle) == (400, "invalid")
    outside = {"email": "guest@elsewhere.example"}
    assert ask("POST /groups/it@example.org/members", outside)[1]["type"] == "USER"


def test_g13_a_password_is_never_answered(served, ask):
    _, user = ask("POST /users", JANINE)
    _, seen = ask(f"GET /users/{user['id']}", projection="full", fields="*")
    text = json.dumps([user, seen, served.snapshot()])
    assert JANINE["password"] not in text
    assert served.can_sign_in("janine@example.org", JANINE["password"])
    assert not served.can_sign_in("janine@example.org", "something else")


def test_g14_a_reply_can_be_lost_after_the_work_is_done(served, ask):
    served.faults.next(after_applying=True, only="POST /users")
    with pytest.raises(httpx.RemoteProtocolError):
        ask("POST /users", JANINE)
    assert ask("POST /users", JANINE) == (409, "duplicate")


# --- Others ---------------------------------------------------------------------------------------


def test_an_administrator_by_role_is_a_delegated_one(ask):
    _, user = ask(f"GET /users/{HELPDESK}")
    assert user["isDelegatedAdmin"] is True
    _, held = ask("GET /customer/my_customer/roleassignments", userKey=HELPDESK)
    ask(f"DELETE /customer/my_customer/roleassignments/{held['items'][0]['roleAssignmentId']}")
    assert ask(f"GET /users/{HELPDESK}")[1]["isDelegatedAdmin"] is False


def test_a_licence_is_given_once_per_product_and_while_there_is_one(served, ask):
    ask.client.base_url = f"{served.url}/licensing/apps/licensing/v1/product/Google-Apps"
    one, other = SKUS
    assert ask(f"POST /sku/{one}/user", {"userId": ADMIN})[0] == 200
    assert ask(f"POST /sku/{one}/user", {"userId": ADMIN}) == (412, "conditionNotMet")
    assert ask(f"POST /sku/{other}/user", {"userId": ADMIN}) == (412, "conditionNotMet")
    served.workspace.skus["Google-Apps", other].seats = 0
    assert ask(f"POST /sku/{other}/user", {"userId": HELPDESK}) == (412, "conditionNotMet")
    assert ask("GET /users", customerId="C0somebody") == (400, "invalid")
    _, held = ask("GET /users", customerId=served.workspace.customer)
    assert [one["userId"] for one in held["items"]] == [ADMIN]
    assert ask(f"DELETE /sku/{one}/user/{ADMIN}") == (200, {})
    assert ask(f"DELETE /sku/{one}/user/{ADMIN}") == (404, "notFound")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"nothing"),
        ("multipart/mixed; boundary=x", b"--x\r\n\r\nnothing\r\n--x--\r\n"),
        (
            "multipart/mixed; boundary=x",
            b"--x\r\nContent-Type: application/http\r\n\r\nGET\r\n--x--\r\n",
        ),
    ],
)
def test_a_batch_that_cannot_be_read_is_refused(served, ask, kind, body):
    answer = ask.client.post(f"{served.url}/batch", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400


def test_a_batch_is_for_one_api(served, ask):
    part = b"GET /apps/licensing/v1/product/Google-Apps/users HTTP/1.1\r\n\r\n"
    body = b"--x\r\nContent-Type: application/http\r\nContent-ID: <1>\r\n\r\n" + part + b"\r\n--x--"
    headers = {"Content-Type": "multipart/mixed; boundary=x"}
    answer = ask.client.post(f"{served.url}/batch", content=body, headers=headers)
    assert answer.status_code == 200
    assert b"HTTP/1.1 404" in answer.content


def test_the_same_seed_begins_alike_and_another_one_differently():
    def ids(seed):
        with serve(SandboxOptions(seed=seed)) as one:
            return sorted(one.workspace.users), sorted(one.workspace.groups)

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)


def test_a_file_adds_to_the_first_content(tmp_path):
    file = tmp_path / "workspace.json"
    account = {
        "primaryEmail": "janine@example.org",
        "name": JANINE["name"],
        "externalIds": [{"type": "organization", "value": "1000123"}],
        "aliases": ["jan@example.org"],
        "groups": ["ward@example.org"],
    }
    file.write_text(json.dumps({"groups": ["ward@example.org"], "accounts": [account]}))
    with serve(SandboxOptions(data=file)) as one:
        held = one.account("1000123")
        assert (held["aliases"], held["groups"]) == (["jan@example.org"], ["ward@example.org"])


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"accounts": [{"name": {}}]}', '{"groups": ["x"]}']
)
def test_a_file_of_another_form_is_refused(tmp_path, content):
    file = tmp_path / "workspace.json"
    file.write_text(content)
    with pytest.raises(ConfigError, match=r"workspace\.json"):
        serve(SandboxOptions(data=file))
