"""The front door of the ledger: what Retour knows and did."""

from typing import Self

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from connectors.ledger.approvals import Approvals
from connectors.ledger.engine import address, engine_for, way_out
from connectors.ledger.forgetting import Forgetting
from connectors.ledger.given import Given
from connectors.ledger.ignored import IgnoredIssues
from connectors.ledger.journal import Journal
from connectors.ledger.lock import Locks
from connectors.ledger.memory import Memory
from connectors.ledger.messages import Messages
from connectors.ledger.names import GivenNames
from connectors.ledger.past import Past
from connectors.ledger.readings import KeptReadings
from connectors.ledger.runs import Runs
from connectors.ledger.schema import bring_up_to_date
from connectors.ledger.trend import Trend
from connectors.model.errors import ConfigError, Unreachable


class Ledger(
    Runs,
    Trend,
    Memory,
    GivenNames,
    KeptReadings,
    IgnoredIssues,
    Journal,
    Approvals,
    Locks,
    Past,
    Given,
    Messages,
    Forgetting,
):
    """Retour's own memory: runs and plans, people, links and grants, journal, audit trail, locks.

    A context manager. Safe to share between threads; a process of its own opens it again. Every
    method is one transaction and raises `Unreachable` when the database does not answer.
    """

    def __enter__(self) -> Self:
        """The ledger itself; it is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        """Where it is, without password."""
        return f"Ledger({self.address})"


def open_ledger(url: str) -> Ledger:
    """Open a ledger; make it, or bring its tables up to date, where that is needed.

    Args:
        url: `sqlite:///FILE` (its folder is made) or `postgresql://USER:PASSWORD@HOST/DATABASE`
            (the database is there, and the user may create tables in it).

    Raises:
        ConfigError: A URL or file that cannot be a ledger, or a ledger of a newer Retour.
        Unreachable: The database server does not answer, or does not let us in.
    """
    engine = engine_for(url)
    try:
        _bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)


def _bring_up_to_date(engine: Engine) -> None:
    try:
        bring_up_to_date(engine)
    except (DatabaseError, InterfaceError) as error:
        reason = str(error.orig).strip().partition("\n")[0]
        message = f"the ledger {address(engine)} cannot be opened: {reason}"
        message += f". {way_out(reason)}".removesuffix(". ")
        away = isinstance(error, OperationalError | InterfaceError)
        if away and engine.dialect.name == "postgresql":
            raise Unreachable(message, hint="Check RETOUR_LEDGER_URL.") from error
        raise ConfigError(message) from error
    except UnicodeDecodeError as error:  # SQLite quotes what it stumbles over, which is no text
        message = f"the ledger {address(engine)} cannot be opened. {way_out('malformed')}"
        raise ConfigError(message) from error
