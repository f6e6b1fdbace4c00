"""The list of laws, filled by the modules that state them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from connectors.model.change import Verb
from connectors.model.connector import Connector
from connectors.model.manifest import Manifest
from connectors.sdk.conformance.subject import Subject

Check = Callable[[Subject], None]


@dataclass(frozen=True, slots=True)
class Law:
    """One thing that holds for every connector it applies to.

    Attributes:
        name: A sentence.
        check: Raises `BrokenLaw` where it does not hold.
        applies: Whether a connector with such a manifest can keep or break it.
    """

    name: str
    check: Check
    applies: Callable[[Connector, Manifest], bool]


LAWS: Final[list[Law]] = []


def source_law(check: Check) -> Check:
    """A law about connectors that read people."""

    def applies(connector: Connector, _: Manifest) -> bool:
        return connector.open_source is not None

    LAWS.append(Law(_sentence(check), check, applies))
    return check


def target_law(*verbs: Verb) -> Callable[[Check], Check]:
    """A law about connectors that read accounts and execute all of these verbs."""

    def add(check: Check) -> Check:
        def applies(connector: Connector, manifest: Manifest) -> bool:
            return connector.open_reader is not None and manifest.verbs.issuperset(verbs)

        LAWS.append(Law(_sentence(check), check, applies))
        return check

    return add


def every_law(check: Check) -> Check:
    """A law about all connectors."""
    LAWS.append(Law(_sentence(check), check, lambda _, __: True))
    return check


def _sentence(check: Check) -> str:
    return check.__name__.replace("_", " ")
