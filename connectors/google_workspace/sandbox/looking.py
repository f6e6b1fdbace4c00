"""Lists: what a query finds, in which order, page by page, and which fields are shown (G2, G9)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from connectors.google_workspace.sandbox.refusals import Refusal, invalid

TERM: Final = re.compile(
    r"\s*(?P<field>[A-Za-z][\w.]*)\s*(?P<operator>[:=])\s*"
    r"(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>[^\s'\\]+))(?=\s|$)"
)
"""A term of a query. A value with anything but plain letters is quoted, quotes in it escaped."""
_Values = Callable[[Mapping[str, Any]], Iterable[Any]]


def _of_array(array: str, part: str, kind: str | None = None) -> _Values:
    def values(user: Mapping[str, Any]) -> Iterable[Any]:
        return [one.get(part) for one in user.get(array, []) if kind in {None, one.get("type")}]

    return values


def _of_name(part: str) -> _Values:
    return lambda user: [user.get("name", {}).get(part)]


def _of(field: str) -> _Values:
    return lambda user: [user.get(field)]


def addresses_of(resource: Mapping[str, Any]) -> list[str]:
    """Every address of a user or a group."""
    first = resource.get("primaryEmail") or resource.get("email") or ""
    return [first, *resource.get("aliases", []), *resource.get("nonEditableAliases", [])]


FIELDS: Final[dict[str, _Values]] = {
    "email": addresses_of,
    "name": _of_name("fullName"),
    "givenName": _of_name("givenName"),
    "familyName": _of_name("familyName"),
    "externalId": _of_array("externalIds", "value"),
    "manager": _of_array("relations", "value", "manager"),
    "directManager": _of_array("relations", "value", "manager"),
    "orgName": _of_array("organizations", "name"),
    "orgTitle": _of_array("organizations", "title"),
    "orgDepartment": _of_array("organizations", "department"),
    "orgCostCenter": _of_array("organizations", "costCenter"),
    "phone": _of_array("phones", "value"),
    "isAdmin": _of("isAdmin"),
    "isDelegatedAdmin": _of("isDelegatedAdmin"),
    "isSuspended": _of("suspended"),
    "isArchived": _of("archived"),
    "orgUnitPath": _of("orgUnitPath"),
}
GROUP_FIELDS: Final[dict[str, _Values]] = {"email": addresses_of, "name": _of("name")}


def matching(
    resources: Iterable[dict[str, Any]], query: str, fields: Mapping[str, _Values] = FIELDS
) -> list[dict[str, Any]]:
    """The resources that fit every term of a query.

    Raises:
        Refusal: 400, it is no query.
    """
    tests = [_test(*term, fields) for term in _terms(query)]
    return [one for one in resources if all(test(one) for test in tests)]


def _terms(query: str) -> list[tuple[str, str, str]]:
    terms, at = [], 0
    while query[at:].strip():
        found = TERM.match(query, at)
        if found is None:
            raise invalid("query")
        quoted = found["quoted"]
        value = found["plain"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        terms.append((found["field"], found["operator"], value))
        at = found.end()
    return terms


def _test(
    field: str, operator: str, value: str, fields: Mapping[str, _Values]
) -> Callable[[Mapping[str, Any]], bool]:
    values = fields.get(field)
    if values is None:
        raise invalid("query")
    wanted, begins = value.casefold(), value.endswith("*")

    def fits(one: Any) -> bool:
        if isinstance(one, bool):
            return str(one).casefold() == wanted
        text = "" if one is None else str(one).casefold()
        if field == "orgUnitPath":
            return text == wanted or text.startswith(wanted.rstrip("/") + "/")
        if begins:
            return text.startswith(wanted[:-1])
        return text == wanted if operator == "=" or field == "email" else wanted in text

    return lambda resource: any(fits(one) for one in values(resource))


# --- Pages ----------------------------------------------------------------------------------------


def page_size(params: Mapping[str, str], *, default: int, most: int) -> int:
    """How many are wanted on a page.

    Raises:
        Refusal: 400, out of range.
    """
    given = params.get("maxResults")
    if given is None:
        return default
    if not re.fullmatch(r"\d{1,9}", given) or not 1 <= int(given) <= most:
        message = f"Invalid value '{given}'. Values must be within the range: [1, {most}]"
        raise Refusal(400, "invalidParameter", message)
    return int(given)


def page(
    found: list[dict[str, Any]], params: Mapping[str, str], *, default: int, most: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page, and the token of the next; the token fits the question that it came from.

    Raises:
        Refusal: 400 for a wrong size or a token that is none of ours.
    """
    size = page_size(params, default=default, most=most)
    asked = {key: params[key] for key in sorted(params) if key not in {"pageToken", "fields"}}
    mark = hashlib.sha256(str(asked).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    start = 0
    if params.get("pageToken"):
        start = _start(params["pageToken"], mark)
    end = start + size
    token = (
        base64.urlsafe_b64encode(f"{mark}/{end}".encode()).decode() if end < len(found) else None
    )
    return found[start:end], token


def _start(token: str, mark: str) -> int:
    try:
        ours, _, start = base64.urlsafe_b64decode(token.encode()).decode().partition("/")
    except (ValueError, binascii.Error):
        raise invalid("pageToken") from None
    if ours != mark or not start.isdigit():
        raise invalid("pageToken")
    return int(start)


# --- Fields ---------------------------------------------------------------------------------------

Mask = dict[str, "Mask | None"]
"""Field -> what is wanted of it, None for all."""


def shown(content: Any, params: Mapping[str, str]) -> Any:
    """A reply, cut down to the `fields` that were asked for.

    Raises:
        Refusal: 400, the mask cannot be read.
    """
    text = params.get("fields")
    return content if not text else _cut(content, _mask(text))


def _mask(text: str) -> Mask:
    mask, rest = _parse(text)
    if rest:
        raise Refusal(400, "invalidParameter", f"Invalid field selection {text[:80]}")
    return mask


def _parse(text: str) -> tuple[Mask, str]:
    mask: Mask = {}
    while True:
        found = re.match(r"([\w*]+(?:/[\w*]+)*)", text)
        if found is None:
            raise Refusal(400, "invalidParameter", f"Invalid field selection {text[:80]}")
        text = text[found.end() :]
        inner: Mask | None = None
        if text.startswith("("):
            inner, text = _parse(text[1:])
            if not text.startswith(")"):
                raise Refusal(400, "invalidParameter", "Invalid field selection")
            text = text[1:]
        *above, last = found[1].split("/")
        at = mask
        for part in above:
            below = at.setdefault(part, {})
            at = {} if below is None else below
        at[last] = inner
        if not text.startswith(","):
            return mask, text
        text = text[1:]


def _cut(content: Any, mask: Mask | None) -> Any:
    if mask is None:
        return content
    if isinstance(content, list):
        return [_cut(one, mask) for one in content]
    if not isinstance(content, dict):
        return content
    rest = mask.get("*", {})
    return {
        name: _cut(value, mask.get(name, rest))
        for name, value in content.items()
        if name in mask or "*" in mask
    }


BASIC_LEAVES_OUT: Final = frozenset({"customSchemas"})


def user_view(user: Mapping[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
    """A user as one request sees it: with addresses, and custom schemas if they are asked for.

    Raises:
        Refusal: 400, the projection is none.
    """
    projection = params.get("projection", "basic")
    if projection not in {"basic", "custom", "full"}:
        raise Refusal(400, "invalidParameter", f"Invalid value for projection: {projection[:40]}")
    if params.get("viewType", "admin_view") not in {"admin_view", "domain_public"}:
        raise Refusal(400, "invalidParameter", "Invalid value for viewType")
    if projection == "custom" and not params.get("customFieldMask"):
        raise invalid("customFieldMask")
    seen = {name: value for name, value in user.items() if name not in BASIC_LEAVES_OUT}
    own = addresses_of(user)
    seen["emails"] = [
        {"address": own[0], "primary": True},
        *({"address": address} for address in own[1:]),
        *user.get("emails", []),
    ]
    if projection != "basic" and user.get("customSchemas"):
        wanted = set(params.get("customFieldMask", "").split(","))
        custom = {
            schema: fields
            for schema, fields in user["customSchemas"].items()
            if projection == "full" or schema in wanted
        }
        if custom:
            seen["customSchemas"] = custom
    return seen
