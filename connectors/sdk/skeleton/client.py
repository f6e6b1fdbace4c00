"""The service over HTTP: which requests there are, and how pages end."""

from collections.abc import Iterator
from typing import Any

import httpx

from connectors.model.errors import BrokenSource
from connectors.sdk.calls import Call
from connectors.sdk.http import Http
from connectors.sdk.responses import decoded
from connectors.sdk.skeleton.settings import SkeletonSettings

Row = dict[str, Any]
"""An account or a group as the service sends it."""


def open_http(settings: SkeletonSettings, target: str, *, read_only: bool) -> Http:
    """A connection; nothing is sent yet."""
    return Http(
        system=target,
        base_url=settings.base_url,
        read_only=read_only,
        headers={"Authorization": f"Bearer {settings.api_token.get_secret_value()}"},
        timeout_seconds=settings.timeout_seconds,
        verify=settings.verify or True,
    )


def every(http: Http, path: str, *, name: str, page_size: int) -> Iterator[Row]:
    """All of a list, page by page.

    Args:
        http: The connection.
        path: Of the list.
        name: What the list is called in the answer.
        page_size: Rows per request.

    Raises:
        BrokenSource: A page announces itself again, or is none: the list would never end, or is
            not whole.
    """
    seen: set[str] = set()
    after: str | None = None
    while True:
        params = {"limit": str(page_size), **({"after": after} if after else {})}
        page = _page(http.get(path, params=params), name)
        yield from page[name]
        after = page.get("next")
        if after is None:
            return
        if after in seen:
            message = f"{path}: the page after {after} came again"
            raise BrokenSource(message, system=http.system)
        seen.add(after)


def account_call(ref: str) -> Call:
    """The request for one account."""
    return Call("GET", f"/accounts/{ref}")


def _page(response: httpx.Response, name: str) -> Row:
    page = decoded(response)
    if isinstance(page, dict) and isinstance(page.get(name), list):
        return page
    message = f"{response.request.url.path}: the answer holds no {name}"
    raise BrokenSource(message)
