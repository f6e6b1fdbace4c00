"""What a plan saw of an account, held against what is there at the moment of writing.

Between reading and writing lie minutes, or the day on which somebody looks at a plan. Whatever
somebody else has written meanwhile is not overwritten: the change is refused, says what moved, and
the next plan decides anew. What is as wanted already is no move: a write that is repeated after a
lost answer finds its own value there.
"""

from collections.abc import Collection, Mapping
from typing import Final

from connectors.model.change import HR_ID, Change, Verb
from connectors.model.compare import same
from connectors.model.errors import Moved
from connectors.model.manifest import Compare, Manifest
from connectors.model.private import VEIL, is_private
from connectors.model.values import CLEAR, Pending, Value, is_empty

CONTAINER: Final = "container"
CHECKED: Final = frozenset({Verb.UPDATE, Verb.ENABLE, Verb.DISABLE, Verb.MOVE, Verb.DELETE})
"""Verbs with a before-image. A membership needs none: adding what is held and taking what is not
held change nothing. An account that the same plan makes or brings back has none."""

Held = Mapping[str, Value | None]
"""Attributes, `enabled` and `container` of an account, as a reading shows them."""


class BeforeImage:
    """Holds the changes of one target against accounts as they are now.

    Args:
        manifest: Says how values are compared, and which are private.
        system: Name of the target, for messages.
    """

    def __init__(self, manifest: Manifest, system: str) -> None:
        """Remember both."""
        self._manifest, self._system = manifest, system

    def is_known(self, change: Change) -> bool:
        """Whether the plan looked at the account, so that something can have moved."""
        return change.verb in CHECKED and HR_ID in change.context

    def require(
        self,
        change: Change,
        held: Held,
        *,
        hr_id: Value | None,
        but: Collection[str] = (),
    ) -> None:
        """Return when the account is as the plan saw it, or as it shall be.

        Args:
            change: What is about to be written.
            held: What the account holds now of that which `after` names. What is not there is
                empty.
            hr_id: The HR id that the account carries now, None for none.
            but: Names in `after` that `held` cannot say anything about.

        Raises:
            Moved: Something is neither as the plan saw it nor as it shall be.
        """
        if not self.is_known(change):
            return
        number, carried = self._manifest.correlation, change.context[HR_ID]
        moved: list[str] = []
        if number not in change.after and not _same(hr_id, carried, Compare.EXACT):
            moved.append(self._told(number, carried, hr_id))
        for name in sorted(change.after.keys() - set(but)):
            was, now, compare = change.before.get(name), held.get(name), self._compare(name)
            if not _same(now, change.after[name], compare) and not _same(now, was, compare):
                moved.append(self._told(name, was, now))
        if moved:
            message = f"the account of {change.person} moved since the plan: {'; '.join(moved)}"
            raise Moved(message, system=self._system, operation=change.verb.value)

    def _compare(self, name: str) -> Compare:
        if name == CONTAINER:
            return Compare.DN
        attribute = self._manifest.attribute(name)
        return attribute.compare if attribute is not None else Compare.EXACT

    def _told(self, name: str, was: Value | None, now: Value | None) -> str:
        if name in self._manifest.private or is_private(name):
            return f"{name} was {VEIL} and is another one now"
        return f"{name} was {_shown(was)} and is {_shown(now)} now"


def _same(one: Value | None, other: Value | None, compare: Compare) -> bool:
    return same(_single(one), _single(other), compare)


def _single(value: Value | None) -> Value | None:
    """One of several values that is alone stands for itself: readings show it either way."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def _shown(value: Value | None) -> str:
    if value is None or value is CLEAR or isinstance(value, Pending) or is_empty(value):
        return "empty"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
