"""Conversations: the writing of one change as requests and answers, without any I/O of its own.

A writer says what it wants to send and gets the answer; who sends it, alone or twenty at a time, is
decided elsewhere. So one description of a write serves single calls and batches.

    def steps(self, change: Change) -> Steps[Written]:
        try:
            reply = yield Call("POST", "/users", json=body)
        except AlreadyExists:
            reply = yield Call("GET", "/users", params={"filter": ...})
        return Written(ref=reply.json["id"])

A call that fails is thrown into the generator as the error it means; `error.reply_json` holds what
the system said. After a `Transient` error of a write nobody knows whether it happened: read back.
Parts of a conversation are generators too, used by `yield from`. A `Pause` is answered as well,
with an empty `Reply` of status 0, so that no caller has to ask whether there is one.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from connectors.model.errors import ConnectorError
from connectors.sdk import clock

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a conversation.

    Attributes:
        method: Upper case.
        path: Relative to the system's address; or an absolute next-link of the same host.
        json: The body, None for none.
        headers: Beside those of the connection.
        params: The query, not encoded.
    """

    method: str
    path: str
    json: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] | None = None

    def __str__(self) -> str:
        """For messages: method and path, and no query, which may hold a name."""
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait before the conversation goes on, for what was made a moment ago may not be seen yet.

    Attributes:
        seconds: How long.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer.

    Attributes:
        status: HTTP status; 0 after a pause.
        json: The decoded body, None when there was none.
        headers: Asked for by names in lower case.
    """

    status: int
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Steps = Generator[Call | Pause, Reply, _T]
"""The writing of one change as a conversation."""
WAITED: Final = Reply(0)
"""The answer to a pause."""


class Conversation(Generic[_T]):
    """A conversation under way, driven by whoever does the I/O.

    Attributes:
        wish: What it waits for; None when it is over.
        result: What it came to, once it is over.
    """

    def __init__(self, steps: Steps[_T]) -> None:
        """Begin it.

        Raises:
            Exception: What the steps raise before they ask for anything.
        """
        self._steps = steps
        self.wish: Call | Pause | None = None
        self._result: list[_T] = []
        self._go_on(lambda: next(self._steps))

    @property
    def result(self) -> _T:
        """What it came to."""
        return self._result[0]

    def answer(self, answer: Reply | ConnectorError) -> None:
        """Go on with the answer to the wish; an error is thrown into the steps.

        Raises:
            Exception: What the steps raise, and what they do not catch.
        """
        if isinstance(answer, ConnectorError):
            error = answer
            self._go_on(lambda: self._steps.throw(error))
        else:
            reply = answer
            self._go_on(lambda: self._steps.send(reply))

    def close(self) -> None:
        """Let go of it, wherever it stands."""
        self._steps.close()

    def _go_on(self, step: Callable[[], Call | Pause]) -> None:
        self.wish = None
        try:
            self.wish = step()
        except StopIteration as end:
            self._result.append(end.value)


def alone(
    steps: Steps[_T],
    send: Callable[[Call], Reply],
    *,
    sleep: Callable[[float], None] = clock.sleep,
) -> _T:
    """Drive one conversation by single calls, and give what it came to.

    Args:
        steps: The conversation.
        send: Sends a call; raises the error that it means.
        sleep: Waits, for pauses; replaced in tests.

    Raises:
        Exception: What the steps raise, and what they do not catch.
    """
    conversation = Conversation(steps)
    while (wish := conversation.wish) is not None:
        if isinstance(wish, Pause):
            sleep(wish.seconds)
            conversation.answer(WAITED)
            continue
        answer: Reply | ConnectorError
        try:
            answer = send(wish)
        except ConnectorError as error:
            answer = error
        conversation.answer(answer)
    return conversation.result
