"""What `retour check` says of rights: too few, too many, read and write apart."""

import pytest

from connectors.active_directory import open_reader
from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.names import guid_dn
from connectors.active_directory.sandbox import SandboxDirectory, serve
from connectors.active_directory.sandbox.content import (
    ADMINISTRATOR,
    ADMINISTRATOR_PASSWORD,
    GROUPS_BASE,
    SERVICE_USER,
    STAFF,
    STARTERS,
    TEAMS,
)
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions


@pytest.fixture
def served():
    with serve(SandboxOptions()) as running:
        running.directory.add_account("One", employeeID="1")
        yield running


@pytest.fixture
def admin(served):
    return SandboxDirectory(served.directory, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD)


def check(served, **settings):
    given = ActiveDirectorySettings(**{**served.settings, **settings})
    return list(open_reader(given, "ad").check())


def told(findings):
    return {one.subject: one.detail for one in findings}


def let(served, container, *accounts, builders=False):
    """What an administrator delegates."""
    domain = served.directory
    store = domain.store
    with store.locked():
        where = store.resolve(container).copy()
        names = [next(iter(store.holders("sAMAccountName", one))) for one in accounts]
        if builders:
            where.builders = names
        else:
            where.delegates = names
        store.commit(put=[where])


def test_what_was_delegated_is_neither_too_little_nor_too_much(served):
    findings = check(served)
    assert [one for one in findings if not one.ok or one.warns] == []
    said = told(findings)
    assert said[f"rights to read and write: groups of {SERVICE_USER}"] == "no administrative group"
    assert said["right to write: attributes of accounts"] == "all that are mapped"
    assert said[f"right to write: members of groups below {GROUPS_BASE}"] == (
        "members, and nothing else"
    )
    assert said["right to write: outside the containers"] == "nothing"


def test_an_administrator_has_too_many(served):
    findings = check(served, bind_user=ADMINISTRATOR, bind_password=ADMINISTRATOR_PASSWORD)
    assert all(one.ok for one in findings)
    warned = told(one for one in findings if one.warns)
    assert (
        "too many: it is a member of Domain Admins"
        in (warned[f"rights to read and write: groups of {ADMINISTRATOR}"])
    )
    assert "computer" in warned[f"right to write: create in {STARTERS}"]
    assert "too many" in warned["right to write: outside the containers"]
    assert "G-All-Staff" in warned[f"right to write: members of groups below {GROUPS_BASE}"]


def test_a_nested_administrator_has_too_many(served, admin):
    domain = served.directory
    group = domain.add_group("G-Operators")
    admins = f"CN=Domain Admins,CN=Users,{domain.base_dn}"
    for where, who in (
        (admins, guid_dn(group)),
        (f"CN=G-Operators,{GROUPS_BASE}", _service(domain)),
    ):
        admin.modify(where, [Modification(Operation.ADD, "member", (who,))])
    assert (
        "Domain Admins"
        in told(check(served))[f"rights to read and write: groups of {SERVICE_USER}"]
    )


def _service(domain):
    return f"CN=svc-retour,CN=Users,{domain.base_dn}"


def test_without_rights_on_the_containers_there_are_too_few(served):
    let(served, f"OU=Managed,{served.directory.base_dn}")
    wrong = told(one for one in check(served) if not one.ok)
    assert wrong[f"right to write: create in {STARTERS}"] == "too few: user cannot be made there"
    assert wrong["right to write: attributes of accounts"].startswith("too few: cn, company") or (
        wrong["right to write: attributes of accounts"].startswith("too few: company")
    )


def test_without_rights_on_groups_there_are_too_few(served):
    let(served, GROUPS_BASE)
    wrong = told(one for one in check(served) if not one.ok)
    assert list(wrong) == [f"right to write: members of groups below {GROUPS_BASE}"]
    assert "G-All-Staff, G-Care-Staff" in next(iter(wrong.values()))


def test_ous_that_are_to_be_made_need_a_right(served):
    containers = {
        "initial": f"OU={{contract.department_name}},{STAFF}",
        "enabled": f"OU={{contract.department_name}},{TEAMS}",
    }
    wrong = told(
        one for one in check(served, containers=containers, create_containers=True) if not one.ok
    )
    assert wrong == {
        f"right to write: create in {STAFF}": "too few: organizationalUnit cannot be made there"
    }
    assert all(one.ok for one in check(served, containers=containers))


def test_reading_and_writing_are_told_apart(served):
    apart = {"write_bind_user": ADMINISTRATOR}
    findings = check(served, **apart)
    warned = told(one for one in findings if one.warns)
    assert (
        "it only reads, and may create user in"
        in (warned[f"rights to read: what {SERVICE_USER} may write"])
    )
    assert "Domain Admins" in warned[f"rights to write: groups of {ADMINISTRATOR}"]
    assert not any(one.subject.startswith("right to write") for one in findings)
    for container in (f"OU=Managed,{served.directory.base_dn}", GROUPS_BASE):
        let(served, container)
    let(served, TEAMS, builders=True)
    said = told(check(served, **apart))
    assert said[f"rights to read: what {SERVICE_USER} may write"] == "nothing"


def test_an_account_that_cannot_be_found_is_said(served):
    said = told(one for one in check(served, write_bind_user="nobody@example.org") if one.warns)
    assert "cannot be seen" in said["rights to write: groups of nobody@example.org"]


def test_no_right_is_asked_for_by_trying(served):
    before = served.directory.snapshot()
    check(served)
    assert served.directory.snapshot() == before
