"""What can be wrong with something that somebody else has written, as strategies of Hypothesis.

Most of it is something realistic with one to three things wrong in it: random bytes are refused at
the door and show nothing.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

LARGE: Final = 10**30
TEXTS: Final = (
    "", " ", "\x00", "\x1b[31mred", "a\r\nb: c", "\u202eright", "\ufeff", "\ud800", "é" * 300,
    "x" * 70_000, "9" * 400, "²", "1e400", "NaN", "-0", "null", "[]", "true", "0", "-1", "01",
    "0001-01-01", "9999-12-31T23:59:59Z", "2026-02-30", "1601-01-01T00:00:00Z", "12/31/2026",
    "${HOME}", "secret://x", "../../x", "https://elsewhere.example.org/next?x=1", "//", "://[",
    "http://[::1", "*)(uid=*", "'; --", "=1+1", "{0}", "%s", "a@b@c", "@", ".", "a,b;c",
    "<a>", "&amp;", "\t", "İ", "ﬀ", "🙂", "1000001", "true,false",
)  # fmt: skip
NUMBERS: Final = (0, -1, 1, 2**31, 2**63, 2**64, LARGE, -LARGE, 0.5, 1e308)
NO_NUMBERS: Final = (float("nan"), float("inf"), float("-inf"))
SHAPES: Final = ([], {}, [[]], [None], [{}], {"": None}, {"value": {}}, {"id": 1}, [1, "a", None])

ODD: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(TEXTS),
    st.sampled_from((*NUMBERS, *NO_NUMBERS)),
    st.sampled_from(SHAPES),
    st.text(max_size=12),
)
"""A value where another one belongs."""
WRITTEN: Final = st.one_of(
    st.none(), st.booleans(), st.sampled_from(TEXTS), st.sampled_from(NUMBERS[:5]), st.text()
)
"""The same, as it can be written into a file that has neither NaN nor numbers without end."""
HOWS: Final = ("replace", "drop", "wrap", "unwrap", "double", "rename", "deepen", "swap", "empty")


@dataclass(frozen=True, slots=True)
class Wound:
    """One thing wrong in a document.

    Attributes:
        where: Which of its places, counted round.
        how: What is done to it.
        odd: What is put there.
    """

    where: int
    how: str
    odd: Any


def wounds(odd: st.SearchStrategy[Any] = ODD, most: int = 3) -> st.SearchStrategy[list[Wound]]:
    """A few things wrong in one document."""
    one = st.builds(Wound, st.integers(0, 10_000), st.sampled_from(HOWS), odd)
    return st.lists(one, min_size=1, max_size=most)


def wounded(document: Any, some: Sequence[Wound]) -> Any:
    """A document with things wrong in it; the one that was given stays as it is."""
    for wound in some:
        holder = [document]
        places = list(_places(holder))
        group, key = places[wound.where % len(places)]
        copies: dict[int, Any] = {}
        holder = _copied(holder, copies)
        _wound(copies[id(group)], key, wound)
        document = holder[0] if holder else None
    return document


def _wound(group: Any, key: Any, wound: Wound) -> None:  # noqa: C901 - it is a table
    value = group[key]
    match wound.how:
        case "drop":
            del group[key]
        case "wrap":
            group[key] = [value]
        case "unwrap" if isinstance(value, list | dict) and value:
            group[key] = next(iter(value.values() if isinstance(value, dict) else value))
        case "double" if isinstance(group, list):
            group.insert(key, value)
        case "double" if isinstance(value, str):
            group[key] = value + value
        case "rename" if isinstance(group, dict):
            group[str(wound.odd)[:100]] = group.pop(key)
        case "deepen":
            for _ in range(60):
                value = [value] if wound.where % 2 else {"x": value}
            group[key] = value
        case "swap" if isinstance(group, dict):
            other = list(group)[wound.where % len(group)]
            group[key], group[other] = group[other], value
        case "empty" if isinstance(value, str | list | dict):
            group[key] = type(value)()
        case _:
            group[key] = wound.odd


def _places(group: Any) -> Any:
    """Every place of a document: its group and its key."""
    items = group.items() if isinstance(group, dict) else enumerate(group)
    for key, value in items:
        yield group, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _copied(group: Any, copies: dict[int, Any]) -> Any:
    copy: Any
    if isinstance(group, dict):
        copy = {key: _copied(value, copies) for key, value in group.items()}
    elif isinstance(group, list):
        copy = [_copied(value, copies) for value in group]
    else:
        return group
    copies[id(group)] = copy
    return copy


def as_json(document: Any) -> bytes:
    """JSON as bytes, also of halves of characters and of numbers that JSON does not have."""
    return json.dumps(document).encode()


BODIES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda body: body[: len(body) // 2],
    lambda body: body[:-1],
    lambda _: b"",
    lambda _: b"<html><title>Sign in</title></html>",
    lambda _: b"\xff\xfe" + "{}".encode("utf-16-le"),
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.decode("utf-8", "replace").encode("utf-16"),
    lambda body: body.replace(b"e", b"\xe9"),
    lambda body: body.replace(b'"', b"'"),
    lambda body: body.replace(b'{"', b'{"id":"1","id":"2","', 1),
    lambda body: body.replace(b"1", b"9" * 5_000, 1),
    lambda body: body.replace(b":", b"\x00:", 1),
    lambda body: body + body,
    lambda body: body.replace(b"\r\n", b"\n"),
    lambda body: body.replace(b"--", b"-"),
    lambda body: body.replace(b"200", b"abc"),
    lambda _: b"[" * 100_000,
    lambda _: b'{"value":' * 20_000,
    lambda _: b'{"value":' * 900 + b"1" + b"}" * 900,
    lambda _: b"null",
    lambda _: b"[]",
    lambda _: b"{}",
    lambda _: b'"text"',
    lambda _: b"1" * 5_000,
    lambda _: b"NaN",
    lambda _: bytes(range(256)),
)
"""What can be wrong with a whole body."""
