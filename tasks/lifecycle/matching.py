"""Which account belongs to whom: by link first, then by correlation; never by name or address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors.model.accounts import Accounts
from connectors.model.receipt import Note


@dataclass(frozen=True, slots=True)
class Match:
    """The accounts of one target, matched to persons.

    Attributes:
        refs: Person -> native id, sorted by person; persons without an account are not in it.
        linked: Persons of `refs` whose account the ledger knows; the others were correlated just
            now.
        ambiguous: Persons of whom nobody can say which account is theirs. Nothing is done for them.
        gone: Person -> native id of the linked account that is not there any more, where there is
            no other.
        notes: One per ambiguity, and one that counts the accounts that belong to nobody.
    """

    refs: Mapping[str, str]
    linked: frozenset[str]
    ambiguous: frozenset[str]
    gone: Mapping[str, str]
    notes: tuple[Note, ...]


def match_accounts(
    accounts: Accounts,
    *,
    correlate: Mapping[str, str],
    links: Mapping[str, str],
    one_record: bool = False,
) -> Match:
    """Match accounts to persons.

    Args:
        accounts: What the target holds.
        correlate: Person -> the value that the correlation attribute of their account holds.
            Persons without such a value are not in it (an empty value would match anyone).
        links: Person -> native id: what the ledger knows of this target.
        one_record: Whether a second account with a person's number puts the linked one in doubt as
            well. So it is with records of HR, whose native id is that number.
    """
    return _Matching(accounts, correlate, links, one_record=one_record).match()


@dataclass(slots=True)
class _Matching:
    accounts: Accounts
    correlate: Mapping[str, str]
    links: Mapping[str, str]
    one_record: bool = field(kw_only=True)
    number: dict[str, str] = field(init=False)
    """Native id -> the number that the account carries."""
    carriers: dict[str, list[str]] = field(init=False)
    """Number -> native ids of the accounts that carry it."""
    alive: dict[str, str] = field(init=False)
    """Person -> native id of a linked account that is there."""

    def __post_init__(self) -> None:
        frame = self.accounts.accounts
        refs, numbers = frame.index.tolist(), frame["person"].tolist()
        there = set(refs)
        self.number = {r: n for r, n in zip(refs, numbers, strict=True) if isinstance(n, str)}
        self.alive = {person: ref for person, ref in self.links.items() if ref in there}
        self.carriers = {}
        for ref, number in self.number.items():
            self.carriers.setdefault(number, []).append(ref)

    def match(self) -> Match:
        refs = dict(self.alive)
        notes: list[Note] = []
        ambiguous: set[str] = set()
        for person, number in self.correlate.items():
            found = sorted(self.carriers.get(number, ()))
            if person in self.alive:
                others = [ref for ref in found if ref != self.alive[person]]
                if others and self.one_record:
                    ambiguous.add(person)
                    notes.append(self._several(person, found))
                elif others:
                    notes.append(self._another(person, others))
            elif len(found) > 1:
                ambiguous.add(person)
                notes.append(self._several(person, found))
            elif found:
                refs[person] = found[0]
        for person, ref, reason in self._contested(refs):
            ambiguous.add(person)
            notes.append(self._note(person, ref, reason))
        strangers = self._strangers()
        if strangers:
            what = "account belongs" if strangers == 1 else "accounts belong"
            reason = f"{strangers} {what} to nobody in this import; not touched"
            notes.append(
                Note(target=self.accounts.target, person="", code="unmanaged", reason=reason)
            )
        kept = {person: refs[person] for person in sorted(refs) if person not in ambiguous}
        return Match(
            refs=kept,
            linked=frozenset(kept.keys() & self.alive.keys()),
            ambiguous=frozenset(ambiguous),
            gone={
                person: ref
                for person, ref in sorted(self.links.items())
                if person not in refs and person not in ambiguous
            },
            notes=tuple(notes),
        )

    def _contested(self, refs: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Persons whose account is claimed for somebody else as well, with the reason.

        A link stands as long as the account carries the person's own number, none, or one that
        nobody in the import has; a claim against such a link fails alone.
        """
        strays = {
            person: number
            for person, ref in self.alive.items()
            if (number := self.number.get(ref)) is not None and number != self.correlate.get(person)
        }
        owners = {number: person for person, number in self.correlate.items()} if strays else {}
        for person, number in strays.items():
            if number in owners:
                reason = (
                    "this account is linked to this person and carries the number of "
                    f"{owners[number]}; decide whose it is and correct it in the target"
                )
                yield person, refs[person], reason
        if len(set(refs.values())) == len(refs):
            return
        holder: dict[str, str] = {}
        for person, ref in sorted(refs.items(), key=lambda pair: (pair[0] not in self.alive, pair)):
            first = holder.setdefault(ref, person)
            if first == person:
                continue
            reason = f"the account that carries this person's number belongs to {first} already"
            yield person, ref, f"{reason}; nothing is done until only one claims it"
            if first not in self.alive or person in self.alive:
                yield (
                    first,
                    ref,
                    f"{person} has the same number; nothing is done until only one has",
                )

    def _strangers(self) -> int:
        known = set(self.alive.values())
        numbers = set(self.correlate.values())
        return sum(
            ref not in known and self.number.get(ref) not in numbers
            for ref in self.accounts.accounts.index.tolist()
        )

    def _several(self, person: str, refs: list[str]) -> Note:
        reason = (
            f"{len(refs)} accounts carry this person's number ({self._labels(refs)}); "
            "nothing is done until only one does"
        )
        return self._note(person, "", reason)

    def _another(self, person: str, refs: list[str]) -> Note:
        more = "another account carries" if len(refs) == 1 else f"{len(refs)} other accounts carry"
        return Note(
            target=self.accounts.target,
            person=person,
            code="several",
            reason=f"{more} this person's number ({self._labels(refs)}); the one we know is used",
        )

    def _note(self, person: str, ref: str, reason: str) -> Note:
        return Note(
            target=self.accounts.target, person=person, ref=ref, code="ambiguous", reason=reason
        )

    def _labels(self, refs: list[str]) -> str:
        labels = self.accounts.accounts["label"].reindex(refs).tolist()
        return ", ".join(
            label if isinstance(label, str) else ref
            for label, ref in zip(labels, refs, strict=True)
        )
