"""What `pytest --retour-connector NAME` runs; the cases come from the plugin."""

from typing import Any

from connectors.sdk.conformance.plugin import hold


def test_law(case: Any) -> None:
    """Hold a connector to a law."""
    hold(case)
