"""What is wrong with a set of rules, found when it is loaded: before anything is read."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from tasks.lifecycle.conditions import EXISTS, OPERATORS, All, AnyOf, Condition, Not, Test
from tasks.lifecycle.people import ALIASES, FACTS, FactKind, kind_of, known_path
from tasks.lifecycle.rule import Grant, Rule, Window

Finding = tuple[str, str]
"""Id of a rule, and a sentence about it."""

_HELD: Final[dict[FactKind, str]] = {
    "text": "text",
    "number": "a number",
    "date": "a date",
    "flag": "true or false",
}
_WANTED: Final[dict[FactKind, str]] = _HELD | {
    "text": 'text (a number goes into quotes: "100")',
    "date": "a date such as 2026-01-31",
}


def check_rules(
    rules: Iterable[Rule], targets: Collection[str], custom: Collection[str] | None = None
) -> list[Finding]:
    """Everything that is wrong with the rules; those that are switched off included.

    Args:
        rules: All rules, in the order of the files.
        targets: Targets of the profile.
        custom: Custom columns there are, as paths; None while nobody knows (see `known_path`).

    Returns:
        Findings in the order of the rules; empty when all is well.
    """
    every = list(rules)
    times = Counter(rule.id for rule in every)
    findings = [
        (id, f"{count} rules have this id; every reason must name one rule")
        for id, count in times.items()
        if count > 1
    ]
    for rule in every:
        findings += [(rule.id, sentence) for sentence in _check_rule(rule, targets, custom)]
    return findings


def _check_rule(
    rule: Rule, targets: Collection[str], custom: Collection[str] | None
) -> Iterator[str]:
    if not rule.id.strip():
        yield "a rule without an id"
    yield from _check_condition(rule.when, custom)
    yield from _check_window(rule.window)
    if not rule.grant:
        yield "it grants nothing"
    for target, grant in rule.grant.items():
        if target not in targets:
            yield f"there is no target {target}{_perhaps(target, targets)}"
        yield from _check_grant(target, grant)


def _check_grant(target: str, grant: Grant) -> Iterator[str]:
    if not (grant.account or grant.access or grant.permissions):
        yield f"it grants nothing in {target}"
    if any(not permission.strip() for permission in grant.permissions):
        yield f"a permission in {target} has no name"


def _check_window(window: Window) -> Iterator[str]:
    for name in ("from_days", "until_days"):
        days: object = getattr(window, name)
        if isinstance(days, bool) or not isinstance(days, int):
            yield f"window.{name} wants a whole number of days, not {days!r}"


def _check_condition(condition: Condition, custom: Collection[str] | None) -> Iterator[str]:
    match condition:
        case Test():
            yield from _check_test(condition, custom)
        case Not(inner):
            yield from _check_condition(inner, custom)
        case AnyOf(()):
            yield "an `any` without conditions never holds"
        case All(conditions) | AnyOf(conditions):
            for one in conditions:
                yield from _check_condition(one, custom)


def _check_test(test: Test, custom: Collection[str] | None) -> Iterator[str]:
    if not known_path(test.path, custom):
        paths = {*FACTS, *ALIASES, *(custom or ())}
        yield f"nothing is known as {test.path}{_perhaps(test.path, paths)}"
        return
    operator = OPERATORS.get(test.operator)
    if operator is None:
        hint = _perhaps(test.operator, OPERATORS)
        yield f"{test.path}: there is no operator {test.operator}{hint}"
        return
    kind = kind_of(test.path)
    if kind not in operator.kinds:
        yield f"{test.path} holds {_HELD[kind]}, which {test.operator} cannot compare"
        return
    if operator.many != isinstance(test.value, tuple):
        wants = "a list" if operator.many else "one value"
        yield f"{test.path}: {test.operator} wants {wants}, not {test.value!r}"
        return
    wanted: FactKind = "flag" if test.operator == EXISTS else kind
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if not values:
        yield f"{test.path}: {test.operator} has an empty list"
    for value in values:
        if not _fits(value, wanted):
            yield f"{test.path}: {test.operator} wants {_WANTED[wanted]}, not {value!r}"
        elif value == "":
            yield f"{test.path}: {test.operator} has an empty text; ask `{EXISTS}: false` instead"


def _fits(value: object, kind: FactKind) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "date":
            return _is_day(value)
        case "flag":
            return isinstance(value, bool)


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, date) and not isinstance(value, datetime)


def _perhaps(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
