"""A path in a profile is relative to the profile, wherever the command was started.

Settings of connectors are not known here, so names decide: `path`, `folder`, and whatever ends in
`_path`, `_file` or `_folder` hold a path. So do values of the forms `file:PATH`, `age:PATH` and
`sandbox:PATH`, under any name. Addresses with `//` and references to secrets stay as they are.
"""

import os
import re
from pathlib import Path
from typing import Any, Final

_NAMED: Final = re.compile(r"(?:.*_)?(?:path|file|folder)")
_MARKED: Final = re.compile(r"(file|age|sandbox):(?!//)(.+)", re.DOTALL)


def anchor_paths(settings: Any, folder: Path, name: str = "") -> Any:
    """The settings with every relative path made absolute.

    Args:
        settings: Of one connector, variables expanded.
        folder: Where the profile stands.
        name: Name of the setting, for a value.
    """
    if isinstance(settings, dict):
        return {key: anchor_paths(value, folder, key) for key, value in settings.items()}
    if isinstance(settings, list):
        return [anchor_paths(value, folder, name) for value in settings]
    if not isinstance(settings, str) or not settings:
        return settings
    marked = _MARKED.fullmatch(settings)
    if marked:
        return f"{marked[1]}:{_absolute(marked[2], folder)}"
    if _NAMED.fullmatch(name) and "://" not in settings:
        return _absolute(settings, folder)
    return settings


def at_home(path: str) -> Path:
    """A path with `~` and `~NAME` as the home of a user; of nobody's it stays as it is."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _absolute(path: str, folder: Path) -> str:
    return os.path.normpath((folder / at_home(path)).absolute())
