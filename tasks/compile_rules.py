"""From what a rule file says to what the planner works with; what cannot work is refused here."""

import config.conditions as written
from config.loader import LoadedProfile
from config.rules import KINDS, RuleSpec
from config.several import raise_all
from tasks.lifecycle.conditions import All, AnyOf, Condition, Not, Test
from tasks.lifecycle.rule import Grant, Rule, Window
from tasks.lifecycle.rule_checks import check_rules


def compile_rules(loaded: LoadedProfile) -> tuple[Rule, ...]:
    """The rules of a profile, in the order of files and lines.

    Raises:
        ConfigError: With everything that names a target, path, operator or pattern that does not
            exist, each with file, line and key.
    """
    rules = tuple(_rule(spec) for spec in loaded.rules)
    findings = check_rules(rules, set(loaded.profile.targets))
    if findings:
        specs = {spec.id: spec for spec in loaded.rules}
        raise_all([specs[one.rule].error(one.sentence, *one.steps) for one in findings])
    return rules


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
