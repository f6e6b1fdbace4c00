"""Giving attributes back what they held before a run."""

from collections.abc import Callable, Iterator

from connectors.model.change import Change, UpdateAccount, Verb
from connectors.model.compare import same
from connectors.model.manifest import Compare
from connectors.model.private import VEIL, is_private
from connectors.model.values import CLEAR, Value
from tasks.lifecycle.held import Held
from tasks.lifecycle.undo_effects import Effect, Wrote
from tasks.lifecycle.undo_parts import CANNOT, NOT_KEPT, SINCE, UNDONE, Part, stand_of

Claimed = Callable[[str, str, Value], str | None]
"""Attribute, person, value -> who else holds that name; None for nobody."""


class Fields(Part):
    """The attributes of the accounts of one target.

    Args:
        held: What the target holds now.
        because: The reason that every change gives.
        claimed: Tells whose a name is.
    """

    def __init__(self, held: Held, because: tuple[str, ...], claimed: Claimed) -> None:
        """Keep the parts."""
        super().__init__(held, because)
        self._claimed = claimed

    def changes(self, effect: Effect, ref: str) -> Iterator[Change]:
        """An update, where anything can be given back; what cannot is said."""
        before: dict[str, Value] = {}
        after: dict[str, Value] = {}
        for name, wrote in sorted(effect.fields.items()):
            held = self._held.accounts.value(ref, name)
            if not self._is_to_be_put_back(effect, name, wrote, held):
                continue
            after[name] = wrote.before
            if held is not None:
                before[name] = held
        if after:
            yield self._change(UpdateAccount, effect, before=before, after=after)

    def _is_to_be_put_back(
        self, effect: Effect, name: str, wrote: Wrote, held: Value | None
    ) -> bool:
        compare = self._compare(name)
        stand = stand_of(wrote, held, compare)
        if same(wrote.before, wrote.after, compare) or stand == "as before":
            self._say(effect, UNDONE, f"{name} is what it was before")
        elif stand == "changed":
            now = self._shown(name, held)
            reason = f"{name} is {now} now, not what the run wrote; it is left alone"
            self._say(effect, SINCE, reason)
        elif (against := self._reason_against(effect, name, wrote.before)) is not None:
            self._say(effect, CANNOT, against)
        else:
            return True
        return False

    def _reason_against(self, effect: Effect, name: str, before: Value) -> str | None:
        """Why a field cannot get back what it held."""
        policy = self._held.policy
        attribute = policy.manifest.attribute(name)
        if before in NOT_KEPT:
            return f"what {name} held before is not kept"
        if attribute is None or not attribute.on_update or not policy.can(Verb.UPDATE):
            return f"{name} is not written on an update"
        if before is CLEAR and not attribute.clearable:
            return f"{name} was empty, and cannot be emptied here"
        other = self._claimed(name, effect.person, before)
        if other is not None:
            shown = self._shown(name, before)
            return f"{name} was {shown}, which {other} has since"
        return None

    def _compare(self, name: str) -> Compare:
        policy = self._held.policy
        for mapping in policy.fields:
            if mapping.name == name:
                return mapping.compare
        attribute = policy.manifest.attribute(name)
        return attribute.compare if attribute is not None else Compare.EXACT

    def _shown(self, name: str, value: Value | None) -> str:
        if name in self._held.policy.manifest.private or is_private(name):
            return VEIL
        if value is None or value is CLEAR:
            return "empty"
        return ", ".join(value) if isinstance(value, tuple) else str(value)
