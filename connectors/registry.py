"""Name -> connector, imported when it is asked for.

The folder of a connector is what stands before the dot of its name: `afas.employee` is offered by
`connectors.afas`. So a new connector is a new folder and nothing else. Other packages add theirs by
the entry point group `retour.connectors`; the value is a `Connector` or a list of them.
"""

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from connectors.model.connector import Connector
from connectors.model.errors import ConfigError

NOT_CONNECTORS: Final = frozenset({"model", "sdk", "ledger"})
ENTRY_POINTS: Final = "retour.connectors"


def folders() -> list[str]:
    """Folders beside this module that offer connectors, sorted."""
    found = {path.parent.name for path in Path(__file__).parent.glob("*/__init__.py")}
    return sorted(found - NOT_CONNECTORS)


def names() -> list[str]:
    """Every connector that can be named in a profile, sorted. Imports them all."""
    ours = {connector.name for folder in folders() for connector in _offers_of(folder)}
    return sorted(ours | {point.name for point in entry_points(group=ENTRY_POINTS)})


def find(name: str) -> Connector:
    """The connector of that name.

    Raises:
        ConfigError: There is none; the message lists those there are.
    """
    folder = name.partition(".")[0]
    offers = _offers_of(folder) if folder in folders() else _from_entry_points(name)
    for connector in offers:
        if connector.name == name:
            return connector
    raise ConfigError(f"there is no connector {name!r}; there are {', '.join(names())}")


def _offers_of(folder: str) -> list[Connector]:
    offers: list[Connector] = import_module(f"connectors.{folder}").CONNECTORS
    return offers


def _from_entry_points(name: str) -> list[Connector]:
    found: list[Connector] = []
    for point in entry_points(group=ENTRY_POINTS, name=name):
        offer = point.load()
        found.extend([offer] if isinstance(offer, Connector) else offer)
    return found
