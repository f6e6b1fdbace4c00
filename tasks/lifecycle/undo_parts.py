"""What taking a run back has to say and to change, in the words that its parts share."""

from typing import Final, Literal

from connectors.model.change import Change
from connectors.model.compare import same
from connectors.model.manifest import Compare
from connectors.model.private import ERASED, MASK
from connectors.model.values import Attributes, Value
from tasks.lifecycle.held import Held
from tasks.lifecycle.undo_effects import Effect, Wrote

CANNOT: Final = "cannot_undo"
"""Code of a note about what nobody, or not we, can take back."""
SINCE: Final = "changed_since"
"""Code of a note about what is not as the run left it."""
UNDONE: Final = "undone"
"""Code of a note about what is as it was before the run already."""
NOT_KEPT: Final = frozenset({MASK, ERASED})
"""What stands in a journal where a value is not known any more."""

Stand = Literal["as left", "as before", "changed"]


class Part:
    """One part of taking a run back in a target.

    Args:
        held: What the target holds now; it keeps the notes.
        because: The reason that every change gives.
    """

    def __init__(self, held: Held, because: tuple[str, ...]) -> None:
        """Keep both."""
        self._held, self._because = held, because

    def _change(
        self,
        kind: type[Change],
        effect: Effect,
        *,
        before: Attributes | None = None,
        after: Attributes | None = None,
    ) -> Change:
        return self._held.change(
            kind,
            effect.person,
            effect.ref,
            self._because,
            before=before or {},
            after=after or {},
            context=effect.context or None,
        )

    def _say(self, effect: Effect, code: str, reason: str) -> None:
        self._held.say(effect.person, code, reason, ref=effect.ref or "")


def stand_of(wrote: Wrote, held: Value | None, compare: Compare) -> Stand:
    """How what is held compares with what was written, and with what was before."""
    if same(held, wrote.after, compare):
        return "as left"
    if wrote.said is not None and same(held, wrote.said, compare):
        return "as left"
    return "as before" if same(held, wrote.before, compare) else "changed"
