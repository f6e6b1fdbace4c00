import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from connectors.afas.sandbox.application import MAX_QUERY

USERS = "/connectors/T4E_HelloID_Users_v2"
JANINE = "12345.1000001"


def test_d1_the_prefix_is_read_whatever_its_case_and_the_rest_must_exist(served, http):
    base = served.settings["base_url"]
    assert http.get(base.replace("ProfitRest", "PROFITrest") + "/profitVERSION").json() == {
        "version": "22.22.5"
    }
    for path in (
        "/Nowhere",
        "/connectors/NoSuchConnector",
        base.replace("Profit", "x") + "/MetaInfo",
    ):
        reply = http.get(path)
        assert (reply.status_code, reply.content) == (404, b"")


@pytest.mark.parametrize(
    "header", [None, "", "AfasToken", "AfasToken %%%", "Bearer x", "AfasToken eA=="]
)
def test_d2_an_unknown_token_gets_401_and_not_a_byte_more(served, http, header):
    del http.headers["Authorization"]
    reply = http.get("/MetaInfo", headers={} if header is None else {"Authorization": header})
    assert (reply.status_code, reply.content) == (401, b"")
    assert reply.headers["Content-Length"] == "0"


def test_d2_a_connector_that_is_not_granted_is_said_in_words_or_by_401(afas, http):
    afas.catalogue.granted.discard("T4E_HelloID_Users_v2")
    reply = http.get(USERS)
    assert reply.status_code == 500
    assert "not supported for this app" in reply.json()["externalMessage"]
    afas.switches.not_granted = "401"
    assert http.get(USERS).status_code == 401


def test_d2_an_update_connector_that_is_not_granted_too(afas, put_user):
    afas.catalogue.granted.discard("KnUser")
    reply = put_user(JANINE, MtCd="1", Upn="j@example.org")
    assert reply.json()["errorNumber"] == -2147180996
    afas.switches.not_granted = "401"
    assert put_user(JANINE, MtCd="1", Upn="j@example.org").status_code == 401


def test_a_blocked_get_connector_says_so(afas, http):
    afas.catalogue.blocked.add("T4E_HelloID_Users_v2")
    reply = http.get(USERS)
    assert (reply.status_code, "is blocked" in reply.json()["externalMessage"]) == (500, True)


def test_d3_an_ip_block_is_403_and_maintenance_503_with_a_wait(afas, http):
    afas.switches.ip_refused = True
    reply = http.get("/ProfitVersion")
    assert (reply.status_code, reply.content) == (403, b"")
    afas.switches.ip_refused, afas.switches.maintenance_seconds = False, 7200
    reply = http.get("/ProfitVersion")
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "7200")
    assert reply.json()["retry_after"] == 7200


def test_d4_long_queries_are_not_found_and_large_or_broken_bodies_refused(afas, http):
    longest = "x=" + "a" * (MAX_QUERY - 3)
    assert http.get(f"{USERS}?{longest}").status_code == 200
    assert http.get(f"{USERS}?{longest}a").status_code == 404
    assert http.put("/connectors/KnUser", content=b"{").status_code == 400
    afas.switches.max_body = 10
    assert http.put("/connectors/KnUser", content=b"{" * 11).status_code == 413


def test_d13_more_than_five_calls_at_once_are_refused(afas, http):
    afas.fail_next("delay", seconds=0.4, times=6)
    together = threading.Barrier(6)

    def read(_: int) -> int:
        together.wait()
        return http.get("/ProfitVersion").status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(read, range(6)))
    assert 500 in statuses


def test_d13_the_number_of_calls_at_once_is_a_switch(afas, http):
    afas.switches.max_parallel = 0
    reply = http.get("/ProfitVersion")
    assert (reply.status_code, "locked" in reply.json()["externalMessage"]) == (500, True)
    afas.switches.max_parallel = 1
    assert http.get("/ProfitVersion").status_code == 200


def test_d14_replies_to_writes_and_errors_have_the_bodies_and_headers_of_afas(http, put_user):
    reply = put_user(JANINE, MtCd="1", Upn="j@example.org")
    assert (reply.status_code, reply.content) == (201, b"")
    person = {
        "KnPerson": {"Element": {"Fields": {"MatchPer": "0", "BcCo": "1000001", "TeNr": "1"}}}
    }
    reply = http.put("/connectors/KnPerson", json=person)
    assert reply.status_code == 201
    assert reply.json() == {"results": {"KnPerson": {"BcCo": "1000001", "BcId": "1"}}}
    person["KnPerson"]["Element"]["Fields"]["TeNr"] = "2"
    body = {"AfasEmployee": {"Element": {"@EmId": "1000001", "Objects": person}}}
    reply = http.put("/connectors/KnEmployee", json=body)
    assert reply.json() == {"results": {"KnEmployee": {"EmId": "1000001"}}}
    reply = put_user(JANINE, MtCd="1", Upn="j@example.org")
    assert reply.status_code == 500
    assert reply.headers["Content-Type"] == "application/xml"
    assert reply.json().keys() == {"errorNumber", "externalMessage", "profitLogReference"}


def test_d27_a_second_writer_on_one_person_is_refused_across_the_connectors(afas, http, put_user):
    afas.switches.write_seconds = 0.4
    fields = {"MatchPer": "0", "BcCo": "1000001", "EmAd": "j@example.org"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(put_user, JANINE, MtCd="1", Upn="j@example.org")
        while not afas.in_flight:
            time.sleep(0.005)
        second = http.put(
            "/connectors/KnPerson",
            json={"KnPerson": {"Element": {"Fields": fields}}},
            headers={"Accept-Language": "nl-nl"},
        )
        other = put_user("12345.1000002", MtCd="1", Upn="s@example.org")
    assert first.result().status_code == 201
    assert second.status_code == 500
    assert second.json()["externalMessage"] == (
        "De gegevens zijn inmiddels gewijzigd door een andere gebruiker."
    )
    assert other.status_code == 201
    afas.switches.write_seconds = 0
    again = http.put("/connectors/KnPerson", json={"KnPerson": {"Element": {"Fields": fields}}})
    assert again.status_code == 201


def test_d28_a_lost_reply_is_lost_after_the_work_and_a_cut_before_it(afas, http, put_user):
    afas.fail_next("cut", verb="PUT")
    with pytest.raises(httpx.RemoteProtocolError):
        put_user(JANINE, MtCd="1", Upn="j@example.org")
    assert "Upn" not in afas.records.users[JANINE].fields
    afas.fail_next("drop_reply", verb="PUT")
    with pytest.raises(httpx.RemoteProtocolError):
        put_user(JANINE, MtCd="1", Upn="j@example.org")
    assert afas.records.users[JANINE].fields["Upn"] == "j@example.org"
    assert [call.status for call in afas.writes] == [0, 0]


@pytest.mark.parametrize("kind", ["500", "503", "conflict", "timeout", "not_json", "cut_body"])
def test_d28_a_fault_strikes_once_and_only_where_it_was_ordered(afas, http, kind):
    whole = http.get(USERS).json()
    afas.fail_next(kind, connector="T4E_HelloID_Users_v2", after=1)
    assert http.get("/ProfitVersion").status_code == 200
    assert len(http.get(USERS).json()["rows"]) == len(whole["rows"])
    reply = http.get(USERS)
    if kind in {"not_json", "cut_body"}:
        with pytest.raises(json.JSONDecodeError):
            reply.json()
    else:
        assert reply.status_code == (503 if kind == "503" else 500)
    assert http.get(USERS).status_code == 200


def test_d28_a_delay_delays(afas, http):
    afas.fail_next("delay", seconds=0.1)
    before = time.monotonic()
    http.get("/ProfitVersion")
    assert time.monotonic() - before >= 0.1


def test_d29_every_refusal_has_a_fresh_reference_and_the_log_keeps_no_bodies(afas, put_user):
    replies = [put_user("12345.X", MtCd="2", Upn="secret@example.org").json() for _ in range(2)]
    references = [reply["profitLogReference"] for reply in replies]
    assert len(set(references)) == 2
    assert all(len(reference) == 32 for reference in references)
    assert [error.reference for error in afas.errors] == references
    assert "secret@example.org" not in repr(afas.errors)


def test_d30_the_description_agrees_with_what_is_granted_and_loaded(afas, http):
    afas.catalogue.granted.discard("KnPerson")
    afas.catalogue.rename_field("T4E_HelloID_Users_v2", "UPN", "Inlognaam")
    listed = http.get("/MetaInfo").json()
    assert "KnPerson" not in [entry["id"] for entry in listed["updateConnectors"]]
    described = http.get("/Metainfo/get/T4E_HelloID_Users_v2").json()["fields"]
    names = [field["id"] for field in described]
    assert names == list(http.get(USERS).json()["rows"][0])
    assert len(names) == 25
    assert "Inlognaam" in names
    assert http.get("/metainfo/update/KnPerson").status_code == 404
    nested = http.get("/metainfo/update/KnEmployee").json()["objects"][0]
    assert "EmAd" in [field["fieldId"] for field in nested["fields"]]


def test_d30_a_field_of_a_get_connector_is_described_as_afas_does(http):
    described = http.get("/Metainfo/get/T4E_HelloID_Employments_v2").json()
    assert described.keys() == {"name", "description", "fields"}
    kinds = {field["id"]: field["dataType"] for field in described["fields"]}
    assert {field["id"]: field["fieldId"] for field in described["fields"]}["Medewerker"] == "U001"
    assert described["fields"][0].keys() == {
        *("id", "fieldId", "dataType", "label", "length", "controlType", "decimals"),
        "decimalsFieldId",
    }
    assert (kinds["FTE"], kinds["Begindatum_contract"], kinds["Volgnummer_contract"]) == (
        "decimal",
        "date",
        "int",
    )


def test_d30_a_field_of_an_update_connector_is_described_as_afas_does(http):
    described = http.get("/Metainfo/update/KnUser").json()
    assert described.keys() == {"id", "name", "fields", "objects"}
    fields = {field["fieldId"]: field for field in described["fields"]}
    assert fields["MtCd"].keys() == {
        *("fieldId", "primaryKey", "dataType", "label", "mandatory", "length", "decimals"),
        *("decimalFieldId", "notzero", "controlType", "values"),
    }
    assert (fields["MtCd"]["mandatory"], fields["MtCd"]["length"]) == (True, 1)
    assert fields["MtCd"]["values"][1]["id"] == "1"
    assert (fields["UsId"]["primaryKey"], fields["InSi"]["dataType"]) == (True, "boolean")


def test_d30_custom_fields_are_listed_where_they_belong(afas, http):
    afas.add_custom_field("KnPerson", "U" + "0B" * 16, label="Badge", length=20)
    employee = http.get("/Metainfo/update/KnEmployee").json()
    own = [field["fieldId"] for field in employee["fields"]]
    of_person = {field["fieldId"]: field for field in employee["objects"][0]["fields"]}
    assert "U" + "0B" * 16 not in own
    listed = of_person["U" + "0B" * 16]
    assert (listed["label"], listed["length"]) == ("Badge", 20)


def test_d30_meta_info_lists_what_is_granted_and_whose_token_it_is(afas, http):
    afas.switches.token_expiry = "2027-01-01"
    listed = http.get("/MetaInfo").json()
    assert listed.keys() == {"updateConnectors", "getConnectors", "customConnectors", "info"}
    assert listed["info"].keys() == {"envid", "appName", "group", "tokenExpiry"}
    assert listed["info"]["tokenExpiry"] == "2027-01-01"
    assert {"id": "KnUser", "description": "KnUser"} in listed["updateConnectors"]


def test_d31_a_delete_is_counted_and_refused(afas, http):
    reply = http.delete("/connectors/KnEmployee/AfasEmployee/@EmId/1000001")
    assert reply.status_code == 500
    assert http.delete("/connectors/KnUser/KnUser/@UsId/1").status_code == 404
    assert afas.counts["deletes"] == 2
    assert "1000001" in afas.records.employees


def test_d32_the_call_log_hides_private_values_and_knows_no_token(afas, http, put_person):
    put_person(MatchPer="0", BcCo="1000001", EmA2="home@example.org", TeNr="030")
    http.get(USERS)
    first, second = afas.calls
    assert first.body["KnPerson"]["Element"]["Fields"] == {
        "MatchPer": "0",
        "BcCo": "1000001",
        "EmA2": "***",
        "TeNr": "030",
    }
    assert (second.verb, second.connector, second.body) == ("GET", "T4E_HelloID_Users_v2", None)
    assert afas.writes == [first]
    assert afas.token[33:97] not in repr(afas.calls)
