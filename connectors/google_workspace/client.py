"""The connection to one customer: both APIs under one quota, single calls and batches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import httpx

from connectors.google_workspace.multipart import answers_in, batch_of
from connectors.google_workspace.pace import Pace
from connectors.google_workspace.replies import directory_error, licensing_error
from connectors.google_workspace.scopes import read_scopes, write_scopes
from connectors.google_workspace.settings import GoogleWorkspaceSettings, key_text
from connectors.model.errors import (
    ConfigError,
    ConnectorError,
    Misconfigured,
    RateLimited,
    Unavailable,
)
from connectors.sdk.calls import Call, Reply
from connectors.sdk.http import Http
from connectors.sdk.responses import decoded
from connectors.sdk.tokens import Bearer, Fetch, service_account

DIRECTORY: Final = "/admin/directory/v1"
LICENSING: Final = "/apps/licensing/v1"
BATCH: Final = "/batch"


class Workspace:
    """A connection.

    Args:
        settings: Addresses, timeouts, quota.
        system: Name of the target, for messages.
        fetch: Gets tokens.
        read_only: Whether writes are stopped before they leave the process.
    """

    def __init__(
        self, settings: GoogleWorkspaceSettings, system: str, fetch: Fetch, *, read_only: bool
    ) -> None:
        """Prepare both clients; nothing is sent yet."""
        self.system = system
        self._pace = Pace(settings.calls_per_minute)
        auth = Bearer(fetch)

        def client(url: str, means: Callable[[httpx.Response], ConnectorError | None]) -> Http:
            return Http(
                system=system,
                base_url=url,
                read_only=read_only,
                auth=auth,
                headers={"Accept-Encoding": "gzip", "User-Agent": "retour (gzip)"},
                classify=self._slowing_down(means),
                timeout_seconds=settings.timeout_seconds,
                verify=settings.verify or True,
                max_connections=settings.concurrency,
            )

        self._directory = client(settings.api_url, directory_error)
        self._licensing = client(settings.licensing_url, licensing_error)

    def __repr__(self) -> str:
        """Without what signs in."""
        return f"Workspace({self.system})"

    def close(self) -> None:
        """Close the connections."""
        self._directory.close()
        self._licensing.close()

    # --- Reading ----------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Read one thing.

        Raises:
            ConnectorError: What the answer means.
        """
        self._pace.take()
        response = self._of(path).get(path, params=params)
        content = decoded(response)
        if not isinstance(content, dict):
            message = "the answer is not the JSON of Google's API"
            hint = "Check the address in the settings, and what stands between."
            raise Misconfigured(message, system=self.system, operation=f"GET {path}", hint=hint)
        return content

    def pages(self, path: str, items: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Read a list, page by page, to its end.

        Args:
            path: Of the list.
            items: Key of what is listed; without anything, Google leaves it out.
            params: The question, `maxResults` included.

        Raises:
            Misconfigured: A token came twice, so there is no end.
            ConnectorError: What an answer means.
        """
        seen: set[str] = set()
        token: str | None = None
        while True:
            asked = {**params, "pageToken": token} if token else params
            content = self.get(path, asked)
            found = content.get(items, [])
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                message = f"the answer has no list of {items}"
                raise Misconfigured(message, system=self.system, operation=f"GET {path}")
            yield from found
            token = content.get("nextPageToken")
            if not token:
                return
            if not isinstance(token, str) or token in seen:
                message = "the same page came twice, so the list has no end"
                raise Misconfigured(message, system=self.system, operation=f"GET {path}")
            seen.add(token)

    # --- Writing ----------------------------------------------------------------------------------

    def send(self, call: Call) -> Reply:
        """Send one call of a conversation.

        Raises:
            ConnectorError: What the answer means.
        """
        self._pace.take()
        return self._of(call.path).send(call)

    def send_batch(self, calls: list[Call]) -> list[Reply | ConnectorError]:
        """Send calls together; those of one API travel in one request.

        Returns:
            The answer to each, or the error that it means.
        """
        answers: dict[int, Reply | ConnectorError] = {}
        for http in (self._directory, self._licensing):
            places = [at for at, call in enumerate(calls) if self._of(call.path) is http]
            if places:
                some = self._exchange(http, [calls[at] for at in places])
                answers.update(zip(places, some, strict=True))
        return [answers[at] for at in range(len(calls))]

    def _exchange(self, http: Http, calls: list[Call]) -> Sequence[Reply | ConnectorError]:
        self._pace.take(len(calls))
        kind, body = batch_of(calls)
        try:
            response = http.write("POST", BATCH, content=body, headers={"Content-Type": kind})
        except ConnectorError as error:
            return [error] * len(calls)
        several = zip(calls, answers_in(response, len(calls)), strict=True)
        return [self._meaning(http, call, answer) for call, answer in several]

    def _meaning(
        self, http: Http, call: Call, answer: httpx.Response | None
    ) -> Reply | ConnectorError:
        if answer is None:
            message = "the answer to the batch does not say what became of it"
            return Unavailable(message, system=self.system, operation=str(call))
        return http.meaning(call, answer)

    def _of(self, path: str) -> Http:
        return self._licensing if path.startswith(LICENSING) else self._directory

    def _slowing_down(
        self, means: Callable[[httpx.Response], ConnectorError | None]
    ) -> Callable[[httpx.Response], ConnectorError | None]:
        def meaning(response: httpx.Response) -> ConnectorError | None:
            error = means(response)
            if isinstance(error, RateLimited):
                self._pace.spent()
            return error

        return meaning


def open_to_read(settings: GoogleWorkspaceSettings, target: str) -> Workspace:
    """A connection that can only read.

    Raises:
        ConfigError: The key of the service account cannot be used.
    """
    fetch = reading_token(settings, target, list(read_scopes(settings)))
    return Workspace(settings, target, fetch, read_only=True)


def open_to_write(settings: GoogleWorkspaceSettings, target: str) -> Workspace:
    """A connection that can write.

    Raises:
        ConfigError: The key of the service account cannot be used.
    """
    apart = settings.write_service_account
    name = "service_account" if apart is None else "write_service_account"
    fetch = token_for(
        settings,
        target,
        list(write_scopes(settings)),
        setting=name,
        subject=settings.write_subject or settings.subject,
    )
    return Workspace(settings, target, fetch, read_only=False)


def reading_token(settings: GoogleWorkspaceSettings, target: str, scopes: list[str]) -> Fetch:
    """Tokens of the account that reads.

    Raises:
        ConfigError: Its key cannot be used.
    """
    return token_for(settings, target, scopes, setting="service_account", subject=settings.subject)


def token_for(
    settings: GoogleWorkspaceSettings,
    target: str,
    scopes: list[str],
    *,
    setting: str,
    subject: str,
) -> Fetch:
    """Tokens of the service account in a setting, for an administrator.

    Raises:
        ConfigError: The key cannot be used.
    """
    key = f"targets.{target}.settings.{setting}"
    try:
        return service_account(
            key_text(getattr(settings, setting), key),
            scopes=scopes,
            subject=subject,
            token_url=settings.token_url,
            verify=settings.verify or True,
            system=target,
        )
    except ConfigError as error:
        raise ConfigError(error.message, key=error.key or key) from None
