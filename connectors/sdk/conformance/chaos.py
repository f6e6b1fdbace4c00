"""Chaos by seed: a writer, or an HTTP connection, that now and then does not do as it should.

For tests of what stands above a connector: whatever happens, a run that follows has to end where a
calm one would have. The same seed makes the same trouble, as long as the same is asked.
"""

import random
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import httpx

from connectors.model.change import Change
from connectors.model.connector import Writer
from connectors.model.receipt import Outcome, Receipt
from connectors.sdk import clock
from connectors.sdk.turns import EARLIER_FAILED, receipt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """How often something happens, each from 0 to 1; what is left over goes well.

    Attributes:
        lose: It is done, and the answer is lost.
        refuse: It is refused; nothing is done.
        cut: The connection breaks before anything is done.
        delay: It is late, and goes well.
        delay_seconds: How late.
    """

    lose: float = 0.1
    refuse: float = 0.1
    cut: float = 0.1
    delay: float = 0.1
    delay_seconds: float = 0.01


class _Dice:
    def __init__(self, seed: int, odds: Odds) -> None:
        self._chance, self._lock = random.Random(seed), threading.Lock()  # noqa: S311 - repeatable
        self._odds = odds

    def throw(self) -> str:
        """What happens next: `lose`, `refuse`, `cut`, `delay` or nothing."""
        with self._lock:
            left = self._chance.random()
        for name in ("lose", "refuse", "cut", "delay"):
            left -= getattr(self._odds, name)
            if left < 0:
                return name
        return ""


class ChaosWriter:
    """A writer around another one.

    Args:
        writer: The one that writes.
        seed: The same seed, the same trouble.
        odds: How much of it.
    """

    def __init__(self, writer: Writer, *, seed: int, odds: Odds | None = None) -> None:
        """Wrap it."""
        self._writer, self._odds = writer, odds or Odds()
        self._dice = _Dice(seed, self._odds)

    def apply(self, changes: Iterable[Change]) -> Iterator[Receipt]:
        """Execute changes one by one; a person whose change fails has the others set aside."""
        stopped: str | None = None
        refs: dict[str, str] = {}
        for planned in changes:
            if planned.person == stopped:
                yield receipt_of(planned, Outcome.SET_ASIDE, detail=EARLIER_FAILED)
                continue
            change = planned
            if planned.ref is None and planned.person in refs:
                change = planned.resolved(ref=refs[planned.person], after=planned.after)
            receipt = self._execute(change)
            if receipt.ref is not None:
                refs[change.person] = receipt.ref
            good = receipt.outcome in {Outcome.DONE, Outcome.ALREADY}
            stopped = None if good else change.person
            yield receipt

    def close(self) -> None:
        """Let go of the inner writer."""
        self._writer.close()

    def _execute(self, change: Change) -> Receipt:
        match self._dice.throw():
            case "lose":
                list(self._writer.apply(iter([change])))
                return receipt_of(change, Outcome.IN_DOUBT, detail="chaos: the answer was lost")
            case "refuse":
                return receipt_of(change, Outcome.FAILED, detail="chaos: refused")
            case "cut":
                return receipt_of(change, Outcome.IN_DOUBT, detail="chaos: the connection broke")
            case "delay":
                clock.sleep(self._odds.delay_seconds)
            case _:
                pass
        [receipt] = self._writer.apply(iter([change]))
        return receipt


class ChaosTransport(httpx.BaseTransport):
    """An HTTP transport around another one, for `Http(transport=…)`.

    Args:
        inner: The one that sends.
        seed: The same seed, the same trouble.
        odds: How much of it. To refuse is to answer 503.
    """

    def __init__(self, inner: httpx.BaseTransport, *, seed: int, odds: Odds | None = None) -> None:
        """Wrap it."""
        self._inner, self._odds = inner, odds or Odds()
        self._dice = _Dice(seed, self._odds)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or let it fail."""
        match self._dice.throw():
            case "lose":
                self._inner.handle_request(request).read()
                message = "chaos: the answer was lost"
                raise httpx.ReadError(message, request=request)
            case "refuse":
                return httpx.Response(503, request=request)
            case "cut":
                message = "chaos: the connection broke"
                raise httpx.WriteError(message, request=request)
            case "delay":
                clock.sleep(self._odds.delay_seconds)
            case _:
                pass
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()
