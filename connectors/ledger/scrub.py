"""Taking a person out of what is kept as JSON or text: their own entries, and mentions of them."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from connectors.model.private import ERASED

LONG_ENOUGH: Final = 6
"""Characters of a word that is looked for inside texts; a shorter one would be found by chance."""
_STATES: Final = frozenset({"permission", "name", "kind"})


class Scrub:
    """Knows what somebody is called, and what stands there instead.

    Args:
        person: Their HR id.
        words: What else points to nobody but them: native ids, addresses, login names.
        token: Stands in the place of their id where entries are told apart by it.
    """

    def __init__(self, person: str, words: Iterable[str], token: str) -> None:
        """Make ready to look."""
        self.person, self.token = person, token
        every = {person, *words} - {""}
        self._exact = {word.casefold() for word in every}
        self.long = sorted(word for word in every if len(word) >= LONG_ENOUGH)
        inner = "|".join(re.escape(word) for word in sorted(self.long, key=len, reverse=True))
        self._inside = re.compile(rf"(?<![\w@.-])(?:{inner})(?![\w@-])", re.IGNORECASE)

    def text(self, text: str) -> str:
        """A text without them."""
        if text.casefold() in self._exact:
            return ERASED
        return self._inside.sub(ERASED, text) if self.long else text

    def deep(self, value: Any) -> Any:
        """JSON without them, wherever in it they stand."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.deep(one) for one in value]
            case dict():
                return {name: self.deep(one) for name, one in value.items()}
            case _:
                return value

    def change(self, change: Mapping[str, Any], new_id: str) -> dict[str, Any]:
        """A change of theirs: that it was, not about whom; of a permission, still which one."""
        blank: dict[str, Any] = {"id": new_id, "person": self.token, "ref": None, "because": []}
        blank |= {name: _blank(change[name]) for name in ("before", "after")}
        return {**change, **blank, "needs": [], "context": {}}

    def receipt(self, receipt: Mapping[str, Any], new_id: str) -> dict[str, Any]:
        """A receipt of theirs."""
        blank: dict[str, Any] = {
            "change": new_id,
            "person": self.token,
            "ref": None,
            "produced": {},
        }
        return {**receipt, **blank, "detail": None}

    def report(self, report: Mapping[str, Any]) -> dict[str, Any]:
        """A report of a run without them."""
        changes = [
            {**self._reported(one), "detail": None} if one["person"] == self.person else one
            for one in report.get("changes") or ()
        ]
        notes = [
            {**one, "person": self.token, "ref": None, "reason": ERASED}
            if one["person"] == self.person
            else one
            for one in report.get("notes") or ()
        ]
        told = [
            {**one, "person": self.token, **dict.fromkeys(("to", "subject", "why"), ERASED)}
            if one["person"] == self.person
            else one
            for one in report.get("messages") or ()
        ]
        parts = {"changes": changes, "notes": notes}
        parts |= {"messages": told} if "messages" in report else {}
        scrubbed: dict[str, Any] = self.deep({**report, **parts})
        return scrubbed

    def _reported(self, change: Mapping[str, Any]) -> dict[str, Any]:
        blank = {name: _blank(change[name]) for name in ("before", "after")}
        return {**change, **blank, "id": ERASED, "person": self.token, "ref": None, "because": []}


def words_in(values: Iterable[Any]) -> set[str]:
    """What of somebody's values points to nobody else: addresses, and names in a directory."""
    found: set[str] = set()
    for value in values:
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, str) and ("@" in one or one.upper().startswith("CN=")):
                found.add(re.sub(r"^smtp:", "", one, flags=re.IGNORECASE))
    return found


def _blank(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: one if _says_nothing(name, one, values) else ERASED for name, one in values.items()
    }


def _says_nothing(name: str, value: Any, values: Collection[str]) -> bool:
    """Whether a value is about no person: a yes or no, a group, that something was emptied."""
    return isinstance(value, bool | dict) or (name in _STATES and "permission" in values)
