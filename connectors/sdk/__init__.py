"""Plumbing that connectors share: HTTP, retries, the Recorder, fan-out, passwords, sandboxes."""
