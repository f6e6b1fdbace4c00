"""Faults that a test orders for one of the next calls (D28)."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["delay", "drop_reply", "cut", "cut_body", "not_json", "conflict", "500", "503"]
"""`drop_reply` does the work and keeps silent; `cut` breaks the connection before anything happens;
`cut_body` sends half of the reply as if it were whole; `not_json` answers with a web page;
`500` comes from something in front of AFAS, without JSON."""


@dataclass(slots=True)
class Fault:
    """A fault that waits for its call.

    Attributes:
        kind: What goes wrong.
        verb: Only for this HTTP verb; "" for any.
        connector: Only for this connector; "" for any.
        times: For how many calls.
        seconds: Length of a delay, or of `retry_after`.
        after: Matching calls that are left alone first.
    """

    kind: Kind
    verb: str = ""
    connector: str = ""
    times: int = 1
    seconds: float = 0.0
    after: int = 0

    def strikes(self, verb: str, connector: str) -> bool:
        """Whether the fault hits this call; counts it if so."""
        fits = self.verb in {"", verb} and self.connector.casefold() in {"", connector.casefold()}
        if not fits or self.times < 1:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True
