"""Guards of a plan: all of it is weighed, over all targets, before the first write of a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from connectors.model.accounts import GROUP, PERMISSION, Accounts
from connectors.model.change import Change, Verb
from connectors.model.plan import Plan, Section
from tasks.lifecycle.guard_measure import Measure, against, none_allowed, told
from tasks.lifecycle.guard_objection import Objection, in_words, plural, some_of
from tasks.lifecycle.policy import TargetPolicy

_OF_GRANTS: Final = frozenset({Verb.GRANT, Verb.REVOKE})

_DONE: Final[Mapping[Verb, str]] = {
    Verb.CORRELATE: "taken over",
    Verb.CREATE: "made",
    Verb.RESTORE: "brought back",
    Verb.UPDATE: "changed",
    Verb.ENABLE: "enabled",
    Verb.DISABLE: "disabled",
    Verb.MOVE: "moved",
    Verb.GRANT: "given",
    Verb.REVOKE: "taken away",
    Verb.DELETE: "deleted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the shares of limits in one target are of.

    Attributes:
        managed: Accounts that are ours now.
        granted: Memberships and permissions that we gave, or take over now.
        permissions: Those among them that are no groups.
    """

    managed: int
    granted: int = 0
    permissions: int = 0

    def of(self, verb: Verb) -> int:
        """What a share of the changes of a verb is of."""
        return self.granted if verb in _OF_GRANTS else self.managed


def base_of(
    section: Section, accounts: Accounts | None = None, grants: pd.DataFrame | None = None
) -> Base:
    """What there is now in a target.

    Args:
        section: Of the plan. What it only takes over is there.
        accounts: What the target holds: it knows which permissions are no groups.
        grants: What the ledger says we granted there: a column `permission`.
    """
    taken = [
        str(change.after["permission"])
        for change in section.changes
        if change.verb is Verb.GRANT and change.before == change.after
    ]
    ours = grants["permission"].tolist() if grants is not None else []
    known = len(ours)
    ours += taken
    if accounts is None or not ours:
        return Base(managed=section.managed, granted=known + len(taken))
    kinds = accounts.permissions["kind"]
    other = frozenset(kinds.index[kinds != GROUP])
    return Base(
        managed=section.managed,
        granted=len(ours),
        permissions=sum(one in other for one in ours) if other else 0,
    )


def review_plan(
    plan: Plan, policies: Mapping[str, TargetPolicy], bases: Mapping[str, Base] | None = None
) -> list[Objection]:
    """What speaks against the number of changes in a plan, verb by verb.

    Args:
        plan: All of it: sections of every target.
        policies: By target.
        bases: Target -> what shares are of; left out, only what the plan itself says.
    """
    return told(measure_plan(plan, policies, bases))


def measure_plan(
    plan: Plan, policies: Mapping[str, TargetPolicy], bases: Mapping[str, Base] | None = None
) -> Iterator[Measure]:
    """The changes of every verb that a target can do, held against the limits of one run."""
    for section in plan.sections:
        policy = policies[section.target]
        base = (bases or {}).get(section.target) or base_of(section)
        written = by_verb(section, policy)
        for verb in sorted({*written, *policy.manifest.verbs}):
            changes = written.get(verb, ())
            yield from _measure_verb(policy, verb, changes, base)
            if not policy.can(verb):
                objection = Objection(
                    reason=f"{section.target} cannot {verb}; this is a fault of the planner",
                    code="unsupported",
                    structural=True,
                    target=section.target,
                    verb=verb,
                    figure=len(changes),
                    persons=persons_of(changes),
                )
                yield none_allowed(objection.code, len(changes), objection=objection)


def by_verb(section: Section, policy: TargetPolicy) -> dict[Verb, list[Change]]:
    """The changes of a section that count, by verb."""
    found: dict[Verb, list[Change]] = {}
    for change in section.changes:
        if counts(change, policy):
            found.setdefault(change.verb, []).append(change)
    return found


def counts(change: Change, policy: TargetPolicy) -> bool:
    """Whether a change counts towards a limit: what only brings the ledger in line does not."""
    match change.verb:
        case Verb.GRANT:
            return change.before != change.after
        case Verb.REVOKE:
            return bool(change.before)
        case Verb.DELETE:
            return bool(change.before or change.after) or not policy.manifest.delete_clears
        case Verb.UNMANAGE:
            return False
        case _:
            return True


def persons_of(changes: Sequence[Change]) -> tuple[str, ...]:
    """Whom changes concern, each once, sorted."""
    return tuple(sorted({change.person for change in changes}))


def _measure_verb(
    policy: TargetPolicy, verb: Verb, changes: Sequence[Change], base: Base
) -> Iterator[Measure]:
    """All changes of a verb, and those of them that are no groups."""
    of = base.of(verb)
    yield from _measure_limit(policy, verb, verb, changes, of=of)
    if verb not in _OF_GRANTS:
        return
    others = [change for change in changes if _kind(change) == PERMISSION]
    key = f"{verb}_{PERMISSION}"
    same = policy.limits.get(verb) == policy.limits.get(key)
    if not (same and len(others) == len(changes) and base.permissions == of):
        yield from _measure_limit(policy, verb, key, others, of=base.permissions)


def _measure_limit(
    policy: TargetPolicy, verb: Verb, key: str, changes: Sequence[Change], *, of: int
) -> Iterator[Measure]:
    """These changes, held against what one run may make."""
    limit = policy.limits.get(key)
    if limit is None:
        return
    within = limit.allows(len(changes), of=of)
    yield against(
        limit,
        len(changes),
        of=of,
        code="limit",
        what=what_is_there(verb) if key == verb else "permissions granted",
        key=f"targets.{policy.name}.limits.{key}",
        target=policy.name,
        verb=verb,
        objection=None if within else _too_many(policy, verb, key, changes, of=of),
    )


def _too_many(
    policy: TargetPolicy, verb: Verb, key: str, changes: Sequence[Change], *, of: int
) -> Objection:
    """The objection to changes that are more than one run may make."""
    limit, where = policy.limits[key], f"targets.{policy.name}.limits.{key}"
    persons = persons_of(changes)
    said, done = in_plain_words(policy, verb, len(changes))
    if key != verb:
        said = plural(len(changes), PERMISSION)
    allowed = in_words(limit, of=of, what=what_is_there(verb))
    return Objection(
        reason=(
            f"{policy.name}: {said} would be {done}, {allowed}: "
            f"{some_of(persons)}; {way_out(where, first=not of and limit.share is not None)}"
        ),
        code="limit",
        target=policy.name,
        verb=verb,
        figure=len(changes),
        of=of,
        limit=str(limit),
        key=where,
        persons=persons,
    )


def in_plain_words(policy: TargetPolicy, verb: Verb, count: int) -> tuple[str, str]:
    """So many of what a verb is done to, and how that is called when it is done."""
    if verb in _OF_GRANTS:
        return memberships(count), _DONE[verb]
    if verb is Verb.DELETE and policy.manifest.delete_clears:
        return plural(count, "record"), "cleared"
    return plural(count, "account"), _DONE[verb]


def memberships(count: int) -> str:
    """`1 membership or permission`, `2 memberships or permissions`."""
    return plural(count, "membership or permission", "memberships or permissions")


def what_is_there(verb: Verb) -> str:
    """What the things are that a share is of."""
    return "granted" if verb in _OF_GRANTS else "managed"


def way_out(key: str, *, first: bool = False) -> str:
    """What to do about an objection that an approval lifts."""
    if first:
        return f"a first load is approved: look at the plan, then approve it, or change {key}"
    return f"if that is right, look at the plan and approve it, or change {key}"


def _kind(change: Change) -> str:
    return str({**change.before, **change.after}.get("kind", GROUP))
