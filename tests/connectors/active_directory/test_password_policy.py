"""Initial passwords are what the domain asks for, as far as that can be read."""

import pytest

from connectors.active_directory.directory import Modification, Operation
from connectors.active_directory.sandbox import SandboxDirectory, serve
from connectors.active_directory.sandbox.content import ADMINISTRATOR, ADMINISTRATOR_PASSWORD
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions
from tests.connectors.active_directory.lab import Lab, create, enable


@pytest.fixture
def lab(tmp_path):
    with serve(SandboxOptions()) as served:
        domain = served.directory
        yield Lab(
            settings=ActiveDirectorySettings(**served.settings),
            admin=SandboxDirectory(domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD),
            can_bind=domain.can_bind,
            users=f"CN=Users,{domain.base_dn}",
        )


def ask_for(lab, length):
    lab.admin.modify(
        lab.settings.base_dn.partition("OU=Managed,")[2] or lab.settings.base_dn,
        [Modification(Operation.REPLACE, "minPwdLength", (str(length),))],
    )


@pytest.mark.parametrize(("least", "length"), [(8, 16), (16, 16), (24, 24)])
def test_a_password_is_as_long_as_the_domain_asks_for_and_never_shorter_than_the_setting(
    lab, least, length
):
    ask_for(lab, least)
    lab.create()
    assert len(lab.passwords()["jvandenboele"]) == length


def test_a_finer_policy_counts_where_it_can_be_read(lab):
    from connectors.active_directory.sandbox import open_domain

    domain = open_domain(lab.settings.server)
    lab.create()
    domain.ask_for_longer_passwords(30, "1000123")
    lab.apply(enable(lab.find("(employeeID=1000123)")[0].guid))
    assert len(lab.passwords()["jvandenboele"]) == 30


def test_a_password_holds_no_part_of_a_name(lab):
    receipt = lab.apply(create(container=lab.starters))[0]
    password = lab.passwords()["jvandenboele"].casefold()
    assert receipt.outcome.value == "done"
    for part in ("janine", "van", "den", "boele", "jvandenboele"):
        assert part not in password
