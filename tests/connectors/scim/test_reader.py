"""Reading providers that count in their own way, and what `check` says of them."""

import pytest

from connectors.model.errors import BrokenSource, Misconfigured
from connectors.model.manifest import ADDRESS
from connectors.scim.pages import read_all
from connectors.scim.sandbox.switches import poor
from connectors.sdk.conformance.bounds import unhurried
from tests.connectors.scim.lab import Lab

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.fixture
def seven(lab):
    for number in range(7):
        lab.served.add_user(f"u{number}", externalId=str(number), active=number % 2 == 0)
    return lab


class TestPages:
    @pytest.mark.parametrize("paging", ["right", "short"])
    @pytest.mark.parametrize("size", [0, 1, 3, 7, 100])
    def test_everybody_is_read_whatever_the_pages(self, seven, paging, size):
        seven.served.switches.paging = paging
        assert len(seven.read(page_size=size)) == 7

    def test_a_provider_that_ignores_what_was_asked_gives_everybody_at_once(self, seven):
        seven.served.switches.paging = "ignored"
        assert len(seven.read(page_size=3)) == 7

    def test_a_provider_that_gives_the_first_page_again_is_an_error(self, seven):
        seven.served.switches.paging = "stuck"
        with pytest.raises(BrokenSource, match="came again"):
            seven.read(page_size=3)

    def test_a_total_of_the_page_is_not_believed(self):
        everybody = [{"id": str(number)} for number in range(7)]

        def fetch(asked):
            start, count = int(asked["startIndex"]) - 1, int(asked["count"])
            page = everybody[start : start + count]
            return {"Resources": page, "totalResults": 3}

        found = read_all(fetch, page_size=3, system="x", what="Users")
        assert len(found) == 7

    def test_who_comes_while_pages_are_read_is_read_in_the_next_round(self):
        rounds = []

        def fetch(asked):
            rounds.append(asked)
            people = [{"id": str(number)} for number in range(4 if len(rounds) < 2 else 5)]
            start, count = int(asked["startIndex"]) - 1, int(asked["count"])
            return {"Resources": people[start : start + count], "totalResults": len(people)}

        assert len(read_all(fetch, page_size=2, system="x", what="Users")) == 5

    def test_people_that_never_add_up_are_an_error(self):
        def fetch(asked):
            last = int(asked["startIndex"]) > 2
            return {"Resources": [{"id": str(last)}, {"id": str(last)}], "totalResults": 3 + last}

        with pytest.raises(BrokenSource, match="3 readings"):
            read_all(fetch, page_size=2, system="x", what="Users")

    @pytest.mark.parametrize("answer", [[], {}, {"Resources": "x"}, {"Resources": [1]}, None])
    def test_what_is_no_list_is_told(self, answer):
        with pytest.raises(Misconfigured, match="no list"):
            read_all(lambda _: answer, page_size=2, system="x", what="Users")

    def test_nobody_is_nobody(self):
        assert read_all(lambda _: {"totalResults": 0}, page_size=2, system="x", what="Users") == []


class TestReading:
    def test_state_names_groups_and_links_are_read(self, lab):
        ann = lab.served.add_user(
            "ann@example.org", externalId="1", active=True, emails=[{"value": "a@Example.org"}]
        )
        bob = lab.served.add_user("bob@example.org", active=False)
        nobody = lab.served.add_user("x")
        inner = lab.served.add_group("Inner", ann)
        outer = lab.served.add_group("Outer", inner, bob)
        accounts = lab.read()
        frame = accounts.accounts
        assert frame.at[ann, "person"] == "1"
        assert (bool(frame.at[ann, "enabled"]), bool(frame.at[bob, "enabled"])) == (True, False)
        assert frame["enabled"].isna().at[nobody]
        assert sorted(zip(accounts.grants["ref"], accounts.grants["permission"], strict=True)) == (
            sorted([(ann, inner), (bob, outer)])
        )
        addresses = accounts.taken[accounts.taken["space"] == ADDRESS]
        assert set(addresses["value"]) == {
            "ann@example.org",
            "a@example.org",
            "bob@example.org",
            "x",
        }

    def test_another_attribute_can_hold_the_hr_id(self, lab):
        key = f"{ENTERPRISE}:employeeNumber"
        ref = lab.served.add_user("bo", **{ENTERPRISE: {"employeeNumber": "42"}})
        assert lab.read(correlation=key).accounts.at[ref, "person"] == "42"

    def test_members_that_are_named_by_their_address_are_known(self):
        from connectors.scim.members import Identities, address_of

        bo = {"meta": {"location": "https://x/Users/bo"}}
        who = Identities([("id-1", address_of(bo)), ("id-2", address_of({}))])
        assert who.ref({"value": "bo", "$ref": "https://x/Users/bo"}) == "id-1"
        assert who.ref({"value": "id-2"}) == "id-2"
        assert who.ref({"value": "stranger", "$ref": ""}) is None


class TestCheck:
    def test_what_the_provider_can_and_lacks_is_said(self, lab):
        texts = "\n".join(f"{one.subject}: {one.detail}" for one in lab.check())
        assert "can filter, patch, bulk of 100, etag, sort" in texts
        for name in vars(poor()) if hasattr(poor(), "__dict__") else poor().__slots__:
            setattr(lab.served.switches, name, getattr(poor(), name))
        texts = "\n".join(f"{one.subject}: {one.detail}" for one in lab.check())
        assert "no patch (a change reads the whole resource and puts it back)" in texts
        assert all(one.ok for one in lab.check())

    def test_attributes_that_no_schema_knows_are_named_with_what_was_meant(self, lab):
        named = (f"{ENTERPRISE}:departmnt", "name.famlyName", "groups.value", "userName")
        wrong = {one.subject: one for one in lab.check(extra_attributes=named)}["attributes"]
        assert not wrong.ok
        assert f"did you mean {ENTERPRISE}:department?" in wrong.detail
        assert "did you mean name.familyName?" in wrong.detail
        assert "groups.value is read-only" in wrong.detail

    def test_a_provider_without_schemas_cannot_be_asked(self, lab):
        lab.served.switches.describes = False
        findings = {one.subject: one for one in lab.check(extra_attributes=("nonsense",))}
        assert findings["attributes"].ok
        assert findings["attributes"].warns

    def test_too_few_rights_and_too_many_are_told_apart_from_those_to_read(self, served):
        def rights(**settings):
            lab = Lab(served)
            lab._settings = {"base_url": served.url, **settings}
            return next(one for one in lab.check() if one.subject.startswith("rights"))

        both, reads = served.settings["token"], served.settings_apart["token"]
        assert rights(token=both).ok
        assert not rights(token=reads).ok
        assert rights(token=reads, write_token=both).ok
        assert rights(token=both, write_token=both).warns

    @pytest.mark.parametrize(("status", "reached"), [(401, False), (403, False), (404, True)])
    def test_what_breaks_is_the_last_finding(self, lab, status, reached):
        lab.served.faults.next(status=status, body=b"<html>", only="GET */Users", count=-1)
        with unhurried():
            last = lab.check()[-1]
        assert not last.ok
        assert last.reached is reached

    def test_a_provider_that_says_nothing_of_itself_still_works(self, lab):
        lab.served.add_user("bo", externalId="1")
        lab.served.faults.next(status=404, only="GET */S*", count=-1)
        assert len(lab.read()) == 1
        assert any(one.warns and "does not say what it can" in one.detail for one in lab.check())
