"""Executing changes in batches: the calls of many persons' conversations travel together.

A person's conversation is answered call by call, so in a batch no two calls are of one person, and
nothing in a batch depends on anything else in it. Whatever is ready goes out as soon as a slot is
free; while all are busy the next batch gets ready, so that a slot that becomes free is used before
anybody thinks about the answers.
"""

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from connectors.model.change import Change
from connectors.model.errors import ConnectorError, RateLimited
from connectors.model.receipt import Receipt
from connectors.sdk import clock
from connectors.sdk.calls import WAITED, Call, Conversation, Pause, Reply, Steps
from connectors.sdk.http import ATTEMPTS, LONGEST_WAIT_SECONDS, Busy
from connectors.sdk.turns import GIVEN_UP, Trial, Turn, Turns, Written

Send = Callable[[list[Call]], Sequence[Reply | ConnectorError]]
"""Sends calls as one batch: an answer per call, in their order. Raises what all of them met."""
_Steps = Callable[[Change], Steps[Written]]
_Answers = tuple[Sequence[Reply | Exception], bool]


def apply_in_batches(
    changes: Iterable[Change],
    steps: _Steps,
    send: Send,
    *,
    size: int,
    concurrency: int,
) -> Iterator[Receipt]:
    """Execute changes: a person's in order, the calls of many persons in one request.

    Receipts, set-aside, refs and giving up are those of `fanout.apply_per_person`. A call that
    comes back with 429 or 503 has not happened and is sent again: after the time that was asked
    for, `ATTEMPTS` times in all. While a 429 asks for patience nothing else is sent either.

    Args:
        changes: Grouped by person.
        steps: The conversation that writes one change.
        send: Sends a batch; called from several threads.
        size: Calls in a batch, at least 1.
        concurrency: Batches at once, at least 1; the persons of these and of one more batch are
            under way.

    Yields:
        A receipt per change that was pulled.

    Raises:
        Fatal: As `apply_per_person`.
    """
    turns, trial = Turns(changes), Trial()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        traffic = _Traffic(pool, send, trial, size=size, slots=concurrency)
        more = True
        try:
            while more or traffic.busy:
                more = more and trial.verdict is None
                while more and traffic.has_room:
                    turn = turns.next()
                    if turn is None:
                        more = False
                    else:
                        traffic.welcome(_Speaker(turn, steps))
                traffic.send()  # before receipts are written down, so that no slot idles meanwhile
                for turn in traffic.ended():
                    yield from turn.receipts
                traffic.listen()
        finally:
            traffic.close()  # nobody listens any more, perhaps because the ledger broke
    if trial.verdict is not None:
        yield from turns.left()
        raise trial.verdict


class _Speaker:
    """A person whose changes are being written, one conversation after the other.

    Attributes:
        turn: The person's changes.
        begun: Whether the first conversation was begun.
        asked: Whether anything was sent.
        attempts: How often the present call was sent.
    """

    def __init__(self, turn: Turn, steps: _Steps) -> None:
        self.turn, self.begun, self.asked, self.attempts = turn, False, False, 0
        self._steps = steps
        self._conversation: Conversation[Written] | None = None

    @property
    def wish(self) -> Call | Pause | None:
        """What is waited for, None when the turn is over (or was not begun)."""
        return self._conversation.wish if self._conversation is not None else None

    def begin(self) -> None:
        """Begin the next change that takes more than a word."""
        self.begun, self._conversation = True, None
        while (change := self.turn.next()) is not None:
            try:
                conversation = Conversation(self._steps(change))
            except Exception as error:  # noqa: BLE001 - a bug must not cost the others' receipts
                self.turn.failed(error)
                return
            if conversation.wish is not None:
                self._conversation = conversation
                return
            self.turn.wrote(conversation.result)

    def hear(self, answer: Reply | Exception) -> None:
        """Go on with the answer; after the end of a conversation, with the next one."""
        self.attempts = 0
        conversation = self._conversation
        if conversation is None:
            return
        try:
            if isinstance(answer, Exception) and not isinstance(answer, ConnectorError):
                raise answer
            conversation.answer(answer)
        except Exception as error:  # noqa: BLE001 - as above
            self.close()
            self.turn.failed(error)
            return
        if conversation.wish is None:
            self.turn.wrote(conversation.result)
            self.begin()

    def set_aside(self, reason: str) -> None:
        """Say nothing more: what the change in hand was about to ask was never sent."""
        self.close()
        self.turn.give_back()
        self.turn.set_aside(reason)

    def close(self) -> None:
        """Leave the conversation where it stands."""
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None


class _Traffic:
    """Who has something to send, who waits for a time, who for an answer, and who is through."""

    def __init__(
        self, pool: ThreadPoolExecutor, send: Send, trial: Trial, *, size: int, slots: int
    ) -> None:
        self._pool, self._send_batch, self._trial = pool, send, trial
        self._size, self._slots = size, slots
        self._ready: deque[_Speaker] = deque()
        self._later: list[tuple[float, int, _Speaker]] = []
        self._next: list[_Speaker] = []
        self._away: dict[Future[_Answers], list[_Speaker]] = {}
        self._ended: deque[Turn] = deque()
        self._order = itertools.count()
        self._hold_until = 0.0
        self._ahead = 0.0  # by how much waits were shorter than asked for, under the laws

    @property
    def busy(self) -> bool:
        """Whether anybody is under way, or through and not told yet."""
        return bool(self._ready or self._later or self._next or self._away or self._ended)

    @property
    def has_room(self) -> bool:
        """Whether another person may be pulled."""
        waiting = len(self._ready) + len(self._later) + len(self._next)
        return waiting + sum(map(len, self._away.values())) < self._size * (self._slots + 1)

    def welcome(self, speaker: _Speaker) -> None:
        """Take somebody in, who begins when there is a slot."""
        self._ready.append(speaker)

    def send(self) -> None:
        """Send what is ready, as far as there are slots, and get the next batch ready."""
        self._prepare()
        while self._next and len(self._away) < self._slots and self._moment() >= self._hold_until:
            batch, self._next = self._next, []
            calls = [speaker.wish for speaker in batch if isinstance(speaker.wish, Call)]
            for speaker in batch:
                speaker.asked, speaker.attempts = True, speaker.attempts + 1
            self._away[self._pool.submit(self._exchange, calls)] = batch
            self._prepare()

    def listen(self) -> None:
        """Wait until an answer is there or a time has come, and let whom it concerns go on."""
        moments = [self._later[0][0]] if self._later else []
        if self._next and len(self._away) < self._slots:
            moments.append(self._hold_until)
        pause = max(0.0, min(moments) - self._moment()) if moments else None
        if self._away:
            done, _ = wait(self._away, timeout=pause, return_when=FIRST_COMPLETED)
            answered = [one for future in done for one in self._answered(future)]
            if len(self._next) == self._size and all(isinstance(it, Reply) for _, it in answered):
                self.send()
            for speaker, answer in answered:
                speaker.hear(answer)
                self._sort(speaker)
        elif pause is not None:
            clock.wait(pause)
            self._ahead += max(0.0, min(moments) - self._moment())
        while self._later and self._later[0][0] <= self._moment():
            _, _, speaker = heapq.heappop(self._later)
            if isinstance(speaker.wish, Pause):
                speaker.hear(WAITED)
            self._sort(speaker)

    def _moment(self) -> float:
        return time.monotonic() + self._ahead

    def ended(self) -> Iterator[Turn]:
        """Those who are through, each once."""
        while self._ended:
            yield self._ended.popleft()

    def close(self) -> None:
        """Begin nothing more, and leave every conversation."""
        self._trial.over.set()
        away = (speaker for batch in self._away.values() for speaker in batch)
        later = (speaker for *_, speaker in self._later)
        for speaker in (*self._ready, *later, *self._next, *away):
            speaker.close()

    def _answered(self, future: Future[_Answers]) -> Iterator[tuple[_Speaker, Reply | Exception]]:
        """Those of a batch who have an answer to think about; the others ask once more, later."""
        answers, final = future.result()
        for speaker, answer in zip(self._away.pop(future), answers, strict=True):
            if final or not self._sends_again(speaker, answer):
                yield speaker, answer

    def _prepare(self) -> None:
        """Let those begin who are in the next batch, until it is full."""
        if self._trial.over.is_set():
            self._set_aside_unsent()
        while self._ready and len(self._next) < self._size:
            speaker = self._ready.popleft()
            if not speaker.begun:
                if self._trial.over.is_set():
                    speaker.turn.set_aside(GIVEN_UP)
                speaker.begin()
            if isinstance(speaker.wish, Call):
                self._next.append(speaker)
            else:
                self._sort(speaker)

    def _set_aside_unsent(self) -> None:
        """Whoever got ready and asked nothing yet has not begun, as far as the target can tell."""
        several, self._next = self._next, []
        for speaker in several:
            if speaker.asked:
                self._next.append(speaker)
            else:
                speaker.set_aside(GIVEN_UP)
                self._sort(speaker)

    def _exchange(self, calls: list[Call]) -> _Answers:
        """The answers to a batch, and whether they are final; on a thread, and never raises.

        What the whole batch met has been tried again already, by whoever sent it.
        """
        try:
            answers = self._send_batch(calls)
        except Exception as error:  # noqa: BLE001 - it is thrown into the conversations
            return [error] * len(calls), True
        if len(answers) == len(calls):
            return answers, False
        return [RuntimeError(f"{len(answers)} answers to {len(calls)} calls")] * len(calls), True

    def _sends_again(self, speaker: _Speaker, answer: Reply | Exception) -> bool:
        """Whether a call was put off, and is sent again later."""
        if not isinstance(answer, RateLimited | Busy) or speaker.attempts >= ATTEMPTS:
            return False
        asked = answer.retry_after_seconds
        pause = _backoff(speaker.attempts) if asked is None else asked
        if pause > LONGEST_WAIT_SECONDS:
            return False
        until = self._moment() + pause
        if asked is not None and isinstance(answer, RateLimited):
            self._hold_until = max(self._hold_until, until)
        heapq.heappush(self._later, (until, next(self._order), speaker))
        return True

    def _sort(self, speaker: _Speaker) -> None:
        """Put somebody where their wish belongs."""
        match speaker.wish:
            case Call():
                self._ready.append(speaker)
            case Pause(seconds):
                until = self._moment() + seconds
                heapq.heappush(self._later, (until, next(self._order), speaker))
            case None:
                self._trial.learn(speaker.turn)
                self._ended.append(speaker.turn)


def _backoff(attempts: int) -> float:
    """Seconds until a call that was put off is sent again, when nobody said how long."""
    return 0.5 * 2.0 ** (attempts - 1) + random.uniform(0.0, 0.5)  # noqa: S311 - spreads callers
