"""What `retour check` asks AFAS: is it there, is the token known, is all granted. Read-only."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from connectors.afas.client import AfasClient
from connectors.afas.connection import AfasSettings
from connectors.afas.mapping import DESCRIPTION, KEYS, RIGHTS, USER_KEY
from connectors.afas.pages import Row
from connectors.afas.settings import (
    OWN_FIELDS,
    EmployeeSettings,
    SourceSettings,
    TargetSettings,
    UserSettings,
)
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Misconfigured

Wanted = Mapping[str, str]
"""Field that must be there -> what for, "" where the name says it."""
NO_EXPIRY: Final = frozenset({"", "0", "None"})
OWN: Final = ""
"""The level of an UpdateConnector itself, as opposed to an object inside it."""


def check_source(client: AfasClient, settings: SourceSettings) -> Iterable[Finding]:
    """Look at everything that the source reads."""
    names = settings.get_connectors
    wanted = {
        getattr(names, kind): {
            theirs: f"which `{OWN_FIELDS[kind]}` reads as {ours}"
            for ours, theirs in settings.columns(kind).items()
        }
        for kind in settings.kinds
    }
    return _until_it_breaks(_check(client, settings, wanted, {}))


def check_target(
    client: AfasClient,
    settings: TargetSettings,
    *,
    get_connectors: Mapping[str, Iterable[str]],
    update_connector: str,
    also_through: Iterable[str] = (),
) -> Iterable[Finding]:
    """Look at everything that a target reads and writes.

    Args:
        client: Read-only.
        settings: Of the target.
        get_connectors: Name -> fields it must have.
        update_connector: The one that writes; it must have every field that the profile maps, at
            the level where the writer sends it.
        also_through: Others that write, fields of their own.
    """
    wanted = {
        connector: {field: _purpose(settings, connector, field) for field in fields}
        for connector, fields in get_connectors.items()
    }
    through: dict[str, dict[str, Wanted]] = {
        connector: {} for connector in (update_connector, *also_through)
    }
    level = "KnPerson" if update_connector == "KnEmployee" else OWN
    through[update_connector][level] = _sent(settings)
    if isinstance(settings, EmployeeSettings) and settings.payslips_to_private_mail:
        through["KnEmployee"][OWN] = {"EmAd": "which `payslips_to_private_mail` sets"}
    return _until_it_breaks(_check(client, settings, wanted, through))


def _sent(settings: TargetSettings) -> dict[str, str]:
    """The update fields that could be sent, apart from those that every UpdateConnector has."""
    sent = dict.fromkeys(settings.columns, "which `columns` names")
    sent |= dict.fromkeys(settings.mapped, "which `fields` maps")
    for ours in (*KEYS, USER_KEY):
        sent.pop(ours, None)
    if isinstance(settings, UserSettings) and settings.create_user:
        sent = {**dict.fromkeys((DESCRIPTION, *RIGHTS), "which a new user needs"), **sent}
    if isinstance(settings, UserSettings) and settings.update_user_id:
        sent["UsIdNew"] = "which `update_user_id` sends"
    return sent


def _purpose(settings: TargetSettings, connector: str, field: str) -> str:
    """What a field of a GetConnector is looked at for."""
    if connector != settings.get_connectors.users:
        return ""
    for setting in ("private_mail_column", "documents_column"):
        if getattr(settings, setting, None) == field:
            return f"which `{setting}` names"
    shown = sorted(ours for ours, theirs in settings.readable.items() if theirs == field)
    return f"which shows {' and '.join(shown)}" if shown and shown != [field] else ""


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
    get_connectors: Mapping[str, Wanted],
    update_connectors: Mapping[str, Mapping[str, Wanted]],
) -> Iterator[Finding]:
    yield Finding(ok=True, subject=f"AFAS {settings.base_url}", detail=f"Profit {client.version()}")
    listing = client.metainfo()
    yield Finding(ok=True, subject="token", detail=_token(listing.get("info") or {}))
    granted = _names(listing, "getConnectors")
    for name, wanted in get_connectors.items():
        subject = f"GetConnector {name}"
        if not _among(name, granted):
            yield _not_granted(subject, name, granted)
        else:
            yield _fields(subject, {OWN: wanted}, {OWN: client.get_connector_fields(name)})
    granted = _names(listing, "updateConnectors")
    for name, levels in update_connectors.items():
        subject = f"UpdateConnector {name}"
        if not _among(name, granted):
            yield _not_granted(subject, name, granted)
        else:
            yield _fields(subject, levels, client.update_connector_levels(name))


def _token(info: Mapping[str, Any]) -> str:
    """Whose token it is, and until when."""
    about = f"app connector {info.get('appName') or '?'}, environment {info.get('envid') or '?'}"
    expiry = str(info.get("tokenExpiry"))
    return about if expiry in NO_EXPIRY else f"{about}; note that the token expires: {expiry}"


def _names(listing: Row, kind: str) -> list[str]:
    return [str(entry.get("id")) for entry in listing.get(kind) or []]


def _among(name: str, names: Iterable[str]) -> bool:
    return name.casefold() in {each.casefold() for each in names}


def _not_granted(subject: str, name: str, granted: list[str]) -> Finding:
    detail = f"not granted: add it to the app connector in AFAS{_hint(name, granted)}"
    return Finding(ok=False, subject=subject, detail=detail)


def _fields(subject: str, levels: Mapping[str, Wanted], present: Mapping[str, set[str]]) -> Finding:
    """Whether every field is there, at its level: the EmAd of an employee is no person's."""
    missing: list[str] = []
    for level, wanted in levels.items():
        there = present.get(level)
        if there is None:
            missing.append(f"no object {level} in it")
            continue
        where = f"{level}." if level else ""
        missing += [
            f"no field {where}{name}{', ' * bool(purpose)}{purpose}{_hint(name, there)}"
            for name, purpose in sorted(wanted.items())
            if name not in there
        ]
    if missing:
        detail = f"{'; '.join(missing)}; compare the settings with the connector"
        return Finding(ok=False, subject=subject, detail=detail)
    count = sum(len(fields) for fields in present.values())
    return Finding(ok=True, subject=subject, detail=f"granted, {count} fields")


def _hint(word: str, known: Iterable[str]) -> str:
    by_folded = {name.casefold(): name for name in sorted(known)}
    close = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.75)
    return f" (did you mean {by_folded[close[0]]}?)" if close else ""
