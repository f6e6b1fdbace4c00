"""Every behaviour of the connector, on the sandbox: kept in memory, and kept in a file."""

import pytest

from connectors.active_directory.sandbox import SandboxDirectory, serve
from connectors.active_directory.sandbox.content import ADMINISTRATOR, ADMINISTRATOR_PASSWORD
from connectors.active_directory.settings import ActiveDirectorySettings
from connectors.model.connector import SandboxOptions
from tests.connectors.active_directory import behaviours
from tests.connectors.active_directory.lab import Lab


@pytest.fixture(params=["memory", "file"])
def lab(request, tmp_path):
    state = tmp_path / "directory.jsonl" if request.param == "file" else None
    with serve(SandboxOptions(state=state)) as served:
        domain = served.directory
        admin = SandboxDirectory(domain, user=ADMINISTRATOR, password=ADMINISTRATOR_PASSWORD)
        yield Lab(
            settings=ActiveDirectorySettings(**served.settings).model_copy(
                update={
                    "base_dn": domain.base_dn,
                    "initial_passwords": f"file:{tmp_path / 'passwords.csv'}",
                }
            ),
            admin=admin,
            can_bind=domain.can_bind,
            users=f"CN=Users,{domain.base_dn}",
        )


class TestCreating(behaviours.Creating):
    pass


class TestUpdating(behaviours.Updating):
    pass


class TestEnablingAndDisabling(behaviours.EnablingAndDisabling):
    pass


class TestMovingAndDeleting(behaviours.MovingAndDeleting):
    pass


class TestGranting(behaviours.Granting):
    pass


class TestReading(behaviours.Reading):
    pass


class TestIncrements(behaviours.Increments):
    pass


class TestConnecting(behaviours.Connecting):
    pass


class TestDirectories(behaviours.Directories):
    pass
