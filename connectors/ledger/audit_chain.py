"""The chain of the audit trail: how a line is sealed, and where a trail is not what was written.

A line of today is hashed in two steps. What it says about a person (who, which account, why, what)
goes into a digest, together with a few random bytes; the digest, with all the rest and the hash of
the line before, into the hash. So what it says can be erased for good, and the chain still holds:
nobody can find it again from the digest, for the random bytes are erased with it. An erasure, and a
cut of the oldest lines, is itself a line of the trail; one that no line tells of is a break.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from connectors.ledger.records import AuditBreak, AuditLine, AuditSeal
from connectors.ledger.tables import stamp
from connectors.model.private import ERASED
from connectors.sdk.json_text import json_text

FIRST: Final = "0" * 64
VERSION: Final = 2
"""Of the way in which lines are hashed now; 1 hashed everything at once."""
ERASE: Final = "ForgetPerson"
PRUNE: Final = "PruneAudit"
"""Actions of the lines that tell of lines which do not say, or are not there, any more."""
RANGES_AT_ONCE: Final = 100
"""Of numbers in one line that tells of an erasure: its text is capped."""

TOKEN: Final = re.compile(r"erased:[0-9a-f]{12}")
"""What stands in the place of somebody who was forgotten, where entries are told apart by it."""

SALT_BYTES: Final = 16

_FIRST_WAY: Final = (
    *("sequence", "run", "profile", "action", "target", "person", "ref", "outcome"),
    *("because", "text", "previous"),
)
_PERSONAL: Final = ("person", "ref", "because", "text", "change")
_OTHERS: Final = ("sequence", "run", "profile", "action", "target", "outcome", "previous")
_TOLD: Final = re.compile(r"^lines ([\d, -]+):")
_CUT: Final = re.compile(r"^lines 1-(\d+): .* ([0-9a-f]{64})$")

Line = Mapping[str, Any]


def new_token() -> str:
    """One that nobody had before."""
    return f"erased:{secrets.token_hex(6)}"


def new_salts(many: int) -> list[str]:
    """A salt for each of so many lines."""
    drawn = secrets.token_hex(many * SALT_BYTES)
    return [drawn[start : start + 2 * SALT_BYTES] for start in range(0, len(drawn), 2 * SALT_BYTES)]


def sealed(line: Line, salt: str) -> dict[str, Any]:
    """A line with salt, digest and hash; its place and its predecessor are known."""
    made = {**line, "version": VERSION, "salt": salt, "erased": None}
    made["digest"] = _digest(made)
    return {**made, "hash": _hash(made)}


def first_break(
    lines: Iterable[AuditLine], head: AuditSeal, anchor: AuditSeal, seals: Sequence[AuditSeal] = ()
) -> AuditBreak | None:
    """The first place where a trail is not what was written, None when it is whole.

    Args:
        lines: All that are there, in order.
        head: What the last line has to be.
        anchor: The last line that was cut off at the beginning; number 0 where none was.
        seals: Noted elsewhere; the trail has to pass through each.
    """
    previous, expected = anchor.hash, anchor.sequence + 1
    noted = {seal.sequence: seal.hash for seal in seals}
    erased: set[int] = set()
    filled: set[int] = set()
    told = _Told()
    if noted.get(anchor.sequence, anchor.hash) != anchor.hash:
        return AuditBreak(anchor.sequence, "it is not the line that was sealed")
    for line in lines:
        reason = _reason_against(line, expected, previous)
        if reason is None and noted.get(expected, line.hash) != line.hash:
            reason = "it is not the line that was sealed"
        if reason is not None:
            return AuditBreak(expected, reason)
        if line.erased is not None:
            erased.add(line.sequence)
            if not _is_erased(line):
                filled.add(line.sequence)
        told.hear(line)
        previous, expected = line.hash, expected + 1
    ends = "the trail ends here, and"
    if (head.sequence, head.hash) != (expected - 1, previous):
        return AuditBreak(expected, f"{ends} should end with line {head.sequence}")
    beyond = [number for number in noted if number >= expected]
    if beyond:
        return AuditBreak(expected, f"{ends} was sealed at line {max(beyond)}")
    return _untold(erased, anchor, told) or _filled(filled)


def _untold(erased: set[int], anchor: AuditSeal, told: "_Told") -> AuditBreak | None:
    secretly = erased - told.erased
    if secretly:
        return AuditBreak(min(secretly), "its content was taken out, and no line tells of that")
    if anchor.sequence and anchor not in told.cut:
        reason = "the lines up to this one were cut off, and no line tells of that"
        return AuditBreak(anchor.sequence, reason)
    return None


def _is_erased(line: AuditLine) -> bool:
    """Whether a line is as an erasure leaves it: about nobody, or about somebody else as before.

    What the latter keeps (person, native id, reasons) no hash holds any more: it was hashed
    together with what is gone.
    """
    nobody = (line.ref, line.because) == (ERASED, ERASED) and TOKEN.fullmatch(line.person)
    somebody = ERASED not in (line.ref, line.because) and not TOKEN.match(line.person)
    gone = (line.text, line.change, line.salt) == (ERASED, "", None)
    return gone and bool(nobody or somebody)


def _filled(lines: set[int]) -> AuditBreak | None:
    """Lines that were erased, and say something again."""
    reason = "its content was taken out, and something else stands there"
    return AuditBreak(min(lines), reason) if lines else None


def _reason_against(line: AuditLine, expected: int, previous: str) -> str | None:
    if line.sequence != expected:
        return "the line is missing"
    if line.previous != previous:
        return "it does not follow from the line before it"
    content = asdict(line)
    if line.version == 1:
        holds = line.erased is not None or line.hash == _first_hash(content)
    else:
        holds = line.hash == _hash(content)
        holds = holds and (line.erased is not None or line.digest == _digest(content))
    return None if holds else "its content is not what was written"


class _Told:
    """What lines tell of others: which were erased, and up to where they were cut off."""

    def __init__(self) -> None:
        self.erased: set[int] = set()
        self.cut: set[AuditSeal] = set()

    def hear(self, line: AuditLine) -> None:
        if line.action == ERASE and (found := _TOLD.match(line.text)):
            self.erased |= set(_numbers(found[1], before=line.sequence))
        if line.action == PRUNE and (found := _CUT.match(line.text)):
            self.cut.add(AuditSeal(int(found[1]), found[2]))


def told_of(numbers: Iterable[int]) -> Iterator[str]:
    """Numbers as texts to put behind "lines", such as `3-5, 9`; as many as a line can hold."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    for start in range(0, len(ranges), RANGES_AT_ONCE):
        some = ranges[start : start + RANGES_AT_ONCE]
        yield ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in some)


def _numbers(told: str, *, before: int) -> Iterator[int]:
    """Numbers that a line tells of: of lines before it, whatever it says."""
    for part in told.split(","):
        first, _, last = (one.strip() for one in part.partition("-"))
        if first.isdecimal() and (last or first).isdecimal():
            yield from range(int(first), min(int(last or first), before - 1) + 1)


def _digest(line: Line) -> str:
    return _sha256([line["salt"], *(line[name] for name in _PERSONAL)])


def _hash(line: Line) -> str:
    others = [line[name] for name in _OTHERS]
    return _sha256([line["version"], stamp(line["at"]), *others, line["digest"]])


def _first_hash(line: Line) -> str:
    return _sha256([stamp(line["at"]), *(line[name] for name in _FIRST_WAY)])


def _sha256(content: Sequence[Any]) -> str:
    return hashlib.sha256(json_text(content).encode()).hexdigest()
