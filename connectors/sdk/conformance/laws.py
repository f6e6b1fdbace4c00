"""All laws in one list: import from here, so that every module has stated its own."""

from connectors.model.connector import Connector
from connectors.model.manifest import Manifest
from connectors.sdk.conformance import (
    changing,
    declaring,
    failing,
    hiding,
    identifying,
    looking_again,
    losing,
    networking,
    paging,
    permitting,
    pretending,
    reading,
    sharing,
    telling_apart,
)
from connectors.sdk.conformance.law import LAWS, Law

__all__ = [
    "changing",
    "declaring",
    "failing",
    "hiding",
    "identifying",
    "laws_for",
    "looking_again",
    "losing",
    "networking",
    "paging",
    "permitting",
    "pretending",
    "reading",
    "sharing",
    "telling_apart",
]


def laws_for(connector: Connector, manifest: Manifest | None = None) -> list[Law]:
    """The laws that apply to a connector.

    Args:
        connector: The one to look at.
        manifest: What it can do under the settings in question; by default what it says of itself.
    """
    return [law for law in LAWS if law.applies(connector, manifest or connector.manifest)]
