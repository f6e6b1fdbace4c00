"""Any script in, plain Latin out: the letters of which logins and addresses are made."""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

UNDECOMPOSED: Final = {
    "ø": "o",
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "þ": "th",
    "ħ": "h",
    "ŧ": "t",
    "ŋ": "ng",
    "ı": "i",
    "ĳ": "ij",
}
"""Latin letters that do not fall apart into a letter and a mark, lower case. Stripping marks alone
would drop them, and with them half of Øyvind Weiß."""

_UPPER: Final = {"ẞ": "ss"} | {
    letter.upper(): plain
    for letter, plain in UNDECOMPOSED.items()
    if letter not in "ßı"  # in upper case these are plain letters: SS, I
}
_LETTERS: Final = str.maketrans(UNDECOMPOSED | _UPPER)
_MARKS_ON_LATIN: Final = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]+")
_NOT_ALLOWED: Final = re.compile(r"[^0-9a-z.\-_ ]")
_KEPT_CATEGORIES: Final = "LMN"


def to_latin(text: str) -> str:
    """Write a name with `0-9 a-z . - _` and single spaces only, in lower case.

    In this order: the letters of `UNDECOMPOSED`, marks off Latin letters (é is e, å is a), letters
    of other scripts by sound (Ольга is olga, 李 is li). Signs, apostrophes and pictures are
    dropped, so the result is empty where the text holds no letter or digit.
    """
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", text).translate(_LETTERS)
        # Marks are stripped from Latin letters only: elsewhere a mark makes another letter (и, й).
        composed = unicodedata.normalize("NFC", _MARKS_ON_LATIN.sub("", decomposed))
        text = "".join(map(_sound, composed))
    return " ".join(_NOT_ALLOWED.sub("", text.lower()).split())


def _sound(letter: str) -> str:
    if letter.isascii():
        return letter
    category = unicodedata.category(letter)
    if category[0] in _KEPT_CATEGORIES:
        return anyascii(letter)
    # anyascii spells pictures out (":grinning:"), which are no part of a name.
    return {"Pd": "-", "Zs": " "}.get(category, "")
