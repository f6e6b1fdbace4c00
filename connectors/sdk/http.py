"""HTTP for connectors: one client, one place where a response turns into an error, bounded retries.

Reads are retried. A write is repeated by itself only when it cannot have happened (connection
refused, 429, 503); after anything else the connector reads back first. A system that asks for
patience (Retry-After) gets it, up to half a minute; one that asks for more is left alone at once.
"""

import functools
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import tenacity

from connectors.model.errors import (
    ConnectorError,
    Fatal,
    Invalid,
    Misconfigured,
    RateLimited,
    TimedOut,
    Transient,
    Unavailable,
    Unreachable,
)
from connectors.sdk import clock
from connectors.sdk.bodies import whole
from connectors.sdk.calls import Call, Reply
from connectors.sdk.clock import LONGEST_WAIT_SECONDS
from connectors.sdk.outgoing import Outgoing
from connectors.sdk.responses import (
    BODY_IN_MESSAGE,
    Busy,
    NotSent,
    classify,
    decoded,
    reply_of,
    retry_after_seconds,
)

__all__ = [
    "ATTEMPTS",
    "BODY_IN_MESSAGE",
    "LONGEST_WAIT_SECONDS",
    "Busy",
    "Classify",
    "Http",
    "NotSent",
    "ReadOnlyTransport",
    "classify",
    "retry_after_seconds",
    "unreachable",
]

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ATTEMPTS: Final = 4

Classify = Callable[[httpx.Response], ConnectorError | None]


class ReadOnlyTransport(httpx.BaseTransport):
    """Lets safe requests through and refuses all others before they leave the process."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        """Wrap the transport that does the work."""
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Forward GET, HEAD and OPTIONS.

        Raises:
            Fatal: Any other method: a reader tried to write, which is a bug of the connector.
        """
        if request.method not in SAFE_METHODS:
            message = (
                f"{request.method} {request.url.path} was stopped: this connection is read-only"
            )
            raise Fatal(message)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()


class Http:
    """A client for one system.

    Args:
        system: Name for messages, such as "afas".
        base_url: Address that paths are relative to.
        read_only: Whether unsafe methods are refused before they leave the process.
        headers: Sent with every request; may hold credentials, which no message or repr shows.
        classify: Looks into a response before the status table does; None leaves it to the table.
        timeout_seconds: For connecting, and for each read.
        verify: Path of a certificate authority file, True for the machine's authorities.
        max_connections: Connections at once.
        transport: Sends, instead of the network; for chaos, or for a system in this process.
        sleep: Waits; replaced in tests.
    """

    def __init__(  # noqa: PLR0913 - one place where a client is put together
        self,
        *,
        system: str,
        base_url: str,
        read_only: bool,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        classify: Classify | None = None,
        timeout_seconds: float = 120.0,
        verify: str | bool = True,
        max_connections: int = 8,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet."""
        self.system = system
        limits = httpx.Limits(max_connections=max_connections)
        outgoing = transport or httpx.HTTPTransport(verify=_context(verify), limits=limits)
        self._outgoing = Outgoing(
            base_url=base_url,
            headers=headers,
            auth=auth,
            timeout_seconds=timeout_seconds,
            transport=ReadOnlyTransport(outgoing) if read_only else outgoing,
        )
        self._classify = classify
        waits = sleep or clock.sleep
        self._reading, self._writing = _retrying(Transient, waits), _retrying(_NotDone, waits)

    def __repr__(self) -> str:
        """Name the system only: headers hold credentials."""
        return f"Http({self.system})"

    def close(self) -> None:
        """Close the connections."""
        self._outgoing.close()

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Read, with retries.

        Args:
            path: Relative to the address; or an absolute next-link, which has to stay on its host.
            params: The query.
            headers: Beside those of the connection.

        Raises:
            Unreachable: No answer after all attempts.
            Misconfigured: An absolute address that leads to another host.
            ConnectorError: What the response means.
        """
        try:
            return self._reading(self._once, "GET", path, params=params, headers=headers)
        except Transient as error:
            raise unreachable(error) from error

    def write(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """Write; repeated only when the first try cannot have had an effect.

        Args:
            method: Upper case.
            path: Relative to the address.
            json: The body, or
            content: the body as it is sent, where it is no JSON; `headers` say what it is.
            headers: Beside those of the connection.
            params: The query.

        Raises:
            NotSent: It did not happen, in spite of all attempts.
            RateLimited: As `NotSent`.
            Busy: As `NotSent`.
            Transient: The write may or may not have happened: read back.
            ConnectorError: What the response means.
        """
        return self._writing(
            self._once, method, path, json=json, content=content, headers=headers, params=params
        )

    def send(self, call: Call) -> Reply:
        """Send one call of a conversation: a read with retries, a write as `write` does.

        A read that gets no answer in spite of all attempts stays `Transient`, unlike with `get`: it
        may be the reading back of a write, which is in doubt then and not failed.

        Raises:
            ConnectorError: What the response means, with the decoded body in `reply_json`.
        """
        retrying = self._reading if call.method in SAFE_METHODS else self._writing
        response = retrying(
            self._once,
            call.method,
            call.path,
            json=call.json,
            headers=call.headers,
            params=call.params,
        )
        try:
            return reply_of(response)
        except Unavailable as error:
            error.system, error.operation = self.system, str(call)
            raise

    def post_form(
        self, path: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Post a form that changes nothing, as a token endpoint takes it: repeated like a read.

        Raises:
            Unreachable: No answer after all attempts.
            ConnectorError: What the response means. The form is in no message.
        """
        try:
            return self._reading(self._once, "POST", path, data=dict(form), headers=headers)
        except Transient as error:
            raise unreachable(error) from error

    def meaning(self, call: Call, response: httpx.Response) -> Reply | ConnectorError:
        """What the answer to one part of a batch means, by the same rules as a whole response.

        Args:
            call: The part.
            response: Put together from the part: `httpx.Response(status, headers=…, json=…)`.
        """
        try:
            return self._failure(response, str(call)) or reply_of(response)
        except Unavailable as error:
            error.system, error.operation = self.system, str(call)
            return error

    def _once(self, method: str, path: str, **parts: Any) -> httpx.Response:
        operation = str(Call(method, self._path(path)))
        try:
            response = self._whole(self._outgoing.send(method, path, **parts), operation)
        except httpx.InvalidURL as error:
            message = f"that is no address ({error})"
            raise Invalid(message, system=self.system, operation=operation[:200]) from error
        except httpx.ConnectError as error:
            message = f"no connection ({error})"
            raise NotSent(message, system=self.system, operation=operation) from error
        except httpx.ConnectTimeout as error:
            raise NotSent(
                "no connection in time", system=self.system, operation=operation
            ) from error
        except httpx.TimeoutException as error:
            raise TimedOut("no answer in time", system=self.system, operation=operation) from error
        except httpx.RequestError as error:
            message = f"the connection broke ({type(error).__name__})"
            raise Unavailable(message, system=self.system, operation=operation) from error
        failure = self._failure(response, operation)
        if failure is not None:
            raise failure
        return response

    def _whole(self, streamed: httpx.Response, operation: str) -> httpx.Response:
        """A response with its body; what is wrong with that is told with system and operation."""
        try:
            return whole(streamed, reads=streamed.request.method in SAFE_METHODS)
        except ConnectorError as error:
            error.system, error.operation = self.system, operation
            raise

    def _failure(self, response: httpx.Response, operation: str) -> ConnectorError | None:
        failure = (self._classify(response) if self._classify else None) or classify(response)
        if failure is not None:
            failure.system = failure.system or self.system
            failure.operation = failure.operation or operation
            if failure.reply_json is None:
                failure.reply_json = decoded(response)
        return failure

    def _path(self, path: str) -> str:
        """The path of an address that may be absolute.

        Raises:
            Misconfigured: It leads to another host, which would get our credentials.
        """
        if "://" not in path.partition("?")[0]:
            return path
        here = self._outgoing.base_url
        try:
            there = httpx.URL(path)
        except httpx.InvalidURL as error:
            message = "it sends us on to something that is no address"
            raise Misconfigured(message, system=self.system) from error
        if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
            message = f"it sends us on to {there.scheme}://{there.netloc.decode()}"
            hint = "Credentials are not taken to another host: check the address in the settings."
            raise Misconfigured(message, system=self.system, hint=hint)
        return there.path


def unreachable(error: Transient) -> Unreachable:
    """What remains of a passing error that did not pass: how often it was tried, what to do."""
    asked = error.retry_after_seconds
    if asked is not None and _asks_for_too_much(error):
        message = f"{error.message} (it asks to come back after {_duration(asked)})"
        hint = f"Run again in {_duration(asked)}."
    else:
        message = f"{error.message} ({ATTEMPTS} attempts)"
        hint = error.hint or "Run again later; if it stays so, ask whoever runs that system."
    return Unreachable(
        message,
        system=error.system,
        operation=error.operation,
        hint=hint,
        code=error.code,
        reference=error.reference,
    )


_NotDone = (NotSent, RateLimited, Busy)


def _retrying(
    kind: type[ConnectorError] | tuple[type[ConnectorError], ...], sleep: Callable[[float], None]
) -> tenacity.Retrying:
    """Repeats what fails in one way; may be called from several threads."""
    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=_wait,
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, kind) and not _asks_for_too_much(error)
        ),
        sleep=sleep,
        reraise=True,
    )


_backoff = tenacity.wait_exponential(multiplier=0.5, max=10.0) + tenacity.wait_random(0.0, 0.5)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after_seconds", None)
    if asked is None:
        return _backoff(state)
    return float(asked)


def _asks_for_too_much(error: BaseException) -> bool:
    asked = getattr(error, "retry_after_seconds", None)
    return asked is not None and asked > LONGEST_WAIT_SECONDS


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.0f} hours"


def _context(verify: str | bool) -> ssl.SSLContext | bool:  # noqa: FBT001 - as httpx has it
    if isinstance(verify, str):
        return ssl.create_default_context(cafile=verify)
    return _machine_authorities() if verify else False


@functools.cache
def _machine_authorities() -> ssl.SSLContext:
    """Loaded once: reading all certificates costs 40 ms, and a run opens many clients."""
    return httpx.create_ssl_context()
