"""Whether somebody can sign in, and where the account stands because of that."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from connectors.model.change import Change, DisableAccount, EnableAccount, MoveAccount, Verb
from connectors.model.compare import same
from connectors.model.manifest import Compare
from tasks.lifecycle.assignments import Because
from tasks.lifecycle.containers import State, WantedContainers, elsewhere
from tasks.lifecycle.held import Held
from tasks.lifecycle.roster import Mask, Positions


class Access:
    """Enables, disables and moves the accounts of one target.

    An account is moved into the container of its state when the state changes, or from another
    container of ours. One that an administrator put elsewhere stays there until its state changes.

    Args:
        held: What the target holds.
        wanted: Where accounts are to stand.
    """

    def __init__(self, held: Held, wanted: WantedContainers) -> None:
        """Keep the parts."""
        self._held, self._policy, self._wanted = held, held.policy, wanted
        self._moves = held.policy.containers is not None and held.policy.can(Verb.MOVE)

    def misplaced(self, state: State, places: Positions, rows: Positions) -> Mask:
        """Whether accounts stand in a container of ours, and not in the one that is wanted.

        Args:
            state: That they are in, or are to be in.
            places: Of the persons whose accounts they are.
            rows: Of the accounts, aligned.
        """
        containers = self._policy.containers
        if not self._moves or containers is None or getattr(containers, state) is None:
            return np.zeros(len(rows), dtype=np.bool_)
        codes, distinct = pd.factorize(self._held.containers)
        ours = np.append(self._wanted.are_ours(distinct.tolist()), False)[codes[rows]]
        fixed = self._wanted.fixed(state)
        if fixed is not None:
            there = [same(one, fixed, Compare.DN) for one in distinct]
            return ours & ~np.array([*there, False], dtype=np.bool_)[codes[rows]]
        found = np.flatnonzero(ours)
        stands = self._held.containers[rows[found]]
        ours[found] = elsewhere(stands, self._wanted.at(state, places[found]))
        return ours

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
        yield from self._move(person, ref, "enabled", because, crossing=crossing)

    def withhold(self, person: str, because: Because) -> Iterator[Change]:
        """See to it that somebody whose account is made just now cannot sign in."""
        if self._policy.manifest.creates_enabled and self._policy.can(Verb.DISABLE):
            yield self._disable(person, None, because)

    def take(self, person: str, ref: str, because: Because) -> Iterator[Change]:
        """Let somebody who has an account not sign in."""
        if self._held.is_enabled(ref) and self._policy.can(Verb.DISABLE):
            yield self._disable(person, ref, because)
            yield from self._move(person, ref, "disabled", because, crossing=True)

    def shelve(self, person: str, ref: str, because: Because) -> Iterator[Change]:
        """Put the account of a leaver, who cannot sign in already, where such accounts stand."""
        if not self._held.is_enabled(ref):
            yield from self._move(person, ref, "disabled", because, crossing=False)

    def _disable(self, person: str, ref: str | None, because: Because) -> Change:
        before, after = {"enabled": True}, {"enabled": False}
        return self._held.change(DisableAccount, person, ref, because, before=before, after=after)

    def _move(
        self, person: str, ref: str | None, state: State, because: Because, *, crossing: bool
    ) -> Iterator[Change]:
        wanted = self._wanted.of(state, person) if self._moves else None
        if wanted is None:
            return
        stands = self._wanted.of("initial", person) if ref is None else self._held.container(ref)
        if stands is None or stands == wanted or same(stands, wanted, Compare.DN):
            return
        if not crossing and not self._wanted.are_ours([stands])[0]:
            return
        yield self._held.change(
            MoveAccount,
            person,
            ref,
            because,
            before={"container": stands},
            after={"container": wanted},
        )
