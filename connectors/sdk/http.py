"""HTTP for connectors: one client, one place where a response turns into an error, bounded retries.

Reads are retried. A write is repeated by itself only when it cannot have happened (connection
refused, 429, 503); after anything else the connector reads back first. A system that asks for
patience (Retry-After) gets it, up to half a minute; one that asks for more is left alone at once.
"""

import email.utils
import functools
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

import httpx
import tenacity

from connectors.model.errors import (
    AlreadyExists,
    ConnectorError,
    Fatal,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    RateLimited,
    TimedOut,
    Transient,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from connectors.sdk.clock import now

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ATTEMPTS: Final = 4
LONGEST_WAIT_SECONDS: Final = 30.0
"""A run waits no longer before it tries again: it holds the lock of its profile meanwhile."""
BODY_IN_MESSAGE: Final = 300
"""Characters of a response body that a message may quote."""

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
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Prepare the client; nothing is sent yet."""
        self.system = system
        transport: httpx.BaseTransport = httpx.HTTPTransport(
            verify=_context(verify), limits=httpx.Limits(max_connections=max_connections)
        )
        if read_only:
            transport = ReadOnlyTransport(transport)
        self._client = httpx.Client(
            base_url=base_url,
            headers=headers,
            auth=auth,
            timeout=timeout_seconds,
            transport=transport,
        )
        self._classify = classify
        self._sleep = sleep or tenacity.nap.sleep

    def __repr__(self) -> str:
        """Name the system only: headers hold credentials."""
        return f"Http({self.system})"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, *, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """Read, with retries.

        Raises:
            Unreachable: No answer after all attempts.
            ConnectorError: What the response means.
        """
        try:
            return self._retrying(Transient)(self._once, "GET", path, params=params)
        except Transient as error:
            raise unreachable(error) from error

    def write(self, method: str, path: str, *, json: object = None) -> httpx.Response:
        """Write; repeated only when the first try cannot have had an effect.

        Raises:
            NotSent: It did not happen, in spite of all attempts.
            RateLimited: As `NotSent`.
            Busy: As `NotSent`.
            Transient: The write may or may not have happened: read back.
            ConnectorError: What the response means.
        """
        return self._retrying(_NotDone)(self._once, method, path, json=json)

    def _retrying(
        self, kind: type[ConnectorError] | tuple[type[ConnectorError], ...]
    ) -> tenacity.Retrying:
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, kind) and not _asks_for_too_much(error)
            ),
            sleep=self._sleep,
            reraise=True,
        )

    def _once(self, method: str, path: str, **parts: Any) -> httpx.Response:
        operation = f"{method} {path}"
        try:
            response = self._client.request(method, path, **parts)
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
        failure = (self._classify(response) if self._classify else None) or classify(response)
        if failure is not None:
            failure.system = failure.system or self.system
            failure.operation = failure.operation or operation
            raise failure
        return response


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


class NotSent(Unavailable):
    """The request did not reach the system: repeating it is safe."""


class Busy(Unavailable):
    """503: the system refused to start on the request."""


_NotDone = (NotSent, RateLimited, Busy)


def classify(response: httpx.Response) -> ConnectorError | None:  # noqa: PLR0911 - it is a table
    """What a response means by its status alone, None for success."""
    status = response.status_code
    if status < httpx.codes.BAD_REQUEST:
        return _misdirected(response)
    said = _said(response)
    text = f"HTTP {status}{': ' + said if said else ''}"
    match status:
        case 401:
            return Unauthorized(text, code="401", hint="Check the credentials in the settings.")
        case 403:
            return Forbidden(text, code="403", hint="Check the rights that were granted.")
        case 404 | 410:
            return NotFound(text, code=str(status))
        case 409:
            return AlreadyExists(text, code="409")
        case 408 | 504:
            return TimedOut(text, code=str(status))
        case 429:
            return RateLimited(text, code="429", retry_after_seconds=retry_after_seconds(response))
        case 503:
            busy = Busy(text, code="503")
            busy.retry_after_seconds = retry_after_seconds(response)
            return busy
        case _ if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return Unavailable(text, code=str(status))
    return Invalid(text, code=str(status))


def _said(response: httpx.Response) -> str:
    """The beginning of a body; of a web page only that it is one, for it may repeat the address."""
    text = " ".join(response.text.split())
    return "a web page" if text.startswith("<") else text[:BODY_IN_MESSAGE]


def _misdirected(response: httpx.Response) -> Misconfigured | None:
    """Redirects are not followed: a write that is sent elsewhere is not a write that is done."""
    if not response.is_redirect:
        return None
    where = response.headers["Location"].partition("?")[0]
    message = f"HTTP {response.status_code}: sent on to {where}"
    hint = "Check the address in the settings."
    return Misconfigured(message, code=str(response.status_code), hint=hint)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The Retry-After header in seconds, whether it was given as a number or as a date."""
    given = response.headers.get("Retry-After")
    if given is None:
        return None
    if given.strip().isdigit():
        return float(given)
    try:
        moment = email.utils.parsedate_to_datetime(given)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now()).total_seconds())


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
