"""YAML as a site writes it: every value keeps its line, and nothing is read two ways.

The scalars are those of YAML 1.2, and fewer: only `true` and `false` are booleans (`on` and `NO`
are text), a number with a leading zero or a plus is text (it is an id or a telephone number), and a
day is text. Duplicate keys are errors. Anchors, aliases and `<<` work.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from config.several import raise_all
from config.yaml_sentences import explain
from connectors.model.errors import ConfigError

Key = tuple[str | int, ...]
"""Path of a value from the top of a file: names of keys and places in lists."""

LONGEST_PATH: Final = 200
"""Characters of a path that a message bears."""

MAX_BYTES: Final = 20_000_000
"""A file is not longer: 10,000 rules are a fifth of it."""

MAX_VALUES: Final = 500_000
"""A file holds no more values, aliases unfolded. A few nested anchors can make billions."""

MAX_DEPTH: Final = 200
"""Groups and lists stand no deeper in each other: libyaml overflows the stack of the process."""

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = f"{_TAG}merge"
_OF_KEYS: Final = frozenset({"str", "null", "bool", "int", "float", "merge"})
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
"""What no path, database or UTF-8 text can hold."""


class Place(NamedTuple):
    """Where something stands.

    Attributes:
        file: As the user wrote its path, or as short as it gets.
        line: Counted from 1.
    """

    file: str
    line: int

    def __str__(self) -> str:
        """Print as editors and terminals link it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One file, read.

    Attributes:
        path: Absolute.
        file: For messages.
        content: dict, list, str, int, float, bool and None, as written: `${…}` is not expanded.
        lines: Line of every key and every list item.
    """

    path: Path
    file: str
    content: Any = field(repr=False)
    lines: Mapping[Key, int] = field(repr=False)

    def place(self, key: Key) -> Place:
        """Where a value stands; for one that was left out, where it would belong."""
        while key and key not in self.lines:
            key = key[:-1]
        return Place(self.file, self.lines.get(key, 1))

    def value(self, key: Key) -> Any:
        """What is written under a key, or instead of its group; None when nothing is."""
        found = self.content
        for step in key:
            try:
                found = found[step]
            except (KeyError, IndexError):
                return None
            except TypeError:  # the short way to write it: `create: 50` for `create: {count: 50}`
                return found
        return found

    def error(self, message: str, key: Key, *, spelled: str | None = None) -> ConfigError:
        """What is wrong with the value of a key, said with its place."""
        place = self.place(key)
        return ConfigError(message, file=place.file, line=place.line, key=spelled or spell(key))


def spell(key: Key) -> str | None:
    """The key as messages print it: `targets.entra_id.depends_on[0]`; None for the whole file."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in key)
    return printable(text.removeprefix(".")) or None


def unspell(key: str) -> Key:
    """The steps of a key as messages print it; names that hold a dot or a bracket come apart."""
    return tuple(
        int(place) if place else name for place, name in re.findall(r"\[(\d+)\]|([^.[]+)", key)
    )


def printable(text: str) -> str:
    """Text out of a file for messages: no line of its own, and nothing that a terminal obeys."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def read_yaml(path: Path) -> YamlFile:
    """Read a file with one YAML document.

    Raises:
        ConfigError: No such file, not UTF-8, not YAML, empty, or a key stands twice.
    """
    file = shown(path)
    return _Reading(path, file, _read_text(path, file)).finish()


def shown(path: Path) -> str:
    """A path for messages: relative to the working directory when it lies below it.

    Of one that is longer than a sentence bears, its end.
    """
    absolute = Path(os.path.normpath(path.absolute()))
    here = Path.cwd()
    text = printable(str(absolute.relative_to(here) if absolute.is_relative_to(here) else path))
    return text if len(text) <= LONGEST_PATH else f"…{text[-LONGEST_PATH:]}"


def _read_text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError("there is no such file", file=file) from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise ConfigError(message, file=file) from error
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1_000_000} MB; is it the one you mean?"
        raise ConfigError(message, file=file)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "the file is not UTF-8 text; save it as UTF-8"
        raise ConfigError(message, file=file, line=line) from error


_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may be built without libyaml


class _Quick(_Fast):  # type: ignore[misc]  # which of the two is known at run time only
    """libyaml with the scalars of the module's docstring: five times as fast as plain Python."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way; the loop below adds to it
    _depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Count how deep the next value stands; libyaml itself does not."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RecursionError

    def ascend_resolver(self) -> None:
        """Come back up."""
        self._depth -= 1


class _Careful(yaml.SafeLoader):
    """The same in plain Python, whose complaints can be explained: see `yaml_sentences`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as above


for _tag, _pattern, _first in (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})$", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?$", "-0123456789"),
    ("null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"<<$", "<"),
):
    for _loader in (_Quick, _Careful):
        _loader.add_implicit_resolver(f"{_TAG}{_tag}", re.compile(_pattern), list(_first))


def _compose(text: str) -> yaml.Node | None:
    """The nodes of a text; what libyaml does not like is read again, to be told in our words."""
    try:
        node: yaml.Node | None = _Quick(text).get_single_node()
    except yaml.YAMLError:
        node = _Careful(text).get_single_node()
    return node


class _Reading:
    """One file being read."""

    def __init__(self, path: Path, file: str, text: str) -> None:
        self._path, self._file, self._text = path, file, text
        self._lines: dict[Key, int] = {}
        self._twice: list[ConfigError] = []
        self._open: set[int] = set()
        self._values = 0

    def finish(self) -> YamlFile:
        try:
            node = _compose(self._text)
            if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
                raise ConfigError("the file is empty", file=self._file)
            content = self._value(node, ())
        except yaml.MarkedYAMLError as error:
            raise self._broken(error) from error
        except yaml.reader.ReaderError as error:
            line = self._text.count("\n", 0, error.position) + 1
            message = "there is a control character here; delete it"
            raise ConfigError(message, file=self._file, line=line) from error
        except RecursionError as error:
            raise ConfigError("the values are nested too deeply", file=self._file) from error
        raise_all(self._twice)
        return YamlFile(self._path.absolute(), self._file, content, self._lines)

    def _broken(self, error: yaml.MarkedYAMLError) -> ConfigError:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        opened = error.context_mark.line + 1 if error.context_mark else line
        return ConfigError(explain(error, opened), file=self._file, line=line)

    def _error(self, message: str, node: yaml.Node, key: Key) -> ConfigError:
        line = node.start_mark.line + 1
        return ConfigError(message, file=self._file, line=line, key=spell(key))

    def _value(self, node: yaml.Node, key: Key) -> Any:
        self._values += 1
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES} values, with anchors unfolded; split the file"
            raise ConfigError(message, file=self._file)
        if id(node) in self._open:
            raise self._error("this alias stands inside its own anchor", node, key)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, key)
            if isinstance(node, yaml.SequenceNode):
                return self._list(node, key)
            return self._scalar(node, key)
        finally:
            self._open.discard(id(node))

    def _list(self, node: yaml.SequenceNode, key: Key) -> list[Any]:
        self._refuse_tag(node, "seq", key)
        items = []
        for place, item in enumerate(node.value):
            self._lines[*key, place] = item.start_mark.line + 1
            items.append(self._value(item, (*key, place)))
        return items

    def _mapping(self, node: yaml.MappingNode, key: Key) -> dict[str, Any]:
        self._refuse_tag(node, "map", key)
        found: dict[str, Any] = {}
        own: dict[str, int] = {}
        for name_node, value_node in node.value:
            name = self._name(name_node, key)
            line = name_node.start_mark.line + 1
            if name in own:
                message = f"this key stands twice; the first is in line {own[name]}"
                self._twice.append(self._error(message, name_node, (*key, name)))
                continue
            own[name] = line
            if name_node.tag == _MERGE:
                continue
            self._lines[*key, name] = line
            found[name] = self._value(value_node, (*key, name))
        for name_node, value_node in node.value:
            if name_node.tag == _MERGE:
                self._merge(value_node, key, found)
        return found

    def _merge(self, node: yaml.Node, key: Key, found: dict[str, Any]) -> None:
        """Add what `<<` names; keys that are there already win."""
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            if not isinstance(part, yaml.MappingNode):
                raise self._error("<< takes a group of keys, or a list of such groups", part, key)
            beside = _Reading(self._path, self._file, "")
            beside._open, beside._values = self._open, self._values
            merged = beside._value(part, key)
            new = merged.keys() - found.keys()
            found |= {name: value for name, value in merged.items() if name in new}
            self._lines |= {
                inner: line for inner, line in beside._lines.items() if inner[len(key)] in new
            }
            self._twice += beside._twice
            self._values = beside._values

    def _name(self, node: yaml.Node, key: Key) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(
                "a key must be text; does a value with { or [ need quotes?", node, key
            )
        if not node.value:
            raise self._error("a key is missing before this ':'", node, key)
        if not node.tag.startswith(_TAG) or node.tag.removeprefix(_TAG) not in _OF_KEYS:
            raise self._tagged(node, key)
        return self._characters(node, key)

    def _scalar(self, node: yaml.Node, key: Key) -> Any:
        text = self._characters(node, key)
        match node.tag.removeprefix(_TAG):
            case "str" | "merge":
                return text
            case "null":
                return None
            case "bool" if text.lower() in {"true", "false"}:
                return text.lower() == "true"
            case "int" | "float" as kind:
                try:
                    number = int(text) if kind == "int" else float(text)
                except ValueError:
                    raise self._error("this is not a number", node, key) from None
                if not isfinite(number):
                    raise self._error("this number is too large", node, key)
                return number
            case _:
                raise self._tagged(node, key)

    def _characters(self, node: yaml.Node, key: Key) -> str:
        text = str(node.value)
        if _NO_TEXT.search(text):
            message = "an escape in this text stands for no character; write the text itself"
            raise self._error(message, node, key)
        return text

    def _refuse_tag(self, node: yaml.Node, kind: str, key: Key) -> None:
        if node.tag != f"{_TAG}{kind}":
            raise self._tagged(node, key)

    def _tagged(self, node: yaml.Node, key: Key) -> ConfigError:
        tag = printable(node.tag.replace(_TAG, "!!"))
        return self._error(f"the tag {tag} means nothing here; leave it out", node, key)
