"""The lock: what it pins, and what is wrong with it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = ROOT / "requirements.lock"
OURSELVES: Final = "retour"
TOOLS: Final = frozenset({OURSELVES, "pip", "setuptools", "wheel"})
"""In every environment, and pinned by nobody."""
PINNED: Final = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:\[[\w, -]+\])?==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?"
)
HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """A package of the lock.

    Attributes:
        name: Normalised.
        version: Exact.
        marker: Where it is needed; "" for everywhere.
        hashes: SHA-256 of every file that may be installed.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def needed_here(self) -> bool:
        """Whether this Python on this system needs it."""
        return not self.marker or Marker(self.marker).evaluate()


def read_lock(text: str) -> tuple[list[Pin], list[str]]:
    """The pins of a lock, and what in it is none."""
    pins: dict[str, Pin] = {}
    wrong = []
    whole = re.sub(r"\\\n\s*", " ", text)
    for line in whole.splitlines():
        said = line.partition(" #")[0].strip()
        if not said or line.lstrip().startswith("#"):
            continue
        wanted = HASH.split(said)[0].removesuffix(" ").strip()
        found = PINNED.fullmatch(wanted)
        if found is None:
            wrong.append(f"no exact pin, or a source of its own: {wanted[:80]}")
            continue
        hashes = tuple(HASH.findall(said))
        if not hashes:
            wrong.append(f"{found['name']} has no hash")
        name = canonicalize_name(found["name"])
        pins[name] = Pin(name, found["version"], found["marker"] or "", hashes)
    return list(pins.values()), wrong


def faults(pins: list[Pin], installed: dict[str, Distribution]) -> Iterator[str]:
    """What the lock lacks, against what is installed and what that needs."""
    pinned = {pin.name: pin for pin in pins}
    for name, distribution in sorted(installed.items()):
        if name not in TOOLS and name not in pinned:
            yield f"{name} is installed and not in the lock"
        elif name in pinned and pinned[name].version != distribution.version:
            yield f"{name} is {distribution.version} here and {pinned[name].version} in the lock"
        yield from _unmet(name, distribution, pinned)
    for pin in pins:
        if pin.needed_here and pin.name not in installed:
            yield f"{pin.name} is in the lock and not installed: run make again"


def _unmet(name: str, distribution: Distribution, pinned: dict[str, Pin]) -> Iterator[str]:
    """What a package needs and the lock does not give."""
    for text in distribution.requires or ():
        needed = Requirement(text)
        extra = {"extra": "dev" if name == OURSELVES else ""}
        if needed.marker is not None and not needed.marker.evaluate(extra):
            continue
        wanted = canonicalize_name(needed.name)
        pin = pinned.get(wanted)
        if pin is None and wanted not in TOOLS:
            yield f"{name} needs {needed.name}, which is not in the lock"
        elif pin is not None and not needed.specifier.contains(pin.version, prereleases=True):
            yield f"{name} needs {needed}, and the lock has {pin.version}"


def installed_here() -> dict[str, Distribution]:
    """What is in this environment, by normalised name."""
    return {canonicalize_name(one.name): one for one in distributions()}
