"""Stores in memory that cannot be read for a while."""

import pytest

from connectors.memory.reader import MemoryReader
from connectors.model.accounts import Accounts
from connectors.model.errors import ConnectorError, Unreachable

WHY = "nobody answers at app.example.org"


class Outage:
    """Lets reading some targets fail, and no others: `outage.of("app")`; `outage.over()`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Put it between the readers and the stores."""
        self._faults: dict[str, ConnectorError] = {}
        real, faults = MemoryReader.read, self._faults

        def read(reader: MemoryReader) -> Accounts:
            fault = faults.get(reader._target)
            if fault is not None:
                raise fault
            return real(reader)

        patch.setattr(MemoryReader, "read", read)

    def of(self, *targets: str, error: type[ConnectorError] = Unreachable) -> None:
        """These targets are down from now on."""
        self.over()
        self._faults.update(
            {one: error(WHY, system=one, operation="read accounts") for one in targets}
        )

    def over(self) -> None:
        """All can be read again."""
        self._faults.clear()


def reason_of(target: str) -> str:
    """What is said of a target that is down."""
    return f"{target} read accounts: {WHY}"
