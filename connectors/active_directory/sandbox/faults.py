"""Faults on request: a controller that is down, refuses somebody, or loses an answer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.active_directory.results import UNWILLING
from connectors.active_directory.sandbox.objects import DirectoryError

READS = frozenset({"bind", "search"})


@dataclass(frozen=True, slots=True)
class Call:
    """One operation as it reached the sandbox.

    Attributes:
        operation: `bind`, `search`, `add`, `modify`, `rename` or `delete`.
        dn: The object or the base.
        persons: HR ids (employeeID) of the accounts it concerns; for a group, of its members that
            change.
        attributes: Names of attributes that are written, in lower case.
    """

    operation: str
    dn: str
    persons: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()


Matches = Callable[[Call], bool]


class ReplyLost(Exception):
    """The connection broke before the answer arrived."""


@dataclass(slots=True)
class _Drop:
    matches: Matches
    left: int
    applied: bool


@dataclass(slots=True)
class Faults:
    """What goes wrong, and a log of every call.

    Attributes:
        down: Nobody answers.
        calls: Every call that arrived, oldest first.
    """

    down: bool = False
    calls: list[Call] = field(default_factory=list)
    _refusals: list[tuple[Matches, DirectoryError]] = field(default_factory=list)
    _drops: list[_Drop] = field(default_factory=list)

    def refuse(
        self, who: str | Matches, *, code: int = UNWILLING, text: str = "WILL_NOT_PERFORM"
    ) -> None:
        """Refuse every write that concerns a person, or every call that matches."""
        matches = _writes_of(who) if isinstance(who, str) else who
        self._refusals.append((matches, DirectoryError(code, "1F", text)))

    def drop_reply(self, matches: str | Matches, *, times: int = 1, applied: bool = True) -> None:
        """Lose the answer to calls that match, or to the writes of an operation or person.

        Args:
            matches: A predicate; or the name of an operation; or an HR id.
            times: How often.
            applied: Whether the call takes effect first.
        """
        if isinstance(matches, str):
            name = matches
            matches = _writes_of(name)
            if name in {"bind", "search", "add", "modify", "rename", "delete"}:
                matches = _is_operation(name)
        self._drops.append(_Drop(matches, times, applied))

    def heal(self) -> None:
        """Go back to normal; the log stays."""
        self.down = False
        self._refusals.clear()
        self._drops.clear()

    def before(self, call: Call) -> None:
        """Let a call in, or not."""
        if self.down:
            raise ReplyLost
        self.calls.append(call)
        for matches, error in self._refusals:
            if matches(call):
                raise DirectoryError(error.code, "1F", error.message.partition(": ")[2])
        self._drop(call, applied=False)

    def after(self, call: Call) -> None:
        """Let an answer out, or not."""
        self._drop(call, applied=True)

    def _drop(self, call: Call, *, applied: bool) -> None:
        for drop in self._drops:
            if drop.left and drop.applied is applied and drop.matches(call):
                drop.left -= 1
                raise ReplyLost


def _writes_of(person: str) -> Matches:
    return lambda call: call.operation not in READS and person in call.persons


def _is_operation(name: str) -> Matches:
    return lambda call: call.operation == name
