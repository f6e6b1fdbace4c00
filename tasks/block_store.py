"""Blocks as the Prefect server keeps them: settings that somebody filled in on a form."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from pydantic import BaseModel

from config.problems import bare
from config.several import hint
from connectors.model.errors import ConfigError, Unauthorized, Unreachable

_PREFIX: Final = "retour-"
_PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*")


def slug_of(connector: str) -> str:
    """The block type of a connector, as Prefect names it: `retour-afas-employee`."""
    return _PREFIX + re.sub(r"[^a-z0-9]+", "-", connector.lower()).strip("-")


def read_block(slug: str, name: str, model: type[BaseModel]) -> dict[str, Any]:
    """What a block holds, secrets in clear; not validated, and empty fields are left out.

    The document is read and not turned into a block: its class would insist on every field, also on
    those that the profile gives, or that only a newer version has.

    Args:
        slug: Of the block type.
        name: Of the block.
        model: Of the settings that the block type was made from.

    Raises:
        ConfigError: There is no such block, or no such type yet; says what there is.
        Unreachable: The Prefect server did not answer.
        Unauthorized: It did not let us in.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with reaching_prefect(f"read the block {slug}/{name}"), get_client(sync_client=True) as client:
        try:
            found = client.read_block_document_by_name(name, slug, include_secrets=True)
        except ObjectNotFound:
            raise ConfigError(_what_there_is(client, slug, name)) from None
    return _filled(found.data, model)


@contextmanager
def reaching_prefect(operation: str) -> Iterator[None]:
    """Say in our words that the Prefect server did not answer, or did not let us in.

    Raises:
        Unreachable: It did not answer, or not with what was asked for.
        Unauthorized: It did not let us in.
    """
    import httpx

    try:
        yield
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        if status in (401, 403):
            raise Unauthorized(
                "it did not let us in",
                system="Prefect",
                operation=operation,
                hint="Set PREFECT_API_AUTH_STRING to what the server has.",
            ) from None
        message = f"the server answered with HTTP {status}"
        raise Unreachable(message, system="Prefect", operation=operation) from None
    except (httpx.HTTPError, RuntimeError) as error:
        message = f"the server did not answer ({type(error).__name__})"
        raise Unreachable(
            message,
            system="Prefect",
            operation=operation,
            hint="Is it running, and does PREFECT_API_URL name it?",
        ) from None


def _what_there_is(client: Any, slug: str, name: str) -> str:
    """Why there is no such block, and what to do."""
    types = {one.id: one for one in client.read_block_types() if one.slug.startswith(_PREFIX)}
    wanted = next((one for one in types.values() if one.slug == slug), None)
    if wanted is None:
        return f"the Prefect server has no block type {slug} yet: run `retour deploy`"
    known = [one for one in client.read_block_documents() if one.block_type_id in types]
    others = [types[one.block_type_id].slug for one in known if one.name == name]
    if others:
        return f"the block {name} is a {' and a '.join(sorted(others))}; this takes a {slug}"
    names = sorted(str(one.name) for one in known if one.block_type_id == wanted.id)
    there = hint(name, names) or "; there is none yet"
    return f"there is no block {slug}/{name}{there}. Make it in the Prefect UI: {wanted.name}"


def _filled(held: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """The fields that somebody filled in: a form sends the others as null, or as an empty text."""
    filled = {name: value for name, value in held.items() if value is not None and value != ""}
    for name, field in model.model_fields.items():
        group, value = bare(field.annotation), filled.get(name)
        if isinstance(value, Mapping) and isinstance(group, type) and issubclass(group, BaseModel):
            filled[name] = _filled(value, group)
        else:
            filled |= {name: _mended(value)} if name in filled else {}
    return filled


def _mended(value: Any) -> Any:
    """A value as it was meant: the field of a secret is one line, and loses the lines of PEM text.

    Source: the HTML standard, "value sanitization algorithm" of a password field.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not text.startswith("-----BEGIN ") or "\n" in text:
        return value
    return _PEM.sub(_as_lines, text)


def _as_lines(found: re.Match[str]) -> str:
    body = "\n".join(re.findall(".{1,64}", "".join(found[2].split())))
    return f"-----BEGIN {found[1]}-----\n{body}\n-----END {found[1]}-----\n"
