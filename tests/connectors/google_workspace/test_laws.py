"""The laws of a connector, for Google Workspace."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_law = keeps_the_laws("google_workspace")
