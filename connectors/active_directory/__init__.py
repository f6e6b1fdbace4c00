"""Active Directory over LDAPS: accounts, their place and state, and membership of groups."""

from typing import Final

from connectors.active_directory.client import open_directory
from connectors.active_directory.manifest import MANIFEST
from connectors.active_directory.mapping import FIELDS
from connectors.active_directory.reader import ActiveDirectoryReader
from connectors.active_directory.sandbox import serve
from connectors.active_directory.settings import SANDBOX, ActiveDirectorySettings
from connectors.active_directory.writer import ActiveDirectoryWriter
from connectors.model.connector import Connector
from connectors.sdk.passwords import sink_of


def open_reader(settings: ActiveDirectorySettings, target: str) -> ActiveDirectoryReader:
    """A reader for the target of that name.

    Raises:
        ConfigError: A setting cannot be used.
    """
    return ActiveDirectoryReader(settings, target, open_directory(settings, target, read_only=True))


def open_writer(settings: ActiveDirectorySettings, target: str) -> ActiveDirectoryWriter:
    """A writer for the target of that name.

    Raises:
        ConfigError: A setting cannot be used, or nothing says where initial passwords go.
    """
    sink = sink_of(settings.initial_passwords, target)
    return ActiveDirectoryWriter(
        settings, target, open_directory(settings, target, read_only=False), sink
    )


def check_writer(settings: ActiveDirectorySettings, target: str) -> None:
    """Whether a writer could work with these settings.

    Raises:
        ConfigError: Nothing says where initial passwords go.
    """
    sink_of(settings.initial_passwords, target)


def is_sandbox(settings: ActiveDirectorySettings) -> bool:
    """Whether the directory is one that the process keeps itself."""
    return settings.server.startswith(SANDBOX)


CONNECTORS: Final = [
    Connector(
        name="active_directory",
        manifest=MANIFEST,
        settings=ActiveDirectorySettings,
        open_reader=open_reader,
        open_writer=open_writer,
        check_writer=check_writer,
        fields=FIELDS,
        mapped_setting="extra_attributes",
        in_process=is_sandbox,
        serve=serve,
    )
]
