"""OData `$filter`, as far as the directory answers it; all else is refused as Graph refuses it.

    userPrincipalName eq 'o''brien@example.org' and accountEnabled eq true
    startswith(displayName,'O''B') or employeeId in ('1', '2')
    proxyAddresses/any(x:x eq 'smtp:a@example.org')

Text is compared without case. `ne`, `not`, `endswith`, comparing with null and counting need the
advanced query parameters.

Source: Microsoft Graph, "Advanced query capabilities on Microsoft Entra ID objects".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.entra_id.sandbox.problems import BAD_REQUEST, Problem, unsupported_query
from connectors.entra_id.sandbox.schema import Property

Matches = Callable[[Mapping[str, Any]], bool]

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),:])|(?P<word>[^\s(),:']+))"
)
_FUNCTIONS: Final = {"startswith": str.startswith, "endswith": str.endswith}
_COMPARED: Final = frozenset({"eq", "ne", "ge", "le", "gt", "lt", "in"})
DEEPEST: Final = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood.

    Attributes:
        matches: Whether an object passes.
        advanced: Whether only an advanced query may ask it.
    """

    matches: Matches
    advanced: bool


def parse_filter(text: str, schema: Mapping[str, Property], title: str) -> Filter:
    """Understand a filter.

    Args:
        text: Decoded.
        schema: Properties of the kind of object.
        title: What Graph calls that kind in messages.

    Raises:
        Problem: No filter, or not one that the directory answers.
    """
    return _Parser(text, schema, title).parse()


class _Parser:
    """Recursive descent: or, and, not, comparison."""

    def __init__(self, text: str, schema: Mapping[str, Property], title: str) -> None:
        self._schema, self._title = schema, title
        self._tokens = list(_tokens(text))
        self._at = 0
        self._depth = 0
        self._advanced = False

    def parse(self) -> Filter:
        matches = self._either()
        if self._at < len(self._tokens):
            raise _invalid()
        return Filter(matches, self._advanced)

    def _either(self) -> Matches:
        self._depth += 1
        if self._depth > DEEPEST:
            raise _invalid()
        parts = [self._both()]
        while self._word("or"):
            parts.append(self._both())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else lambda one: any(part(one) for part in parts)

    def _both(self) -> Matches:
        parts = [self._one()]
        while self._word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda one: all(part(one) for part in parts)

    def _one(self) -> Matches:
        if self._word("not"):
            self._advanced = True
            self._depth += 1
            if self._depth > DEEPEST:
                raise _invalid()
            inner = self._one()
            return lambda one: not inner(one)
        if self._mark("("):
            inner = self._either()
            self._expect(")")
            return inner
        word = self._next()
        if word.casefold() in _FUNCTIONS and self._mark("("):
            return self._function(word.casefold())
        if word.endswith("/any") and self._mark("("):
            return self._any(word.removesuffix("/any"))
        if word.endswith("/$count"):
            return self._count(word.removesuffix("/$count"))
        return self._comparison(word)

    def _function(self, name: str) -> Matches:
        path = self._known(self._next())
        self._expect(",")
        wanted = self._text().casefold()
        self._expect(")")
        if name == "endswith":
            self._advanced = True
        test = _FUNCTIONS[name]
        return lambda one: isinstance(one.get(path), str) and test(one[path].casefold(), wanted)

    def _comparison(self, word: str) -> Matches:
        path, verb = self._known(word), self._next().casefold()
        if verb not in _COMPARED or self._schema[path].kind in {"texts", "object", "objects"}:
            raise self._unsupported(path)
        if verb == "in":
            wanted = {_folded(value) for value in self._list()}
            return lambda one: _folded(one.get(path)) in wanted
        value = self._value()
        if verb == "ne" or value is None:
            self._advanced = True
        folded = _folded(value)
        match verb:
            case "eq":
                return lambda one: _folded(one.get(path)) == folded
            case "ne":
                return lambda one: _folded(one.get(path)) != folded
            case _:
                if not isinstance(folded, str):
                    raise self._unsupported(path)
                return lambda one: _ordered(verb, _folded(one.get(path)), folded)

    def _any(self, word: str) -> Matches:
        path = self._known(word)
        if self._schema[path].kind not in {"texts", "objects"}:
            raise self._unsupported(path)
        name = self._next()
        self._expect(":")
        if self._schema[path].kind == "objects":
            inner, verb, value = self._next(), self._next(), _folded(self._value())
            self._expect(")")
            part = inner.removeprefix(f"{name}/")
            if part == inner or verb != "eq":
                raise self._unsupported(path)
            return lambda one: any(_folded(each.get(part)) == value for each in one.get(path) or ())
        word = self._next()
        if word.casefold() == "startswith" and self._mark("("):
            if self._next() != name:
                raise _invalid()
            self._expect(",")
            wanted = self._text().casefold()
            self._expect(")")
            self._expect(")")
            return lambda one: any(
                each.casefold().startswith(wanted) for each in one.get(path) or ()
            )
        if word != name or self._next() != "eq":
            raise self._unsupported(path)
        wanted = self._text().casefold()
        self._expect(")")
        return lambda one: wanted in (each.casefold() for each in one.get(path) or ())

    def _count(self, word: str) -> Matches:
        path, verb, value = self._known(word), self._next(), self._value()
        if verb not in {"eq", "ne"} or not isinstance(value, int):
            raise self._unsupported(path)
        self._advanced = True
        return lambda one: (len(one.get(path) or ()) == value) is (verb == "eq")

    # --- Tokens -----------------------------------------------------------------------------------

    def _known(self, word: str) -> str:
        if word not in self._schema:
            message = f"Could not find a property named '{word}' on type '{self._title}'."
            raise Problem(400, BAD_REQUEST, message)
        if not self._schema[word].filtered:
            raise self._unsupported(word)
        return word

    def _unsupported(self, word: str) -> Problem:
        return unsupported_query(
            f"Unsupported or invalid query filter clause specified for property '{word}' of "
            f"resource '{self._title}'."
        )

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _invalid()
        self._at += 1
        return token

    def _word(self, word: str) -> bool:
        found = self._peek().casefold() == word
        self._at += found
        return found

    def _mark(self, mark: str) -> bool:
        found = self._peek() == mark
        self._at += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._mark(mark):
            raise _invalid()

    def _list(self) -> Iterator[Any]:
        self._expect("(")
        yield self._value()
        while self._mark(","):
            yield self._value()
        self._expect(")")

    def _text(self) -> str:
        value = self._value()
        if not isinstance(value, str):
            raise _invalid()
        return value

    def _value(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        match token:
            case "true" | "false":
                return token == "true"
            case "null":
                return None
            case _ if re.fullmatch(r"-?[0-9]{1,18}", token):
                return int(token)
            case _ if re.fullmatch(r"[0-9]{4}-[0-9-]+(T[0-9]+)?Z?", token):
                while self._mark(":"):
                    token += f":{self._next()}"
                return token
            case _:
                raise _invalid()


def _tokens(text: str) -> Iterator[str]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _invalid()
        yield found.group("text") or found.group("mark") or found.group("word")
        place = found.end()


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _ordered(verb: str, left: Any, right: str) -> bool:
    if not isinstance(left, str):
        return False
    return {"ge": left >= right, "le": left <= right, "gt": left > right, "lt": left < right}[verb]


def _invalid() -> Problem:
    return Problem(400, BAD_REQUEST, "Invalid filter clause: the expression is not understood.")
