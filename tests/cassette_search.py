"""Cassettes searched to the last byte, also in what is packed or spelled otherwise in them."""

import base64
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import yaml

from tests.tape import KEPT_OF_REPLY, KEPT_OF_REQUEST, SCRUBBED, SECRETS
from tests.traces import TOKEN, forms_of

LAYERS: Final = 4
"""So often something can be packed or spelled otherwise: base64 of gzip of a form of base64."""
GZIP: Final = b"\x1f\x8b"
SPELLED: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
"""What may be base64."""
PERCENT: Final = re.compile(rb"%[0-9A-Fa-f]{2}")
ESCAPED: Final = re.compile(rb"\\u[0-9A-Fa-f]{4}|\\[\"\\/]")
LOOKS: Final = {
    "a bearer token": TOKEN,
    "credentials of a header": re.compile(
        rb"(?i)\b(?:afastoken|bearer|basic|negotiate|digest) +(?=[\w.~-]*[\d+/=])[\w+/=.~-]{8,}"
    ),
    "a token of AFAS": re.compile(rb"(?i)<token>|<data>[0-9a-f]{32,}"),
    "a key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-1|\bya29\.[\w-]{8,}"),
    "64 hexadecimal digits": re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])"),
}
NAMED: Final = re.compile(
    rb"""(?<![\w-])["']?([A-Za-z][\w-]{3,30})["']?\s*[:=]\s*["']?(?=([^\s"'&,{}\[\]]+))"""
)
"""A name and its value: in JSON, a form, a query or a header."""
NOTHING: Final = frozenset({SCRUBBED, "null", "true", "false", "None"})


def cassettes_under(root: Path) -> list[Path]:
    """Every cassette in a folder: what lies in one of that name, and what has the form of one."""
    found = {one for one in root.rglob("cassettes/**/*") if one.is_file()}
    for one in root.rglob("*.y*ml"):
        with one.open("rb") as opened:
            if b"\ninteractions:" in b"\n" + opened.read(10_000):
                found.add(one)
    return sorted(found)


def credentials_in(cassette: Path) -> list[str]:
    """What looks like a credential in a cassette: where it stands, and what it looks like."""
    content = cassette.read_bytes()
    found = {f"{name} is kept" for name in _headers_beyond(content)}
    for text in texts_in(content):
        found |= {f"{look}: {text[:60]!r}" for look, form in LOOKS.items() if form.search(text)}
        for match in NAMED.finditer(text):
            name, value = (part.decode("utf-8", "replace") for part in match.groups())
            plain = re.sub(r"[^a-z]", "", name.casefold())
            # `skiptoken` and the like are places in a list; they are not among the names.
            if plain in SECRETS and unquote_plus(value).strip("\\") not in NOTHING:
                found.add(f"a value of {name}")
    return sorted(found)


def values_in(folder: Path, values: Iterable[str]) -> list[str]:
    """Those of some values that stand in a cassette of a folder, however they are spelled."""
    texts = [text for one in cassettes_under(folder) for text in texts_in(one.read_bytes())]
    return sorted(
        {value for value in values for form in forms_of(value) if any(form in one for one in texts)}
    )


def texts_in(content: bytes) -> Iterator[bytes]:
    """A file, everything that is written in it as YAML, and what either holds in another form."""
    met: set[bytes] = set()
    yield from _layers(content, LAYERS, met)
    for scalar in _scalars(_loaded(content)):
        yield from _layers(scalar, LAYERS, met)


def _layers(content: bytes, left: int, met: set[bytes]) -> Iterator[bytes]:
    """Some bytes, and what they are when unpacked and spelled plainly; what was met only once."""
    if not content or content in met:
        return
    met.add(content)
    yield content
    if left:
        for inner in _unpacked(content):
            yield from _layers(inner, left - 1, met)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(GZIP):
        yield _or_nothing(gzip.decompress, content)
    if content[:1] == b"\x78":
        yield _or_nothing(zlib.decompress, content)
    if PERCENT.search(content):
        yield unquote_plus(content.decode("latin-1")).encode("latin-1", "replace")
    if ESCAPED.search(content):
        yield re.sub(rb"\\([\"\\/])", rb"\1", content)
    for spelled in SPELLED.findall(content):
        even = spelled.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        inner = _or_nothing(base64.b64decode, even + b"=" * (-len(even) % 4))
        if inner.startswith((GZIP, b"\x78")) or _is_text(inner):
            yield inner


def _or_nothing(unpack: Any, content: bytes) -> bytes:
    try:
        return bytes(unpack(content))
    except (OSError, EOFError, ValueError, zlib.error):
        return b""


def _is_text(content: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\r\n" for byte in content) and _decodes(content)


def _decodes(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _loaded(content: bytes) -> Any:
    if content.startswith(GZIP):
        content = _or_nothing(gzip.decompress, content)
    try:
        return yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _scalars(content: Any) -> Iterator[bytes]:
    """What a document says: texts as they are read, and a name with its value."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _scalars(name)
            yield from _scalars(value)
            if isinstance(value, str):
                yield f"{name}: {value}".encode("utf-8", "surrogatepass")
    elif isinstance(content, list | tuple | set):
        for item in content:
            yield from _scalars(item)
    elif isinstance(content, bytes):
        yield content
    elif content is not None:
        yield str(content).encode("utf-8", "surrogatepass")


def _headers_beyond(content: bytes) -> Iterator[str]:
    """Headers that a tape does not keep."""
    document = _loaded(content)
    interactions = document.get("interactions") if isinstance(document, dict) else None
    for one in interactions or ():
        for side, kept in (("request", KEPT_OF_REQUEST), ("response", KEPT_OF_REPLY)):
            for name in one[side]["headers"]:
                if name.lower() not in kept:
                    yield f"header {name.lower()} of a {side}"
