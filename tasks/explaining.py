"""Explaining one person: read everything as a preview does, decide, and say why. Nothing is kept.

No lock is taken and no run is noted: an explanation may be asked for beside a live run, and then
tells what it met.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors.ledger.past import PastChange
from connectors.model.receipt import Outcome
from tasks.collect import import_people, read_accounts, readings_of
from tasks.decide import gather, object_to
from tasks.lifecycle.explain import explain
from tasks.lifecycle.explain_nouns import Block
from tasks.lifecycle.explain_who import find_person
from tasks.lifecycle.guard_objection import Objection
from tasks.lifecycle.inputs import Inputs
from tasks.lifecycle.plan import decide
from tasks.reporting import describe, veiled
from tasks.run import Run, new_run
from tasks.setup import forget, load_site, open_site
from tasks.site import Site

MOST_CHANGES: Final = 10
"""Changes that are told of the past."""
_READINGS_AT_ONCE: Final = 8


def explain_person(profile: str, asked: str, as_of: date | None) -> dict[str, Any]:
    """Why, and why not, as JSON.

    Args:
        profile: Name or file.
        asked: HR id, address or name of one person.
        as_of: The day to decide for, None for today.

    Raises:
        ConfigError: The profile is wrong, or nobody or more than one person is meant.
        ConnectorError: HR could not be read, or no target.
    """
    zone, _ = load_site(profile)
    given = {"profile": profile, "dry_run": True, "as_of": as_of, "approve": None}
    run = new_run({**given, "persons": (), "targets": ()}, zone)
    site = open_site(run)
    try:
        inputs = _read(run, site)
        decision = decide(inputs)
        person = find_person(inputs, decision, asked)
        past = site.ledger.past_of(site.name, person, limit=MOST_CHANGES)
        objections = object_to(run, inputs, decision.plan)
        blocks = [*_guards(objections), *_doubts(site, person), *_set_aside(past)]
        explanation = explain(inputs, decision, person, blocks=blocks)
        history = tuple(_entry(one, zone) for one in past)
        return replace(explanation, history=history).to_json()
    finally:
        forget(run)


def _read(run: Run, site: Site) -> Inputs:
    """The source and every target that can be read, side by side."""
    with ThreadPoolExecutor(_READINGS_AT_ONCE) as pool:
        people = pool.submit(import_people.fn, run)
        reads = {target: pool.submit(read_accounts.fn, run, target) for target in site.policies}
        imported = people.result()
        readings = readings_of(run, {target: one.result for target, one in reads.items()})
        return gather(run, imported, readings)


def _guards(objections: Iterable[Objection]) -> Iterable[Block]:
    for one in objections:
        reason = f"the whole run is refused: {one.reason}"
        yield Block(kind="guard", target=one.target or None, code=one.code, reason=reason)


def _doubts(site: Site, person: str) -> Iterable[Block]:
    for intent in site.ledger.open_intents(site.name):
        change = intent.change
        if change.person == person:
            reason = (
                f"{change.verb.value} was sent by run {intent.run} and nobody knows what became of "
                "it; the next live run looks"
            )
            yield Block(kind="in_doubt", target=change.target, code=None, reason=reason)


def _set_aside(past: Iterable[PastChange]) -> Iterable[Block]:
    """What the last run that tried anything left alone."""
    latest = None
    for one in past:
        latest = latest or one.run
        if one.run == latest and one.outcome is Outcome.SET_ASIDE:
            reason = f"{one.change.verb.value} was set aside by run {one.run}: {one.detail}"
            yield Block(kind="set_aside", target=one.change.target, code=None, reason=reason)


def _entry(one: PastChange, zone: ZoneInfo) -> dict[str, Any]:
    shown = veiled(one.change, {one.change.target: one.private})
    return {
        "run": one.run,
        "at": one.at.astimezone(zone).isoformat(timespec="seconds") if one.at else None,
        "target": one.change.target,
        "verb": one.change.verb.value,
        "what": describe(shown),
        "because": list(one.change.because),
        "outcome": one.outcome.value if one.outcome is not None else None,
        "detail": one.detail,
    }
