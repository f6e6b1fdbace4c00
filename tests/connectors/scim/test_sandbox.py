"""The sandbox keeps what RFC 7643 and RFC 7644 demand of a provider."""

import json

import httpx
import pytest

from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError
from connectors.scim.sandbox.access import CLIENT, READ_TOKEN, SECRET
from connectors.scim.sandbox.served import serve

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def user(name="bo", **attributes):
    return {"schemas": [USER], "userName": name, **attributes}


def change(*operations):
    return {"schemas": [PATCH], "Operations": list(operations)}


def error(response):
    return response.status_code, response.json().get("scimType")


@pytest.fixture
def bo(served):
    return served.add_user(
        "bo",
        password="Secret-1",
        emails=[{"type": "work", "value": "w"}, {"type": "home", "value": "h", "primary": True}],
        **{ENTERPRISE: {"department": "Care"}},
    )


@pytest.fixture
def patch(http, bo):
    def patch(*operations):
        return http.patch(f"/Users/{bo}", json=change(*operations))

    return patch


class TestCreating:
    def test_a_user_is_shown_as_it_was_made_without_its_password(self, http):
        made = http.post("/Users", json=user(PASSWORD="x", displayname="Bo", id="mine", meta={}))
        shown = made.json()
        assert made.status_code == 201
        assert made.headers["Location"] == shown["meta"]["location"]
        assert made.headers["ETag"] == shown["meta"]["version"]
        assert shown["displayName"] == "Bo"
        assert shown["id"] != "mine"
        assert "password" not in {name.casefold() for name in shown}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (user("BO"), (409, "uniqueness")),
            (user(""), (400, "invalidValue")),
            ({"schemas": [USER]}, (400, "invalidValue")),
            ({"userName": "x"}, (400, "invalidSyntax")),
            (user("x", active="perhaps"), (400, "invalidValue")),
            (user("x", emails=[{"value": 1}]), (400, "invalidValue")),
            (user("x", emails=[{"primary": True}, {"primary": True}]), (400, "invalidValue")),
            (user("x", shoeSize=44), (400, "invalidValue")),
            (user("x", USERNAME="y"), (400, "invalidSyntax")),
            (user("x", x509Certificates=[{"value": "?"}]), (400, "invalidValue")),
            ([], (400, "invalidSyntax")),
        ],
    )
    def test_what_does_not_fit_is_refused(self, http, bo, body, expected):
        assert error(http.post("/Users", json=body)) == expected

    def test_a_boolean_may_be_spelled_as_entra_id_does(self, http):
        assert http.post("/Users", json=user(active="False")).json()["active"] is False

    def test_a_body_that_is_no_json_and_one_of_another_kind_are_refused(self, http):
        assert error(http.post("/Users", content=b"{")) == (400, "invalidSyntax")
        kind = {"Content-Type": "text/plain"}
        assert http.post("/Users", content=b"{}", headers=kind).status_code == 415


class TestPatching:
    def test_a_value_is_replaced_where_the_filter_says(self, patch):
        path = 'emails[type eq "work"].value'
        shown = patch({"op": "Replace", "path": path, "value": "new"}).json()
        assert [mail["value"] for mail in shown["emails"]] == ["new", "h"]

    def test_a_filter_that_matches_nothing_is_no_target(self, patch, served):
        path = 'emails[type eq "other"].value'
        assert error(patch({"op": "replace", "path": path, "value": "x"})) == (400, "noTarget")
        assert patch({"op": "remove", "path": path}).status_code == 200
        served.switches.unmatched_remove = "noTarget"
        assert error(patch({"op": "remove", "path": path})) == (400, "noTarget")

    def test_a_value_is_added_once_and_takes_over_being_primary(self, patch):
        new = {"type": "other", "value": "o", "primary": True}
        for _ in range(2):
            shown = patch({"op": "add", "path": "emails", "value": [new]}).json()
        assert [(m["type"], m.get("primary")) for m in shown["emails"]] == [
            ("work", None),
            ("home", False),
            ("other", True),
        ]

    def test_parts_are_merged_and_removed(self, patch):
        shown = patch(
            {"op": "add", "path": "name.givenName", "value": "Bo"},
            {"op": "replace", "path": "name", "value": {"familyName": "Smit"}},
            {"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "m"},
            {"op": "remove", "path": f"{ENTERPRISE}:department"},
            {"op": "remove", "path": 'emails[type eq "home"]'},
        ).json()
        assert shown["name"] == {"givenName": "Bo", "familyName": "Smit"}
        assert shown[ENTERPRISE] == {"manager": {"value": "m"}}
        assert [mail["type"] for mail in shown["emails"]] == ["work"]

    def test_without_a_path_the_value_names_attributes_and_extensions(self, patch):
        value = {"nickName": "Bo", ENTERPRISE: {"division": "D"}, "name.familyName": "S", "id": "x"}
        shown = patch({"op": "replace", "value": value}).json()
        assert (shown["nickName"], shown["name"]["familyName"]) == ("Bo", "S")
        assert shown[ENTERPRISE] == {"department": "Care", "division": "D"}

    def test_an_extension_that_becomes_empty_leaves(self, patch):
        shown = patch({"op": "remove", "path": f"{ENTERPRISE}:department"}).json()
        assert ENTERPRISE not in shown
        assert shown["schemas"] == [USER]

    @pytest.mark.parametrize(
        ("operation", "kind"),
        [
            ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
            ({"op": "replace", "path": "groups", "value": []}, "mutability"),
            ({"op": "remove", "path": "userName"}, "mutability"),
            ({"op": "replace", "path": "userName", "value": None}, "mutability"),
            ({"op": "remove"}, "noTarget"),
            ({"op": "add", "path": "shoeSize", "value": 1}, "invalidPath"),
            ({"op": "add", "path": "emails[", "value": 1}, "invalidPath"),
            ({"op": "add", "path": 'title[type eq "x"]', "value": 1}, "invalidPath"),
            ({"op": "add", "path": "emails[type]", "value": 1}, "invalidFilter"),
            ({"op": "add", "path": "active", "value": "maybe"}, "invalidValue"),
            ({"op": "add", "path": "title"}, "invalidValue"),
            ({"op": "move", "path": "title"}, "invalidSyntax"),
        ],
    )
    def test_what_cannot_be_done_is_refused_and_nothing_of_it_is_done(
        self, patch, served, operation, kind
    ):
        before = served.snapshot()
        asked = patch({"op": "add", "path": "title", "value": "Boss"}, operation)
        assert error(asked) == (400, kind)
        assert served.snapshot() == before

    def test_a_change_to_the_same_leaves_the_version(self, patch):
        versions = {
            patch({"op": "add", "path": "title", "value": "Boss"}).json()["meta"]["version"]
            for _ in range(2)
        }
        assert len(versions) == 1

    def test_it_answers_204_where_that_is_its_way_but_not_to_who_asks_for_attributes(
        self, http, served, bo
    ):
        served.switches.patch_answers = 204
        body = change({"op": "add", "path": "title", "value": "Boss"})
        assert http.patch(f"/Users/{bo}", json=body).status_code == 204
        shown = http.patch(f"/Users/{bo}", json=body, params={"attributes": "title"})
        assert shown.json()["title"] == "Boss"


class TestReplacing:
    def test_what_is_left_out_is_gone_except_what_is_never_shown(self, http, served, bo):
        shown = http.put(f"/Users/{bo}", json=user(nickName="B")).json()
        assert "emails" not in shown
        assert served.user(bo)["password"] == "Secret-1"

    def test_an_old_version_is_refused_and_a_seen_one_is_not_sent_again(self, http, bo):
        version = http.get(f"/Users/{bo}").headers["ETag"]
        seen = http.get(f"/Users/{bo}", headers={"If-None-Match": version})
        assert (seen.status_code, seen.content) == (304, b"")
        told = {"If-Match": version}
        assert http.put(f"/Users/{bo}", json=user(title="A"), headers=told).status_code == 200
        assert http.put(f"/Users/{bo}", json=user(title="B"), headers=told).status_code == 412
        assert http.delete(f"/Users/{bo}", headers=told).status_code == 412
        any_ = {"If-Match": "*"}
        assert http.delete(f"/Users/{bo}", headers=any_).status_code == 204
        assert http.delete(f"/Users/{bo}").status_code == 404


class TestGroups:
    def test_members_exist_and_users_know_their_groups(self, http, served, bo):
        group = served.add_group("Staff")
        joins = {"op": "add", "path": "members", "value": [{"value": bo}]}
        shown = http.patch(f"/Groups/{group}", json=change(joins, joins)).json()
        [member] = shown["members"]
        assert (member["type"], member["value"]) == ("User", bo)
        assert http.get(f"/Users/{bo}").json()["groups"][0]["display"] == "Staff"
        stranger = {"op": "add", "path": "members", "value": [{"value": "nobody"}]}
        asked = http.patch(f"/Groups/{group}", json=change(stranger))
        assert error(asked) == (400, "invalidValue")

    def test_a_member_is_not_changed_into_another(self, http, served, bo):
        group = served.add_group("Staff", bo)
        other = served.add_user("other")
        path = f'members[value eq "{bo}"].value'
        asked = http.patch(
            f"/Groups/{group}", json=change({"op": "replace", "path": path, "value": other})
        )
        assert error(asked) == (400, "mutability")

    def test_who_is_deleted_leaves_groups_and_is_nobodys_manager(self, http, served, bo):
        group = served.add_group("Staff", bo)
        below = served.add_user("below", **{ENTERPRISE: {"manager": {"value": bo}}})
        http.delete(f"/Users/{bo}")
        assert served.members(group) == set()
        assert ENTERPRISE not in served.user(below)


class TestBulk:
    def test_operations_refer_to_each_other_in_any_order(self, http, served):
        done = self._bulk(
            http,
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {
                    "schemas": [GROUP],
                    "displayName": "Staff",
                    "members": [{"value": "bulkId:u"}],
                },
            },
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("bo")},
            {"method": "DELETE", "path": "/Users/nobody"},
        )
        assert [one["status"] for one in done] == ["201", "201", "404"]
        group, person = (one["location"].rpartition("/")[2] for one in done[:2])
        assert served.members(group) == {person}

    def test_those_that_wait_for_each_other_conflict(self, http):
        def waits(name, other):
            data = user(name, **{ENTERPRISE: {"manager": {"value": f"bulkId:{other}"}}})
            return {"method": "POST", "path": "/Users", "bulkId": name, "data": data}

        done = self._bulk(http, waits("a", "b"), waits("b", "a"))
        assert "409" in {one["status"] for one in done}

    def test_it_stops_after_as_many_errors_as_were_allowed(self, http, served):
        gone = {"method": "DELETE", "path": "/Users/nobody"}
        last = {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("bo")}
        assert len(self._bulk(http, gone, last, failOnErrors=1)) == 1
        assert served.users() == []

    def test_too_many_and_too_much_are_refused(self, http, served):
        gone = {"method": "DELETE", "path": "/Users/nobody"}
        served.switches.max_operations = 2
        body = {"schemas": [BULK], "Operations": [gone] * 3}
        assert error(http.post("/Bulk", json=body)) == (413, "tooMany")
        served.switches.max_payload = 10
        assert http.post("/Bulk", json=body).status_code == 413

    def _bulk(self, http, *operations, **more):
        body = {"schemas": [BULK], "Operations": list(operations), **more}
        answer = http.post("/Bulk", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["Operations"]


class TestAccess:
    def test_who_has_no_token_or_a_wrong_one_is_turned_away(self, served):
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
            answer = httpx.get(f"{served.url}/Users", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_a_token_to_read_does_not_write(self, served):
        headers = {"Authorization": f"Bearer {READ_TOKEN}", "Content-Type": "application/scim+json"}
        assert httpx.get(f"{served.url}/Users", headers=headers).status_code == 200
        answer = httpx.post(f"{served.url}/Users", headers=headers, json=user())
        assert answer.status_code == 403
        allowed = httpx.options(f"{served.url}/Users", headers=headers).headers["Allow"]
        assert "POST" not in allowed

    @pytest.mark.parametrize("way", ["basic", "form"])
    def test_a_client_gets_a_token_for_its_secret(self, served, way):
        form = {"grant_type": "client_credentials", "scope": "scim.read"}
        auth = (CLIENT, SECRET) if way == "basic" else None
        if auth is None:
            form |= {"client_id": CLIENT, "client_secret": SECRET}
        given = httpx.post(served.token_url, data=form, auth=auth).json()
        headers = {"Authorization": f"Bearer {given['access_token']}"}
        assert httpx.get(f"{served.url}/Users", headers=headers).status_code == 200
        assert given["scope"] == "scim.read"

    def test_a_wrong_secret_and_another_grant_are_refused(self, served):
        form = {"grant_type": "client_credentials"}
        wrong = httpx.post(served.token_url, data=form, auth=(CLIENT, "x"))
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        form["grant_type"] = "password"
        other = httpx.post(served.token_url, data=form, auth=(CLIENT, SECRET))
        assert other.json()["error"] == "unsupported_grant_type"


class TestDiscovery:
    def test_it_announces_what_its_switches_say(self, http, served):
        served.switches.bulk = served.switches.passwords = False
        found = http.get("/ServiceProviderConfig").json()
        assert found["bulk"] == {"supported": False, "maxOperations": 0, "maxPayloadSize": 0}
        names = {one["name"] for one in http.get(f"/Schemas/{USER}").json()["attributes"]}
        assert "password" not in names
        assert http.get("/Schemas/urn:none").status_code == 404
        assert http.get("/ResourceTypes", params={"filter": "id pr"}).status_code == 403
        assert http.post("/Schemas", json={}).status_code == 405
        assert http.get("/Nothing").status_code == 404
        assert http.get("/Me").status_code == 501

    def test_an_error_is_told_as_section_3_12_has_it(self, http):
        answer = http.get("/Users/nobody")
        assert answer.headers["Content-Type"] == "application/scim+json"
        assert answer.json() == {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "404",
            "detail": "User nobody not found",
        }


class TestServing:
    def test_the_same_seed_gives_the_same_people_under_the_same_ids(self):
        def content(seed):
            with serve(SandboxOptions(people=60, seed=seed)) as served:
                return served.snapshot()

        assert content(1) == content(1)
        assert content(1) != content(2)

    def test_a_file_fills_it(self, tmp_path):
        file = tmp_path / "scim.json"
        content = {
            "users": [{"userName": "bo", "externalId": "1", "active": True}],
            "groups": [{"displayName": "Staff", "members": ["bo"]}],
        }
        file.write_text(json.dumps(content))
        with serve(SandboxOptions(data=file)) as served:
            [bo] = served.users()
            assert bo["externalId"] == "1"

    @pytest.mark.parametrize(
        "text",
        [
            "{",
            "[]",
            '{"people": []}',
            '{"users": [{"active": true}]}',
            '{"users": [{"userName": "a", "active": "x"}]}',
            '{"groups": [{"displayName": "g", "members": ["nobody"]}]}',
        ],
    )
    def test_a_file_of_another_form_is_told(self, tmp_path, text):
        file = tmp_path / "scim.json"
        file.write_text(text)
        with pytest.raises(ConfigError, match=r"scim\.json"):
            serve(SandboxOptions(data=file))
