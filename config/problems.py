"""What pydantic says about a file, as sentences with file, line and key."""

import re
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.several import hint
from config.yaml_file import Key, YamlFile, spell
from connectors.model.errors import ConfigError, quoted

_SECRET: Final = re.compile(
    r"pass(word|wd)?|pwd|secret|token|credential|authori[sz]|bearer|(^|_)(key|pin|code)",
    re.IGNORECASE,
)

UNKNOWN: Final = object()
"""Stands for a value that is not told."""

Sentence = Callable[[dict[str, Any], str], str]
Elsewhere = Callable[[Key, str], ConfigError | None]
"""From a key and what is wrong with it to the error that says where it was given; None: here."""

_SENTENCES: Final[dict[str, Sentence]] = {
    "string_type": lambda _, said: f"must be text{said}",
    "string_too_short": lambda *_: "must not be empty",
    "int_type": lambda _, said: f"must be a whole number{said}",
    "int_parsing": lambda _, said: f"must be a whole number{said}",
    "int_from_float": lambda _, said: f"must be a whole number{said}",
    "float_type": lambda _, said: f"must be a number{said}",
    "float_parsing": lambda _, said: f"must be a number{said}",
    "path_type": lambda _, said: f"must be a path{said}",
    "bool_type": lambda _, said: f"must be true or false{said}",
    "bool_parsing": lambda _, said: f"must be true or false{said}",
    "tuple_type": lambda _, said: f"must be a list{said}",
    "list_type": lambda _, said: f"must be a list{said}",
    "dict_type": lambda _, said: f"must be a group of keys{said}",
    "model_type": lambda _, said: f"must be a group of keys{said}",
    "literal_error": lambda context, said: (
        f"must be {str(context['expected']).replace(chr(39), '')}{said}"
    ),
    "greater_than_equal": lambda context, said: f"must be at least {context['ge']}{said}",
    "less_than_equal": lambda context, said: f"must be at most {context['le']}{said}",
    "too_short": lambda *_: "must not be empty",
    "value_error": lambda context, _: str(context["error"]),
    "condition": lambda context, _: str(context["said"]),
}
"""Type of pydantic's error -> sentence, from its context and the words for what stands there."""


def explain(
    error: ValidationError,
    model: type[BaseModel],
    file: YamlFile,
    *,
    at: Key = (),
    named: str | None = None,
    elsewhere: Elsewhere | None = None,
) -> list[ConfigError]:
    """Every problem of a group of keys, in the order of the file.

    What stands in the file is quoted as it is written there: no `${…}` is ever shown expanded.

    Args:
        error: Pydantic's.
        model: What was read.
        file: Where it was read from.
        at: Where the group stands in the file.
        named: What to call that place in the key, when its path says little.
        elsewhere: Asked first for each problem, where values came from other places too. No value
            is quoted to it.
    """
    problems = []
    found = [
        (_loc(details, at, file), details)
        for details in error.errors(include_url=False, include_input=False)
    ]
    for loc, details in found:
        if details["type"] == "too_short" and any(loc == one[:-1] for one, _ in found):
            continue  # pydantic counts what is left of a list when its wrong items are gone
        theirs = elsewhere and elsewhere(loc, _sentence(details, model, loc, UNKNOWN))
        if theirs:
            problems.append(theirs)
            continue
        spelled = spell((*((named,) if named else at), *loc))
        problems.append(
            file.error(
                _sentence(details, model, loc, _written(file, (*at, *loc))),
                (*at, *loc),
                spelled=spelled,
            )
        )
    return sorted(problems, key=lambda problem: problem.line or 0)


def _written(file: YamlFile, key: Key) -> Any:
    """What stands at a key; of one text where a list may stand, all of it."""
    around = file.value(key[:-1])
    return around if isinstance(around, str) else file.value(key)


def sentences(error: ValidationError, model: type[BaseModel]) -> list[tuple[str, str]]:
    """Key and sentence of every problem of something that stands in no file; no value is quoted."""
    return [
        (spell(_loc(details)) or "", _sentence(details, model, _loc(details), UNKNOWN))
        for details in error.errors(include_url=False, include_input=False)
    ]


def _loc(details: ErrorDetails, at: Key = (), file: YamlFile | None = None) -> Key:
    """Where it is, without the words with which pydantic tells keys and types of a union apart.

    Those have a bracket in them, and so may a key that somebody wrote.
    """
    loc: Key = ()
    *_, last = details["loc"] or ("",)
    # An unknown key is one, whatever it looks like.
    unknown = last if details["type"] == "extra_forbidden" else None
    for step in details["loc"]:
        is_written = file is not None and (*at, *loc, step) in file.lines
        if isinstance(step, int) or "[" not in step or is_written or step == unknown:
            loc = (*loc, step)
    return loc


def _sentence(details: ErrorDetails, model: type[BaseModel], loc: Key, written: Any) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        return f"is missing. {_described(model, loc)}".rstrip()
    if kind == "extra_forbidden":
        return f"unknown key{hint(str(loc[-1]), _known_keys(model, loc[:-1]))}"
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        return f"is not accepted: {details['msg'][0].lower()}{details['msg'][1:]}"
    return sentence(context, _not_this(written, loc))


def _not_this(written: Any, loc: Key) -> str:
    """The end of "must be X": what is there instead, unless it may be a secret."""
    match written:
        case _ if written is UNKNOWN:
            return ""
        case None:
            return ", and nothing is there"
        case list() | dict():
            return f", not {'a list' if isinstance(written, list) else 'a group of keys'}"
        case int() | float() if _may_be_secret(loc):
            return "; as text it needs quotes"
        case _ if _may_be_secret(loc):
            return ", not such text"
        case bool():
            return f", not {str(written).lower()}; text needs quotes"
        case int() | float():
            return f", not the number {written}"
        case _:
            return f", not {quoted(written)}"


def _may_be_secret(loc: Key) -> bool:
    return any(_SECRET.search(str(step)) for step in loc)


def _known_keys(model: type[BaseModel], loc: Key) -> list[str]:
    found = _model_at(model, loc)
    if found is None:
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _described(model: type[BaseModel], loc: Key) -> str:
    found = _model_at(model, loc[:-1])
    for name, field in found.model_fields.items() if found else ():
        if loc[-1] in {name, field.alias}:
            return " ".join((field.description or "").split())
    return ""


def _model_at(model: type[BaseModel], loc: Key) -> type[BaseModel] | None:
    """The model that describes what stands at a place, None where there is none."""
    current: Any = model
    for step in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            if isinstance(step, int):
                continue  # one of several where one alone may stand as well
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            if step not in fields:
                return None
            current = bare(fields[str(step)].annotation)
        else:
            parts = get_args(current)
            if not parts:
                return None
            current = bare(parts[1] if get_origin(current) is dict else parts[0])
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def bare(annotation: Any) -> Any:
    """An annotation without `Annotated` and without `| None`."""
    while get_origin(annotation) in {Annotated, Union, UnionType}:
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    return annotation
