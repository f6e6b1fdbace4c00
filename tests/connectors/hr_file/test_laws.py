"""The laws of a connector, for HR files."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("hr_file")
