"""From the name of a connector to the laws it is under: one case for each subject and law."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from connectors.model.connector import Connector
from connectors.model.errors import ConfigError
from connectors.model.manifest import Manifest
from connectors.sdk.conformance.law import Law
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.subject import Subject, require

ENTRY_POINTS: Final = "retour.connectors"
"""As in `connectors.registry`, which the kit does not know: it is told names."""


@dataclass(frozen=True, slots=True)
class Case:
    """A subject that is held to a law.

    Attributes:
        connector: The connector in question.
        subject: Name of the subject: that of the connector, or with a word about its settings.
        open: Starts its sandbox.
        manifest: What it is said to be able to do.
        law: What it is held to.
    """

    connector: Connector
    subject: str
    open: Callable[[], AbstractContextManager[Subject]]
    manifest: Manifest
    law: Law

    def __str__(self) -> str:
        """As a test is called."""
        return f"{self.subject}: {self.law.name}"

    def check(self) -> None:
        """Start the sandbox and look.

        Raises:
            BrokenLaw: The law does not hold, or the subject is not what it is said to be.
            Unproven: The subject states why it is not held to it.
        """
        with self.open() as running:
            told = f"the subject {self.subject!r} presents {running.connector.name!r}"
            require(that=running.connector.name == self.connector.name, otherwise=told)
            told = "it can do something else than its manifest said when the laws were chosen"
            require(that=running.manifest.verbs == self.manifest.verbs, otherwise=told)
            self.law.check(running)


def cases_of(name: str) -> Iterator[Case]:
    """Every law for every subject of a connector.

    Raises:
        ConfigError: There is no such connector, or its folder has no subject for it.
    """
    connector = find_connector(name)
    presented = conformance_of(connector)
    subjects: Mapping[str, Callable[[], AbstractContextManager[Subject]]] = presented.SUBJECTS
    manifests: Mapping[str, Manifest] = getattr(presented, "MANIFESTS", {})
    mine = [one for one in subjects if one.partition(" ")[0] == name]
    if not mine:
        raise ConfigError(f"{presented.__name__} has no subject for {name!r} among its SUBJECTS")
    held: set[str] = set()
    for subject in mine:
        manifest = manifests.get(subject, connector.manifest)
        for law in laws_for(connector, manifest):
            if not (law.once and law.name in held):
                held.add(law.name)
                yield Case(connector, subject, subjects[subject], manifest, law)


def find_connector(name: str) -> Connector:
    """The connector of that name, from an installed package or a folder beside the kit.

    Raises:
        ConfigError: There is none.
    """
    offers: list[Connector] = []
    for point in entry_points(group=ENTRY_POINTS, name=name):
        offer = point.load()
        offers.extend([offer] if isinstance(offer, Connector) else offer)
    folder = f"connectors.{name.partition('.')[0]}"
    if not offers and find_spec(folder) is not None:
        offers = list(getattr(import_module(folder), "CONNECTORS", ()))
    for connector in offers:
        if connector.name == name:
            return connector
    raise ConfigError(f"there is no connector {name!r}: no folder and no entry point offers it")


def conformance_of(connector: Connector) -> ModuleType:
    """The module `conformance` of the package that the settings of a connector come from.

    Raises:
        ConfigError: There is none.
    """
    place = connector.settings.__module__
    while place:
        if getattr(import_module(place), "__path__", None) and find_spec(f"{place}.conformance"):
            return import_module(f"{place}.conformance")
        place = place.rpartition(".")[0]
    raise ConfigError(f"there is no module `conformance` beside the settings of {connector.name!r}")
