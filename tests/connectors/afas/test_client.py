import base64
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.afas.client import AfasClient
from connectors.afas.pages import Row
from connectors.afas.sandbox.afas import Afas
from connectors.model.errors import (
    BrokenSource,
    Conflict,
    Fatal,
    Forbidden,
    Invalid,
    Misconfigured,
    Unauthorized,
    Unreachable,
)

USERS = "T4E_HelloID_Users_v2"
ORDER = ("Medewerker", "Persoonsnummer")


@pytest.fixture
def open_client(source_settings, waits, opened):
    return lambda **more: opened(
        AfasClient(source_settings(**more), read_only=False, sleep=waits.append)
    )


@pytest.fixture
def client(open_client):
    return open_client()


def keys(rows: list[Row]) -> list[str]:
    return [row["Medewerker"] for row in rows]


def hire_many(afas: Afas, count: int) -> None:
    for number in range(count):
        afas.hire(nick_name="Kim", family_name=f"Nummer{number}", department="IT", title="Tester")


def test_every_row_comes_once_although_afas_shuffles_pages_without_order(afas, open_client):
    hire_many(afas, 40)
    client = open_client(max_rows=7)
    rows = client.get_rows(USERS, order_by=ORDER, columns=25)
    assert sorted(keys(rows)) == sorted(afas.records.employees)
    assert len(afas.calls) == 6  # of 7 rows each; each also shows the first row of the next


def test_who_forgets_the_order_gets_overlapping_pages(afas, client):
    hire_many(afas, 40)
    pages = [client._page(USERS, f"skip={skip}&take=21") for skip in (0, 21)]
    seen = keys(pages[0]) + keys(pages[1])
    assert len(seen) == 42
    assert len(set(seen)) < 42


def test_pages_shrink_until_they_fit_into_afas_memory(afas, client):
    hire_many(afas, 30)
    afas.switches.max_cells = 25 * 10
    assert len(client.get_rows(USERS, order_by=ORDER, columns=25)) == 32


def test_a_read_is_one_call_per_thousand_rows(afas, client):
    client.get_rows(USERS, order_by=ORDER, columns=25)
    assert "take=1001&" in afas.calls[-1].query


def test_a_query_that_afas_would_not_find_is_not_sent(afas, client):
    with pytest.raises(Misconfigured, match="more than 2049 characters"):
        client.get_rows(USERS, order_by=["Medewerker"] * 200, columns=25)
    assert afas.calls == []


@pytest.mark.parametrize("fault", ["cut_body", "not_json"])
def test_a_reply_that_is_no_whole_json_is_a_broken_source(afas, client, fault):
    afas.fail_next(fault)
    with pytest.raises(BrokenSource, match="cut off or not JSON"):
        client.get_rows(USERS, order_by=ORDER, columns=25)


def test_a_read_survives_a_broken_connection_and_a_gateway_error(afas, client, waits):
    afas.fail_next("cut")
    afas.fail_next("500")
    assert len(client.get_rows(USERS, order_by=ORDER, columns=25)) == 2
    assert len(waits) == 2


def test_maintenance_is_waited_for_as_long_as_afas_asks(afas, client, waits):
    afas.fail_next("503", seconds=7)
    client.version()
    assert waits == [7.0]


def test_endless_maintenance_ends_as_unreachable(afas, client):
    afas.switches.maintenance_seconds = 7200
    with pytest.raises(Unreachable, match="scheduled maintenance"):
        client.version()


@pytest.mark.parametrize("language", ["en-us", "nl-nl"])
def test_a_missing_field_is_misconfigured_in_both_languages(afas, language, open_client):
    client = open_client(language=language)
    with pytest.raises(Misconfigured, match="Nonsense") as caught:
        client.get_rows(USERS, order_by=("Nonsense",), columns=25)
    assert caught.value.reference == afas.errors[-1].reference


@pytest.mark.parametrize("language", ["en-us", "nl-nl"])
def test_a_connector_that_is_not_granted_is_misconfigured(afas, language, open_client):
    afas.catalogue.granted -= {USERS, "KnUser"}
    client = open_client(language=language)
    with pytest.raises(Misconfigured, match=USERS):
        client.get_rows(USERS, order_by=ORDER, columns=25)
    with pytest.raises(Misconfigured, match="KnUser"):
        client.put_user("12345.1000001", {"EmAd": "x@example.org"})


@pytest.mark.parametrize("language", ["en-us", "nl-nl"])
def test_two_writers_on_one_person_are_a_conflict(afas, language, open_client):
    client = open_client(language=language)
    afas.fail_next("conflict", verb="PUT")
    with pytest.raises(Conflict) as caught:
        client.put_user("12345.1000001", {"EmAd": "x@example.org"})
    assert caught.value.code == "-2147180999"
    assert len(caught.value.reference) == 32


def test_a_functional_error_keeps_number_message_and_log_reference(afas, client):
    with pytest.raises(Invalid, match="The entered value for 'EmId' does not exist") as caught:
        client.put_employee("999", "1000001", {"EmAd": "x@example.org"})
    assert caught.value.code == "-2147220469"
    assert caught.value.reference == afas.errors[-1].reference
    assert caught.value.reference in str(caught.value)


def test_an_unknown_token_is_unauthorized(served, source_settings, client):
    served.afas.tokens.clear()
    with pytest.raises(Unauthorized, match="refused the token"):
        client.version()


def test_a_refused_address_is_forbidden(afas, client):
    afas.switches.ip_refused = True
    with pytest.raises(Forbidden, match="IP addresses"):
        client.version()


def test_an_unknown_connector_is_misconfigured(client):
    with pytest.raises(Misconfigured, match="404"):
        client.get_rows("No_Such_Connector", order_by=("X",), columns=1)


def test_nobody_listening_is_unreachable_and_nothing_was_written(served, client):
    served.close()
    with pytest.raises(Unreachable):
        client.put_user("12345.1000001", {"EmAd": "x@example.org"})


def test_a_write_with_a_lost_reply_says_that_it_may_have_happened(afas, client):
    afas.fail_next("drop_reply", verb="PUT")
    with pytest.raises(Exception, match="connection broke") as caught:
        client.put_user("12345.1000001", {"EmAd": "x@example.org"})
    assert not isinstance(caught.value, Fatal)
    assert afas.user_of("1000001").fields["EmAd"] == "x@example.org"


def test_a_client_without_leave_to_write_cannot_put(afas, source_settings, opened):
    client = opened(AfasClient(source_settings(), read_only=True))
    with pytest.raises(Fatal, match="read-only"):
        client.put_user("12345.1000001", {"EmAd": "x@example.org"})
    assert afas.calls == []


@pytest.mark.parametrize("name", ["O'Brien", "Smith, John", "a;b", "100% & co", "Łukasz #1", '"q"'])
def test_b1_a_value_to_find_survives_the_address(afas, client, name):
    employee = afas.hire(nick_name="Kim", family_name=name, department="IT", title="Tester")
    found = client.find_rows(USERS, field="Geboortenaam", value=name, order_by=ORDER)
    assert keys(found) == [employee]


def test_an_empty_value_is_never_looked_for(afas, client):
    with pytest.raises(ValueError, match="empty value"):
        client.find_rows(USERS, field="Medewerker", value="", order_by=ORDER)
    assert afas.calls == []


@pytest.mark.parametrize(("many", "calls"), [(0, 0), (1, 1), (60, 1), (200, 4)])
def test_many_rows_are_found_in_as_few_calls_as_a_query_has_room_for(afas, client, many, calls):
    wanted = sorted(
        afas.hire(nick_name="Kim", family_name=f"Ng{place}", department="IT", title="Tester")
        for place in range(many)
    )
    found = client.find_many(USERS, field="Medewerker", values=wanted, order_by=ORDER)
    assert keys(found) == wanted
    assert len(afas.calls) == calls


def test_of_a_value_with_very_many_rows_none_are_found_rather_than_some(afas, client):
    names = ["Ng"] * 12 + ["Obi"]
    for name in names:
        afas.hire(nick_name="Kim", family_name=name, department="IT", title="Tester")
    found = client.find_many(USERS, field="Geboortenaam", values=["Ng", "Obi"], order_by=ORDER)
    assert found == []


@pytest.mark.parametrize("name", ["O'Brien", "Smith, John", "a;b", "100% & co", "Łukasz #1", '"q"'])
def test_b1_several_values_to_find_survive_the_address(afas, client, name):
    some = [
        afas.hire(nick_name="Kim", family_name=one, department="IT", title="Tester")
        for one in ("Ng", name)
    ]
    found = client.find_many(USERS, field="Geboortenaam", values=["Ng", name], order_by=ORDER)
    assert sorted(keys(found)) == sorted(some)


def test_no_more_than_five_calls_are_under_way_for_one_environment(
    opened, afas, source_settings, waits
):
    clients = [opened(AfasClient(source_settings(), read_only=True)) for _ in range(3)]
    afas.fail_next("delay", seconds=0.03, times=24)
    together = threading.Barrier(12)

    def read(place: int) -> int:
        together.wait()
        return len(clients[place % 3].get_rows(USERS, order_by=ORDER, columns=25))

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(read, range(12))) == [2] * 12
    assert 1 < afas.counts["most_at_once"] <= 5


def test_headers_are_those_that_afas_asks_for(afas, monkeypatch, open_client):
    seen: list[dict[str, str]] = []
    answer = afas.answer
    monkeypatch.setattr(afas, "answer", lambda *parts: (seen.append(parts[3]), answer(*parts))[1])
    client = open_client(integration_id="1_2", language="nl-nl")
    client.put_user("12345.1000001", {"EmAd": "é@example.org"})
    assert seen[0]["accept-language"] == "nl-nl"
    assert seen[0]["integrationid"] == "1_2"
    assert seen[0]["content-type"] == "application/json;charset=utf-8"
    assert seen[0]["authorization"].startswith("AfasToken ")
    assert afas.user_of("1000001").fields["EmAd"] == "é@example.org"


def test_no_error_and_no_repr_shows_the_token(served, client):
    token = served.afas.token
    secrets = [token, token[33:97], base64.b64encode(token.encode()).decode()]
    said = [repr(client), repr(client._http)]
    for fault in ("500", "cut_body", "not_json", "503"):
        served.afas.fail_next(fault, times=4)
        with pytest.raises(Fatal) as caught:
            client.metainfo()
        said += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
    said += [repr(call) for call in served.afas.calls]
    assert not any(secret in text for secret in secrets for text in said)
