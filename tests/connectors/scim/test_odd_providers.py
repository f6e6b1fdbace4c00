"""Providers that spell, count, ignore or hide in their own way."""

import json

import pytest

from connectors.model.errors import BrokenSource, ConnectorError
from connectors.model.values import CLEAR
from connectors.scim.manifest import WORK_MAIL
from connectors.scim.pages import read_all
from connectors.scim.sandbox.catalogue import GROUP, GROUPS, USER, USERS
from connectors.scim.urns import ENTERPRISE
from connectors.sdk.conformance.bounds import unhurried
from tests.connectors.scim.lab import (
    create,
    delete,
    disable,
    enable,
    grant,
    outcomes,
    revoke,
    update,
)

DEPARTMENT = f"{ENTERPRISE}:department"


class TestSpelling:
    def test_names_in_another_case_are_the_same_names(self, lab, by):
        lab.served.switches.spelling = "odd"
        lab.served.switches.active_is_text = True
        group = lab.served.add_group("Staff")
        made, enabled, granted = lab.apply(
            create(title="Nurse", **{DEPARTMENT: "Care"}),
            enable(),
            grant(None, group),
        )
        assert outcomes([made, enabled, granted]) == ["done"] * 3, made.detail
        accounts = lab.read()
        assert accounts.accounts.at[made.ref, "person"] == "1000001"
        assert bool(accounts.accounts.at[made.ref, "enabled"])
        held = accounts.attributes.loc[made.ref]
        assert (held["title"], held[DEPARTMENT]) == ("Nurse", "Care")
        assert held[WORK_MAIL] == "1000001@example.org"
        assert list(accounts.grants["permission"]) == [group]
        again = lab.apply(
            update(made.ref, title="Nurse", **{DEPARTMENT: "Care"}),
            enable(made.ref),
            grant(made.ref, group),
        )
        assert outcomes(again) == ["already"] * 3
        changed = lab.apply(
            update(made.ref, **{DEPARTMENT: CLEAR, "title": "Chef"}), revoke(made.ref, group)
        )
        assert outcomes(changed) == ["done", "done"], [one.detail for one in changed]
        kept = lab.served.user(made.ref)
        assert (kept["title"], kept.get(ENTERPRISE)) == ("Chef", None)
        assert lab.served.members(group) == set()

    @pytest.mark.parametrize(("text", "state"), [("True", True), ("false", False), ("x", None)])
    def test_a_state_may_be_a_text(self, lab, text, state):
        user = {"id": "1", "userName": "bo", "active": text}
        body = json.dumps({"totalResults": 1, "Resources": [user]}).encode()
        lab.served.faults.next(status=200, body=body, only="GET */Users")
        enabled = lab.read().accounts["enabled"]
        assert (None if enabled.isna().at["1"] else bool(enabled.at["1"])) is state

    def test_settings_spell_as_they_like(self, lab):
        ref = lab.served.add_user("bo", externalId="42", title="Nurse")
        accounts = lab.read(correlation="EXTERNALID", names={"job": "Title"})
        assert accounts.accounts.at[ref, "person"] == "42"
        assert accounts.attributes.at[ref, "job"] == "Nurse"


class TestIgnoring:
    def test_an_account_that_stays_enabled_is_not_disabled(self, lab, by):
        ref = lab.served.add_user("bo", active=True)
        lab.served.switches.ignored = frozenset({"active"})
        [receipt] = lab.apply(disable(ref))
        assert receipt.outcome == "failed"
        assert "active" in receipt.detail

    def test_an_account_that_is_made_enabled_is_disabled_at_once(self, lab, by):
        lab.served.switches.ignored = frozenset({"active"})
        [receipt] = lab.apply(create())
        assert receipt.outcome == "failed"
        assert "active" in receipt.detail

    def test_a_new_account_that_the_provider_enables_is_disabled(self, lab):
        """Some providers make every account active and let it be changed afterwards."""
        lab.served.switches.ignored = frozenset({"active"})
        lab.served.faults.slow(0.3, count=1, only="PATCH *")
        made = lab.served.faults.around

        def then_heals(method, path, query, body, carry_out):
            if method == "PATCH":
                lab.served.switches.ignored = frozenset()
            return made(method, path, query, body, carry_out)

        lab.served.faults.around = then_heals
        [receipt] = lab.apply(create(), use_bulk=False)
        assert receipt.outcome == "done"
        assert lab.served.user(receipt.ref)["active"] is False

    def test_a_value_that_stays_as_it_was_was_not_written(self, lab, by):
        ref = lab.served.add_user("bo", title="Nurse")
        lab.served.switches.ignored = frozenset({"title"})
        for value in ("Chef", CLEAR):
            [receipt] = lab.apply(update(ref, title=value))
            assert receipt.outcome == "failed"
            assert "title" in receipt.detail

    def test_a_value_in_the_spelling_of_the_provider_is_kept(self, lab):
        ref = lab.served.add_user("bo", title="+31 6 123")
        lab.served.switches.ignored = frozenset({"title"})
        assert outcomes(lab.apply(update(ref, title="+316123"))) == ["done"]


class TestAskedFor:
    def test_what_is_shown_on_request_is_asked_for(self, lab, by):
        lab.served.switches.on_request = frozenset({"title", "nickName"})
        ref = lab.served.add_user("bo", title="Nurse", nickName="B", externalId="1")
        assert lab.read().attributes.at[ref, "title"] == "Nurse"
        assert outcomes(lab.apply(update(ref, title="Nurse"))) == ["already"]
        assert outcomes(lab.apply(update(ref, displayName="Bo"))) == ["done"]
        kept = lab.served.user(ref)
        assert (kept["title"], kept["nickName"], kept["displayName"]) == ("Nurse", "B", "Bo")

    def test_members_that_are_shown_on_request_are_asked_for(self, lab, by):
        """Without PATCH the group is put back whole: who is not shown would be thrown out."""
        lab.served.switches.on_request = frozenset({"members"})
        one, other = lab.served.add_user("one"), lab.served.add_user("other")
        group = lab.served.add_group("Staff", one)
        assert list(lab.read().grants["ref"]) == [one]
        assert outcomes(lab.apply(grant(other, group))) == ["done"]
        assert lab.served.members(group) == {one, other}
        assert outcomes(lab.apply(revoke(one, group))) == ["done"]
        assert lab.served.members(group) == {other}

    def test_lists_without_members_are_asked_for_them(self, lab):
        lab.served.switches.members_returned = False
        one = lab.served.add_user("one")
        group = lab.served.add_group("Staff", one)
        grants = lab.read().grants
        assert list(zip(grants["ref"], grants["permission"], strict=True)) == [(one, group)]

    def test_a_group_that_shows_nobody_is_never_replaced_by_those_who_join(self, lab):
        """A PATCH that broke is sent again as it was: there is no whole to put in its place."""
        one, other = lab.served.add_user("one"), lab.served.add_user("other")
        group = lab.served.add_group("Staff", one)
        hidden = json.dumps({"schemas": [GROUP], "id": group, "displayName": "Staff"}).encode()
        lab.served.faults.next(status=200, body=hidden, only="GET */Groups/*", count=-1)
        lab.served.faults.next(status=500, only="PATCH */Groups/*")
        assert outcomes(lab.apply(grant(other, group))) == ["done"]
        assert lab.served.members(group) == {one, other}

    @pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}"])
    def test_what_is_no_group_is_never_put_back(self, lab, by, body):
        one, other = lab.served.add_user("one"), lab.served.add_user("other")
        group = lab.served.add_group("Staff", one)
        lab.served.faults.next(status=200, body=body, only="GET */Groups/*", count=-1)
        [receipt] = lab.apply(grant(other, group))
        assert receipt.outcome != "done"
        assert lab.served.members(group) == {one}


class TestCounting:
    @pytest.mark.parametrize("total", ["right", "page", "text", "missing"])
    @pytest.mark.parametrize("size", [0, 3, 5, 100])
    @pytest.mark.parametrize("paging", ["right", "ignored"])
    def test_everybody_is_read_whatever_is_said_of_how_many_there_are(
        self, lab, total, size, paging
    ):
        """The provider gives 5 at most, so that a page tells nothing by being short."""
        switches = lab.served.switches
        switches.max_results, switches.total, switches.paging = 5, total, paging
        for number in range(12):
            lab.served.add_user(f"u{number}")
        assert len(lab.read(page_size=size)) == 12

    @pytest.mark.parametrize("total", ["right", "page", "text", "missing"])
    def test_who_looks_without_a_filter_looks_at_everybody(self, lab, total):
        switches = lab.served.switches
        switches.filter, switches.max_results, switches.total = False, 5, total
        for number in range(11):
            lab.served.add_user(f"u{number}", externalId=str(number))
        lab.served.add_user("1000001@example.org", externalId="1000001")
        [receipt] = lab.apply(create())
        assert receipt.outcome == "already", receipt.detail

    def test_a_provider_that_counts_from_zero_is_an_error(self, lab):
        lab.served.switches.paging = "from zero"
        for number in range(7):
            lab.served.add_user(f"u{number}")
        with pytest.raises(BrokenSource, match="6 different Users of 7"):
            lab.read(page_size=3)

    def test_no_page_behind_the_last_may_be_an_error(self):
        from connectors.model.errors import Invalid

        everybody = [{"id": str(number)} for number in range(10)]

        def fetch(asked):
            if int(asked["startIndex"]) > 10:
                raise Invalid("startIndex is too large")
            return {"Resources": everybody, "totalResults": 10}

        assert len(read_all(fetch, page_size=100, system="x", what="Users")) == 10


class TestFindingAPerson:
    @pytest.mark.parametrize("status", [400, 501])
    def test_a_filter_that_is_refused_is_done_without(self, lab, status):
        lab.served.add_user("1000001@example.org", externalId="1000001")
        lab.served.faults.next(status=status, only="GET */Users")
        [receipt] = lab.apply(create())
        assert receipt.outcome == "already", receipt.detail

    def test_everybody_is_read_once_to_see_who_has_an_account(self, lab):
        from connectors.sdk.passwords import MemorySink

        lab.sink, lab.served.switches.filter = MemorySink(), False
        receipts = lab.apply(*(create(person=str(n)) for n in range(8)), concurrency=1)
        assert outcomes(receipts) == ["done"] * 8
        assert lab.calls("GET").count("GET /Users") == 1


class TestIds:
    ODD = "a/b c%2F?ü#é"

    @pytest.fixture
    def odd(self, lab):
        with lab.served.lock:
            user = {"userName": "bo", "active": False, "externalId": "1000001"}
            lab.served.store.add(USERS, user, ident=self.ODD)
            lab.served.store.add(GROUPS, {"displayName": "Staff"}, ident=f"g{self.ODD}")
        return lab

    @pytest.mark.parametrize("use_bulk", [True, False])
    def test_an_id_may_hold_anything(self, odd, by, use_bulk):
        ref, group = self.ODD, f"g{self.ODD}"
        changes = (enable(ref), update(ref, title="x"), grant(ref, group), revoke(ref, group))
        done = odd.apply(*changes, use_bulk=use_bulk)
        assert outcomes(done) == ["done"] * 4, [one.detail for one in done]
        assert outcomes(odd.apply(delete(ref), use_bulk=use_bulk)) == ["done"]
        assert odd.served.users() == []

    @pytest.mark.parametrize("ref", ["", ".", ".."])
    def test_what_leads_elsewhere_is_no_id(self, lab, ref):
        bo = lab.served.add_user("bo")
        before = lab.served.snapshot()
        receipts = [*lab.apply(disable(ref)), *lab.apply(grant(bo, ref or ".."))]
        assert outcomes(receipts) == ["failed", "failed"]
        assert lab.served.snapshot() == before

    def test_the_address_of_a_new_account_may_be_encoded(self, lab, monkeypatch):
        import uuid

        monkeypatch.setattr(uuid, "uuid5", lambda *_: f"x/{lab.served.store._made}")
        lab.served.switches.bulk_bodies = False
        receipts = lab.apply(*(create(person=str(n)) for n in range(2)))
        assert outcomes(receipts) == ["done", "done"], receipts[0].detail

    def test_a_create_that_says_nothing_is_looked_up(self, lab):
        lab.served.faults.next(status=201, body=b"", after_applying=True, only="POST */Users")
        [receipt] = lab.apply(create(), use_bulk=False)
        assert receipt.outcome == "done", receipt.detail
        assert lab.served.user(receipt.ref)["externalId"] == "1000001"


ODD_USERS = [
    {"emails": True},
    {"emails": "a@example.org"},
    {"emails": {"value": "a@example.org"}},
    {"emails": None, "meta": None, "schemas": None, ENTERPRISE: None, "name": None},
    {"emails": [None, [], {"value": {"x": 1}}, {"value": None}], "meta": "x", "roles": "admin"},
    {"emails": [], "meta": [], "schemas": {}, ENTERPRISE: [], "name": "Bo", "roles": 3},
    {"phoneNumbers": "1", "addresses": {"type": "work"}, "title": ["a"], "active": {}},
]


class TestShapes:
    @pytest.mark.parametrize("odd", ODD_USERS)
    @pytest.mark.parametrize("groups", [None, 5, "x", {"value": "1"}, [None, 5, {"value": None}]])
    def test_what_is_not_as_promised_is_read_without_a_stumble(self, lab, odd, groups):
        user = {"id": "1", "userName": "bo", **odd}
        for path, one in (("Users", user), ("Groups", {"id": "g", "members": groups})):
            body = json.dumps({"totalResults": 1, "Resources": [one]}).encode()
            lab.served.faults.next(status=200, body=body, only=f"GET */{path}", count=-1)
        accounts = lab.read(permissions={"roles": ()})
        assert len(accounts) == 1
        assert all(len(value) > 1 for value in accounts.taken["value"])

    @pytest.mark.parametrize("odd", ODD_USERS)
    def test_what_is_not_as_promised_is_written_without_a_stumble(self, lab, by, odd):
        ref = lab.served.add_user("bo")
        user = {"id": ref, "userName": "bo", **odd}
        lab.served.faults.next(status=200, body=json.dumps(user).encode(), only="GET */Users/*")
        values = {
            "name.familyName": "Smit",
            DEPARTMENT: "Care",
            WORK_MAIL: "b@example.org",
            'addresses[type eq "work"].locality': "Arnhem",
            "title": "x",
        }
        [receipt] = lab.apply(update(ref, **values))
        assert "the connector is broken" not in (receipt.detail or "")
        lab.served.faults.heal()
        assert outcomes(lab.apply(update(ref, **values))) in (["done"], ["already"])

    @pytest.mark.parametrize("path", ["ServiceProviderConfig", "ResourceTypes", "Schemas"])
    @pytest.mark.parametrize(
        "content",
        [
            [],
            {"patch": {"supported": []}, "bulk": {"supported": True, "maxOperations": "x"}},
            {"Resources": [{"schema": [], "endpoint": 5}, {"id": {}, "attributes": [{}]}, 7]},
            {"Resources": [{"id": USER, "attributes": [{"name": "title", "subAttributes": 5}]}]},
        ],
    )
    def test_a_provider_may_say_odd_things_of_itself(self, lab, path, content):
        lab.served.add_user("bo")
        lab.served.faults.next(
            status=200, body=json.dumps(content).encode(), only=f"GET */{path}", count=-1
        )
        assert len(lab.read()) == 1
        assert all(isinstance(one.detail, str) for one in lab.check())

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"Resources": 5}', b"\xff\xfe"])
    def test_what_is_no_list_names_the_target(self, lab, body):
        lab.served.faults.next(status=200, body=body, only="GET */Users", count=-1)
        with unhurried(), pytest.raises(ConnectorError, match="app"):
            lab.read()
