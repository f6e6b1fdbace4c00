"""The laws of a connector, for Active Directory."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("active_directory")
