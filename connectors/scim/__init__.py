"""SCIM 2.0: users, groups and their members at any provider of RFC 7643 and RFC 7644."""

from typing import Final

from connectors.model.connector import Connector
from connectors.model.errors import ConfigError
from connectors.scim.manifest import MANIFEST, manifest_for
from connectors.scim.mapping import FIELDS, fields_for
from connectors.scim.reader import ScimReader
from connectors.scim.sandbox.served import serve
from connectors.scim.settings import ScimSettings
from connectors.scim.writer import ScimWriter
from connectors.sdk.passwords import PasswordSink, open_sink


def open_writer(settings: ScimSettings, target: str) -> ScimWriter:
    """A writer for the target of that name.

    Raises:
        ConfigError: Initial passwords are to go somewhere we do not know.
    """
    return ScimWriter(settings, target, sink_of(settings, target))


def sink_of(settings: ScimSettings, target: str) -> PasswordSink | None:
    """Where the initial passwords of a target go, None where accounts get none.

    Raises:
        ConfigError: Not in a form we know.
    """
    if settings.initial_passwords is None:
        return None
    try:
        return open_sink(settings.initial_passwords)
    except ConfigError as error:
        key = f"targets.{target}.settings.initial_passwords"
        raise ConfigError(error.message, key=key) from error


def check_writer(settings: ScimSettings, target: str) -> None:
    """Whether a writer could work with these settings.

    Raises:
        ConfigError: Initial passwords are to go somewhere we do not know.
    """
    sink_of(settings, target)


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
