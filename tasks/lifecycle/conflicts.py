"""Rules that are right one by one and make no sense together: what `retour check` warns of.

Nothing here stops a run. Whatever is said, the rules do what they say; somebody most likely meant
something else.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from tasks.lifecycle.conditions import Condition, Not, Test, wanted_by
from tasks.lifecycle.contradictions import contradiction
from tasks.lifecycle.people import column_of
from tasks.lifecycle.rule import (
    ACCESS,
    ACCOUNT,
    GROUP,
    KINDS,
    PERMISSION,
    Grant,
    Kind,
    Rule,
    Window,
)
from tasks.lifecycle.rule_checks import Finding

_CALLED: Final[Mapping[Kind, str]] = {
    ACCOUNT: "an account",
    ACCESS: "access",
    GROUP: "a group",
    PERMISSION: "a permission",
}
_Thing = tuple[str, Kind, str]
"""Target, kind, and the name in lower case, empty for account and access."""


def find_conflicts(rules: Iterable[Rule]) -> list[Finding]:
    """What most likely nobody meant.

    Args:
        rules: All rules, with nothing for `check_rules` to find.

    Returns:
        Findings in the order of the rules; empty when all is well.
    """
    every = tuple(rules)
    position = {rule.id: place for place, rule in enumerate(every)}
    alive = [rule for rule in every if rule.status != "retired"]
    never = {rule.id: why for rule in alive if (why := contradiction(rule.when))}
    givers = [rule for rule in every if rule.counts and rule.id not in never]
    findings = [
        *(
            Finding(id, f"no contract can ever meet it: {why}", ("when",))
            for id, why in never.items()
        ),
        *_without_account(givers),
        *_twice(alive),
        *_drafts(every),
        *_retired(every, givers),
        *_idle_windows(alive),
    ]
    return sorted(findings, key=lambda finding: position[finding.rule])


def _without_account(givers: list[Rule]) -> Iterator[Finding]:
    """What waits for an account that no rule gives, or not on that day."""
    widest: dict[str, Window] = {}
    for rule in givers:
        for target, grant in rule.grant.items():
            if grant.account:
                own = rule.window_of(ACCOUNT)
                so_far = widest.get(target, own)
                widest[target] = Window(
                    min(so_far.from_days, own.from_days), max(so_far.until_days, own.until_days)
                )
    for rule in givers:
        for target, grant in rule.grant.items():
            kinds = [kind for kind in _kinds(grant) if kind != ACCOUNT]
            if kinds and target not in widest:
                given = " and ".join(_CALLED[kind] for kind in kinds)
                message = f"{given} in {target} waits for an account, and no rule gives one there"
                yield Finding(rule.id, message, ("grant", target))
            elif kinds:
                for sentence in _outside(rule, target, kinds, widest[target]):
                    yield Finding(rule.id, sentence, ("window",))


def _outside(rule: Rule, target: str, kinds: Sequence[Kind], account: Window) -> Iterator[str]:
    for kind in kinds:
        window, what = rule.window_of(kind), f"{_CALLED[kind]} in {target}"
        if window.from_days < account.from_days:
            yield (
                f"{what} is due from day {window.from_days} after the start of a contract, "
                f"and no rule gives an account there before day {account.from_days}"
            )
        if window.until_days > account.until_days:
            yield (
                f"{what} is due until day {window.until_days} after the end of a contract, "
                f"and no rule gives an account there after day {account.until_days}"
            )


def _twice(alive: list[Rule]) -> Iterator[Finding]:
    """Rules that are the same in all but name."""
    first: dict[Hashable, Rule] = {}
    for rule in alive:
        content = (rule.status, _canonical(rule.when), _windows(rule), frozenset(_things(rule)))
        before = first.setdefault(content, rule)
        if before is not rule:
            yield Finding(rule.id, f"it says what {before.id} says: leave one of them out")


def _drafts(every: tuple[Rule, ...]) -> Iterator[Finding]:
    """Drafts of what another rule gives already."""
    published: dict[frozenset[_Thing], Rule] = {}
    for rule in every:
        if rule.counts:
            published.setdefault(frozenset(_things(rule)), rule)
    for rule in every:
        same = published.get(frozenset(_things(rule))) if rule.status == "draft" else None
        if same is not None:
            message = f"it is a draft of what {same.id} gives: publish it instead of that one"
            yield Finding(rule.id, message, ("status",))


def _retired(every: tuple[Rule, ...], givers: list[Rule]) -> Iterator[Finding]:
    """Retired rules whose things others still give, and take away one day."""
    given: dict[_Thing, Rule] = {}
    for rule in givers:
        for thing in _things(rule):
            given.setdefault(thing, rule)
    for rule in every:
        if rule.status != "retired":
            continue
        for thing in sorted(_things(rule) & given.keys()):
            message = f"it is retired, and {given[thing].id} still gives {_named(thing)}"
            yield Finding(rule.id, message, ("grant", thing[0]))


def _idle_windows(alive: list[Rule]) -> Iterator[Finding]:
    """Windows for a kind of thing that the rule does not give."""
    for rule in alive:
        given = {kind for grant in rule.grant.values() for kind in _kinds(grant)}
        for kind in rule.windows.keys() - given:
            message = f"it has days for {_CALLED[kind]} and gives none"
            yield Finding(rule.id, message, ("window", kind))


def _kinds(grant: Grant) -> list[Kind]:
    there = {
        ACCOUNT: grant.account,
        ACCESS: grant.access,
        GROUP: bool(grant.groups),
        PERMISSION: bool(grant.permissions),
    }
    return [kind for kind in KINDS if there[kind]]


def _things(rule: Rule) -> set[_Thing]:
    things: set[_Thing] = set()
    for target, grant in rule.grant.items():
        if grant.account:
            things.add((target, ACCOUNT, ""))
        if grant.access:
            things.add((target, ACCESS, ""))
        things.update((target, GROUP, name.casefold()) for name in grant.groups)
        things.update((target, PERMISSION, name.casefold()) for name in grant.permissions)
    return things


def _windows(rule: Rule) -> Hashable:
    """The windows of what the rule gives."""
    given = {kind for grant in rule.grant.values() for kind in _kinds(grant)}
    return frozenset((kind, rule.window_of(kind)) for kind in given)


def _named(thing: _Thing) -> str:
    target, kind, name = thing
    return f"{_CALLED[kind]}{f' {name!r}' if name else ''} in {target}"


def _canonical(condition: Condition) -> Hashable:
    """A form that is equal for conditions that differ in order, case and spelling of paths only."""
    if isinstance(condition, Test):
        wanted = wanted_by(condition)
        if condition.operator in {"in", "not_in", "within"}:
            wanted = frozenset(wanted)
        return "test", column_of(condition.path), condition.operator, wanted
    if isinstance(condition, Not):
        return "not", _canonical(condition.condition)
    if len(condition.conditions) == 1:
        return _canonical(condition.conditions[0])
    return type(condition).__name__, frozenset(map(_canonical, condition.conditions))
