"""SCIM 2.0: users, groups and their members at any provider of RFC 7643 and RFC 7644."""

from typing import Final

from connectors.model.connector import Connector
from connectors.scim.manifest import MANIFEST, manifest_for
from connectors.scim.mapping import FIELDS, fields_for
from connectors.scim.reader import ScimReader
from connectors.scim.sandbox.served import serve
from connectors.scim.settings import ScimSettings
from connectors.scim.writer import ScimWriter
from connectors.sdk.passwords import PasswordSink, sink_of


def open_writer(settings: ScimSettings, target: str) -> ScimWriter:
    """A writer for the target of that name.

    Raises:
        ConfigError: Initial passwords are to go somewhere we do not know.
    """
    return ScimWriter(settings, target, _sink(settings, target))


def _sink(settings: ScimSettings, target: str) -> PasswordSink | None:
    """Where initial passwords go, None where accounts get none."""
    address = settings.initial_passwords
    return None if address is None else sink_of(address, target)


def check_writer(settings: ScimSettings, target: str) -> None:
    """Whether a writer could work with these settings.

    Raises:
        ConfigError: Initial passwords are to go somewhere we do not know.
    """
    _sink(settings, target)


CONNECTORS: Final = [
    Connector(
        name="scim",
        manifest=MANIFEST,
        settings=ScimSettings,
        open_reader=ScimReader,
        open_writer=open_writer,
        check_writer=check_writer,
        fields=FIELDS,
        fields_for=fields_for,
        manifest_for=manifest_for,
        mapped_setting="extra_attributes",
        serve=serve,
    )
]
