"""What `retour check` asks AFAS: is it there, is the token known, is all granted. Read-only."""

from collections.abc import Iterable, Iterator

from connectors.afas.client import AfasClient, Row
from connectors.afas.settings import AfasSettings, SourceSettings, TargetSettings
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Misconfigured


def check_source(client: AfasClient, settings: SourceSettings) -> Iterable[Finding]:
    """Look at everything that the source reads."""
    names = settings.get_connectors
    kinds = ["users", "employments", "organizational_units"]
    if settings.positions == "use":
        kinds.insert(2, "positions")
    wanted = {getattr(names, kind): set(settings.columns(kind).values()) for kind in kinds}
    return _until_it_breaks(_check(client, settings, wanted, {}))


def check_target(
    client: AfasClient,
    settings: TargetSettings,
    *,
    get_connectors: dict[str, set[str]],
    update_connector: str,
) -> Iterable[Finding]:
    """Look at everything that a target reads and writes.

    Args:
        client: Read-only.
        settings: Of the target.
        get_connectors: Name -> fields it must have.
        update_connector: The one that writes; it must have the fields added by the settings.
    """
    return _until_it_breaks(
        _check(client, settings, get_connectors, {update_connector: set(settings.columns)})
    )


def _until_it_breaks(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Everything found; an error is the last finding."""
    try:
        yield from findings
    except ConnectorError as error:
        yield Finding(
            ok=False,
            subject=error.operation or "AFAS",
            detail=str(error),
            reached=isinstance(error, Misconfigured),
        )


def _check(
    client: AfasClient,
    settings: AfasSettings,
    get_connectors: dict[str, set[str]],
    update_connectors: dict[str, set[str]],
) -> Iterator[Finding]:
    yield Finding(ok=True, subject=f"AFAS {settings.base_url}", detail=f"Profit {client.version()}")
    granted = client.metainfo()
    info = granted.get("info") or {}
    app = f"app connector {info.get('appName') or '?'}, environment {info.get('envid') or '?'}"
    yield Finding(ok=True, subject="token", detail=app)
    for name, fields in get_connectors.items():
        yield _granted(
            f"GetConnector {name}",
            fields,
            client.get_connector_fields(name) if _lists(granted, "getConnectors", name) else None,
        )
    for name, fields in update_connectors.items():
        yield _granted(
            f"UpdateConnector {name}",
            fields,
            client.update_connector_fields(name)
            if _lists(granted, "updateConnectors", name)
            else None,
        )


def _lists(granted: Row, kind: str, name: str) -> bool:
    return any(
        str(entry.get("id")).casefold() == name.casefold() for entry in granted.get(kind) or []
    )


def _granted(subject: str, wanted: set[str], present: set[str] | None) -> Finding:
    if present is None:
        return Finding(
            ok=False, subject=subject, detail="not granted: add it to the app connector in AFAS"
        )
    missing = sorted(wanted - present)
    if missing:
        detail = f"no field {', '.join(missing)}: compare the settings with the connector"
        return Finding(ok=False, subject=subject, detail=detail)
    return Finding(ok=True, subject=subject, detail=f"granted, {len(present)} fields")
