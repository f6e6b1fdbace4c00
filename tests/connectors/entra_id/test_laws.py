"""The laws of a connector, for Entra ID."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("entra_id")
