"""The way out: requests, made and sent by the transport of httpx.

`httpx.Client` does more than a connector wants, and half of a call's processor time goes into it:
it takes cookies, follows redirects, asks the environment for proxies, and writes every address into
the log, query and all.
"""

import functools
from collections.abc import Mapping
from typing import Any

import httpx


class Outgoing:
    """Sends requests to one system.

    Args:
        base_url: Address that paths are relative to.
        headers: Sent with every request.
        auth: Makes the headers of each request; may send it once more.
        timeout_seconds: For connecting, and for each read.
        transport: Sends.
    """

    def __init__(
        self,
        *,
        base_url: str,
        headers: Mapping[str, str] | None,
        auth: httpx.Auth | None,
        timeout_seconds: float,
        transport: httpx.BaseTransport,
    ) -> None:
        """Prepare what all requests share; nothing is sent yet."""
        usual = httpx.Client(
            base_url=base_url, headers=headers, timeout=timeout_seconds, transport=transport
        )
        self.base_url, self._headers = usual.base_url, usual.headers
        self._base = str(usual.base_url).rstrip("/") + "/"
        self._with = {"timeout": usual.timeout.as_dict()}
        self._auth, self._transport = auth, transport

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """Send a request; the response has no body yet, and is to be closed.

        Args:
            method: Upper case.
            path: Relative to the address, or absolute.
            headers: Beside those that are sent with every request.
            content: `params`, `json`, `content` or `data`, as httpx takes them.

        Raises:
            httpx.InvalidURL: That is no address.
            httpx.RequestError: There is no answer.
        """
        merged = self._headers
        if headers:
            merged = merged.copy()
            merged.update(headers)
        request = httpx.Request(
            method, self._address(path), headers=merged, extensions=self._with, **content
        )
        return self._passed(request) if self._auth is None else self._proven(request, self._auth)

    def _address(self, path: str) -> httpx.URL:
        return _url(path if "://" in path.partition("?")[0] else self._base + path.lstrip("/"))

    def _passed(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        response.request = request
        return response

    def _proven(self, request: httpx.Request, auth: httpx.Auth) -> httpx.Response:
        """Send what the authentication makes of a request, until it is content."""
        flow = auth.sync_auth_flow(request)
        try:
            outgoing = next(flow)
            while True:
                response = self._passed(outgoing)
                try:
                    outgoing = flow.send(response)
                except StopIteration:
                    return response
                except BaseException:
                    response.close()
                    raise
                response.close()
        finally:
            flow.close()


_url = functools.lru_cache(maxsize=256)(httpx.URL)
"""Most calls go to a few addresses, and taking one apart costs as much as a tenth of a call."""
