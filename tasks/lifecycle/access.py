"""Whether somebody can sign in, and where the account stands because of that."""

from collections.abc import Iterator

import numpy as np

from connectors.model.change import Change, DisableAccount, EnableAccount, MoveAccount, Verb
from connectors.model.manifest import Compare
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.compare import same
from tasks.lifecycle.held import Held
from tasks.lifecycle.roster import Mask


class Access:
    """Enables, disables and moves the accounts of one target.

    An account is moved into the container of its state when the state changes, or from another
    container of ours. One that an administrator put elsewhere stays there until its state changes.

    Attributes:
        enabled: The container of accounts that can sign in, None where they are not moved.
        disabled: The same for those that cannot.
    """

    def __init__(self, held: Held) -> None:
        """Look up the containers."""
        self._held, self._policy = held, held.policy
        containers = held.policy.containers
        movable = containers if held.policy.can(Verb.MOVE) else None
        self._initial = containers.initial if containers else None
        self.enabled = movable.enabled if movable else None
        self.disabled = movable.disabled if movable else None
        self._ours = (self._initial, self.enabled, self.disabled)

    def misplaced(self, wanted: str | None) -> Mask:
        """Per account whether it stands in a container of ours, and not in the one that is wanted.

        Args:
            wanted: `Access.enabled` or `Access.disabled`.
        """
        ours = [one for one in self._ours if one is not None]
        if wanted is None or not ours:
            return np.zeros(len(self._held.enabled), dtype=np.bool_)
        return self._held.standing_in(ours) & ~self._held.standing_in([wanted])

    def give(self, person: str, ref: str | None, because: Because) -> Iterator[Change]:
        """Let somebody sign in; without a ref the account is one that is made just now."""
        crossing = ref is None or self._held.is_disabled(ref)
        opens = crossing and not (ref is None and self._policy.manifest.creates_enabled)
        if opens and self._policy.can(Verb.ENABLE):
            yield self._held.change(
                EnableAccount,
                person,
                ref,
                because,
                before={"enabled": False},
                after={"enabled": True},
            )
        elif opens:
            return
        yield from self._move(person, ref, self.enabled, because, crossing=crossing)

    def withhold(self, person: str, because: Because) -> Iterator[Change]:
        """See to it that somebody whose account is made just now cannot sign in."""
        if self._policy.manifest.creates_enabled and self._policy.can(Verb.DISABLE):
            yield self._disable(person, None, because)

    def take(self, person: str, ref: str, because: Because) -> Iterator[Change]:
        """Let somebody who has an account not sign in."""
        if self._held.is_enabled(ref) and self._policy.can(Verb.DISABLE):
            yield self._disable(person, ref, because)
            yield from self._move(person, ref, self.disabled, because, crossing=True)

    def shelve(self, person: str, ref: str, because: Because) -> Iterator[Change]:
        """Put the account of a leaver, who cannot sign in already, where such accounts stand."""
        if not self._held.is_enabled(ref):
            yield from self._move(person, ref, self.disabled, because, crossing=False)

    def _disable(self, person: str, ref: str | None, because: Because) -> Change:
        before, after = {"enabled": True}, {"enabled": False}
        return self._held.change(DisableAccount, person, ref, because, before=before, after=after)

    def _move(
        self, person: str, ref: str | None, wanted: str | None, because: Because, *, crossing: bool
    ) -> Iterator[Change]:
        if wanted is None:
            return
        stands = self._initial if ref is None else self._held.container(ref)
        if stands is None or stands == wanted or same(stands, wanted, Compare.DN):
            return
        if not crossing and not any(same(stands, one, Compare.DN) for one in self._ours):
            return
        yield self._held.change(
            MoveAccount,
            person,
            ref,
            because,
            before={"container": stands},
            after={"container": wanted},
        )
