"""One Prefect for all tests that run flows, and none for the others."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

# Before Prefect is imported, which is when the first test that needs it is collected.
_HOME = tempfile.mkdtemp(prefix="retour-tests-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
os.environ.update(
    PREFECT_HOME=_HOME,
    PREFECT_LOGGING_LEVEL="WARNING",
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW="ignore",
    PREFECT_SERVER_ANALYTICS_ENABLED="false",
    DO_NOT_TRACK="1",
)


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """Address of a Prefect API that forgets everything; this process and its children find it."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120), pytest.MonkeyPatch.context() as patch:
        address = str(PREFECT_API_URL.value())
        patch.setenv("PREFECT_API_URL", address)
        yield address
