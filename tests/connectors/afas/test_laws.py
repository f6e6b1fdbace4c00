"""The laws of a connector, for AFAS."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("afas", "afas.employee", "afas.user")
