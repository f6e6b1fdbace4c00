"""JSON as we store and hash it: without spaces, and nothing escaped that need not be."""

import json
from typing import Any, Final

import orjson

_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def json_text(content: Any) -> str:
    """The text of some content, to the letter what `json` of Python makes of texts and lists.

    Raises:
        TypeError: Something in it has no form in JSON.
    """
    try:
        return orjson.dumps(content).decode()
    except (
        TypeError
    ):  # a number of more than 64 bits, or half a character: rare, and no reason to fail
        return _PLAIN.encode(content)
