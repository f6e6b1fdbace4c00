"""All laws in one list: import from here, so that every module has stated its own."""

from connectors.model.connector import Connector
from connectors.sdk.conformance import changing, declaring, permitting, pretending, reading
from connectors.sdk.conformance.law import LAWS, Law

__all__ = ["changing", "declaring", "laws_for", "permitting", "pretending", "reading"]


def laws_for(connector: Connector) -> list[Law]:
    """The laws that apply to a connector."""
    return [law for law in LAWS if law.applies(connector)]
