"""What one person is due in each target, from when until when; and what they hold of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from tasks.lifecycle.due import Gone
from tasks.lifecycle.explain_nouns import Entitlement, Period
from tasks.lifecycle.explain_rules import Contracts, kinds_of
from tasks.lifecycle.mapping import fill_template
from tasks.lifecycle.order import parse_template
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import ACCESS, ACCOUNT, GROUP, PERMISSION, Grant, Kind, Rule

Thing = tuple[Kind, str | None]
"""A kind, and the name of a group or permission."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which one rule gives a thing because of one contract."""

    first: date
    last: date | None
    because: tuple[str, str]

    def holds_on(self, day: date) -> bool:
        """Whether the day lies within."""
        return self.first <= day and (self.last is None or day <= self.last)


def spans_per_target(
    contracts: Contracts, rules: Iterable[Rule], policies: Mapping[str, TargetPolicy]
) -> dict[str, dict[Thing, list[Span]]]:
    """When each thing is due, by target; a write-back target follows those that feed it.

    Args:
        contracts: Of the person.
        rules: All rules; drafts and retired ones give nothing.
        policies: In dependency order.
    """
    spans: dict[str, dict[Thing, list[Span]]] = {name: {} for name in policies}
    for rule in rules:
        if not rule.counts:
            continue
        for place, holds in enumerate(contracts.holds(rule.when)):
            if not holds:
                continue
            for target, grant in rule.grant.items():
                for thing, span in _given(contracts, place, rule, grant):
                    spans[target].setdefault(thing, []).append(span)
    for name, policy in policies.items():
        if policy.follows:
            spans[name] = {
                thing: [span for other in policy.depends_on for span in spans[other].get(thing, ())]
                for thing in ((ACCOUNT, None), (ACCESS, None))
            }
    return spans


def _given(
    contracts: Contracts, place: int, rule: Rule, grant: Grant
) -> Iterator[tuple[Thing, Span]]:
    named = {GROUP: grant.groups, PERMISSION: grant.permissions}
    for kind in kinds_of(grant):
        first, last = contracts.window(place, rule, kind)
        if first is None:
            continue
        span = Span(first, last, (f"contract:{contracts.ids[place]}", f"rule:{rule.id}"))
        for name in named.get(kind, (None,)):
            filled = None if name is None else _filled(contracts, place, name)
            if name is None or filled is not None:
                yield (kind, filled), span


def _filled(contracts: Contracts, place: int, name: str) -> str | None:
    """The name on one contract; None where the contract lacks what a template reads."""
    if "{" not in name and "}" not in name:
        return name
    parts = parse_template(name)
    facts = [contracts.fact(place, part.path) for part in parts if part.path is not None]
    filled: str | None = fill_template(parts, facts)
    return filled


def periods_of(spans: Iterable[Span]) -> tuple[Period, ...]:
    """The days of all spans, put together where they overlap or follow each other."""
    periods: list[Period] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last or date.max)):
        before = periods[-1] if periods else None
        if before is None or (before.last is not None and span.first > _after(before.last)):
            periods.append(Period(first=span.first, last=span.last, because=span.because))
            continue
        ends = None if before.last is None or span.last is None else max(before.last, span.last)
        because = tuple(sorted({*before.because, *span.because}))
        periods[-1] = Period(first=before.first, last=ends, because=because)
    return tuple(periods)


def _after(day: date) -> date:
    return day if day == date.max else day + _ONE_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one person has in one target.

    Attributes:
        accounts: Everything the target holds.
        ref: Native id of the account, None without one.
        linked: Whether the ledger knows the account.
        grants: Native ids of the permissions that we gave.
        changes: What the plan does for the person here.
    """

    accounts: Accounts
    ref: str | None
    linked: bool
    grants: frozenset[str]
    changes: Sequence[Change]

    @property
    def enabled(self) -> bool | None:
        """Whether the account can sign in; None where nobody can say."""
        if self.ref is None:
            return None
        state: Any = self.accounts.accounts.at[self.ref, "enabled"]
        return None if pd.isna(state) else bool(state)

    @property
    def permissions(self) -> frozenset[str]:
        """Native ids of what the account holds."""
        held = self.accounts.grants
        return frozenset(held.loc[held["ref"] == self.ref, "permission"].tolist())

    def find(self, name: str) -> str | None:
        """The native id that rules mean by a name, None where that is nothing or not clear."""
        frame = self.accounts.permissions
        if name in frame.index:
            return name
        folded = name.casefold()
        spelled = frame["name"].str.casefold() == folded
        found = frame.index[spelled | (frame.index.str.casefold() == folded)].tolist()
        return found[0] if len(found) == 1 else None

    def name(self, permission: str) -> str:
        """What the target calls a permission."""
        names = self.accounts.permissions["name"]
        return str(names[permission]) if permission in names.index else permission

    def kind(self, permission: str) -> Kind:
        """What the target says it is."""
        kinds = self.accounts.permissions["kind"]
        return PERMISSION if kinds.get(permission) == PERMISSION else GROUP

    def verbs(self, *verbs: Verb, permission: str | None = None) -> tuple[str, ...]:
        """What the plan does of these; with a permission, to that one."""
        return tuple(
            change.verb.value
            for change in self.changes
            if change.verb in verbs
            and {**change.before, **change.after}.get("permission") == permission
        )


def see_entitlements(
    policy: TargetPolicy,
    holding: Holding,
    spans: Mapping[Thing, Sequence[Span]],
    as_of: date,
    gone: Gone | None,
) -> tuple[Entitlement, ...]:
    """Everything that is due or held: account, access, then groups and permissions by name.

    Args:
        policy: Of the target.
        holding: What the person has.
        spans: What is due, and when.
        as_of: The day.
        gone: Since when no account is due, for somebody who was due one once.
    """
    account = _entitlement(
        (ACCOUNT, None),
        spans.get((ACCOUNT, None), ()),
        as_of,
        held=holding.ref is not None,
        ours=holding.linked,
        plan=holding.verbs(Verb.CREATE, Verb.CORRELATE, Verb.DELETE, Verb.UNMANAGE),
    )
    access = _entitlement(
        (ACCESS, None),
        spans.get((ACCESS, None), ()),
        as_of,
        held=holding.enabled,
        ours=holding.linked,
        plan=holding.verbs(Verb.ENABLE, Verb.DISABLE),
    )
    knows_access = policy.can(Verb.ENABLE) or policy.can(Verb.DISABLE)
    seen = [_with_end(policy, account, gone), *([access] if knows_access else [])]
    seen = [one for one in seen if one.periods or one.held or one.plan]
    known: set[str] = set()
    for thing in sorted((t for t in spans if t[1] is not None), key=lambda t: (t[0], str(t[1]))):
        permission = holding.find(str(thing[1]))
        known.update({permission} if permission is not None else ())
        seen.append(_named(holding, thing, permission, spans[thing], as_of))
    others = (holding.permissions | holding.grants) - known
    for permission in sorted(others, key=lambda one: (holding.kind(one), holding.name(one), one)):
        thing = (holding.kind(permission), holding.name(permission))
        seen.append(_named(holding, thing, permission, (), as_of))
    return tuple(seen)


def _named(
    holding: Holding,
    thing: Thing,
    permission: str | None,
    spans: Sequence[Span],
    as_of: date,
) -> Entitlement:
    plan: tuple[str, ...] = ()
    if permission is not None:
        plan = holding.verbs(Verb.GRANT, Verb.REVOKE, Verb.UNMANAGE, permission=permission)
    held = permission in holding.permissions
    ours = permission in holding.grants
    return _entitlement(thing, spans, as_of, held=held, ours=ours, plan=plan)


def _entitlement(
    thing: Thing,
    spans: Sequence[Span],
    as_of: date,
    *,
    held: bool | None,
    ours: bool,
    plan: tuple[str, ...],
) -> Entitlement:
    periods = periods_of(spans)
    now = next((p for p in periods if p.first <= as_of <= (p.last or date.max)), None)
    coming = next((p for p in periods if p.first > as_of), None)
    shown = now or coming or (periods[-1] if periods else None)
    because: set[str] = set()
    for span in spans:
        if span.holds_on(as_of):
            because.update(span.because)
    return Entitlement(
        kind=thing[0],
        name=thing[1],
        due=now is not None,
        first=shown.first if shown else None,
        last=shown.last if shown else None,
        because=tuple(sorted(because)),
        periods=periods,
        held=held,
        ours=ours,
        plan=plan,
    )


def _with_end(policy: TargetPolicy, account: Entitlement, gone: Gone | None) -> Entitlement:
    """An account with the days on which it is shut and deleted, as far as anybody can say today."""
    if account.due:
        without = None if account.last in {None, date.max} else _after(account.last)
    else:
        without = gone.first_day if gone is not None and account.held else None
    if without is None:
        return account
    delete, leavers = policy.can(Verb.DELETE), policy.leavers
    days = leavers.delete_after_days if delete else None
    disable = leavers.disable_after_days if policy.can(Verb.DISABLE) else None
    return replace(
        account,
        disable_on=None if disable is None else without + timedelta(days=disable),
        delete_on=None if days is None else without + timedelta(days=days),
    )
