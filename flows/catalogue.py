"""The connectors there are, and what each can do, needs and takes as settings."""

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from rich.text import Text

from connectors.model.connector import Connector
from flows.terminal import line, show, table
from tasks.block_store import slug_of
from tasks.setup import connector_names, find_connector


def list_connectors() -> None:
    """Write every connector to stdout."""
    rows = table("name", "what", "as", "verbs", wrapped=(1, 3))
    for name in connector_names():
        connector = find_connector(name)
        rows.add_row(
            Text(name, "bold"),
            connector.manifest.title,
            _roles(connector),
            ", ".join(sorted(connector.manifest.verbs)) or "-",
        )
    show(rows)


def show_connector(name: str) -> None:
    """Write everything about one connector to stdout.

    Raises:
        ConfigError: There is none of that name.
    """
    connector = find_connector(name)
    manifest = connector.manifest
    line(Text(name, "bold"), f"   {manifest.title}")
    line()
    facts = table("", "", wrapped=(1,))
    for heading, fact in (
        ("used as", _roles(connector)),
        ("verbs", ", ".join(sorted(manifest.verbs))),
        ("recognises a person by", manifest.correlation),
        ("reports after a write", ", ".join(manifest.produces)),
        ("writes side by side", str(manifest.max_concurrency) if manifest.verbs else ""),
        ("to read, grant", "\n".join(manifest.read_permissions)),
        ("to write, grant", "\n".join(manifest.write_permissions)),
        ("Prefect block", slug_of(name) if connector.settings.model_fields else ""),
        ("documentation", manifest.documentation),
    ):
        if fact:
            facts.add_row(Text(heading, "dim"), fact)
    show(facts, indent=2)
    _show_settings(connector.settings)
    _show_attributes(connector)


def _roles(connector: Connector) -> str:
    roles = {
        "source": connector.open_source,
        "target": connector.open_writer,
        "sandbox": connector.serve,
    }
    return ", ".join(role for role, opens in roles.items() if opens is not None)


def _show_settings(settings: type[BaseModel]) -> None:
    if not settings.model_fields:
        return
    line()
    line(Text("Settings", "bold"))
    rows = table("", "", "", wrapped=(1, 2))
    for name, field in settings.model_fields.items():
        label = Text(f"{field.title}: " if field.title else "", "bold")
        told = Text.assemble(label, field.description or "")
        rows.add_row(name, Text(_default(field), "dim"), told)
    show(rows, indent=2)


def _default(field: FieldInfo) -> str:
    secret = "secret, " if "SecretStr" in str(field.annotation) else ""
    if field.is_required():
        return f"{secret}required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, SecretStr):
        return f"{secret}optional"
    if isinstance(value, BaseModel):
        return f"{secret}group"
    return f"{secret}{value!r}" if value not in ((), {}, [], "") else f"{secret}optional"


def _show_attributes(connector: Connector) -> None:
    manifest = connector.manifest
    if not manifest.attributes:
        return
    line()
    line(
        Text("Attributes", "bold"),
        Text("  (others may be named too)" if manifest.open_attributes else "", "dim"),
    )
    rows = table("", "", "", wrapped=(2,))
    for attribute in manifest.attributes:
        marks = [
            "many" if attribute.multi else "",
            f"unique {attribute.unique_in.replace('_', ' ')}" if attribute.unique_in else "",
            "" if attribute.on_update else "set once",
            "" if attribute.clearable else "never emptied",
        ]
        rows.add_row(
            attribute.name,
            Text(", ".join(mark for mark in marks if mark), "dim"),
            attribute.description,
        )
    show(rows, indent=2)
