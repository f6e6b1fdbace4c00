"""Prefect for all tests of flows, and for each test a ledger of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.ledger.ledger import open_ledger
from tests.flows.site import Site, a_site
from tests.mail_server import MailServer, a_mail_server

WITHOUT_PREFECT = {"test_dask.py", "test_schema.py", "test_worker.py"}
"""They need none, or one of their own."""

WITHOUT_SERVER = {"test_audit_command.py"}
"""They run no flow."""

WITH_PICTURES = {"test_seeing.py"}
"""They look at pictures. The others do without: one that cannot be drawn fails no run."""


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that knows nothing, for copying."""
    made = tmp_path_factory.mktemp("ledger") / "ledger.db"
    open_ledger(f"sqlite:///{made}").close()
    return made


@pytest.fixture(autouse=True)
def surroundings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    empty_ledger: Path,
) -> None:
    """Prefect, a ledger that knows nothing, and no settings of the person who runs the tests."""
    if request.path.name in WITHOUT_PREFECT:
        return
    if request.path.name not in WITHOUT_SERVER:
        request.getfixturevalue("prefect_api")
        if request.path.name not in WITH_PICTURES:
            monkeypatch.setattr("tasks.report.draw", lambda run, report: None)
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RETOUR_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    shutil.copyfile(empty_ledger, tmp_path / "ledger.db")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A small site in the working directory: HR files, a directory in memory, a write-back."""
    monkeypatch.chdir(tmp_path)
    with a_site(tmp_path) as small:
        yield small


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server that keeps what it takes."""
    with a_mail_server() as server:
        yield server


@pytest.fixture
def telling(site: Site, smtp: MailServer) -> Site:
    """The small site, telling managers and IT."""
    from tests.flows.notify_site import tell_managers_and_it

    return tell_managers_and_it(site, smtp)
