"""What there is to tell about people, from the changes that were carried out. Pure.

Somebody joined when an account was made for them; what else was done for them in the same breath is
part of it. Write-back into HR is no tiding: it concerns nobody but HR.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from connectors.model.change import Change, Verb
from connectors.model.private import VEIL
from connectors.model.receipt import Outcome, Receipt
from connectors.model.values import CLEAR, Pending, Value

Settled = tuple[Change, Receipt]
DONE: Final = frozenset({Outcome.DONE, Outcome.RECORDED})
"""What was really written, or would be. `already` is no news, unless it was about to be made."""
ENDS: Final = {Verb.DISABLE: "disabled", Verb.DELETE: "deleted"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what it was.

    Attributes:
        target: Name of the target.
        field: The attribute, or `container`.
        before: What it was, for people to read; "" for empty.
        after: What it is.
    """

    target: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiding:
    """Something to tell about a person.

    Attributes:
        person: `external_id`.
        occasion: `joined`, `enabled`, `changed` or `left`.
        accounts: Target -> attributes of the account as far as the changes say them, as text.
        differences: What changed.
        how: Target -> `disabled` or `deleted`, for who left.
        because: Rules and contracts behind it.
        changes: Ids of the changes it is made of.
    """

    person: str
    occasion: str
    accounts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    how: Mapping[str, str] = field(default_factory=dict)
    because: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the ledger."""
        return {
            "person": self.person,
            "occasion": self.occasion,
            "accounts": {target: dict(values) for target, values in self.accounts.items()},
            "differences": [[d.target, d.field, d.before, d.after] for d in self.differences],
            "how": dict(self.how),
            "because": list(self.because),
            "changes": list(self.changes),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Tiding":
        """Undo `to_json`."""
        return cls(
            person=content["person"],
            occasion=content["occasion"],
            accounts=content["accounts"],
            differences=tuple(Difference(*one) for one in content["differences"]),
            how=content["how"],
            because=tuple(content["because"]),
            changes=tuple(content["changes"]),
        )

    def joined_by(self, later: "Tiding") -> "Tiding":
        """The two as one: an account more was made before anybody was told of the first."""
        return Tiding(
            person=self.person,
            occasion=self.occasion,
            accounts={**self.accounts, **later.accounts},
            because=_each_once((*self.because, *later.because)),
            changes=(*self.changes, *later.changes),
        )


def tidings_of(
    settled: Iterable[Settled],
    *,
    targets: Collection[str],
    private: Mapping[str, Collection[str]],
) -> list[Tiding]:
    """What there is to tell, in the order of persons.

    Args:
        settled: Changes with their receipts, a person's in the order they were done.
        targets: Those that hold accounts: others are written back to.
        private: Target -> attributes that concern nobody: never in an account, veiled in a
            difference.
    """
    ours = [(change, receipt) for change, receipt in settled if change.target in targets]
    ours.sort(key=lambda pair: pair[0].person)
    found: list[Tiding] = []
    for person, group in groupby(ours, key=lambda pair: pair[0].person):
        found += _of_person(person, list(group), private)
    return found


def _of_person(
    person: str, settled: Sequence[Settled], private: Mapping[str, Collection[str]]
) -> list[Tiding]:
    made = [pair for pair in settled if pair[0].verb is Verb.CREATE and pair[1].outcome.succeeded]
    done = [pair for pair in settled if pair[1].outcome in DONE]
    how = {change.target: ENDS[change.verb] for change, _ in done if change.verb in ENDS}
    gone = {target for target, what in how.items() if what == "deleted"}
    new = {change.target for change, _ in made} - gone
    if new:
        # A new account may be made enabled and be shut at once: that is no leaving.
        part = [pair for pair in settled if pair[0].target in new and pair[1].outcome.succeeded]
        return [_tiding(person, "joined", part, accounts=_accounts(part, private))]
    if how:
        part = [pair for pair in done if pair[0].verb in ENDS]
        return [_tiding(person, "left", part, accounts=_accounts(part, private), how=how)]
    tidings: list[Tiding] = []
    opened = [pair for pair in done if pair[0].verb is Verb.ENABLE]
    if opened:
        tidings.append(_tiding(person, "enabled", opened, accounts=_accounts(opened, private)))
    written = [pair for pair in done if pair[0].verb in {Verb.UPDATE, Verb.MOVE}]
    differences = [one for change, _ in written for one in _differences(change, private)]
    if differences:
        tidings.append(_tiding(person, "changed", written, differences=tuple(differences)))
    return tidings


def _tiding(person: str, occasion: str, part: Sequence[Settled], **said: Any) -> Tiding:
    return Tiding(
        person=person,
        occasion=occasion,
        because=_each_once(reason for change, _ in part for reason in change.because),
        changes=tuple(change.id for change, _ in part),
        **said,
    )


def _accounts(
    part: Iterable[Settled], private: Mapping[str, Collection[str]]
) -> dict[str, dict[str, str]]:
    accounts: dict[str, dict[str, str]] = {}
    for change, receipt in part:
        known = accounts.setdefault(change.target, {})
        if "permission" in change.after:
            continue
        hidden = private.get(change.target, ())
        for name, value in {**change.after, **receipt.produced}.items():
            if name not in hidden:
                known[name] = in_words(value)
    return accounts


def _differences(change: Change, private: Mapping[str, Collection[str]]) -> list[Difference]:
    hidden = private.get(change.target, ())
    return [
        Difference(
            change.target,
            name,
            VEIL if name in hidden else in_words(change.before.get(name, CLEAR)),
            VEIL if name in hidden else in_words(value),
        )
        for name, value in change.after.items()
        if change.before.get(name, CLEAR) != value
    ]


def in_words(value: Value | Pending | None) -> str:
    """A value for people to read; "" for none, and a question mark for one nobody knows yet."""
    if value is None or value is CLEAR:
        return ""
    if isinstance(value, Pending):
        return "?"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _each_once(reasons: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
