"""Why nothing is done for somebody, as far as HR and what was asked for say it."""

from collections.abc import Iterator

from connectors.model.people import NO_CONTRACT
from connectors.model.receipt import Note
from tasks.lifecycle.inputs import Inputs


def silences(inputs: Inputs) -> Iterator[Note]:
    """Why nothing is done for somebody, as far as HR says it; and what its sources disagree on."""
    yield from inputs.people.notes
    blocked, persons = inputs.people.blocked, inputs.people.persons
    for person, code, reason in zip(
        blocked["external_id"], blocked["code"], blocked["reason"], strict=True
    ):
        if code != NO_CONTRACT:
            yield Note(target="", person=person, code="blocked", reason=reason)
    for person in persons.loc[persons["excluded"], "external_id"]:
        reason = "excluded in HR: left as it is"
        yield Note(target="", person=person, code="excluded", reason=reason)
    for person in inputs.protected:
        reason = "protected by the profile: left as it is"
        yield Note(target="", person=person, code="protected", reason=reason)
    yield from inputs.scope.notes(inputs.people)
    if not inputs.scope.persons:
        return
    linked = inputs.memory.links["person"]
    known_ids = {*persons["external_id"], *blocked["external_id"], *linked}
    for person in inputs.scope.persons - known_ids:
        reason = "HR does not know this person, and we never gave them an account"
        yield Note(target="", person=person, code="unknown_person", reason=reason)
