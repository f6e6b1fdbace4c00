"""One Prefect for all tests that run flows, and none for the others; AFAS's word on requests."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.connectors.afas.contract import watch
from tests.examples import tries
from tests.prefect_database import FILE, begin_with, migrated

# How long an example takes depends on what else the machine does.
settings.register_profile(
    "anywhere",
    max_examples=tries(25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("anywhere")

DECISIONS = [Path(__file__).parent / name for name in ("tasks", "connectors/model")]
"""Where the cases of the decisions and of the nouns are."""
SWEEP = "sweep "
"""How the names of properties begin that `record_property` adds for the summary."""

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
_HISTORY = ("EVENT_PERSISTER", "TRIGGERS")
"""Services of a server that keep and judge events: a fifth of its work, and no flow looks at them.
Where a server is started as an operator does it, they run."""


@pytest.fixture(scope="session")
def prefect_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prefect's database as its migrations leave it, for copying."""
    return migrated(tmp_path_factory)


@pytest.fixture(scope="session")
def prefect_api(prefect_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Prefect API that forgets everything; this process and its children find it."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing import utilities

    folder = begin_with(prefect_database, tmp_path_factory.mktemp("harness"))
    (folder / FILE).rename(folder / "prefect-test.db")  # as the harness calls it
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            for service in _HISTORY:
                patch.setenv(f"PREFECT_SERVER_SERVICES_{service}_ENABLED", "false")
            patch.setattr(utilities, "mkdtemp", lambda: str(folder))
            stack.enter_context(utilities.prefect_test_harness(server_startup_timeout=120))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        address = str(PREFECT_API_URL.value())
        patch.setenv("PREFECT_API_URL", address)
        yield address


def pytest_configure(config: pytest.Config) -> None:
    """Name our markers."""
    config.addinivalue_line("markers", "off_contract: sends AFAS what it refuses, on purpose")


@pytest.fixture(scope="session", autouse=True)
def afas_requests() -> Iterator[None]:
    """Every body that an AFAS client sends is held against AFAS's description, where it is here."""
    watched = watch()
    if watched is None:
        yield
        return
    from connectors.afas.client import AfasClient

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AfasClient, "_put", watched.around(AfasClient._put))
        yield


@pytest.hookimpl(tryfirst=True)  # before -m looks at the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the file that takes longest, and leave what takes many minutes to `make soak`.

    What `make coverage` runs is marked.
    """
    items.sort(key=lambda item: item.get_closest_marker("server") is None)
    for item in items:
        if any(map(item.path.is_relative_to, DECISIONS)) and not _is_no_case(item):
            item.add_marker("decisions")
    if os.environ.get("RETOUR_SOAK"):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="takes many minutes: make soak"))


def _is_no_case(item: pytest.Item) -> bool:
    """Whether it is a property, or about a server: what only an example comes past is luck."""
    # Hypothesis sets its marker later than this.
    of_hypothesis = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return of_hypothesis or any(map(item.get_closest_marker, ("server", "real")))


def pytest_collection() -> None:
    """Importing makes no garbage to speak of."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was imported stays: who collects garbage need not look through it again and again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test in which a request was not as AFAS describes it."""
    result: Any = yield
    watched = watch()
    wrong = watched.ask() if watched else ""
    if wrong and not item.get_closest_marker("off_contract"):
        pytest.fail(f"not as AFAS describes it:\n{wrong}", pytrace=False)
    return result


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what sweeps came to: how much was tried, and how much of it went wrong."""
    reports = [one for some in terminalreporter.stats.values() for one in some]
    counts = [
        f"{name}: {value}"
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if getattr(report, "when", "") == "call" and name.startswith(SWEEP)
    ]
    if counts:
        terminalreporter.section("sweeps")
        for line in counts:
            terminalreporter.write_line(line.removeprefix(SWEEP))
