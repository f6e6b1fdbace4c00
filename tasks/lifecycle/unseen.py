"""Targets that could not be read: what they hold is unknown, and unknown is not empty.

Nothing is planned in such a target. In the others nothing is planned that builds on it: fields that
come from there stay as they are, accounts that need one of them wait, and no name is chosen that
somebody may have there.
"""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from connectors.model.receipt import Note
from tasks.lifecycle.order import UPSTREAM, paths_of, split_upstream
from tasks.lifecycle.policy import FieldMapping, TargetPolicy

UNSEEN: Final = "unseen"
"""Code of the note about a target that could not be read, and about what stays as it is for it."""


class Unseen:
    """A target that could not be read. Stands where its accounts would; opaque to Prefect.

    Attributes:
        target: Its name.
        why: What its connector said, in a sentence.
    """

    __slots__ = ("target", "why")

    def __init__(self, target: str, why: str) -> None:
        """Keep the parts."""
        self.target, self.why = target, why

    def __repr__(self) -> str:
        """The name."""
        return f"Unseen({self.target})"


def notes_on(unseen: Mapping[str, str]) -> Iterator[Note]:
    """One per unseen target: why, and what that means.

    Args:
        unseen: Target -> why it could not be read.
    """
    for target, why in unseen.items():
        end = "" if why.endswith((".", "!", "?")) else "."
        reason = (
            f"could not be read: {why}{end} What it holds is unknown: nothing is planned here, nor "
            "what builds on it. `retour check` looks at it; the next run that can read it does the "
            "rest"
        )
        yield Note(target=target, person="", code=UNSEEN, reason=reason)


@dataclass(frozen=True, slots=True)
class Sight:
    """A target as far as a run can decide on it.

    Attributes:
        whole: Its policy, as the profile has it.
        policy: The same without the fields that an unseen target gives, and without clearing
            records where such a field would be part of that.
        unseen: Unseen targets.
    """

    whole: TargetPolicy
    policy: TargetPolicy
    unseen: tuple[str, ...]

    def lost(self, action: str) -> dict[str, list[tuple[str, str]]]:
        """Fields of an action that are not known: by unseen target, attribute there and field."""
        found: dict[str, list[tuple[str, str]]] = {}
        for mapping in self.whole.mapped(action):
            for target, attribute in _comes_from(self.whole, mapping, self.unseen):
                found.setdefault(target, []).append((attribute, mapping.name))
        return found

    def held_back(
        self, new: Collection[str], expected: Mapping[str, Container[str]]
    ) -> dict[str, Note]:
        """Persons whose new account waits for an unseen target: for a value, or for its turn.

        Args:
            new: Persons who would get an account.
            expected: Unseen target -> who may be about to get an account there.
        """
        lost = self.lost("create")
        waiting: dict[str, Note] = {}
        for target in self.unseen:
            if target in lost:
                persons: Iterable[str] = new
                reason = (
                    f"{target} could not be read, so its {_listed(lost[target])} is not known; the "
                    "account here waits for it"
                )
            elif target in self.whole.depends_on:
                persons = [person for person in new if person in expected[target]]
                reason = f"{target} comes first and could not be read; the account here waits"
            else:
                continue
            for person in persons:
                note = Note(target=self.whole.name, person=person, code="waiting", reason=reason)
                waiting.setdefault(person, note)
        return waiting

    def not_taken_over(self, persons: Iterable[str]) -> Iterator[Note]:
        """Accounts that are there wait too: what is written once, on taking one over, is lost."""
        for target, lost in self.lost("correlate").items():
            reason = (
                f"{target} could not be read, so its {_listed(lost)} is not known; the account is "
                "taken over when it is"
            )
            for person in persons:
                yield Note(target=self.whole.name, person=person, code="waiting", reason=reason)

    def left(self, accounts: int) -> Iterator[Note]:
        """What stays as it is in accounts of ours.

        Args:
            accounts: How many of them might be written.
        """
        for target, lost in self.lost("update").items() if accounts else ():
            names = ", ".join(dict.fromkeys(name for _, name in lost))
            what = "account" if accounts == 1 else "accounts"
            reason = (
                f"{target} could not be read, so its {_listed(lost)} is not known; {names} of "
                f"{accounts} {what} stays as it is"
            )
            yield Note(target=self.whole.name, person="", code=UNSEEN, reason=reason)
        if self.policy.leavers != self.whole.leavers:
            reason = "records of leavers are cleared when what is left in them can be read again"
            yield Note(target=self.whole.name, person="", code=UNSEEN, reason=reason)


def sight_of(policy: TargetPolicy, unseen: Collection[str]) -> Sight:
    """A target as far as a run can decide on it.

    Args:
        policy: As the profile has it.
        unseen: Targets that could not be read.
    """
    if not unseen:
        return Sight(policy, policy, ())
    fields = tuple(one for one in policy.fields if not _comes_from(policy, one, unseen))
    seen = replace(policy, fields=fields)
    if len(seen.mapped("delete")) < len(policy.mapped("delete")):
        seen = replace(seen, leavers=replace(policy.leavers, delete_after_days=None))
    return Sight(policy, seen, tuple(unseen))


def _comes_from(
    policy: TargetPolicy, mapping: FieldMapping, unseen: Collection[str]
) -> list[tuple[str, str]]:
    """Unseen targets and attributes that a field reads, optional or not."""
    if mapping.name == policy.manifest.correlation:  # whatever is mapped to it, HR gives it
        return []
    upstream = [split_upstream(path) for path in paths_of(mapping) if path.startswith(UPSTREAM)]
    return [(target, attribute) for target, attribute in upstream if target in unseen]


def _listed(lost: Iterable[tuple[str, str]]) -> str:
    return " and ".join(dict.fromkeys(attribute for attribute, _ in lost))
