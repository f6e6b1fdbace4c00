"""What `retour check` looks at: scopes one by one, units, domains, groups. Read-only."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from connectors.google_workspace.client import DIRECTORY, LICENSING, Workspace, reading_token
from connectors.google_workspace.scopes import TOO_MANY, read_scopes, short, write_scopes
from connectors.google_workspace.settings import GoogleWorkspaceSettings
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Unauthorized

NOT_DELEGATED: Final = frozenset({"unauthorized_client", "access_denied", "invalid_scope"})


def look(settings: GoogleWorkspaceSettings, target: str, workspace: Workspace) -> Iterator[Finding]:
    """Everything, one after the other; nothing more once the first sign-in fails."""
    missing = False
    for finding in _scopes(settings, target):
        yield finding
        if not finding.reached:
            return
        missing = missing or not finding.ok
    if missing:
        return
    if settings.writes_apart:
        subject, wanted = "scopes beyond reading", (*write_scopes(settings), *TOO_MANY)
        wanted = tuple(scope for scope in wanted if scope not in read_scopes(settings))
    else:
        yield from _each(settings, target, write_scopes(settings), "to write")
        subject, wanted = "scopes beyond what is needed", TOO_MANY
    yield _too_many(settings, target, subject, wanted)
    yield from _units(settings, workspace)
    yield _found("domains", lambda: _domains(settings, workspace))
    yield _found("groups", lambda: _groups(settings, workspace))
    yield from _licences(settings, workspace)


def _scopes(settings: GoogleWorkspaceSettings, target: str) -> Iterator[Finding]:
    return _each(settings, target, read_scopes(settings), "to read")


def _each(
    settings: GoogleWorkspaceSettings, target: str, scopes: dict[str, str], purpose: str
) -> Iterator[Finding]:
    """A token per scope: a request for several fails as a whole, and does not say for which."""
    for scope, what in scopes.items():
        subject = f"scope {short(scope)}"
        try:
            delegated = _is_delegated(settings, target, scope)
        except ConnectorError as error:
            yield Finding(ok=False, subject=subject, detail=str(error), reached=False)
            return
        detail = f"delegated, {purpose} {what}"
        if not delegated:
            detail = f"not delegated: it is needed {purpose} {what} ({scope})"
        yield Finding(ok=delegated, subject=subject, detail=detail)


def _is_delegated(settings: GoogleWorkspaceSettings, target: str, scope: str) -> bool:
    try:
        reading_token(settings, target, [scope])()
    except Unauthorized as error:
        if error.code in NOT_DELEGATED:
            return False
        raise
    return True


def _too_many(
    settings: GoogleWorkspaceSettings, target: str, subject: str, wanted: tuple[str, ...]
) -> Finding:
    try:
        # One request for all of them fails unless all are delegated, so each is asked for.
        found = [short(one) for one in wanted if _is_delegated(settings, target, one)]
    except ConnectorError as error:
        return Finding(ok=False, subject=subject, detail=str(error), reached=False)
    if not found:
        return Finding(ok=True, subject=subject, detail="none is delegated")
    detail = f"delegated and never used: {', '.join(found)}; take them away"
    return Finding(ok=True, subject=subject, detail=detail, warns=True)


def _units(settings: GoogleWorkspaceSettings, workspace: Workspace) -> Iterator[Finding]:
    wanted = dict.fromkeys((*settings.containers.named(), settings.base_unit))
    customer = f"{DIRECTORY}/customer/{settings.customer}"

    def known() -> set[str]:
        content = workspace.get(f"{customer}/orgunits", {"type": "all"})
        return {str(one["orgUnitPath"]).casefold() for one in content.get("organizationUnits", ())}

    try:
        paths = known() | {"/"}
    except ConnectorError as error:
        yield Finding(ok=False, subject="organisational units", detail=str(error))
        return
    for path in wanted:
        there = path.casefold() in paths
        detail = "exists" if there else "does not exist: make it, or name another one"
        yield Finding(ok=there, subject=f"organisational unit {path}", detail=detail)


def _found(subject: str, find: Callable[[], tuple[bool, str]]) -> Finding:
    try:
        ok, detail = find()
    except ConnectorError as error:
        return Finding(ok=False, subject=subject, detail=str(error))
    return Finding(ok=ok, subject=subject, detail=detail)


def _domains(settings: GoogleWorkspaceSettings, workspace: Workspace) -> tuple[bool, str]:
    path = f"{DIRECTORY}/customer/{settings.customer}/domains"
    found: list[dict[str, Any]] = workspace.get(path).get("domains", [])
    verified = [str(one["domainName"]) for one in found if one.get("verified")]
    others = [str(one["domainName"]) for one in found if not one.get("verified")]
    detail = f"verified: {', '.join(verified) or 'none'}"
    if others:
        detail += f"; not verified, so no address can be made there: {', '.join(others)}"
    return bool(verified), detail


def _groups(settings: GoogleWorkspaceSettings, workspace: Workspace) -> tuple[bool, str]:
    params = {"customer": settings.customer, "fields": "nextPageToken,groups(email)"}
    found = list(workspace.pages(f"{DIRECTORY}/groups", "groups", params))
    grantable = sum(settings.grants(str(one["email"])) for one in found)
    detail = f"{grantable} that can be granted, {len(found) - grantable} others"
    if found and not grantable:
        detail += ": no address fits the setting groups"
    return bool(grantable) or not found, detail


def _licences(settings: GoogleWorkspaceSettings, workspace: Workspace) -> Iterator[Finding]:
    """The subject, and what is only known by its customer: the licences."""
    name = f"subject {settings.subject}"
    try:
        path = f"{DIRECTORY}/users/{settings.subject}"
        customer = str(workspace.get(path, {"fields": "customerId"}).get("customerId"))
    except ConnectorError as error:
        yield Finding(ok=False, subject=name, detail=str(error))
        return
    yield Finding(ok=True, subject=name, detail=f"belongs to customer {customer}")
    for licence, sku in settings.licences.items():
        product, _, number = sku.partition("/")
        path = f"{LICENSING}/product/{product}/sku/{number}/users"

        def held(path: str = path) -> tuple[bool, str]:
            workspace.get(path, {"customerId": customer, "maxResults": "1"})
            return True, "there are such licences"

        yield _found(f"licence {licence} ({sku})", held)
