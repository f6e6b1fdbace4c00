"""A store in a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.memory.store import Store
from connectors.sdk.json_text import json_text


def save_store(store: Store, path: Path) -> None:
    """Replace the file with the content of the store.

    Writers of several shards share a store: what one of them saves must not be older than what
    another one has saved already, nor their draft the same.
    """
    with store.held_still():
        draft = path.with_name(f".{path.name}.new")
        draft.write_text(_in_lines(store.content()), encoding="utf-8")
        draft.replace(path)


def _in_lines(content: Mapping[str, Any]) -> str:
    """JSON with a line for each account and group: `indent` would do it in Python, and slowly."""
    return (
        "{\n"
        + ",\n".join(f"{json_text(key)}: {_block(part)}" for key, part in content.items())
        + "\n}"
    )


def _block(part: Any) -> str:
    match part:
        case {**pairs} if pairs:
            lines = (f" {json_text(key)}: {json_text(one)}" for key, one in pairs.items())
            return "{\n" + ",\n".join(lines) + "\n}"
        case [_, *_]:
            return "[\n" + ",\n".join(f" {json_text(one)}" for one in part) + "\n]"
        case _:
            return json_text(part)
