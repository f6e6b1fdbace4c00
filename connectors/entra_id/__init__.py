"""Microsoft Entra ID through Microsoft Graph: accounts, groups, licences."""

from typing import Final

from connectors.entra_id.manifest import MANIFEST, manifest_for
from connectors.entra_id.mapping import FIELDS, fields_for
from connectors.entra_id.reader import EntraIdReader
from connectors.entra_id.sandbox.served import serve
from connectors.entra_id.settings import EntraIdSettings
from connectors.entra_id.writer import EntraIdWriter
from connectors.model.connector import Connector
from connectors.sdk.passwords import sink_of


def open_writer(settings: EntraIdSettings, target: str) -> EntraIdWriter:
    """A writer for the target of that name.

    Raises:
        ConfigError: A setting cannot be used, or nothing says where initial passwords go.
    """
    return EntraIdWriter(settings, target, sink_of(settings.initial_passwords, target))


def check_writer(settings: EntraIdSettings, target: str) -> None:
    """Whether a writer could work with these settings.

    Raises:
        ConfigError: A certificate cannot be read, the app that writes has no credentials, or
            nothing says where initial passwords go.
    """
    open_writer(settings, target).close()


CONNECTORS: Final = [
    Connector(
        name="entra_id",
        manifest=MANIFEST,
        settings=EntraIdSettings,
        open_reader=EntraIdReader,
        open_writer=open_writer,
        check_writer=check_writer,
        fields=FIELDS,
        fields_for=fields_for,
        manifest_for=manifest_for,
        mapped_setting="extra_attributes",
        serve=serve,
    )
]
