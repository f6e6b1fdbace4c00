"""PostgreSQL is restarted, or goes away, in the middle of a run; then a run on a calm server."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.ledger.store import Store
from tasks.run import DONE, UNREACHABLE
from tests.real.postgresql import Server, postgresql_server
from tests.sweep.days import Days, some_events
from tests.sweep.mortal import HEARTBEAT

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own."""
    with postgresql_server() as running:
        yield running


@pytest.fixture
def company(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Days]:
    """Eight people with accounts, on a day on which something is due for some of them."""
    for name in ("RETOUR_PROFILE", "RETOUR_LOG_LEVEL", "RETOUR_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    company = Days(tmp_path / "company", 8)
    company.site.ledger_url = server.url_of_nothing()
    assert company.run_calmly().exit == DONE
    company.site.next_day()
    for event in some_events(random.Random(3), 6):
        company.happen(event)
    yield company
    company.close()


@contextmanager
def at_transaction(number: int, before: Callable[[], None], inside: Callable[[], None]) -> Any:
    """Let something happen before, and inside, the transaction of that number, from 0."""
    real: Any = Store._writing
    counting, count = threading.Lock(), [0]

    @contextmanager
    def writing(self: Store) -> Iterator[Any]:
        ours = not threading.current_thread().name.startswith(HEARTBEAT)
        with counting:
            mine = ours and count[0] == number
            count[0] += ours
            if mine:
                before()
        with real(self) as connection:
            yield connection
            if mine:
                inside()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "_writing", writing)
        yield
    assert count[0] > number, f"there were only {count[0]} transactions"


def ends(company: Days) -> tuple[int, str]:
    """Exit code of a run, and what it said."""
    ending = company.run_calmly()
    given_up = [str(one["given_up"]) for one in ending.report["targets"].values()]
    return ending.exit, f"{ending.report['refused']} {given_up}"


def nothing() -> None:
    """Nothing happens."""


def converges(company: Days) -> None:
    """The next run finds out what became of everything, and does the rest."""
    assert company.run_calmly().exit == DONE
    assert company.wrong() == []
    assert company.run_calmly().report["plan"]["changes"] == 0


@pytest.mark.parametrize("number", [0, 3, 5, 8])
def test_a_server_that_is_restarted_between_two_transactions_is_not_noticed(
    company: Days, server: Server, number: int
) -> None:
    def restart() -> None:
        server.stop()
        server.start()

    with at_transaction(number, restart, nothing):
        code, said = ends(company)
    assert code == DONE, said
    assert company.wrong() == []


@pytest.mark.parametrize("number", [0, 3, 5, 8])
def test_a_server_that_is_restarted_inside_a_transaction_ends_the_run_in_a_sentence(
    company: Days, server: Server, number: int
) -> None:
    def restart() -> None:
        server.stop()
        server.start()

    with at_transaction(number, nothing, restart):
        code, said = ends(company)
    assert code == UNREACHABLE, said
    assert "does not answer" in said
    assert "the next run settles what is in doubt" in said
    converges(company)


@pytest.mark.parametrize("number", [0, 3, 5, 8])
def test_a_server_that_goes_away_for_good_ends_the_run_in_a_sentence(
    company: Days, server: Server, number: int
) -> None:
    try:
        with at_transaction(number, server.stop, nothing):
            code, said = ends(company)
    finally:
        server.start()
    assert code == UNREACHABLE, said
    assert "does not answer" in said
    assert "hunter2" not in said
    converges(company)
