"""One domain controller for all tests; asserts of shared behaviours are shown in full."""

import os
from collections.abc import Iterator

import pytest

from tests.real.domain import Domain
from tests.real.samba import Samba, missing, start_samba

pytest.register_assert_rewrite(
    "tests.connectors.active_directory.behaviours", "tests.real.company", "tests.real.hr"
)


@pytest.fixture(scope="session")
def samba() -> Iterator[Samba]:
    """A controller; `restore` gives it back the domain it began with."""
    reason = missing()
    if reason and os.environ.get("RETOUR_REAL") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with start_samba() as running:
        # The first time is noted on the account, and that is a change of the domain.
        Domain(running).sign_in_as_retour()
        running.keep()
        yield running
