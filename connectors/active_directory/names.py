"""Names in a directory: distinguished names, object GUIDs, and text put into a filter.

Every value that comes from HR passes one of the escapes here before it becomes part of a name or a
filter: O'Brien, a comma or a star in a name must stay a name.

Source: RFC 4514 (distinguished names), RFC 4515 (filters), MS-DTYP 2.3.4.2 (byte order of a GUID).
"""

import uuid
from functools import lru_cache
from typing import Final

from connectors.model.containers import escape_rdn
from connectors.model.errors import quoted

_IN_FILTER: Final = {"\\": r"\5c", "*": r"\2a", "(": r"\28", ")": r"\29", "\0": r"\00"}
_HEX_PAIR: Final = 2

Rdn = tuple[str, str]
"""Attribute type and unescaped value of one part of a name, such as `("CN", "Boele, Janine")`."""


def escape_filter(value: str) -> str:
    """A value as it stands in a filter; what is not special stays readable."""
    return "".join(_IN_FILTER.get(letter, letter) for letter in value)


def child_dn(rdn: Rdn, parent: str) -> str:
    """The distinguished name of an object in a container."""
    return f"{rdn[0]}={escape_rdn(rdn[1])},{parent}"


def canonical_dn(dn: str) -> str:
    """A distinguished name spelt in one way, whatever a server escapes and how.

    Raises:
        ValueError: Not a distinguished name.
    """
    return ",".join(f"{kind}={escape_rdn(value)}" for kind, value in parse_dn(dn))


def filter_bytes(raw: bytes) -> str:
    """Bytes, such as an objectGUID, as they stand in a filter."""
    return "".join(f"\\{byte:02x}" for byte in raw)


@lru_cache(maxsize=16_384)  # containers and managers are the same few, again and again
def parse_dn(dn: str) -> tuple[Rdn, ...]:
    r"""The parts of a distinguished name, leaf first, values unescaped.

    Raises:
        ValueError: Not a distinguished name, or a part has several values (`CN=a+SN=b`), which
            Active Directory does not know.
    """
    if not dn.strip():
        return ()
    return tuple(_parse_rdn(part, dn) for part in _split(dn))


def split_dn(dn: str) -> tuple[str, str]:
    """The leaf part and the parent of a distinguished name, both still escaped.

    Raises:
        ValueError: Not a distinguished name.
    """
    parts = _split(dn)
    return parts[0].strip(), dn[len(parts[0]) + 1 :].strip()


def same_dn(left: str, right: str) -> bool:
    """Whether two texts name the same object: case and spaces around separators do not matter.

    Raises:
        ValueError: One of them is no distinguished name.
    """
    return dn_key(left) == dn_key(right)


def dn_key(dn: str) -> tuple[Rdn, ...]:
    """A distinguished name in the form in which two of them can be compared.

    Raises:
        ValueError: Not a distinguished name.
    """
    return tuple((kind.casefold(), value.casefold()) for kind, value in parse_dn(dn))


def is_below(dn: str, base: str) -> bool:
    """Whether an object is `base` or stands somewhere below it.

    Raises:
        ValueError: One of them is no distinguished name.
    """
    whole, end = dn_key(dn), dn_key(base)
    return not end or whole[-len(end) :] == end


def guid_text(raw: bytes) -> str:
    """An objectGUID as canonical text; its first three groups are little-endian on the wire.

    Raises:
        ValueError: Not 16 bytes.
    """
    return str(uuid.UUID(bytes_le=raw))


def guid_bytes(text: str) -> bytes:
    """Undo `guid_text`.

    Raises:
        ValueError: Not a GUID.
    """
    return uuid.UUID(text).bytes_le


def guid_dn(text: str) -> str:
    """The name under which a directory finds an object by its GUID, wherever it stands.

    Raises:
        ValueError: Not a GUID.

    Source: MS-ADTS 3.1.1.3.1.2.4, alternative forms of DNs.
    """
    return f"<GUID={uuid.UUID(text)}>"


def _split(dn: str) -> list[str]:
    parts, start, place = [], 0, 0
    while place < len(dn):
        if dn[place] == "\\":
            place += 2
            continue
        if dn[place] == ",":
            parts.append(dn[start:place])
            start = place + 1
        place += 1
    parts.append(dn[start:])
    return parts


def _parse_rdn(part: str, dn: str) -> Rdn:
    kind, found, escaped = part.partition("=")
    kind = kind.strip()
    value = _unescape(_strip(escaped), dn)
    if not found or not kind.replace("-", "").replace(".", "").isalnum() or not value:
        message = f"{quoted(dn)} is not a distinguished name: "
        message += f"{quoted(part.strip())} should read NAME=value"
        raise ValueError(message)
    return kind, value


def _strip(escaped: str) -> str:
    """Drop the spaces around a value, but not an escaped one at its end."""
    text = escaped.lstrip(" ")
    while text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1]
    return text


def _unescape(escaped: str, dn: str) -> str:
    raw = bytearray()
    place = 0
    while place < len(escaped):
        letter = escaped[place]
        if letter == "\\":
            pair = escaped[place + 1 : place + 1 + _HEX_PAIR]
            if len(pair) == _HEX_PAIR and all(digit in "0123456789abcdefABCDEF" for digit in pair):
                raw.append(int(pair, 16))
                place += 1 + _HEX_PAIR
                continue
            letter = escaped[place + 1 : place + 2]
            if not letter:
                message = f"{quoted(dn)} is not a distinguished name: it ends in a backslash"
                raise ValueError(message)
            place += 1
        elif letter in '+"<>;':
            message = f"{quoted(dn)} is not a distinguished name: {letter!r} must be escaped with "
            message += "a backslash"
            raise ValueError(message)
        raw += letter.encode()
        place += 1
    return raw.decode("utf-8", "replace")
