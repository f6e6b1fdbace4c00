"""What `retour check` asks a provider: is it there, what can it, what does it know, may we write.

Read-only. Rights to write can be seen only where the provider says them: by `Allow` on OPTIONS.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from connectors.model.connector import Finding
from connectors.model.errors import ConnectorError, Misconfigured
from connectors.scim.announced import CAPABILITIES, Announced
from connectors.scim.client import ScimClient
from connectors.scim.paths import parse_path
from connectors.scim.settings import ScimSettings
from connectors.scim.urns import USER

WITHOUT: Final = {
    "filter": "who is looked for is found by reading everybody",
    "patch": "a change reads the whole resource and puts it back",
    "bulk": "every change is a request of its own",
    "etag": "changes made at the same moment by somebody else can be overwritten",
    "sort": "",
}
"""What the connector does without a capability."""
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def check_provider(client: ScimClient, settings: ScimSettings) -> Iterator[Finding]:
    """Everything found; what breaks is the last finding."""
    try:
        yield from _check(client, settings)
    except ConnectorError as error:
        yield Finding(
            ok=False,
            subject=error.operation or settings.base_url,
            detail=str(error),
            reached=isinstance(error, Misconfigured),
        )


def _check(client: ScimClient, settings: ScimSettings) -> Iterator[Finding]:
    provider = client.announced()
    yield _capabilities(provider, settings)
    for what, path in (("users", provider.users), ("groups", provider.groups)):
        found = client.everybody(path)
        yield Finding(ok=True, subject=f"read {path}", detail=f"{len(found)} {what}")
        if what == "users" and found:
            key = parse_path(settings.correlation)
            linked = sum(key.held(user) is not None for user in found)
            yield Finding(
                ok=True,
                subject=f"correlation {settings.correlation}",
                detail=f"{linked} of {len(found)} users have it",
            )
    yield from _attributes(provider, settings)
    yield from _rights(client, provider, settings)


def _capabilities(provider: Announced, settings: ScimSettings) -> Finding:
    subject = f"SCIM provider {settings.base_url}"
    if not provider.said:
        detail = "does not say what it can (no /ServiceProviderConfig): set overrule to what it can"
        return Finding(ok=True, subject=subject, detail=detail, warns=True)
    can = [name for name in CAPABILITIES if getattr(provider, name)]
    cannot = [
        f"no {name}{f' ({WITHOUT[name]})' if WITHOUT[name] else ''}"
        for name in CAPABILITIES
        if not getattr(provider, name)
    ]
    bulk = f" of {provider.max_operations}" if provider.bulk else ""
    listed = ", ".join(f"bulk{bulk}" if name == "bulk" else name for name in can)
    detail = "; ".join([f"can {listed}" if can else "can nothing beyond the minimum", *cannot])
    return Finding(ok=True, subject=subject, detail=detail)


def _attributes(provider: Announced, settings: ScimSettings) -> Iterator[Finding]:
    """Attributes that settings and mapping name, held against `/Schemas`."""
    if not provider.describes_users:
        detail = f"no schema {USER}: names of attributes cannot be checked"
        yield Finding(ok=True, subject="attributes", detail=detail, warns=True)
        return
    wrong = []
    for name in _named(settings):
        text = settings.names.get(name, name)
        path = parse_path(text)
        known = provider.knows(path)
        if known is None:
            wrong.append(f"{text} is in no schema{_hint(text, provider)}")
        elif known.mutability == "readOnly" and name != settings.correlation:
            wrong.append(f"{text} is read-only")
    wrong += [
        f"{attribute} is in no schema, and permissions names it"
        for attribute in settings.permissions
        if provider.knows(parse_path(f"{attribute}.value")) is None
    ]
    key = provider.knows(parse_path(settings.correlation))
    if key is not None and (key.mutability == "readOnly" or key.returned == "never"):
        wrong.append(
            f"correlation {settings.correlation} cannot be written or is not shown: set another one"
        )
    detail = "; ".join(wrong) if wrong else "all of them are known to the provider's schemas"
    yield Finding(ok=not wrong, subject="attributes", detail=detail)


def _named(settings: ScimSettings) -> Iterator[str]:
    named = (settings.correlation, *settings.names, *settings.extra_attributes, *settings.several)
    yield from dict.fromkeys(named)


def _hint(text: str, provider: Announced) -> str:
    """What was probably meant."""
    known = {
        f"{name}.{part}" if part else name
        for urn, attributes in provider.schemas.items()
        for attribute, about in attributes.items()
        for name in (attribute if urn == USER else f"{urn}:{attribute}",)
        for part in ("", *about.parts)
        if "User" in urn or urn.startswith("urn:ietf:params:scim:schemas:extension")
    }
    close = get_close_matches(text, sorted(known), n=1, cutoff=0.75)
    return f" (did you mean {close[0]}?)" if close else ""


def _rights(client: ScimClient, provider: Announced, settings: ScimSettings) -> Iterator[Finding]:
    """What the provider says that we may, by the credentials that read."""
    said = client.methods(provider.users)
    subject = f"rights on {provider.users}"
    if said is None:
        detail = "may read; the provider does not say what we may write"
        yield Finding(ok=True, subject=subject, detail=detail)
        return
    writes = sorted(said & WRITES)
    apart = settings.write_token is not None or settings.write_scope is not None
    if not writes and not apart:
        detail = "the credentials may only read: grant creating, changing and deleting users"
        yield Finding(ok=False, subject=subject, detail=detail)
    elif writes and apart:
        detail = f"the credentials that read may write as well ({', '.join(writes)})"
        yield Finding(ok=True, subject=subject, detail=detail, warns=True)
    else:
        detail = f"may {', '.join(sorted(said))}"
        yield Finding(ok=True, subject=subject, detail=detail)
