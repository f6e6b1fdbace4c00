"""Taking back what a run did to one account, as far as the account is still as the run left it.

Whatever was changed since is left alone and told: somebody meant it. So taking back twice is taking
back once.
"""

from collections.abc import Iterator, Mapping, Sequence

from connectors.model.change import (
    HR_ID,
    Change,
    CorrelateAccount,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    MoveAccount,
    RestoreAccount,
    Unmanage,
    Verb,
)
from connectors.model.manifest import Compare
from connectors.model.values import Attributes, Value
from tasks.lifecycle.access import Access
from tasks.lifecycle.held import Held
from tasks.lifecycle.undo_effects import Effect
from tasks.lifecycle.undo_fields import Claimed, Fields
from tasks.lifecycle.undo_parts import CANNOT, NOT_KEPT, SINCE, UNDONE, Part, stand_of
from tasks.lifecycle.undo_permissions import Gifts


class Undoing(Part):
    """Takes back what a run did in one target.

    Args:
        held: What the target holds now. What is not done is said there.
        access: Shuts accounts, and puts them where such accounts stand.
        links: Person -> native id, as the ledger knows them.
        grants: Person -> permissions that we gave.
        because: The reason that every change gives.
        claimed: Tells whose a name is.
        deletes: Whether accounts that the run made are deleted, rather than shut.
    """

    def __init__(
        self,
        held: Held,
        access: Access,
        *,
        links: Mapping[str, str],
        grants: Mapping[str, frozenset[str]],
        because: tuple[str, ...],
        claimed: Claimed,
        deletes: bool,
    ) -> None:
        """Look at the target."""
        super().__init__(held, because)
        self._access, self._links, self._deletes = access, links, deletes
        self._owner = {ref: person for person, ref in links.items()}
        self._fields = Fields(held, because, claimed)
        self._gifts = Gifts(held, because, grants)
        self._rows = {str(ref): row for row, ref in enumerate(held.accounts.accounts.index)}

    def take_back(self, effect: Effect, kept: Sequence[Attributes]) -> Iterator[Change]:
        """The changes that take an effect back.

        Args:
            effect: What the run did.
            kept: What we had given to an account that the run let go of, until then.
        """
        ref = effect.ref
        if ref is None:
            self._say(effect, CANNOT, "no receipt says which account it is")
            return
        if ref in self._rows:
            self._held.ref(self._rows[ref])
            if self._held.is_protected(ref):
                self._say(effect, "protected", "the account is protected; it is left as it is")
                return
        if effect.left is not None:
            yield from self._bring_back(effect, ref, kept)
        elif self._is_ours_still(effect, ref):
            yield from self._put_back(effect, ref)

    # --- An account that the run let go of --------------------------------------------------------

    def _bring_back(self, effect: Effect, ref: str, kept: Sequence[Attributes]) -> Iterator[Change]:
        linked = self._links.get(effect.person)
        owner = self._owner.get(ref, effect.person)
        if linked not in {None, ref}:
            self._say(effect, SINCE, f"another account ({linked}) is this person's since")
        elif owner != effect.person:
            self._say(effect, SINCE, f"the account is {owner}'s since")
        elif ref in self._rows:
            number = self._held.number(ref)
            if linked is None and (against := self._renumbered(effect, ref)) is not None:
                self._say(effect, SINCE, against)
                return
            if linked is None:
                yield self._change(CorrelateAccount, effect, before=number, after=number)
            yield from self._gifts.again(effect, self._left_of(effect, ref, kept), ref)
            yield from self._put_back(effect, ref)
        elif not self._is_gone_for_good(effect):
            yield from self._restore(effect, kept)

    def _renumbered(self, effect: Effect, ref: str) -> str | None:
        """Why the account may be another's by now, None where it carries what it carried then.

        By its link alone an account without a number was the person's. Where nobody looked at the
        number then, nobody can say that there was none.
        """
        carries = self._held.number(ref).get(self._held.policy.manifest.correlation, "")
        carried = effect.left.context.get(HR_ID) if effect.left is not None else None
        if carries == carried or (carries and carried is None):
            return None
        if not carries:
            return "the account carries no number any more"
        return f"the account carries {carries} now, and did not when the run let go of it"

    def _left_of(self, effect: Effect, ref: str, kept: Sequence[Attributes]) -> list[Attributes]:
        """What we had given, and nothing else says anything about.

        Letting go took nothing from the account: what it does not hold, it did not hold then.
        """
        held = self._held.permissions(ref)
        let_go = effect.left is not None and effect.left.verb is Verb.UNMANAGE
        return [
            one
            for one in kept
            if one["permission"] not in effect.permissions
            and (one["permission"] in held or not let_go)
        ]

    def _is_gone_for_good(self, effect: Effect) -> bool:
        policy, left = self._held.policy, effect.left
        title = policy.manifest.title
        if left is None or left.verb is Verb.UNMANAGE:
            reason = "the account is not there any more"
        elif policy.manifest.delete_clears:
            reason = f"{title} does not show the record any more"
        elif not policy.can(Verb.RESTORE):
            reason = (
                f"{title} brings no deleted account back through Retour; put it back by hand, "
                "under its old id, and undo the run again"
            )
        else:
            return False
        self._say(effect, CANNOT, reason)
        return True

    def _restore(self, effect: Effect, kept: Sequence[Attributes]) -> Iterator[Change]:
        left = effect.left
        after = dict(left.before) if left is not None else {}
        container = effect.container
        if container is not None and _is_place(container.before):
            after["container"] = container.before
        yield self._change(RestoreAccount, effect, after=after)
        enabled = effect.enabled
        if enabled is not None and enabled.before is True and self._held.policy.can(Verb.ENABLE):
            yield self._switch(effect, EnableAccount)
        taken = [gift.content for gift in effect.permissions.values() if not gift.given]
        yield from self._gifts.again(effect, [*kept, *taken], None)
        if effect.fields:
            self._say(effect, CANNOT, "what it held before it was deleted is not put back")

    # --- An account that is there -----------------------------------------------------------------

    def _is_ours_still(self, effect: Effect, ref: str) -> bool:
        linked = self._links.get(effect.person)
        if linked == ref and ref in self._rows:
            return True
        if linked is None:
            code = UNDONE if effect.by is Verb.CORRELATE else SINCE
            reason = "the account is not ours any more"
        elif linked != ref:
            code, reason = SINCE, f"another account ({linked}) is this person's since"
        else:
            code, reason = SINCE, "the account is not there any more"
        self._say(effect, code, reason)
        return False

    def _put_back(self, effect: Effect, ref: str) -> Iterator[Change]:
        if effect.made:
            yield from self._withdraw(effect, ref)
            return
        if effect.by is Verb.RESTORE:
            yield from self._delete(effect, ref)
            return
        yield from self._fields.changes(effect, ref)
        yield from self._enabled(effect, ref)
        yield from self._container(effect, ref)
        gifts = self._gifts.changes(effect, ref)
        if effect.by is not Verb.CORRELATE:
            yield from gifts
            return
        # Letting go of the account forgets what was given to it too.
        yield from (change for change in gifts if change.verb is not Verb.UNMANAGE)
        yield self._change(Unmanage, effect)

    def _withdraw(self, effect: Effect, ref: str) -> Iterator[Change]:
        """Shut an account that the run made, or delete it where that was asked for."""
        if self._deletes:
            yield from self._delete(effect, ref)
            return
        if self._held.is_enabled(ref) and not self._opened(effect):
            reason = "the account was made by this run and opened since; undo that first"
            self._say(effect, SINCE, reason)
            return
        shut = [
            *self._access.take(effect.person, ref, self._because),
            *self._access.shelve(effect.person, ref, self._because),
        ]
        yield from shut
        yield from self._gifts.changes(effect, ref)
        if self._held.is_enabled(ref) and not shut:
            title = self._held.policy.manifest.title
            self._say(effect, CANNOT, f"{title} shuts no account; the one that was made stays open")
        else:
            reason = (
                "the account that was made stays, shut; its initial password was handed out, its "
                "names stay given"
            )
            self._say(effect, CANNOT, reason)

    def _opened(self, effect: Effect) -> bool:
        """Whether it was the run that let somebody sign in."""
        return effect.enabled is not None or self._held.policy.manifest.creates_enabled

    def _delete(self, effect: Effect, ref: str) -> Iterator[Change]:
        policy, against = self._held.policy, self._held.reason_to_keep(ref)
        if not policy.can(Verb.DELETE) or policy.manifest.delete_clears:
            self._say(effect, CANNOT, f"{policy.manifest.title} deletes no account")
        elif against is not None:
            self._say(effect, CANNOT, f"{against}; it is kept")
        elif self._held.is_enabled(ref) and not self._opened(effect):
            self._say(effect, SINCE, "the account was opened since; undo that first")
        else:
            yield self._change(DeleteAccount, effect, before=self._held.number(ref))

    # --- States -----------------------------------------------------------------------------------

    def _enabled(self, effect: Effect, ref: str) -> Iterator[Change]:
        wrote = effect.enabled
        if wrote is None:
            return
        now = self._held.is_enabled(ref)
        kind = EnableAccount if wrote.before is True else DisableAccount
        if now is not wrote.after:
            self._say(effect, UNDONE, f"the account is {'open' if now else 'shut'}, as before")
        elif not self._held.policy.can(kind.verb):
            self._say(effect, CANNOT, f"{self._held.policy.manifest.title} cannot {kind.verb}")
        else:
            yield self._switch(effect, kind)

    def _switch(self, effect: Effect, kind: type[EnableAccount] | type[DisableAccount]) -> Change:
        opens = kind.verb is Verb.ENABLE
        return self._change(kind, effect, before={"enabled": not opens}, after={"enabled": opens})

    def _container(self, effect: Effect, ref: str) -> Iterator[Change]:
        wrote = effect.container
        if wrote is None:
            return
        stands = self._held.accounts.accounts.at[ref, "container"]
        here = stands if isinstance(stands, str) else None
        stand = stand_of(wrote, here, Compare.DN)
        if stand == "as before":
            self._say(effect, UNDONE, f"it stands in {here}, as before")
        elif stand == "changed":
            self._say(effect, SINCE, f"it was moved to {here} since; it stays there")
        elif not self._held.policy.can(Verb.MOVE) or not _is_place(wrote.before):
            self._say(effect, CANNOT, "it cannot be moved back from here")
        else:
            yield self._change(
                MoveAccount,
                effect,
                before={"container": str(here)},
                after={"container": wrote.before},
            )


def _is_place(before: Value) -> bool:
    return isinstance(before, str) and before not in NOT_KEPT
