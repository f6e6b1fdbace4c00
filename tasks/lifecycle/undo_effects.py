"""What a run really did, account by account: its journal folded together, first before, last after.

Only what was done counts: what was so already, failed or was set aside left nothing to take back.
What only concerns the ledger (an account taken over, a grant adopted or let go of) counts as soon
as it succeeded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.model.change import Change, Verb
from connectors.model.receipt import Outcome
from connectors.model.values import CLEAR, Attributes, Value

STATES: Final = frozenset({"enabled", "container"})
"""Keys of a change that are no attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A change that a run tried, as the journal knows it.

    Attributes:
        change: As it was handed to the writer.
        outcome: What became of it, None while nobody knows.
        ref: Native id that its receipt names.
        produced: What the target said the account holds afterwards.
    """

    change: Change
    outcome: Outcome | None
    ref: str | None = None
    produced: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Wrote:
    """What was made of one field, state or place.

    Attributes:
        before: What was held before, `CLEAR` for nothing.
        after: What was written, `CLEAR` for nothing.
        said: What the target said it was afterwards, where it said so.
    """

    before: Value
    after: Value
    said: Value | None = None


@dataclass(slots=True)
class Gift:
    """What was done about one permission.

    Attributes:
        content: `permission`, `name`, and `kind` for one that is no group.
        given: Whether it was given, rather than taken away.
        only_noted: Whether just the ledger learned of it: the target held it, or did not, already.
    """

    content: Attributes
    given: bool
    only_noted: bool


@dataclass(slots=True)
class Effect:
    """What a run did to one account.

    Attributes:
        target: Name of the target.
        person: Whose account it is.
        ref: Its native id as the run left it; None where no receipt said it.
        by: How the run came by it: made, taken over or brought back; None where it was known.
        left: The delete, or the letting go, that ended it for us; None where it stayed.
        fields: Attribute -> what was made of it. Not of an account that the run made.
        enabled: What became of the right to sign in.
        container: Where it was moved.
        permissions: Native id -> what was done about it.
        context: What a writer needs to find the record.
    """

    target: str
    person: str
    ref: str | None = None
    by: Verb | None = None
    left: Change | None = None
    fields: dict[str, Wrote] = field(default_factory=dict)
    enabled: Wrote | None = None
    container: Wrote | None = None
    permissions: dict[str, Gift] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def made(self) -> bool:
        """Whether the account was made by the run."""
        return self.by is Verb.CREATE


def effects_of(tried: Iterable[Tried]) -> dict[tuple[str, str], Effect]:
    """What was done, by target and person.

    Args:
        tried: In the order of the journal.
    """
    found: dict[tuple[str, str], Effect] = {}
    for one in tried:
        change = one.change
        if not _counts(one):
            continue
        effect = found.setdefault(
            (change.target, change.person), Effect(change.target, change.person)
        )
        effect.ref = one.ref or change.ref or effect.ref
        effect.context = change.context or effect.context
        _fold(effect, one)
    return found


def _counts(one: Tried) -> bool:
    if one.outcome is Outcome.DONE:
        return True
    # A create that found its account is a taking over; a grant that was held is noted as ours.
    return one.outcome is Outcome.ALREADY and one.change.verb in {
        Verb.CORRELATE,
        Verb.CREATE,
        Verb.GRANT,
        Verb.REVOKE,
        Verb.UNMANAGE,
    }


def _fold(effect: Effect, one: Tried) -> None:
    change = one.change
    already = one.outcome is Outcome.ALREADY
    match change.verb:
        case Verb.CREATE if already:
            effect.by = Verb.CORRELATE
        case Verb.CORRELATE | Verb.CREATE | Verb.RESTORE:
            effect.by = change.verb
        case Verb.GRANT | Verb.REVOKE:
            _fold_gift(effect, change, given=change.verb is Verb.GRANT, already=already)
        case Verb.UNMANAGE if "permission" in change.before:
            _fold_gift(effect, change, given=False, already=True)
        case Verb.DELETE | Verb.UNMANAGE:
            effect.left = change
            _fold_values(effect, one)
        case _:  # update, enable, disable, move
            _fold_values(effect, one)


def _fold_gift(effect: Effect, change: Change, *, given: bool, already: bool) -> None:
    content = {**change.before, **change.after}
    noted = already or change.before == change.after
    effect.permissions[str(content["permission"])] = Gift(content, given, noted)


def _fold_values(effect: Effect, one: Tried) -> None:
    """Fields and states; a delete that clears a record says what it emptied."""
    change = one.change
    for name, after in change.after.items():
        wrote = Wrote(change.before.get(name, CLEAR), after, one.produced.get(name))
        if name not in STATES:
            effect.fields[name] = _behind(effect.fields.get(name), wrote)
        elif name == "enabled":
            effect.enabled = _behind(effect.enabled, wrote)
        else:
            effect.container = _behind(effect.container, wrote)


def _behind(first: Wrote | None, then: Wrote) -> Wrote:
    """Two writes of the same as one."""
    return then if first is None else Wrote(first.before, then.after, then.said)
