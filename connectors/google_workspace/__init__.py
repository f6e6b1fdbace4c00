"""Google Workspace over the Directory API: accounts, their unit and state, groups and licences."""

from typing import Final

from connectors.google_workspace.client import open_to_read, open_to_write
from connectors.google_workspace.manifest import MANIFEST, manifest_for
from connectors.google_workspace.mapping import FIELDS
from connectors.google_workspace.reader import GoogleWorkspaceReader
from connectors.google_workspace.sandbox import serve
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.google_workspace.writer import GoogleWorkspaceWriter
from connectors.model.connector import Connector
from connectors.sdk.passwords import sink_of


def open_reader(settings: GoogleWorkspaceSettings, target: str) -> GoogleWorkspaceReader:
    """A reader for the target of that name.

    Raises:
        ConfigError: The key of the service account cannot be used.
    """
    return GoogleWorkspaceReader(settings, target, open_to_read(settings, target))


def open_writer(settings: GoogleWorkspaceSettings, target: str) -> GoogleWorkspaceWriter:
    """A writer for the target of that name.

    Raises:
        ConfigError: A setting cannot be used, or nothing says where initial passwords go.
    """
    sink = sink_of(settings.initial_passwords, target)
    return GoogleWorkspaceWriter(settings, target, open_to_write(settings, target), sink)


def check_writer(settings: GoogleWorkspaceSettings, target: str) -> None:
    """Whether a writer could work with these settings.

    Raises:
        ConfigError: Nothing says where initial passwords go, or the key cannot be used.
    """
    sink_of(settings.initial_passwords, target)
    open_to_write(settings, target).close()


CONNECTORS: Final = [
    Connector(
        name="google_workspace",
        manifest=MANIFEST,
        settings=GoogleWorkspaceSettings,
        open_reader=open_reader,
        open_writer=open_writer,
        check_writer=check_writer,
        fields=FIELDS,
        manifest_for=manifest_for,
        mapped_setting="extra_attributes",
        serve=serve,
    )
]
