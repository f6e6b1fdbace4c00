"""The guard of several days: a slow leak never trips the limit of a single run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from connectors.model.change import Verb
from connectors.model.plan import Plan
from tasks.lifecycle.guard_measure import Measure, against, told
from tasks.lifecycle.guard_objection import Objection, in_words, plural, some_of
from tasks.lifecycle.guard_plan import (
    Base,
    base_of,
    by_verb,
    in_plain_words,
    persons_of,
    way_out,
    what_is_there,
)
from tasks.lifecycle.policy import Limit, TargetPolicy

Recent = Mapping[str, Mapping[str, int]]
"""Target -> verb -> changes that were done in the days before, approved ones aside."""


def review_window(
    plan: Plan,
    policies: Mapping[str, TargetPolicy],
    recent: Recent,
    bases: Mapping[str, Base] | None = None,
) -> list[Objection]:
    """What speaks against a plan on top of what the runs of the last days did.

    A share is of what there is now and what went in these days, so that the base does not shrink
    while the leak goes on. A verb that the plan does not use is past and no reason to refuse.

    Args:
        plan: All of it.
        policies: By target.
        recent: What was done in the window of each target.
        bases: Target -> what shares are of; left out, only what the plan itself says.
    """
    return told(measure_window(plan, policies, recent, bases))


def measure_window(
    plan: Plan,
    policies: Mapping[str, TargetPolicy],
    recent: Recent,
    bases: Mapping[str, Base] | None = None,
) -> Iterator[Measure]:
    """What the last days and this plan come to, verb by verb that it uses."""
    for section in plan.sections:
        policy = policies[section.target]
        base = (bases or {}).get(section.target) or base_of(section)
        done = recent.get(section.target, {})
        for verb, changes in sorted(by_verb(section, policy).items()):
            before = done.get(verb, 0)
            went = done.get(Verb.REVOKE if verb in {Verb.GRANT, Verb.REVOKE} else Verb.DELETE, 0)
            of = base.of(verb) + went
            total, limit = before + len(changes), policy.window.get(verb)
            if limit is None:
                continue
            key = f"targets.{section.target}.limits.cumulative.{verb}"
            measured = against(
                limit,
                total,
                of=of,
                code="window",
                what=what_is_there(verb),
                key=key,
                target=section.target,
                verb=verb,
            )
            # Where nothing went before, the limit of one run may say so already.
            said_already = not before and not policy.limits.get(verb, Limit()).allows(total, of=of)
            if not measured.over or said_already:
                yield measured
                continue
            persons = persons_of(changes)
            said, called = in_plain_words(policy, verb, len(changes))
            days = plural(policy.over_days, "day")
            yield replace(
                measured,
                objection=Objection(
                    reason=(
                        f"{section.target}: {said} would be {called}, after {before} in the last "
                        f"{days}: {total} together, "
                        f"{in_words(limit, of=of, what=what_is_there(verb))} in {days}: "
                        f"{some_of(persons)}; {way_out(key)}"
                    ),
                    code="window",
                    target=section.target,
                    verb=verb,
                    figure=total,
                    of=of,
                    limit=str(limit),
                    key=key,
                    persons=persons,
                ),
            )
