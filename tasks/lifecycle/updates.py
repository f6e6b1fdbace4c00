"""Updates: the attributes of existing accounts that differ, a column at a time."""

from connectors.model.change import UpdateAccount, Verb
from connectors.model.values import CLEAR, Value
from tasks.lifecycle.compare import differing
from tasks.lifecycle.desired import Desired, current, needs_of, rows_of
from tasks.lifecycle.due import Due
from tasks.lifecycle.held import Held
from tasks.lifecycle.matching import Match


def plan_updates(
    held: Held, match: Match, due: Due, desired: Desired, action: str
) -> dict[str, UpdateAccount]:
    """An update per person of whose account an attribute differs.

    Args:
        held: What the target holds.
        match: Whose account is whose.
        due: What is due; gives the reasons.
        desired: Wanted attributes of persons who have an account.
        action: `update`; `correlate` for accounts that are taken over now; `delete` for what a
            delete that clears a record writes.
    """
    policy = held.policy
    if action != "delete" and not policy.can(Verb.UPDATE):
        return {}
    only_new = policy.only_update_on_correlate and action != "delete"
    refs = [match.refs[person] for person in desired.persons]
    rows = rows_of(held.accounts, refs)
    before: dict[int, dict[str, Value]] = {}
    after: dict[int, dict[str, Value]] = {}
    for mapping in policy.mapped(action):
        wanted, now = desired.columns[mapping.name], current(held.accounts, rows, mapping.name)
        known = policy.manifest.attribute(mapping.name)
        for place in differing(wanted, now, mapping.compare):
            person = desired.persons[place]
            if only_new and person in match.linked:
                continue
            if wanted[place] is CLEAR and known is not None and not known.clearable:
                reason = f"{mapping.name} cannot be empty here; it stays as it is"
                held.say(person, "not_clearable", reason, ref=refs[place])
                continue
            after.setdefault(place, {})[mapping.name] = wanted[place]
            if now[place] is not None:
                before.setdefault(place, {})[mapping.name] = now[place]
    needs = needs_of(policy.mapped(action))
    return {
        desired.persons[place]: held.change(
            UpdateAccount,
            desired.persons[place],
            refs[place],
            due.account.get(desired.persons[place], ()),
            before=before.get(place, {}),
            after=after[place],
            needs=[need for name, need in needs.items() if name in after[place]],
        )
        for place in sorted(after)
    }
