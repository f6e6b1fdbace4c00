"""In which order the changes of one target stand in a plan, and are executed."""

from typing import Final

from connectors.model.change import Change, Verb

_PLACES: Final = {verb: place for place, verb in enumerate(Verb)}


def place_of(change: Change) -> tuple[str, int, str, str]:
    """By person, then by verb; permissions by name."""
    named = {**change.before, **change.after}
    name, permission = named.get("name", ""), named.get("permission", "")
    return (change.person, _PLACES[change.verb], str(name), str(permission))
