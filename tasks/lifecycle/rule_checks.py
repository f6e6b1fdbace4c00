"""What is wrong with a set of rules, found when it is loaded: before anything is read."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final, NamedTuple

from connectors.model.errors import ConfigError
from tasks.lifecycle.conditions import (
    BETWEEN,
    EXISTS,
    MATCHES,
    OPERATORS,
    AnyOf,
    Condition,
    Not,
    Test,
)
from tasks.lifecycle.order import parse_template
from tasks.lifecycle.patterns import objection
from tasks.lifecycle.people import ALIASES, FACTS, FactKind, column_of, kind_of, known_path
from tasks.lifecycle.rule import KINDS, Grant, Rule, Window


class Finding(NamedTuple):
    """A sentence about a rule.

    Attributes:
        rule: Its id.
        sentence: What is the matter.
        steps: Keys on the way to the part that is meant, those in between left out: `when`,
            `contract.fte`. Empty for the rule as a whole.
    """

    rule: str
    sentence: str
    steps: tuple[str, ...] = ()


Said = tuple[str, tuple[str, ...]]
"""A sentence, and the steps to what it is about."""

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
_OF_DAYS: Final = {
    "at_least": "on_or_after",
    "at_most": "on_or_before",
    "above": "after",
    "below": "before",
}
"""Operator of numbers -> the one of days that means the same."""
_OF_NUMBERS: Final = {of_days: of_numbers for of_numbers, of_days in _OF_DAYS.items()}


def check_rules(
    rules: Iterable[Rule], targets: Collection[str], custom: Collection[str] | None = None
) -> list[Finding]:
    """Everything that is wrong with the rules; drafts and retired ones included.

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
        Finding(id, f"{count} rules have this id; every reason must name one rule")
        for id, count in times.items()
        if count > 1
    ]
    for rule in every:
        findings += [
            Finding(rule.id, sentence, steps)
            for sentence, steps in _check_rule(rule, targets, custom)
        ]
    return findings


def _check_rule(
    rule: Rule, targets: Collection[str], custom: Collection[str] | None
) -> Iterator[Said]:
    if not rule.id.strip():
        yield "a rule without an id", ()
    for sentence, steps in _check_condition(rule.when, custom):
        yield sentence, ("when", *steps)
    yield from _check_window(rule.window, ("window",))
    for kind, window in rule.windows.items():
        yield from _check_window(window, ("window", kind))
        if kind not in KINDS:
            message = f"there is no window for {kind}{_perhaps(kind, KINDS)}"
            yield message, ("window",)
    if not rule.grant:
        yield "it grants nothing", ("grant",)
    for target, grant in rule.grant.items():
        if target not in targets:
            yield f"there is no target {target}{_perhaps(target, targets)}", ("grant", target)
        for sentence, steps in _check_grant(target, grant, custom):
            yield sentence, ("grant", target, *steps)


def _check_grant(target: str, grant: Grant, custom: Collection[str] | None) -> Iterator[Said]:
    if not (grant.account or grant.access or grant.groups or grant.permissions):
        yield f"it grants nothing in {target}", ()
    for key, what, names in (
        ("groups", "group", grant.groups),
        ("permissions", "permission", grant.permissions),
    ):
        for name in names:
            if not name.strip():
                yield f"a {what} in {target} has no name", (key,)
            else:
                for sentence in _check_name(name, custom):
                    yield f"{what} {name!r}: {sentence}", (key,)


def _check_name(name: str, custom: Collection[str] | None) -> Iterator[str]:
    try:
        parts = parse_template(name)
    except ConfigError as error:
        yield error.message
        return
    for path in (part.path for part in parts):
        if path is not None and not known_path(path, custom):
            yield f"nothing is known as {path}{_perhaps(path, _paths(custom))}"


def _check_window(window: Window, key: tuple[str, ...]) -> Iterator[Said]:
    for name in ("from_days", "until_days"):
        days: object = getattr(window, name)
        if isinstance(days, bool) or not isinstance(days, int):
            steps = (*key, name)
            yield f"{'.'.join(steps)} wants a whole number of days, not {days!r}", steps


def _check_condition(condition: Condition, custom: Collection[str] | None) -> Iterator[Said]:
    if isinstance(condition, Test):
        for sentence in _check_test(condition, custom):
            yield sentence, (condition.path, condition.operator)
    elif isinstance(condition, Not):
        yield from _check_condition(condition.condition, custom)
    elif condition == AnyOf():
        yield "an `any` without conditions never holds", ()
    else:
        for one in condition.conditions:
            yield from _check_condition(one, custom)


def _check_test(test: Test, custom: Collection[str] | None) -> Iterator[str]:
    if not known_path(test.path, custom):
        yield f"nothing is known as {test.path}{_perhaps(test.path, _paths(custom))}"
        return
    operator = OPERATORS.get(test.operator)
    if operator is None:
        hint = _perhaps(test.operator, OPERATORS)
        yield f"{test.path}: there is no operator {test.operator}{hint}"
        return
    kind = kind_of(test.path)
    if kind not in operator.kinds:
        hint = _instead(test.operator, kind)
        yield f"{test.path} holds {_HELD[kind]}, which {test.operator} cannot compare{hint}"
        return
    if operator.reads is not None and column_of(test.path) not in operator.reads:
        known = " and ".join(_spelled(column) for column in operator.reads)
        yield f"{test.path}: {test.operator} knows what is below {known} only"
        return
    if operator.many != isinstance(test.value, tuple):
        wants = "a list" if operator.many else "one value"
        yield f"{test.path}: {test.operator} wants {wants}, not {test.value!r}"
        return
    for sentence in _check_values(test, "flag" if test.operator == EXISTS else kind):
        yield f"{test.path}: {test.operator} {sentence}"


def _check_values(test: Test, wanted: FactKind) -> Iterator[str]:
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if not values:
        yield "has an empty list"
    wrong = [value for value in values if not _fits(value, wanted)]
    for value in wrong:
        yield f"wants {_WANTED[wanted]}, not {value!r}"
    if "" in values:
        yield f"has an empty text; ask `{EXISTS}: false` instead"
    if test.operator == BETWEEN and not wrong and not _is_range(values):
        yield "wants the lowest and the highest, in this order"
    if test.operator == MATCHES and not wrong:
        against = objection(str(test.value))
        if against:
            yield f"{test.value!r}: the pattern {against}"


def _is_range(values: tuple[object, ...]) -> bool:
    """Whether there are two values, the lowest first; days may be text, which sorts as days do."""
    texts = [value.isoformat() if isinstance(value, date) else value for value in values]
    return len(texts) == 2 and texts[0] <= texts[1]  # type: ignore[operator]  # both fit one kind


def _fits(value: object, kind: FactKind) -> bool:
    if kind == "text":
        return isinstance(value, str)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return _is_day(value) if kind == "date" else isinstance(value, bool)


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, date) and not isinstance(value, datetime)


def _instead(operator: str, kind: FactKind) -> str:
    """The operator that means the same for what a path really holds."""
    other = {"date": _OF_DAYS, "number": _OF_NUMBERS}.get(kind, {}).get(operator)
    return f"; write {other}" if other else ""


def _paths(custom: Collection[str] | None) -> set[str]:
    """Every path that can be suggested."""
    return {*FACTS, *ALIASES, *(custom or ())}


def _spelled(column: str) -> str:
    """A column as a rule would name it."""
    return next((alias for alias, of in ALIASES.items() if of == column), column)


def _perhaps(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
