"""What stays as it was when a user or a group is written: all that the plan did not name."""

import json

import pytest

from connectors.scim.manifest import WORK_MAIL
from connectors.scim.sandbox.catalogue import GROUP, STAFF, USER
from connectors.scim.urns import ENTERPRISE
from tests.connectors.scim.lab import delete, grant, outcomes, revoke, update

ROLES = {"permissions": {"roles": ("admin",)}}
BADGE = {STAFF: {"badge": "B-7"}}


def sent(lab, monkeypatch):
    """The bodies that a lab sends from now on, by method and path."""
    bodies = []
    answer = type(lab.served)._answered

    def noting(self, method, path, query, headers, body):
        if body:
            bodies.append((method, path.removeprefix("/scim/v2"), json.loads(body)))
        return answer(self, method, path, query, headers, body)

    monkeypatch.setattr(type(lab.served), "_answered", noting)
    return bodies


class TestUsers:
    def test_what_nobody_understands_stays(self, lab, by, monkeypatch):
        ref = lab.served.add_user(
            "bo",
            title="Nurse",
            ims=[{"value": "x", "type": "xmpp"}],
            emails=[
                {"value": "w@example.org", "type": "work", "primary": True, "display": "W"},
                {"value": "h@example.org", "type": "home"},
            ],
            **{ENTERPRISE: {"department": "Care", "costCenter": "7"}, **BADGE},
        )
        before = lab.served.user(ref)
        values = {WORK_MAIL: "n@example.org", f"{ENTERPRISE}:department": "Cure"}
        assert outcomes(lab.apply(update(ref, **values))) == ["done"]
        after = lab.served.user(ref)
        assert after["emails"][0] == {**before["emails"][0], "value": "n@example.org"}
        assert after["emails"][1] == before["emails"][1]
        assert after[ENTERPRISE] == {"department": "Cure", "costCenter": "7"}
        rest = ("title", "ims", STAFF)
        assert [after[name] for name in rest] == [before[name] for name in rest]

    def test_of_two_values_of_one_kind_the_one_that_was_read_is_replaced(self, lab, by):
        ref = lab.served.add_user(
            "bo",
            emails=[
                {"value": "1@example.org", "type": "work"},
                {"value": "2@example.org", "type": "work"},
            ],
        )
        assert lab.read().attributes.at[ref, WORK_MAIL] == "1@example.org"
        assert outcomes(lab.apply(update(ref, **{WORK_MAIL: "n@example.org"}))) == ["done"]
        held = [one["value"] for one in lab.served.user(ref)["emails"]]
        assert held == ["n@example.org", "2@example.org"]

    def test_a_password_that_a_provider_shows_is_not_sent_back(self, lab, monkeypatch):
        """What it shows is a hash or a row of stars, and would become the password."""
        lab.served.switches.patch = False
        ref = lab.served.add_user("bo", password="of the person")
        shown = {"schemas": [USER], "id": ref, "userName": "bo", "password": "********"}
        lab.served.faults.next(status=200, body=json.dumps(shown).encode(), only="GET */Users/*")
        bodies = sent(lab, monkeypatch)
        assert outcomes(lab.apply(update(ref, title="x"))) == ["done"]
        assert "password" not in bodies[0][2]
        assert lab.served.user(ref)["password"] == "of the person"

    def test_a_version_in_a_header_alone_is_sent_back(self, lab, monkeypatch):
        lab.served.switches.patch = False
        ref = lab.served.add_user("bo")
        user = {"schemas": [USER], "id": ref, "userName": "bo"}
        seen = []
        answer = type(lab.served)._answered

        def without_meta(self, method, path, query, headers, body):
            seen.append((method, headers.get("if-match")))
            found = answer(self, method, path, query, headers, body)
            if method == "GET" and path.endswith(ref):
                return type(found)(200, json.dumps(user).encode(), found.headers)
            return found

        monkeypatch.setattr(type(lab.served), "_answered", without_meta)
        assert outcomes(lab.apply(update(ref, title="x"))) == ["done"]
        assert ("PUT", 'W/"1"') in seen

    def test_every_extension_that_is_there_is_named_in_schemas(self, lab, monkeypatch):
        lab.served.switches.patch = False
        ref = lab.served.add_user("bo", **BADGE)
        shown = {"id": ref, "userName": "bo", **BADGE}  # a provider that leaves schemas out
        lab.served.faults.next(status=200, body=json.dumps(shown).encode(), only="GET */Users/*")
        bodies = sent(lab, monkeypatch)
        assert outcomes(lab.apply(update(ref, title="x"))) == ["done"]
        assert set(bodies[0][2]["schemas"]) == {USER, STAFF}
        assert lab.served.user(ref)[STAFF] == {"badge": "B-7"}


class TestRoles:
    HELD = (
        {"value": "admin", "type": "a", "display": "Admin A"},
        {"value": "owner", "type": "a"},
        {"value": "owner", "type": "b"},
        {"display": "without a value"},
    )

    def test_the_other_roles_stay_whatever_they_look_like(self, lab, by):
        ref = lab.served.add_user("bo", roles=list(self.HELD))
        assert outcomes(lab.apply(revoke(ref, "roles:admin"), **ROLES)) == ["done"]
        assert lab.served.user(ref)["roles"] == list(self.HELD[1:])
        assert outcomes(lab.apply(grant(ref, "roles:admin"), **ROLES)) == ["done"]
        assert lab.served.user(ref)["roles"] == [*self.HELD[1:], {"value": "admin"}]


class TestGroups:
    def test_a_name_that_users_cannot_change_is_one_that_groups_keep(self, lab, monkeypatch):
        """`displayName` of a user may be read-only; that of a group is required."""
        lab.served.switches.patch = False
        config = {"id": USER, "attributes": [{"name": "displayName", "mutability": "readOnly"}]}
        group_schema = {"id": GROUP, "attributes": [{"name": "displayName"}, {"name": "members"}]}
        body = json.dumps({"Resources": [config, group_schema]}).encode()
        lab.served.faults.next(status=200, body=body, only="GET */Schemas", count=-1)
        one = lab.served.add_user("one")
        group = lab.served.add_group("Staff")
        assert outcomes(lab.apply(grant(one, group))) == ["done"]
        assert lab.served.members(group) == {one}

    def test_members_of_other_kinds_stay(self, lab, by):
        one, other = lab.served.add_user("one"), lab.served.add_user("other")
        inner = lab.served.add_group("Inner", other)
        group = lab.served.add_group("Outer", inner, one)
        assert outcomes(lab.apply(revoke(one, group), grant(other, group, person="2"))) == (
            ["done", "done"]
        )
        assert lab.served.members(group) == {inner, other}


class TestVersions:
    def test_a_delete_names_the_version_where_that_is_wanted(self, lab):
        lab.served.switches.require_if_match = True
        for use_bulk in (True, False):
            ref = lab.served.add_user(f"bo{use_bulk}")
            assert outcomes(lab.apply(delete(ref), use_bulk=use_bulk)) == ["done"]

    @pytest.mark.parametrize("change", ["update", "delete"])
    def test_a_version_that_nobody_tells_cannot_be_named(self, lab, change):
        lab.served.switches.etag = False
        ref = lab.served.add_user("bo")
        method = {"update": "PATCH", "delete": "DELETE"}[change]
        lab.served.faults.next(status=428, only=f"{method} *", count=-1)
        wish = update(ref, title="x") if change == "update" else delete(ref)
        [receipt] = lab.apply(wish, use_bulk=False)
        assert receipt.outcome == "failed"
        assert "428" in receipt.detail
        assert "somebody else" not in receipt.detail


class TestSecrets:
    def test_a_password_that_a_bulk_quotes_is_in_no_receipt(self, lab, monkeypatch):
        from itertools import count

        from connectors.sdk.passwords import MemorySink

        numbers = count()
        monkeypatch.setattr(
            "connectors.scim.creation.make_password", lambda: f"Q9-secret-{next(numbers)}"
        )
        lab.sink = MemorySink()
        from tests.connectors.scim.lab import create

        quoted = b"oops: Q9-secret-0 Q9-secret-1"
        for path in ("POST */Bulk", "POST */Users"):
            lab.served.faults.next(status=500, body=quoted, only=path, count=-1)
        receipts = lab.apply(*(create(person=str(n)) for n in range(2)))
        assert outcomes(receipts) == ["in_doubt"] * 2
        assert "Q9" not in f"{receipts}"
