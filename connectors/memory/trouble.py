"""Trouble on demand: what a test wants to go wrong, and for whom."""

from dataclasses import dataclass
from typing import Final, TypedDict, Unpack

from connectors.model.change import Verb
from connectors.model.errors import ConnectorError, Forbidden, Invalid, Unavailable

ALWAYS: Final = -1


class Which(TypedDict, total=False):
    """Which calls meet a fault.

    Attributes:
        verb: Only this one.
        person: Only theirs.
        skip: So many matching calls go well first.
        times: How often it happens; `ALWAYS` when left out.
    """

    verb: Verb
    person: str
    skip: int
    times: int


@dataclass(slots=True)
class _Fault:
    error: type[ConnectorError]
    message: str
    afterwards: bool
    which: Which

    def strikes(self, verb: Verb, person: str) -> bool:
        """Whether this call is one to spoil; counts down."""
        if self.which.get("verb", verb) is not verb or self.which.get("person", person) != person:
            return False
        if self.which.get("skip", 0) > 0:
            self.which["skip"] -= 1
            return False
        left = self.which.get("times", ALWAYS)
        if left > 0:
            self.which["times"] = left - 1
        return left != 0


class Trouble:
    """Faults that calls to a store meet, in the order in which they were asked for.

    Every method takes the parts of `Which`: `trouble.refuse(person="7", times=1)`.
    """

    def __init__(self) -> None:
        """No trouble yet."""
        self._faults: list[_Fault] = []

    def refuse(self, **which: Unpack[Which]) -> None:
        """The store does not accept the change: `Invalid`, nothing happens."""
        self._faults.append(
            _Fault(Invalid, "refused, as the test asked", afterwards=False, which=which)
        )

    def fail_fatal(self, **which: Unpack[Which]) -> None:
        """The store lets us do nothing at all: `Forbidden`, nothing happens."""
        self._faults.append(
            _Fault(Forbidden, "forbidden, as the test asked", afterwards=False, which=which)
        )

    def silent(self, **which: Unpack[Which]) -> None:
        """The store does not answer: `Unavailable`, nothing happens."""
        self._faults.append(
            _Fault(Unavailable, "no answer, as the test asked", afterwards=False, which=which)
        )

    def lose_answer(self, **which: Unpack[Which]) -> None:
        """The change happens and its answer is lost: `Unavailable`."""
        self._faults.append(
            _Fault(Unavailable, "answer lost, as the test asked", afterwards=True, which=which)
        )

    def meet(self, error: type[ConnectorError], **which: Unpack[Which]) -> None:
        """The store answers with this error, nothing happens."""
        told = f"{error.__name__}, as the test asked"
        self._faults.append(_Fault(error, told, afterwards=False, which=which))

    def clear(self) -> None:
        """No more trouble."""
        self._faults.clear()

    def strike(self, verb: Verb, person: str, *, afterwards: bool) -> None:
        """Called by the store before and after every change.

        Raises:
            ConnectorError: What was asked for.
        """
        for fault in self._faults:
            if fault.afterwards is afterwards and fault.strikes(verb, person):
                raise fault.error(fault.message)
