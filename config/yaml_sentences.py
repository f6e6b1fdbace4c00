"""What PyYAML says, as sentences for people."""

import re
from typing import Final

import yaml

_EXPLAINED: Final = {
    "character '\\t'": "a tab stands here; indent with spaces",
    "mapping values are not allowed": (
        "a ':' stands where none can: check the indentation, and quote text that has ': ' in it"
    ),
    "could not find expected ':'": "a line without ':'; a key is followed by ': ' and its value",
    "found unexpected end of stream": "the quote that opens in line {opened} is never closed",
    "found unknown escape character": (
        "a backslash in double quotes begins an escape; use single quotes"
    ),
    "expected ',' or ']'": "the '[' of line {opened} is not closed, or a comma is missing",
    "expected ',' or '}'": "the '{{' of line {opened} is not closed, or a comma is missing",
    "expected the node content": "a value is missing, or a bracket closes that was not opened",
    "but found another document": "a file holds one document: remove the line with ---",
    "found duplicate anchor": "this anchor stands twice",
    "cannot start any token": "text that begins with such a character needs quotes",
    "sequence entries are not allowed": "a list with '- ' begins on a line of its own",
    "expected <block end>": (
        "this line is not indented like its neighbours, which begin in line {opened}"
    ),
    "expected '<document start>'": "this line belongs to nothing above it: check its indentation",
}
"""Part of PyYAML's sentence -> ours; the first that fits."""


def explain(error: yaml.MarkedYAMLError, opened: int | None) -> str:
    """What PyYAML found, for people; quotes nothing of the file but the name of an alias.

    Args:
        error: PyYAML's.
        opened: Line where the thing began that is not finished.
    """
    problem = f"{error.context or ''} {error.problem or ''}"
    alias = re.search(r"undefined alias '?([^'\s]+)'?", problem)
    if alias:
        return f"*{alias[1]} refers to an anchor &{alias[1]} that does not stand above it"
    for part, sentence in _EXPLAINED.items():
        if part in problem:
            return sentence.format(opened=opened)
    return f"this is not YAML: {error.problem}"
