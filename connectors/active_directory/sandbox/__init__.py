"""A directory of our own that enforces what a domain controller enforces, for demos and tests."""

from connectors.active_directory.sandbox.connection import SandboxDirectory
from connectors.active_directory.sandbox.served import SandboxDomain, Served, open_domain, serve

__all__ = ["SandboxDirectory", "SandboxDomain", "Served", "open_domain", "serve"]
