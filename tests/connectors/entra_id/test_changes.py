"""Reading by delta queries: the same as a whole reading, at a fraction of the work."""

import orjson
import pytest

from connectors.entra_id.sandbox.content import add_group, add_user
from connectors.model.connector import ReadsChanges
from connectors.model.errors import Forbidden
from tests.connectors.entra_id.lab import CONNECTOR, delete, disable, enable, grant, revoke, update


def same(lab, kept, **settings):
    """Read what changed, and see that it comes to what a whole reading gives; what to keep."""
    found, kept = lab.read_since(kept, **settings)
    whole = lab.read(**settings)
    for part in ("accounts", "attributes", "grants", "permissions", "taken"):
        one, other = getattr(found, part), getattr(whole, part)
        if part == "grants":
            one, other = (each.sort_values([*each], ignore_index=True) for each in (one, other))
        assert one.sort_index().equals(other.sort_index()), part
    return kept


def reads_of_users(lab):
    return lab.count("GET /v1.0/users/delta")


def test_the_reader_tells_changes(lab):
    reader = CONNECTOR.open_reader(lab.settings(), "entra_id")
    assert isinstance(reader, ReadsChanges)
    reader.close()


def test_after_each_kind_of_change_it_is_what_a_whole_reading_gives(lab):
    kept = same(lab, None)
    boss, ref = lab.create("1000001"), lab.create(usageLocation="NL", department="Ward 3")
    kept = same(lab, kept)
    group = lab.group("G-IT").id
    lab.apply(update(ref, manager="1000001", jobTitle="Nurse"), enable(ref), grant(ref, group))
    kept = same(lab, kept)
    lab.apply(grant(ref, f"licence:{lab.sku('SPE_E3')}"), revoke(ref, group), disable(ref))
    lab.held(ref).pop("department")
    lab.tenant.note(lab.user(ref), "department")
    kept = same(lab, kept)
    lab.apply(delete(boss, "1000001"))
    kept = same(lab, kept)
    add_group(lab.tenant, "New")
    lab.tenant.purge(lab.group("G-VPN"))
    same(lab, kept)


def test_pages_and_parts_of_members_come_together(lab):
    lab.tenant.switches.delta_page, lab.tenant.switches.members_in_delta = 2, 2
    group = lab.group("G-IT")
    for number in range(7):
        lab.tenant.join(group, add_user(lab.tenant, f"u{number}@example.org").id)
    kept = same(lab, None)
    for member in list(group.members)[:3]:
        lab.tenant.leave(group, member)
    same(lab, kept)


def test_nothing_new_takes_a_request_for_users_and_one_for_groups(lab):
    for number in range(250):
        add_user(lab.tenant, f"u{number}@example.org")
    _, kept = lab.read_since(None)
    assert reads_of_users(lab) == 2
    lab.read_since(kept)
    assert reads_of_users(lab) == 3
    assert lab.count("GET /v1.0/groups/*/members") <= 2  # of groups with a role


@pytest.mark.parametrize("status", [400, 410])
def test_an_expired_link_ends_in_a_whole_reading(lab, status):
    lab.tenant.switches.delta_expired_status = status
    _, kept = lab.read_since(None)
    lab.create()
    lab.tenant.clock.advance(8 * 24 * 3600)
    kept = same(lab, kept)
    same(lab, kept)


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"format": 99}', b'{"format": 1}'])
def test_what_cannot_be_understood_ends_in_a_whole_reading(lab, kept):
    lab.create()
    same(lab, kept)


def test_other_settings_end_in_a_whole_reading(lab):
    ref = lab.create()
    lab.held(ref)["onPremisesSamAccountName"] = "pjanine"
    kept = same(lab, None)
    same(lab, kept, extra_attributes=("onPremisesSamAccountName",))


def test_what_is_kept_holds_no_secret(lab):
    lab.create()
    _, kept = lab.read_since(None)
    secrets = [lab.graph.tokens.secret, *lab.passwords().values()]
    assert not [one for one in secrets if one.encode() in kept]
    assert {"users", "groups"} <= orjson.loads(kept).keys()


def test_a_missing_right_is_no_reason_to_read_everything(lab):
    _, kept = lab.read_since(None)
    lab.graph.tokens.roles.clear()
    with pytest.raises(Forbidden):
        lab.read_since(kept)
