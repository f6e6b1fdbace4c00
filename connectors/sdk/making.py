"""Making a connector: a copy of the skeleton under another name, which keeps the laws as it is.

The skeleton is code that runs and is tested; nothing in it is a placeholder but its name.
"""

import keyword
import re
from pathlib import Path
from typing import Final

from connectors.model.errors import ConfigError

SKELETON: Final = Path(__file__).with_name("skeleton")
PACKAGE: Final = "connectors.sdk.skeleton"
TESTS: Final = "test_skeleton.txt"
PYPROJECT: Final = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "retour-{name}"
version = "0.1.0"
description = "The connector {name} for Retour."
requires-python = ">=3.11"
dependencies = ["retour"]

[project.entry-points."retour.connectors"]
{name} = "{name}:CONNECTORS"

[tool.hatch.build.targets.wheel]
packages = ["{name}"]

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
testpaths = ["tests"]
"""
LAWS: Final = '''\
"""The connector keeps every law of Retour that applies to it."""

from connectors.sdk.conformance.plugin import keeps_the_laws

test_laws = keeps_the_laws("{name}")
'''


def make_connector(name: str, *, into: Path | None = None, taken: frozenset[str]) -> list[Path]:
    """Make a connector that runs and keeps the laws.

    Args:
        name: As a profile will say it: lower case letters, digits, underscores.
        into: A folder for a package of its own, made when it is not there. Without it the connector
            becomes a folder of this repository, and its tests go where the other tests are.
        taken: Names of connectors there are.

    Returns:
        The files, in the order in which to fill them in.

    Raises:
        ConfigError: The name cannot be one, or is taken; there is something in the way.
    """
    _require_name(name, taken)
    if into is None:
        root = _repository()
        place, tests, package = root / "connectors" / name, root / "tests/connectors" / name, True
        prefix = f"connectors.{name}"
    else:
        place, tests, package = into / name, into / "tests", False
        prefix = name
    for folder in (place, tests if package else place):
        if folder.exists():
            raise ConfigError(f"{folder} is there already", key="NAME")
    files = {
        place / file.name: _renamed(file, name, prefix)
        for file in sorted(SKELETON.iterdir(), key=_by_use)
        if file.suffix in {".py", ".md"}
    }
    files[tests / f"test_{name}.py"] = _renamed(SKELETON / TESTS, name, prefix)
    files[tests / "test_laws.py"] = LAWS.format(name=name)
    if into is not None:
        files[into / "pyproject.toml"] = PYPROJECT.format(name=name)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(files)


def _renamed(file: Path, name: str, prefix: str) -> str:
    title = "".join(part.capitalize() for part in name.split("_"))
    text = file.read_text(encoding="utf-8").replace(PACKAGE, prefix)
    return _with_sorted_imports(text.replace("Skeleton", title).replace("skeleton", name))


def _with_sorted_imports(text: str) -> str:
    """The imports in order again: another name has another place among them."""
    block = re.compile(r"(?:^from \w+[\w.]* import .*\n)+", re.MULTILINE)
    return block.sub(lambda found: "".join(sorted(found.group().splitlines(keepends=True))), text)


def _by_use(file: Path) -> int:
    """What to fill in first: what it can do, then how it is reached, read, written, tried."""
    order = ("manifest", "settings", "client", "mapping", "reader", "writer", "sandbox")
    return order.index(file.stem) if file.stem in order else len(order)


def _require_name(name: str, taken: frozenset[str]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", name) or keyword.iskeyword(name):
        told = f"{name!r} is no name for a connector: lower case letters, digits and underscores"
        raise ConfigError(told, key="NAME")
    if name in taken or name == "skeleton":
        raise ConfigError(f"there is a connector {name!r} already", key="NAME")


def _repository() -> Path:
    """The folder that this code is developed in.

    Raises:
        ConfigError: It is installed, so that nothing can be added beside it.
    """
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").exists() or not (root / "tests/connectors").is_dir():
        raise ConfigError("Retour is installed here: say --into FOLDER", key="--into")
    return root
