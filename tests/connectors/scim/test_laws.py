"""The laws of a connector, for SCIM."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("scim")
