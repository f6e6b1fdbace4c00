"""What `retour check` asks of a tenant: the token, its rights, domains, groups. Read-only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from connectors.entra_id.attributes import quoted
from connectors.entra_id.content import ContentReader, is_named, reason_not_to_grant
from connectors.entra_id.graph import Graph
from connectors.entra_id.rights import (
    READ_APPS,
    Need,
    excessive,
    missing,
    needs_to_read,
    needs_to_write,
)
from connectors.entra_id.settings import EntraIdSettings
from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Forbidden, Misconfigured, Refused

GRANT: Final = "grant them to the app registration, and give admin consent"
GRAPH_APP: Final = "00000003-0000-0000-c000-000000000000"
"""Client id of Microsoft Graph itself, in every tenant; it names the permissions."""


def findings(settings: EntraIdSettings, graph: Graph, content: ContentReader) -> Iterator[Finding]:
    """Everything found; where the tenant does not answer, that is the last finding."""
    try:
        yield from _findings(settings, graph, content)
    except ConnectorError as error:
        yield Finding(
            ok=False,
            subject=error.operation or f"tenant {settings.tenant_id}",
            detail=str(error),
            reached=isinstance(error, Misconfigured | Refused),
        )


def _findings(settings: EntraIdSettings, graph: Graph, content: ContentReader) -> Iterator[Finding]:
    roles = graph.roles()
    yield Finding(
        ok=True,
        subject=f"sign in to tenant {settings.tenant_id}",
        detail=f"app {settings.client_id} got a token with {len(roles)} permissions",
    )
    yield from _rights(settings, graph, roles)
    yield _domains(settings, graph)
    yield from _groups(settings, content)
    yield _users(graph)


# --- Rights ---------------------------------------------------------------------------------------


def _rights(settings: EntraIdSettings, graph: Graph, roles: frozenset[str]) -> Iterator[Finding]:
    reading, writing = list(needs_to_read(settings)), list(needs_to_write(settings))
    yield _enough("rights to read", roles, reading)
    if settings.write_client_id is None:
        yield _enough("rights to write", roles, writing)
        yield _not_too_many("rights beyond need", roles, [*reading, *writing])
        return
    yield _not_too_many("rights beyond need", roles, [*reading, READ_APPS])
    of_writer = _roles_of(settings.write_client_id, graph)
    if of_writer is None:
        yield Finding(
            ok=True,
            subject="rights to write",
            detail=f"app {settings.write_client_id} writes, and cannot be looked at without "
            f"{READ_APPS.least}; it needs {', '.join(need.least for need in writing)}",
        )
        return
    yield _enough("rights to write", of_writer, writing)
    yield _not_too_many("rights to write beyond need", of_writer, writing)


def _roles_of(app: str, graph: Graph) -> frozenset[str] | None:
    """Permissions of another app on Graph, None where they may not be looked at."""
    try:
        names = {
            role["id"]: str(role["value"])
            for one in _principals(GRAPH_APP, "id,appRoles", graph)
            for role in one.get("appRoles") or []
        }
        given = [
            assignment["appRoleId"]
            for one in _principals(app, "id", graph)
            for assignment in graph.all(f"/servicePrincipals/{one['id']}/appRoleAssignments")
        ]
    except Forbidden:
        return None
    return frozenset(names[role] for role in given if role in names)


def _principals(app: str, select: str, graph: Graph) -> list[dict[str, Any]]:
    options = {"filter": f"appId eq {quoted(app)}", "select": select}
    return list(graph.all("/servicePrincipals", options=options))


def _enough(subject: str, roles: frozenset[str], needs: Sequence[Need]) -> Finding:
    lacking = missing(roles, needs)
    if lacking:
        return Finding(ok=False, subject=subject, detail=f"missing: {'; '.join(lacking)}: {GRANT}")
    return Finding(
        ok=True, subject=subject, detail=", ".join(sorted({str(n.met_by(roles)) for n in needs}))
    )


def _not_too_many(subject: str, roles: frozenset[str], needs: Sequence[Need]) -> Finding:
    more = excessive(roles, needs)
    if more:
        detail = f"the app may do more than it needs to: {', '.join(more)}; take these away"
        return Finding(ok=True, subject=subject, detail=detail, warns=True)
    return Finding(ok=True, subject=subject, detail="none")


# --- The tenant -----------------------------------------------------------------------------------


def _domains(settings: EntraIdSettings, graph: Graph) -> Finding:
    """Whether the domains of the mapping are verified: a sign-in name in another one is refused."""
    [tenant] = graph.all("/organization", options={"select": "id,verifiedDomains"})
    verified = {str(one["name"]).casefold() for one in tenant.get("verifiedDomains") or []}
    unknown = [name for name in settings.domains if name.casefold() not in verified]
    subject = "verified domains"
    if unknown:
        detail = f"not verified: {', '.join(unknown)}; verified are {', '.join(sorted(verified))}"
        return Finding(ok=False, subject=subject, detail=detail)
    return Finding(ok=True, subject=subject, detail=", ".join(sorted(verified)))


def _groups(settings: EntraIdSettings, content: ContentReader) -> Iterator[Finding]:
    groups = [one for one in content.groups().values() if is_named(one, settings)]
    reasons = Counter(reason_not_to_grant(one) or "" for one in groups)
    grantable = reasons.pop("", 0)
    others = [f"{count} where {reason}" for reason, count in sorted(reasons.items())]
    detail = "; ".join([f"{grantable} that can be granted", *others])
    if settings.groups and not groups:
        yield Finding(ok=False, subject="groups", detail="none of those that `groups` names exists")
        return
    yield Finding(ok=True, subject="groups", detail=detail)
    names = Counter(
        str(one.get("displayName")) for one in groups if reason_not_to_grant(one) is None
    )
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        yield Finding(
            ok=True,
            subject="names of groups",
            detail=f"several groups are called {', '.join(twice)}: rules have to use their ids",
            warns=True,
        )


def _users(graph: Graph) -> Finding:
    page = next(iter(graph.pages("/users", options={"select": "id", "top": "1"})))
    detail = "they can be read" if page["value"] else "there is none yet"
    return Finding(ok=True, subject="users", detail=detail)
