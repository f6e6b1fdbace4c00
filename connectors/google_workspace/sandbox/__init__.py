"""A stateful double of one customer of Google Workspace, served over HTTP."""

from connectors.google_workspace.sandbox.serve import ServedWorkspace, serve

__all__ = ["ServedWorkspace", "serve"]
