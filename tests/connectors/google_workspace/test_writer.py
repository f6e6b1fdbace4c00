"""What the writer does to a workspace, one call at a time and in batches."""

import json
from contextlib import closing

import pytest

from connectors.google_workspace import open_writer
from connectors.google_workspace.sandbox.content import ADMIN, BUSINESS_STARTER, PRODUCT
from connectors.google_workspace.sandbox.serve import LICENSING
from connectors.model.change import CorrelateAccount
from connectors.model.errors import Forbidden, Misconfigured
from connectors.model.values import CLEAR
from tests.connectors.google_workspace.lab import (
    PERSON,
    TARGET,
    apply,
    create,
    delete,
    disable,
    enable,
    grant,
    move,
    outcomes,
    passwords,
    read,
    revoke,
    settings_of,
    update,
)

STARTER = f"licence:{PRODUCT}/{BUSINESS_STARTER}"
LICENCES = {"Starter": f"{PRODUCT}/{BUSINESS_STARTER}"}


@pytest.fixture(params=[1, 50], ids=["single", "batched"])
def size(request):
    return {"batch_size": request.param}


def made(served, **values):
    [receipt] = apply(served, create(**values))
    assert receipt.outcome.value == "done", receipt.detail
    return receipt.ref


def group(served, address="it@example.org"):
    return served.workspace.holder(address)


# --- Creating -------------------------------------------------------------------------------------


def test_a_new_account_is_suspended_hidden_and_has_a_password_of_its_own(served, size):
    [receipt] = apply(
        served, create(aliases=("jan@example.org",), manager="boss@example.org"), **size
    )
    user = served.account(PERSON)
    assert receipt.ref == user["id"]
    assert receipt.produced == {"primaryEmail": "janine@example.org"}
    assert (user["suspended"], user["includeInGlobalAddressList"]) == (True, False)
    assert (user["orgUnitPath"], user["aliases"]) == ("/Staff/Starters", ["jan@example.org"])
    assert user["relations"] == [{"type": "manager", "value": "boss@example.org"}]
    assert user["organizations"] == [{"type": "work", "primary": True, "title": "Nurse"}]
    assert user["changePasswordAtNextLogin"] is True
    served.workspace.users[user["id"]]["suspended"] = False
    assert served.can_sign_in("janine@example.org", passwords(served)["janine@example.org"])


def test_joining_takes_one_conversation_and_leaves_somebody_who_can_work(served, size):
    receipts = apply(
        served,
        create(),
        update(None, department="Ward 3"),
        move(None, "/Staff"),
        enable(),
        grant(None, group(served)),
        grant(None, f"{group(served, 'hr@example.org')}:MANAGER"),
        **size,
    )
    assert outcomes(receipts) == ["done"] * 6
    user = served.account(PERSON)
    assert (user["suspended"], user["includeInGlobalAddressList"]) == (False, True)
    assert (user["orgUnitPath"], user["groups"]) == ("/Staff", ["hr@example.org", "it@example.org"])
    assert user["organizations"][0] == {
        "type": "work",
        "primary": True,
        "title": "Nurse",
        "department": "Ward 3",
    }
    lines = [call for call in served.application.calls if call.method == "GET"]
    assert lines == []  # what was just made need not be asked for


def test_many_people_share_a_request(served):
    changes = [create(str(n), primaryEmail=f"u{n}@example.org") for n in range(120)]
    receipts = apply(served, *changes, batch_size=50)
    assert outcomes(receipts) == ["done"] * 120
    assert served.application.requests <= 5
    assert len({receipt.ref for receipt in receipts}) == 120


def test_an_address_of_somebody_else_is_refused(served, size):
    made(served)
    [receipt] = apply(served, create("1000124"), **size)
    assert receipt.outcome.value == "failed"
    assert "belongs to another account" in receipt.detail
    assert list(served.accounts()) == [PERSON]


@pytest.mark.parametrize("address", ["it@example.org", "alias@example.org", "gone@example.org"])
def test_an_address_of_a_group_an_alias_or_a_deleted_account_is_refused(served, size, address):
    ref = made(served, aliases=("alias@example.org",))
    gone = apply(served, create("1", primaryEmail="gone@example.org"))[0].ref
    apply(served, delete(gone))
    [receipt] = apply(served, create("1000124", primaryEmail=address), **size)
    assert receipt.outcome.value == "failed"
    assert address in receipt.detail
    assert list(served.workspace.users).count(ref) == 1


def test_an_account_that_an_earlier_try_made_is_taken_over_and_gets_the_new_password(served, size):
    ref = made(served)
    [receipt] = apply(served, create(), **size)
    assert (receipt.outcome.value, receipt.ref) == ("already", ref)
    assert "new initial password" in receipt.detail
    served.workspace.users[ref]["suspended"] = False
    assert served.can_sign_in("janine@example.org", passwords(served)["janine@example.org"])


def test_an_account_in_use_keeps_its_password_when_it_is_taken_over(served, size):
    ref = made(served)
    before = served.workspace.passwords[ref]
    served.workspace.users[ref]["lastLoginTime"] = "2026-11-01T08:00:00.000Z"
    [receipt] = apply(served, create(), **size)
    assert receipt.outcome.value == "already"
    assert "keeps its password" in receipt.detail
    assert served.workspace.passwords[ref] == before


@pytest.mark.parametrize("missing", ["primaryEmail", "externalId", "familyName"])
def test_a_create_without_what_google_needs_is_refused_before_it_is_sent(served, missing):
    [receipt] = apply(served, create(**{missing: None}))
    assert receipt.outcome.value == "failed"
    assert missing in receipt.detail
    assert served.application.calls == []


def test_an_unknown_unit_is_refused_clearly(served, size):
    [receipt] = apply(served, create(container="/Nowhere"), **size)
    assert receipt.outcome.value == "failed"
    assert "organisational unit does not exist" in receipt.detail
    ref = made(served)
    [receipt] = apply(served, move(ref, "/Nowhere"), **size)
    assert "organisational unit does not exist" in receipt.detail


def test_somebody_who_returns_gets_the_deleted_account_back(served, size):
    ref = made(served)
    apply(served, delete(ref))
    [receipt] = apply(served, create(title="Head nurse"), enable(), undelete=True, **size)[:1]
    assert (receipt.outcome.value, receipt.ref) == ("done", ref)
    assert "brought back" in receipt.detail
    user = served.account(PERSON)
    assert (user["suspended"], user["orgUnitPath"]) == (False, "/Staff/Starters")
    assert user["organizations"][0]["title"] == "Head nurse"
    assert served.can_sign_in("janine@example.org", passwords(served)["janine@example.org"])


# --- Changing -------------------------------------------------------------------------------------


def test_an_update_merges_with_the_entries_that_are_there(served, size):
    ref = made(served, workPhone="030 1")
    user = served.workspace.users[ref]
    user["phones"].append({"type": "home", "value": "private"})
    user["organizations"].append({"type": "school", "name": "Night school"})
    user["externalIds"].append({"type": "login_id", "value": "jboele"})
    [receipt] = apply(
        served, update(ref, workPhone="030 2", department="Ward 3", externalId="77"), **size
    )
    assert receipt.outcome.value == "done"
    user = served.workspace.users[ref]
    assert sorted((one["type"], one["value"]) for one in user["phones"]) == [
        ("home", "private"),
        ("work", "030 2"),
    ]
    assert [one["type"] for one in user["organizations"]] == ["work", "school"]
    assert user["organizations"][0]["title"] == "Nurse"
    assert {one["type"]: one["value"] for one in user["externalIds"]} == {
        "login_id": "jboele",
        "organization": "77",
    }


def test_clearing_takes_one_entry_away_and_leaves_the_others(served, size):
    ref = made(served, workPhone="030 1", department="Ward 3")
    served.workspace.users[ref]["phones"].append({"type": "home", "value": "private"})
    apply(served, update(ref, workPhone=CLEAR, department=CLEAR, title=CLEAR), **size)
    user = served.workspace.users[ref]
    assert user["phones"] == [{"type": "home", "value": "private"}]
    assert "organizations" not in user


def test_an_organisation_without_a_type_is_the_one_that_is_changed(served):
    ref = made(served)
    served.workspace.users[ref]["organizations"] = [{"title": "Carer", "primary": True}]
    apply(served, update(ref, title="Nurse"))
    assert served.workspace.users[ref]["organizations"] == [{"title": "Nurse", "primary": True}]


def test_an_update_to_what_is_held_sends_no_write(served, size):
    ref = made(served)
    served.application.calls.clear()
    [receipt] = apply(served, update(ref, title="Nurse", primaryEmail="Janine@Example.org"), **size)
    assert receipt.outcome.value == "already"
    assert [call.method for call in served.application.calls] == ["GET"]


def test_a_rename_keeps_the_old_address_as_an_alias(served, size):
    ref = made(served)
    [receipt] = apply(served, update(ref, primaryEmail="jan@example.org"), **size)
    assert receipt.produced == {"primaryEmail": "jan@example.org"}
    assert served.workspace.users[ref]["aliases"] == ["janine@example.org"]


def test_a_rename_that_google_calls_a_conflict_is_read_back(served, size, waits):
    ref = made(served)
    served.workspace.switches.rename_conflicts = True
    [receipt] = apply(served, update(ref, primaryEmail="jan@example.org"), **size)
    assert receipt.outcome.value == "done"
    assert served.workspace.users[ref]["primaryEmail"] == "jan@example.org"


def test_a_rename_to_an_address_in_use_is_refused(served, size):
    ref = made(served)
    [receipt] = apply(served, update(ref, primaryEmail="it@example.org"), **size)
    assert receipt.outcome.value == "failed"
    assert served.workspace.users[ref]["primaryEmail"] == "janine@example.org"


def test_aliases_become_those_that_are_named(served, size):
    ref = made(served, aliases=("one@example.org", "two@example.org"))
    [receipt] = apply(served, update(ref, aliases=("Two@example.org", "three@example.org")), **size)
    assert receipt.outcome.value == "done"
    assert sorted(served.workspace.users[ref]["aliases"]) == [
        "three@example.org",
        "two@example.org",
    ]
    apply(served, update(ref, aliases=CLEAR), **size)
    assert "aliases" not in served.workspace.users[ref]


def test_an_alias_of_somebody_else_is_refused(served, size):
    ref = made(served)
    [receipt] = apply(served, update(ref, aliases=("it@example.org",)), **size)
    assert receipt.outcome.value == "failed"


def test_custom_fields_are_written_and_read(served, size):
    name = "customSchemas.Care.ward"
    settings = {"extra_attributes": (name, "customSchemas.Care.floors"), **size}
    ref = made(served)
    apply(served, update(ref, **{name: "3", "customSchemas.Care.floors": ("1", "2")}), **settings)
    row = read(served, **settings).attributes.loc[ref]
    assert (row[name], row["customSchemas.Care.floors"]) == ("3", ("1", "2"))
    apply(served, update(ref, **{name: CLEAR}), **settings)
    assert read(served, **settings).attributes.loc[ref, name] is None


def test_disabling_and_enabling_follow_the_address_list(served, size):
    ref = made(served)
    apply(served, enable(ref), **size)
    apply(served, disable(ref), **size)
    user = served.workspace.users[ref]
    assert (user["suspended"], user["includeInGlobalAddressList"]) == (True, False)


def test_archiving_instead_of_suspending(served, size):
    ref = made(served)
    apply(served, enable(ref), hide_disabled=False, **size)
    apply(served, disable(ref), on_disable="archive", hide_disabled=False, **size)
    user = served.workspace.users[ref]
    assert (user["suspended"], user["archived"]) == (False, True)
    assert not read(served).accounts.loc[ref, "enabled"]
    apply(served, enable(ref), on_disable="archive", **size)
    assert read(served).accounts.loc[ref, "enabled"]


def test_deleting_needs_to_be_allowed(served, size):
    ref = made(served)
    [receipt] = apply(served, delete(ref), allow_delete=False, **size)
    assert receipt.outcome.value == "failed"
    assert ref in served.workspace.users


def test_who_was_deleted_a_moment_ago_counts_as_gone(served, size):
    ref = made(served)
    assert outcomes(apply(served, delete(ref), **size)) == ["done"]
    assert outcomes(apply(served, delete(ref), **size)) == ["already"]
    assert outcomes(apply(served, disable(ref), **size)) == ["already"]
    assert outcomes(apply(served, revoke(ref, group(served)), **size)) == ["already"]
    assert outcomes(apply(served, enable(ref), **size)) == ["failed"]
    assert outcomes(apply(served, grant(ref, group(served)), **size)) == ["failed"]


@pytest.mark.parametrize("protected", ["admin", "named"])
def test_protected_accounts_are_never_written(served, size, protected):
    ref = served.workspace.holder(ADMIN) if protected == "admin" else made(served)
    more = {} if protected == "admin" else {"protected": ("Janine@example.org",)}
    before = served.snapshot()
    changes = (update(ref, title="x"), disable(ref), delete(ref), move(ref, "/Leavers"))
    for change in changes:
        [receipt] = apply(served, change, **more, **size)
        assert receipt.outcome.value == "failed"
        assert "never changed" in receipt.detail
    assert served.snapshot() == before


# --- Permissions ----------------------------------------------------------------------------------


def test_a_role_in_a_group_is_given_to_members_and_to_strangers(served, size):
    ref, key = made(served), group(served)
    apply(served, grant(ref, key), **size)
    assert outcomes(apply(served, grant(ref, f"{key}:MANAGER"), **size)) == ["done"]
    assert served.workspace.groups[key].members[ref]["role"] == "MANAGER"
    assert outcomes(apply(served, grant(ref, f"{key}:MANAGER"), **size)) == ["already"]
    assert outcomes(apply(served, grant(ref, key), **size)) == ["already"]
    assert served.workspace.groups[key].members[ref]["role"] == "MANAGER"
    held = read(served).grants
    assert sorted(held[held["ref"] == ref]["permission"]) == [key, f"{key}:MANAGER"]


def test_revoking_a_role_leaves_a_member_or_nobody_as_the_settings_say(served, size):
    ref, key = made(served), group(served)
    for keeps, on_role_revoke in ((True, "demote"), (False, "remove")):
        apply(served, grant(ref, f"{key}:OWNER"), **size)
        change = revoke(ref, f"{key}:OWNER")
        assert outcomes(apply(served, change, on_role_revoke=on_role_revoke, **size)) == ["done"]
        assert (ref in served.workspace.groups[key].members) is keeps
    assert outcomes(apply(served, revoke(ref, f"{key}:OWNER"), **size)) == ["already"]


def test_a_licence_is_granted_and_revoked_once(served, size):
    served.tokens.delegated |= {LICENSING}
    ref, more = made(served), {"licences": LICENCES, **size}
    assert outcomes(apply(served, grant(ref, STARTER), **more)) == ["done"]
    assert outcomes(apply(served, grant(ref, STARTER), **more)) == ["already"]
    held = read(served, **more)
    assert list(held.grants[held.grants["ref"] == ref]["permission"]) == [STARTER]
    assert held.permissions.loc[STARTER].to_dict() == {
        "name": "Starter",
        "grantable": True,
        "kind": "permission",
    }
    assert outcomes(apply(served, revoke(ref, STARTER), **more)) == ["done"]
    assert outcomes(apply(served, revoke(ref, STARTER), **more)) == ["already"]


def test_without_a_licence_left_the_grant_fails_with_googles_words(served, size):
    served.tokens.delegated |= {LICENSING}
    served.workspace.skus[PRODUCT, BUSINESS_STARTER].seats = 0
    ref = made(served)
    [receipt] = apply(served, grant(ref, STARTER), licences=LICENCES, **size)
    assert receipt.outcome.value == "failed"
    assert "aren't enough available licenses" in receipt.detail


def test_licences_and_groups_travel_in_batches_of_their_own(served):
    served.tokens.delegated |= {LICENSING}
    one = made(served)
    [receipt] = apply(served, create("2", primaryEmail="two@example.org"))
    changes = (
        grant(one, STARTER),
        grant(receipt.ref, group(served)).__class__(
            target=TARGET,
            person="2",
            ref=receipt.ref,
            after={"permission": group(served), "name": "x"},
        ),
    )
    assert outcomes(apply(served, *changes, licences=LICENCES, batch_size=50)) == ["done", "done"]


def test_a_password_that_nobody_takes_is_not_set(served, tmp_path):
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    with pytest.raises(Misconfigured, match="initial_passwords"):
        apply(served, create(), initial_passwords=f"file:{nowhere}/passwords.csv")
    assert served.application.calls == []


def test_taking_an_account_over_writes_nothing(served, size):
    ref = made(served)
    before = served.snapshot()
    change = CorrelateAccount(target=TARGET, person=PERSON, ref=ref)
    [receipt] = apply(served, change, **size)
    assert (receipt.outcome.value, receipt.produced) == (
        "done",
        {"primaryEmail": "janine@example.org"},
    )
    assert served.snapshot() == before


def test_a_change_that_does_not_say_what_is_refused(served):
    ref = made(served)
    for change in (move(ref, ""), grant(ref, ""), disable(None)):
        assert outcomes(apply(served, change)) == ["failed"]


def test_secrets_are_in_no_receipt_and_no_repr(served):
    with closing(open_writer(settings_of(served), TARGET)) as writer:
        receipts = list(writer.apply(iter([create()])))
        shown = json.dumps([one.to_json() for one in receipts]) + repr(vars(writer)) + repr(writer)
    assert passwords(served)["janine@example.org"] not in shown
    assert "PRIVATE KEY" not in shown


def test_a_scope_that_is_missing_stops_the_target(served):
    ref = made(served)
    served.refuse("insufficientPermissions", only="GET /users/*")
    with pytest.raises(Forbidden, match="README"):
        apply(served, update(ref, title="x"))
