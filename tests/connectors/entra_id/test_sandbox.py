"""The sandbox keeps E1 to E15: asked by bare requests, as any client would.

The numbers are those of the reference page on directories; `-k e10` finds what holds E10.
"""

from typing import Any

import httpx
import pytest

from connectors.entra_id.sandbox.content import (
    ADMINISTRATOR,
    CONTACT,
    SYNCED,
    TEAM,
    add_group,
    add_user,
)
from connectors.entra_id.sandbox.served import ServedGraph, fill, new_tenant, serve
from connectors.model.connector import SandboxOptions
from connectors.model.errors import ConfigError

PASSWORD = "Correct-Horse-7"


def person(name: str = "o'brien", **values: Any) -> dict[str, Any]:
    return {
        "accountEnabled": False,
        "displayName": "Seán O'Brien",
        "mailNickname": "obrien",
        "userPrincipalName": f"{name}@example.org",
        "employeeId": "1000123",
        "passwordProfile": {"password": PASSWORD},
        **values,
    }


def made(graph: httpx.Client, *given: Any, **values: Any) -> str:
    answer = graph.post("/users", json=person(*given, **values))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def error(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def reference(key: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{key}"}


def group_of(served: ServedGraph, name: str) -> str:
    return next(g.id for g in served.tenant.of("group") if g.properties["displayName"] == name)


def ask_for_token(served: ServedGraph, **form: str) -> httpx.Response:
    settings = served.settings
    given = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
        **form,
    }
    return httpx.post(f"{served.url}/{settings['tenant_id']}/oauth2/v2.0/token", data=given)


# --- E1: tokens -----------------------------------------------------------------------------------


def test_e1_a_token_lets_in_until_it_expires(served, graph):
    token = ask_for_token(served).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert graph.get("/users", headers=headers).status_code == 200
    served.tenant.clock.advance(3600)
    found = error(graph.get("/users", headers=headers), 401)
    assert found["code"] == "InvalidAuthenticationToken"


@pytest.mark.parametrize(
    ("form", "status", "name"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "somebody"}, 400, "unauthorized_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "User.Read"}, 400, "invalid_scope"),
    ],
)
def test_e1_a_wrong_request_for_a_token_is_told_why(served, form, status, name):
    answer = ask_for_token(served, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, name)
    assert answer.json()["error_description"].startswith("AADSTS")


def test_e1_without_a_right_a_door_stays_shut(served, graph):
    token = served.graph.tokens.issue(roles={"User.Read.All"})
    headers = {"Authorization": f"Bearer {token}"}
    assert graph.get("/users", headers=headers).status_code == 200
    found = error(graph.post("/users", json=person(), headers=headers), 403)
    assert found["code"] == "Authorization_RequestDenied"
    assert graph.get("/groups", headers=headers).status_code == 403


# --- E2: queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "userPrincipalName eq 'O''BRIEN@example.org'",
        "startswith(displayName,'Seán O''B')",
        "employeeId in ('1','1000123')",
        "employeeId eq '1000123' and (accountEnabled eq false or mail eq 'x@example.org')",
        "proxyAddresses/any(x:x eq 'smtp:sean@example.org')",
    ],
)
def test_e2_filters_find_whom_they_describe(graph, text):
    key = made(graph, mail="sean@example.org")
    found = graph.get("/users", params={"$filter": text, "$select": "id"}).json()["value"]
    assert [one["id"] for one in found] == [key]


@pytest.mark.parametrize(
    "text", ["endsWith(mail,'example.org')", "accountEnabled ne true", "employeeId eq null"]
)
def test_e2_an_advanced_filter_needs_its_header_and_a_count(graph, text):
    made(graph, mail="sean@example.org")
    params = {"$filter": text, "$count": "true"}
    assert error(graph.get("/users", params=params))["code"] == "Request_UnsupportedQuery"
    answer = graph.get("/users", params=params, headers={"ConsistencyLevel": "eventual"})
    assert answer.json()["@odata.count"] == len(answer.json()["value"]) > 0


@pytest.mark.parametrize(
    "text", ["employeeId eq 'O'Brien'", "noSuch eq '1'", "city", "(((", "mobilePhone eq '1'"]
)
def test_e2_what_is_no_filter_is_refused(graph, text):
    error(graph.get("/users", params={"$filter": text}))


def test_e2_pages_lead_to_each_other_and_hold_everybody_once(served, graph):
    for number in range(7):
        add_user(served.tenant, f"u{number}@example.org")
    found, link = [], "/users?$top=3&$select=id"
    while link:
        page = graph.get(link).json()
        found += [one["id"] for one in page["value"]]
        link = page.get("@odata.nextLink")
    assert sorted(found) == sorted(user.id for user in served.tenant.of("user"))
    assert error(graph.get("/users?$top=1000"))["code"] == "Request_BadRequest"


def test_e2_without_a_selection_many_properties_are_missing(graph):
    key = made(graph, department="Ward 3")
    assert "department" not in graph.get(f"/users/{key}").json()
    assert graph.get(f"/users/{key}?$select=department").json()["department"] == "Ward 3"


# --- E3: what is new is not seen at once ----------------------------------------------------------


def test_e3_a_new_account_is_not_seen_for_a_while(served, graph):
    served.tenant.switches.visible_after_seconds = 30
    key = made(graph)
    for answer in (
        graph.get(f"/users/{key}"),
        graph.patch(f"/users/{key}", json={"jobTitle": "Nurse"}),
        graph.post(f"/groups/{group_of(served, 'G-IT')}/members/$ref", json=reference(key)),
    ):
        assert error(answer, 404)["code"] == "Request_ResourceNotFound"
    taken = error(graph.post("/users", json=person()))
    assert taken["details"][0]["code"] == "ObjectConflict"
    served.tenant.clock.advance(30)
    assert graph.get(f"/users/{key}").status_code == 200


def test_e3_a_new_group_takes_nobody_for_a_while(served, graph):
    key = made(graph)
    served.graph.tokens.roles.add("Group.ReadWrite.All")
    token = served.graph.tokens.issue()
    headers = {"Authorization": f"Bearer {token}"}
    served.tenant.switches.visible_after_seconds = 30
    new = {
        "displayName": "New",
        "mailNickname": "new",
        "mailEnabled": False,
        "securityEnabled": True,
    }
    group = graph.post("/groups", json=new, headers=headers).json()["id"]
    served.tenant.clock.advance(20)
    answer = graph.post(f"/groups/{group}/members/$ref", json=reference(key), headers=headers)
    assert "source resource objects" in error(answer)["message"]


# --- E4, E11: names -------------------------------------------------------------------------------


def test_e4_a_sign_in_name_belongs_to_one_account(graph):
    made(graph)
    found = error(graph.post("/users", json=person("O'BRIEN")))
    assert found["code"] == "Request_BadRequest"
    assert found["details"] == [
        {
            "code": "ObjectConflict",
            "message": "Another object with the same value for property userPrincipalName already "
            "exists.",
            "target": "userPrincipalName",
        }
    ]


@pytest.mark.parametrize("address", [CONTACT, TEAM])
def test_e4_an_address_of_a_contact_or_group_is_taken(graph, address):
    found = error(graph.post("/users", json=person(mail=address)))
    assert [one["code"] for one in found["details"]] == ["ObjectConflict", "ConflictingObjects"]
    assert found["details"][0]["target"] == "proxyAddresses"


def test_e4_a_deleted_account_keeps_its_names_for_thirty_days(served, graph):
    key = made(graph)
    assert graph.delete(f"/users/{key}").status_code == 204
    assert graph.delete(f"/users/{key}").status_code == 404
    error(graph.post("/users", json=person()))
    served.tenant.clock.advance(31 * 24 * 3600)
    assert (
        graph.get(
            "/directory/deletedItems/microsoft.graph.user",
            headers={"Authorization": f"Bearer {served.graph.tokens.issue()}"},
        ).json()["value"]
        == []
    )


def test_e11_a_restored_account_is_as_it_was_without_its_groups(served, graph):
    key = made(graph, mail="sean@example.org")
    group = group_of(served, "G-IT")
    graph.post(f"/groups/{group}/members/$ref", json=reference(key))
    graph.delete(f"/users/{key}")
    listed = graph.get("/directory/deletedItems/microsoft.graph.user").json()["value"]
    assert [one["id"] for one in listed] == [key]
    assert graph.post(f"/directory/deletedItems/{key}/restore").status_code == 200
    held = graph.get(f"/users/{key}?$select=employeeId,mail").json()
    assert (held["employeeId"], held["mail"]) == ("1000123", "sean@example.org")
    assert graph.get(f"/groups/{group}/members").json()["value"] == []


def test_e11_a_restore_meets_who_took_the_name_meanwhile(served, graph):
    key = made(graph, mail="sean@example.org")
    graph.delete(f"/users/{key}")
    gone = served.tenant.things[key]
    served.tenant._release(gone)
    add_user(served.tenant, "sean@example.org", mail="sean@example.org")
    assert error(graph.post(f"/directory/deletedItems/{key}/restore"))["details"]
    kept = {"autoReconcileProxyConflict": True}
    assert graph.post(f"/directory/deletedItems/{key}/restore", json=kept).status_code == 200


# --- E5, E6, E14: creating and changing -----------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"],
)
def test_e5_a_new_account_needs_these(graph, name):
    content = person()
    del content[name]
    assert name in error(graph.post("/users", json=content))["message"]


@pytest.mark.parametrize(
    "values",
    [
        {"userPrincipalName": "sean@elsewhere.example"},
        {"noSuchProperty": "x"},
        {"proxyAddresses": ["SMTP:x@example.org"]},
        {"employeeId": "1" * 17},
        {"businessPhones": ["1", "2"]},
        {"usageLocation": "nl"},
        {"passwordProfile": {"password": "password"}},
        {"jobTitle": ""},
        {"accountEnabled": "yes"},
    ],
)
def test_e5_what_graph_does_not_take_is_refused(graph, values):
    assert error(graph.post("/users", json=person(**values)))["code"] == "Request_BadRequest"


def test_e6_a_write_answers_nothing_and_null_empties(graph):
    key = made(graph, department="Ward 3", mail="sean@example.org")
    answer = graph.patch(f"/users/{key}", json={"department": None, "mail": "new@example.org"})
    assert (answer.status_code, answer.content) == (204, b"")
    held = graph.get(f"/users/{key}?$select=department,proxyAddresses").json()
    assert held["department"] is None
    assert held["proxyAddresses"] == ["SMTP:new@example.org", "smtp:sean@example.org"]
    error(graph.patch(f"/users/{key}", json={"displayName": None}))


def test_e14_nobody_is_shown_a_password(served, graph):
    key = made(graph)
    every = graph.get(f"/users/{key}?$select=*").text + graph.get("/users/delta").text
    assert PASSWORD not in every
    assert served.tenant.things[key].password == PASSWORD
    assert PASSWORD.encode() not in served.tenant.snapshot()


# --- E7, E8, E9: groups ---------------------------------------------------------------------------


def test_e7_a_member_is_added_once_and_taken_out_once(served, graph):
    key, group = made(graph), group_of(served, "G-IT")
    path = f"/groups/{group}/members"
    assert graph.post(f"{path}/$ref", json=reference(key)).status_code == 204
    again = error(graph.post(f"{path}/$ref", json=reference(key)))
    assert "added object references already exist" in again["message"]
    assert [one["id"] for one in graph.get(path).json()["value"]] == [key]
    assert graph.delete(f"{path}/{key}/$ref").status_code == 204
    assert error(graph.delete(f"{path}/{key}/$ref"), 404)


def test_e7_twenty_members_are_added_at_once_or_none(served, graph):
    keys = [add_user(served.tenant, f"u{number}@example.org").id for number in range(21)]
    group = group_of(served, "G-IT")
    bind = [reference(key)["@odata.id"] for key in keys]
    error(graph.patch(f"/groups/{group}", json={"members@odata.bind": bind}))
    assert graph.get(f"/groups/{group}/members").json()["value"] == []
    answer = graph.patch(f"/groups/{group}", json={"members@odata.bind": bind[:20]})
    assert answer.status_code == 204
    assert len(graph.get(f"/groups/{group}/members").json()["value"]) == 20


def test_e8_a_delete_without_ref_takes_the_account_and_is_counted(served, graph):
    key, group = made(graph), group_of(served, "G-IT")
    graph.post(f"/groups/{group}/members/$ref", json=reference(key))
    graph.delete(f"/groups/{group}/members/{key}")
    assert graph.get(f"/users/{key}").status_code == 404
    assert served.graph.counts["deletes_without_ref"] == 1


@pytest.mark.parametrize(
    "name",
    ["Everyone in care", "Printers at the office", "Announcements", "Help desk with a role"],
)
def test_e9_groups_that_are_kept_elsewhere_take_nobody(served, graph, name):
    key, group = made(graph), group_of(served, name)
    answer = graph.post(f"/groups/{group}/members/$ref", json=reference(key))
    assert answer.status_code in {400, 403}
    assert key not in served.tenant.things[group].members


def test_e9_an_account_from_active_directory_is_changed_there(served, graph):
    found = error(graph.patch(f"/users/{SYNCED}", json={"jobTitle": "Nurse"}))
    assert "on-premises mastered" in found["message"]
    assert graph.patch(f"/users/{SYNCED}", json={"usageLocation": "NL"}).status_code == 204


def test_an_administrator_is_out_of_reach(graph):
    assert error(graph.patch(f"/users/{ADMINISTRATOR}", json={"accountEnabled": False}), 403)
    assert error(graph.delete(f"/users/{ADMINISTRATOR}"), 403)


# --- E10: throttling ------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False])
def test_e10_too_many_requests_are_told_to_slow_down(served, graph, told):
    switches = served.tenant.switches
    switches.requests_per_window, switches.says_retry_after = 3, told
    statuses = [graph.get("/users?$top=1").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert ("Retry-After" in graph.get("/users").headers) is told
    served.tenant.clock.advance(switches.window_seconds)
    assert graph.get("/users?$top=1").status_code == 200


@pytest.mark.parametrize("seconds", [7, None])
def test_e10_a_429_can_be_ordered_for_a_request_and_for_a_part_of_a_batch(served, graph, seconds):
    order = {"status": 429, "retry_after": seconds, "only": "POST /v1.0/users"}
    served.graph.faults.next(**order)
    answer = graph.post("/users", json=person())
    assert error(answer, 429)["code"] == "TooManyRequests"
    assert answer.headers.get("Retry-After") == (None if seconds is None else str(seconds))
    served.graph.faults.next(**order)
    new = part("1", "POST", "/users", body=person())
    found = batch(graph, new, part("2", "GET", "/users?$top=1"))
    assert [found[key]["status"] for key in ("1", "2")] == [429, 200]
    assert ("Retry-After" in found["1"]["headers"]) is (seconds is not None)
    assert batch(graph, new)["1"]["status"] == 201


# --- E12: delta -----------------------------------------------------------------------------------


def rounds(graph: httpx.Client, link: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    rows: list[dict[str, Any]] = []
    while True:
        page = graph.get(link, headers=headers).json()
        rows += page["value"]
        if "@odata.deltaLink" in page:
            return rows, page["@odata.deltaLink"]
        link = page["@odata.nextLink"]


def test_e12_a_delta_tells_what_changed_since(served, graph):
    served.tenant.switches.delta_page = 2
    key = made(graph, department="Ward 3")
    boss = made(graph, "boss")
    rows, link = rounds(graph, "/users/delta?$select=displayName,department,manager")
    assert {one["id"] for one in rows} == {user.id for user in served.tenant.of("user")}
    assert rounds(graph, link)[0] == []
    graph.patch(f"/users/{key}", json={"department": None})
    graph.patch(f"/users/{key}", json={"jobTitle": "not asked for"})
    graph.put(f"/users/{key}/manager/$ref", json=reference(boss))
    [row], later = rounds(graph, link)
    assert row["id"] == key
    assert row["department"] is None
    assert row["manager@delta"] == [{"@odata.type": "#microsoft.graph.user", "id": boss}]
    graph.delete(f"/users/{boss}")
    gone = {one["id"]: one for one in rounds(graph, later)[0]}
    assert gone[boss]["@removed"] == {"reason": "changed"}
    assert gone[key]["manager@delta"][0]["@removed"]


def test_e12_a_minimal_delta_tells_only_what_changed(graph):
    key = made(graph, department="Ward 3")
    _, link = rounds(graph, "/users/delta?$select=displayName,department")
    graph.patch(f"/users/{key}", json={"department": "Ward 4"})
    [row], _ = rounds(graph, link, Prefer="return=minimal")
    assert row == {"id": key, "department": "Ward 4"}


def test_e12_members_of_a_large_group_come_in_parts(served, graph):
    served.tenant.switches.members_in_delta = 2
    group = add_group(served.tenant, "Large")
    for number in range(5):
        served.tenant.join(group, add_user(served.tenant, f"u{number}@example.org").id)
    rows, link = rounds(graph, "/groups/delta?$select=displayName,members")
    parts = [one["members@delta"] for one in rows if one["id"] == group.id]
    assert [len(part) for part in parts] == [2, 2, 1]
    first = next(iter(group.members))
    graph.delete(f"/groups/{group.id}/members/{first}/$ref")
    [row], _ = rounds(graph, link)
    assert row["members@delta"][0]["@removed"] == {"reason": "deleted"}


@pytest.mark.parametrize("status", [400, 410])
def test_e12_a_delta_link_lives_seven_days(served, graph, status):
    served.tenant.switches.delta_expired_status = status
    served.tenant.switches.token_seconds = served.graph.tokens.seconds = 10**7
    _, link = rounds(graph, "/users/delta")
    served.tenant.clock.advance(7 * 24 * 3600 + 1)
    headers = {"Authorization": f"Bearer {served.graph.tokens.issue()}"}
    assert error(graph.get(link, headers=headers), status)["code"] == "syncStateNotFound"


@pytest.mark.parametrize("option", ["$top=5", "$filter=city eq 'x'", "$expand=manager"])
def test_e12_a_delta_knows_no_other_options(graph, option):
    error(graph.get(f"/users/delta?{option}"))


# --- E13: batches ---------------------------------------------------------------------------------


def batch(graph: httpx.Client, *parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = graph.post("/$batch", json={"requests": list(parts)})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["responses"]}


def part(key: str, method: str, url: str, **more: Any) -> dict[str, Any]:
    if "body" in more:
        more["headers"] = {"Content-Type": "application/json"}
    return {"id": key, "method": method, "url": url, **more}


def test_e13_each_part_of_a_batch_has_an_answer_of_its_own(graph):
    found = batch(
        graph,
        part("1", "POST", "/users", body=person()),
        part("2", "POST", "/users", body=person()),
        part("3", "GET", "users?$filter=employeeId eq '1000123'&$select=id", dependsOn=["1"]),
        part("4", "GET", "/users?$top=1", dependsOn=["2"]),
    )
    assert {key: one["status"] for key, one in found.items()} == {
        "1": 201,
        "2": 400,
        "3": 200,
        "4": 424,
    }
    assert found["3"]["body"]["value"] == [{"id": found["1"]["body"]["id"]}]


@pytest.mark.parametrize(
    "parts",
    [
        [part(str(number), "GET", "/users") for number in range(21)],
        [],
        [part("1", "GET", "/users"), part("1", "GET", "/users")],
        [part("1", "GET", "/users", dependsOn=["2"])],
        [{"id": "1", "method": "POST", "url": "/users", "body": {}}],
    ],
)
def test_e13_a_batch_of_another_form_is_refused_as_a_whole(graph, parts):
    error(graph.post("/$batch", json={"requests": parts}))


# --- E15: lost answers ----------------------------------------------------------------------------


def test_e15_an_answer_may_be_lost_after_the_work_was_done(served, graph):
    served.graph.faults.next(after_applying=True, only="POST /v1.0/users")
    with pytest.raises(httpx.RemoteProtocolError):
        graph.post("/users", json=person())
    assert error(graph.post("/users", json=person()))["details"]


def test_e15_a_batch_with_a_lost_answer_is_lost_as_a_whole_and_done_all_the_same(served, graph):
    served.graph.faults.next(after_applying=True, only="POST /v1.0/users")
    with pytest.raises(httpx.RemoteProtocolError):
        batch(
            graph,
            part("1", "POST", "/users", body=person("one")),
            part("2", "POST", "/users", body=person("two")),
        )
    names = {user.properties["userPrincipalName"] for user in served.tenant.of("user")}
    assert {"one@example.org", "two@example.org"} <= names


# --- Licences, managers, sessions -----------------------------------------------------------------


def test_a_licence_needs_a_location_and_a_seat(served, graph):
    [sku] = [key for key, one in served.tenant.skus.items() if one["name"] == "VISIOCLIENT"]
    keys = [made(graph, f"u{number}") for number in range(3)]
    add = {"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []}
    path = f"/users/{keys[0]}/assignLicense"
    assert "usage location" in error(graph.post(path, json=add))["message"]
    for key in keys:
        graph.patch(f"/users/{key}", json={"usageLocation": "NL"})
    statuses = [graph.post(f"/users/{key}/assignLicense", json=add).status_code for key in keys]
    assert statuses == [200, 200, 400]
    take = {"addLicenses": [], "removeLicenses": [sku]}
    assert graph.post(path, json=take).status_code == 200
    assert "corresponding license" in error(graph.post(path, json=take))["message"]
    [shown] = [one for one in graph.get("/subscribedSkus").json()["value"] if one["skuId"] == sku]
    assert shown["consumedUnits"] == 1


def test_a_manager_is_set_shown_and_taken_away(graph):
    key, boss = made(graph), made(graph, "boss")
    path = f"/users/{key}/manager"
    assert error(graph.get(path), 404)
    assert graph.put(f"{path}/$ref", json=reference(boss)).status_code == 204
    assert graph.get(path).json()["id"] == boss
    expanded = graph.get("/users?$expand=manager($select=id)&$select=id").json()["value"]
    assert {one["id"]: one.get("manager", {}).get("id") for one in expanded}[key] == boss
    assert graph.delete(f"{path}/$ref").status_code == 204
    assert error(graph.delete(f"{path}/$ref"), 404)


def test_sessions_are_ended(served, graph):
    key = made(graph)
    assert graph.post(f"/users/{key}/revokeSignInSessions").json()["value"] is True
    assert served.tenant.things[key].sign_ins_revoked == 1


# --- The sandbox itself ---------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_tenant():
    one, same, other = new_tenant(1), new_tenant(1), new_tenant(2)
    assert [*one.things] == [*same.things]
    assert set(one.things).isdisjoint(other.things)


def test_a_file_adds_to_the_tenant(tmp_path):
    file = tmp_path / "tenant.json"
    file.write_text(
        '{"domains": ["example.net"], "groups": ["Ward", {"displayName": "Team", "groupTypes": '
        '["Unified"]}], "users": [{"userPrincipalName": "a@example.net", "employeeId": "7", '
        '"groups": ["Ward"]}], "contacts": [{"mail": "c@example.net"}]}',
        encoding="utf-8",
    )
    with serve(SandboxOptions(data=file)) as served:
        [user] = [u for u in served.tenant.of("user") if u.properties.get("employeeId") == "7"]
        [ward] = served.tenant.groups_of(user.id)
        assert ward.properties["displayName"] == "Ward"
    file.write_text('{"users": [{}]}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tenant\.json"):
        fill(new_tenant(), file)


@pytest.mark.parametrize(
    "request_line",
    ["GET /nothing", "PUT /users", "GET /users/x/y/z", "POST /users/delta", "DELETE /organization"],
)
def test_what_leads_nowhere_is_refused(graph, request_line):
    method, path = request_line.split()
    assert graph.request(method, path).status_code in {400, 405}


def test_a_body_that_is_no_json_is_refused(graph):
    assert error(graph.post("/users", content=b"{")).get("code") == "Request_BadRequest"
    error(graph.post("/users", content=b"[]"))
