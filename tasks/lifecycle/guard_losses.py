"""The guard of what people lose who stay: a field that a rule reads is as good as a delete."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from connectors.model.change import Change, Verb
from connectors.model.plan import Plan
from tasks.lifecycle.guard_difference import CONTRACTS, Difference
from tasks.lifecycle.guard_measure import Measure, against, told
from tasks.lifecycle.guard_objection import Objection, in_words, plural, some_of
from tasks.lifecycle.guard_plan import by_verb, memberships, persons_of, way_out
from tasks.lifecycle.policy import TargetPolicy

LOSSES: Final = "losses"
_MOST_FIELDS: Final = 3
_CONTRACT: Final = "contract:"


def review_losses(
    plan: Plan,
    policies: Mapping[str, TargetPolicy],
    difference: Difference | None,
) -> list[Objection]:
    """What speaks against what people lose who stay.

    One field that a rule reads, changed for many, takes memberships from people who are no leavers:
    nobody vanished and nothing is deleted, so no other limit need notice.

    Args:
        plan: All of it.
        policies: By target.
        difference: Between this import and the last accepted one, None before the first.
    """
    return told(measure_losses(plan, policies, difference))


def measure_losses(
    plan: Plan,
    policies: Mapping[str, TargetPolicy],
    difference: Difference | None,
) -> Iterator[Measure]:
    """How many people stay and lose something in a target, held against its limit."""
    for section in plan.sections:
        policy = policies[section.target]
        limit = policy.limits.get(LOSSES)
        lost = [
            change
            for change in by_verb(section, policy).get(Verb.REVOKE, ())
            if _of_somebody_who_stays(change)
        ]
        persons = persons_of(lost)
        if limit is None:
            continue
        key = f"targets.{section.target}.limits.{LOSSES}"
        objection = None
        if not limit.allows(len(persons), of=section.managed):
            objection = Objection(
                reason=(
                    f"{section.target}: {plural(len(persons), 'person')} with an account that "
                    f"stays would lose {memberships(len(lost))}, "
                    f"{in_words(limit, of=section.managed, what='managed')}: {some_of(persons)}; "
                    f"{_behind(persons, difference)}; {way_out(key)}"
                ),
                code=LOSSES,
                target=section.target,
                verb=Verb.REVOKE,
                figure=len(persons),
                of=section.managed,
                limit=str(limit),
                key=key,
                persons=persons,
            )
        yield against(
            limit,
            len(persons),
            of=section.managed,
            code=LOSSES,
            what="managed",
            key=key,
            target=section.target,
            verb=Verb.REVOKE,
            objection=objection,
        )


def _of_somebody_who_stays(change: Change) -> bool:
    """Whether the account itself is still due: then its contracts stand among the reasons."""
    return any(reason.startswith(_CONTRACT) for reason in change.because)


def _behind(persons: Sequence[str], difference: Difference | None) -> str:
    """What changed in HR for persons who lose something."""
    if difference is None:
        return "there is no earlier import to compare them with"
    told = difference.behind(persons)
    if not told:
        return "of none of them HR says anything else than before: a rule, a department or the day"
    fields = [
        f"{'a contract came or went' if path == CONTRACTS else f'{path} changed'} for {count}"
        for path, count in told.most_common(_MOST_FIELDS)
    ]
    return f"because {', '.join(fields)} of them"
