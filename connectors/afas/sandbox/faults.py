"""Faults that a test orders for one of the next calls (D28)."""

import json
import re
from dataclasses import dataclass
from typing import Final, Literal

from connectors.sdk.serve import Answer

Kind = Literal[
    "delay",
    "drop_reply",
    "cut",
    "cut_body",
    "not_json",
    "as_xml",
    "same_page",
    "no_key",
    "twins",
    "conflict",
    "timeout",
    "unexpected",
    "401",
    "403",
    "404",
    "500",
    "503",
]
"""`drop_reply` does the work and keeps silent; `cut` breaks the connection before anything happens;
`cut_body` sends half of the reply as if it were whole; `not_json` answers with a web page;
`as_xml` calls its JSON XML; `same_page` gives the first page whatever was skipped; `no_key` empties
the first field of the first row, `twins` gives that row twice;
`conflict` and `timeout` are AFAS's own errors for another writer and for its limit of 900 seconds,
`unexpected` the one that says nothing;
`401`, `403` and `404` have no body; `500` comes from something in front of AFAS, without JSON."""

SKIPPED: Final = re.compile(r"\bskip=\d+")


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


def on_first_page(query: str) -> str:
    """The same query for the first page."""
    return SKIPPED.sub("skip=0", query)


def spoiled(kind: Kind | None, answer: Answer) -> Answer:
    """An answer of AFAS after a fault has gone over it."""
    body, headers = answer.body, answer.headers
    match kind:
        case "drop_reply":
            return Answer(0, drop=True)
        case "cut_body":
            body = body[: len(body) // 2]
        case "as_xml":
            headers = {**headers, "Content-Type": "application/xml"}
        case "no_key" | "twins" if b'"rows"' in body:
            content = json.loads(body)
            first, *others = content["rows"]
            spoiled_rows = (
                [first | {next(iter(first)): None}] if kind == "no_key" else [first, first]
            )
            body = json.dumps({**content, "rows": [*spoiled_rows, *others]}).encode()
        case _:
            pass
    return Answer(answer.status, body, headers, drop=answer.drop)
