"""From what a rule file says to what the planner works with; what cannot work is refused here."""

from collections.abc import Collection, Iterable

import config.conditions as written
from config.loader import LoadedProfile
from config.rules import KINDS, RuleSpec
from config.several import raise_all
from connectors.model.people import People
from tasks.lifecycle.conditions import All, AnyOf, Condition, Not, Test
from tasks.lifecycle.people import custom_paths
from tasks.lifecycle.rule import Grant, Rule, Window
from tasks.lifecycle.rule_checks import Finding, check_rules


def compile_rules(loaded: LoadedProfile) -> tuple[Rule, ...]:
    """The rules of a profile, in the order of files and lines.

    Raises:
        ConfigError: With everything that names a target, path, operator or pattern that does not
            exist, each with file, line and key.
    """
    rules = tuple(_rule(spec) for spec in loaded.rules)
    _refuse(loaded, check_rules(rules, set(loaded.profile.targets)))
    return rules


def check_columns(loaded: LoadedProfile, rules: Iterable[Rule], people: People) -> None:
    """Look whether the import has the custom columns that published rules read.

    A column that nobody has would not be told from one that is empty for everybody, and a slip of
    the pen would take away what the rule gave.

    Raises:
        ConfigError: With every one that it has not, each with file, line and key.
    """
    published = [rule for rule in rules if rule.counts]
    _refuse(loaded, check_rules(published, set(loaded.profile.targets), custom_paths(people)))


def _refuse(loaded: LoadedProfile, findings: Collection[Finding]) -> None:
    if findings:
        specs = {spec.id: spec for spec in loaded.rules}
        raise_all([specs[one.rule].error(one.sentence, *one.steps) for one in findings])


def _rule(spec: RuleSpec) -> Rule:
    own = {kind: spec.window.days_of(kind) for kind in KINDS}
    return Rule(
        id=spec.id,
        description=spec.description,
        when=_condition(spec.when),
        window=Window(spec.window.from_days, spec.window.until_days),
        grant={
            target: Grant(given.account, given.access, given.groups, given.permissions)
            for target, given in spec.grant.items()
        },
        status=spec.status,
        windows={kind: Window(*days) for kind, days in own.items() if days is not None},
    )


def _condition(given: written.Condition) -> Condition:
    match given:
        case written.Test(path=path, operator=operator, value=value):
            return Test(path, operator, value)
        case written.AllOf(parts=parts):
            return All(tuple(_condition(part) for part in parts))
        case written.AnyOf(parts=parts):
            return AnyOf(tuple(_condition(part) for part in parts))
        case written.Not(part=part):
            return Not(_condition(part))
