"""Which account belongs to whom: by link first, then by correlation; never by name or address."""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.receipt import Note
from connectors.model.texts import Texts, as_column, as_texts, places_in, take
from tasks.lifecycle.roster import Mask, Objects, Positions, Roster


class Match:
    """The accounts of one target, matched to persons.

    Attributes:
        roster: Everybody.
        row: Per person the place of their account in the reading, -1 without.
        by_number: The same as the number alone tells it: what is found once a link is forgotten.
        is_linked: Whose account the ledger knows; the others of `row` were correlated just now.
        is_ambiguous: Of whom nobody can say which account is theirs. Nothing is done for them.
        gone: Person -> native id of the linked account that is not there any more, where there is
            no other.
        notes: One per ambiguity, and one that counts the accounts that belong to nobody.
        strangers: Places of accounts that belong to nobody.
    """

    __slots__ = (
        "__dict__",
        "_native",
        "by_number",
        "gone",
        "is_ambiguous",
        "is_linked",
        "notes",
        "roster",
        "row",
        "strangers",
    )

    def __init__(  # noqa: PLR0913 - the parts of an answer
        self,
        roster: Roster,
        native: Objects,
        *,
        row: Positions,
        by_number: Positions,
        is_linked: Mask,
        is_ambiguous: Mask,
        gone: Mapping[str, str],
        notes: tuple[Note, ...],
        strangers: Positions,
    ) -> None:
        """Keep the parts."""
        self.roster, self._native, self.row, self.by_number = roster, native, row, by_number
        self.is_linked, self.is_ambiguous = is_linked, is_ambiguous
        self.gone, self.notes, self.strangers = gone, notes, strangers

    def __len__(self) -> int:
        """Persons with an account."""
        return int((self.row >= 0).sum())

    def ref(self, place: int) -> str:
        """Native id of the account of the person at a position who has one."""
        return str(self._native[self.row[place]])

    @cached_property
    def refs(self) -> Mapping[str, str]:
        """Person -> native id, sorted by person."""
        found = np.flatnonzero(self.row >= 0)
        return dict(
            zip(self.roster.ids[found].tolist(), self._native[self.row[found]], strict=True)
        )

    @cached_property
    def linked(self) -> frozenset[str]:
        """Persons whose account the ledger knows."""
        return frozenset(self.roster.names(self.is_linked))

    @cached_property
    def ambiguous(self) -> frozenset[str]:
        """Persons of whom nobody can say which account is theirs."""
        return frozenset(self.roster.names(self.is_ambiguous))


class Numbers:
    """The value by which the account of each person is found, told apart by codes.

    Args:
        texts: Per person of the roster; missing without such a value (an empty one would match
            anyone).

    Attributes:
        codes: Per person of the roster the place of the value in `values`, -1 without.
        values: Each once.
        times: Per code how many persons go by it; one more at the end, 0, for "no number".
    """

    __slots__ = ("codes", "times", "values")

    def __init__(self, texts: Texts) -> None:
        """Tell them apart."""
        coded = texts.dictionary_encode()
        self.codes: Positions = np.asarray(coded.indices.fill_null(-1), dtype=np.intp)
        self.values = as_column(coded.dictionary)
        self.times = self.count(self.codes)

    def of(self, mask: Mask) -> list[str | None]:
        """The values of the persons that a mask marks; None without one."""
        values: list[str | None] = take(as_texts(self.values), self.codes[mask]).to_pylist()
        return values

    def code_of(self, numbers: "pd.Series[str]") -> Positions:
        """Codes of numbers that accounts carry; -1 for none, and for one that nobody goes by."""
        return places_in(numbers, self.values)

    def count(self, codes: Positions) -> Positions:
        """How often every code stands there; one more at the end, 0, for "no number"."""
        return np.bincount(codes[codes >= 0], minlength=len(self.values) + 1).astype(np.intp)


def match_accounts(
    accounts: Accounts,
    *,
    roster: Roster,
    numbers: Numbers,
    links: "pd.Series[str]",
    linked: Positions | None = None,
    one_record: bool = False,
) -> Match:
    """Match accounts to persons.

    Args:
        accounts: What the target holds.
        roster: Everybody: the persons of the import and those of the links.
        numbers: Per person the value that the correlation attribute of their account holds.
        links: Native id by person: what the ledger knows of this target.
        linked: Positions of the persons of the links, where they were looked up already.
        one_record: Whether a second account with a person's number puts the linked one in doubt as
            well. So it is with records of HR, whose native id is that number.
    """
    found = roster.positions(links.index) if linked is None else linked
    return _Matching(accounts, roster, numbers, links, found, one_record=one_record).match()


class _Matching:
    """Whole columns first; person by person only for whoever is not plainly one with one account.

    Attributes:
        carries: Per account the code of the number it carries; -1 without, or for nobody's.
        wanted: Per person the code of the number they go by; -1 without.
        link: Per person the place of the linked account that is there, -1 without.
    """

    def __init__(
        self,
        accounts: Accounts,
        roster: Roster,
        numbers: Numbers,
        links: "pd.Series[str]",
        linked: Positions,
        *,
        one_record: bool,
    ) -> None:
        self.accounts, self.roster, self.numbers = accounts, roster, numbers
        self.one_record = one_record
        frame = accounts.accounts
        self.native = frame.index.to_numpy(dtype=object)
        self.refs = links.to_numpy(dtype=object)
        self.linked = linked
        self.link = np.full(len(roster), -1, dtype=np.intp)
        self.link[self.linked] = places_in(links, pd.Series(frame.index.array))
        self.wanted = numbers.codes
        self.carries = numbers.code_of(frame["person"])
        self.carriers = numbers.count(self.carries)

    def match(self) -> Match:
        only = np.full(len(self.carriers), -1, dtype=np.intp)  # the last is for "no number"
        only[self.carries] = np.arange(len(self.carries))
        times = self.carriers[self.wanted]
        carried = np.where(times == 1, only[self.wanted], -1)
        alive = self.link >= 0
        row = np.where(alive, self.link, carried)
        ambiguous = np.zeros(len(self.roster), dtype=np.bool_)
        notes: list[Note] = []
        for place, note, doubtful in self._odd(row, alive, times, carried):
            notes.append(note)
            ambiguous[place] |= doubtful
        lost = np.flatnonzero((row[self.linked] < 0) & ~ambiguous[self.linked])
        gone = {person: self.refs[place] for person, place in self._named(lost)}
        row[ambiguous] = -1
        strangers = self._strangers()
        if len(strangers):
            what = "account belongs" if len(strangers) == 1 else "accounts belong"
            reason = f"{len(strangers)} {what} to nobody in this import; not touched"
            notes.append(
                Note(target=self.accounts.target, person="", code="unmanaged", reason=reason)
            )
        return Match(
            self.roster,
            self.native,
            row=row,
            by_number=self._by_number(carried),
            is_linked=alive & ~ambiguous,
            is_ambiguous=ambiguous,
            gone=gone,
            notes=tuple(notes),
            strangers=strangers,
        )

    def _by_number(self, carried: Positions) -> Positions:
        """Per person the one account that would be theirs without their link, -1 without."""
        holder = np.full(len(self.native) + 1, -1, dtype=np.intp)  # the last is for no account
        holder[self.link[self.linked]] = self.linked
        holder[-1] = -1
        of_another = (holder[carried] >= 0) & (holder[carried] != np.arange(len(self.roster)))
        return np.where((self.numbers.times[self.wanted] == 1) & ~of_another, carried, -1)

    def _named(self, links: Positions) -> list[tuple[str, int]]:
        """Persons behind links, sorted, with the place of the link."""
        return sorted(zip(self.roster.ids[self.linked[links]], links.tolist(), strict=True))

    def _odd(
        self, row: Positions, alive: Mask, times: Positions, carried: Positions
    ) -> Iterator[tuple[int, Note, bool]]:
        """Persons about whom there is something to say, the note, and whether they are in doubt."""
        several = np.flatnonzero(np.where(alive, (times > 0) & (carried != self.link), times > 1))
        order = np.argsort(self.carries, kind="stable") if len(several) else several
        ordered = self.carries[order]
        for place in several.tolist():
            code = self.wanted[place]
            found = order[slice(*np.searchsorted(ordered, (code, code + 1)))]
            refs = sorted(self.native[found].tolist())
            if not alive[place] or self.one_record:
                yield place, self._several(place, refs), True
            else:
                others = [ref for ref in refs if ref != self.native[self.link[place]]]
                yield place, self._another(place, others), False
        yield from self._strays(alive)
        yield from self._contested(row, alive)

    def _strays(self, alive: Mask) -> Iterator[tuple[int, Note, bool]]:
        """Persons whose linked account carries the number of somebody else.

        A link stands as long as the account carries the person's own number, none, or one that
        nobody in the import has.
        """
        carries = np.where(alive, self.carries[self.link] if len(self.carries) else -1, -1)
        strays = (carries >= 0) & (carries != self.wanted)
        for place in np.flatnonzero(strays).tolist():
            owner = self.roster.ids[np.flatnonzero(self.wanted == carries[place])[-1]]
            reason = (
                f"this account is linked to this person and carries the number of {owner}; "
                "decide whose it is and correct it in the target"
            )
            yield place, self._note(place, self.native[self.link[place]], reason), True

    def _contested(self, row: Positions, alive: Mask) -> Iterator[tuple[int, Note, bool]]:
        """Persons who claim an account that another one claims; against a link that fails alone."""
        claims = np.bincount(row[row >= 0], minlength=len(self.native))
        contested = (row >= 0) & (claims[row] > 1) if len(claims) else row >= 0
        holder: dict[int, int] = {}
        several = np.flatnonzero(contested).tolist()
        for place in sorted(several, key=lambda place: (not alive[place], place)):
            ref, first = self.native[row[place]], holder.setdefault(row[place], place)
            if first == place:
                continue
            one, other = self.roster.ids[first], self.roster.ids[place]
            reason = (
                f"the account that carries this person's number belongs to {one} already; "
                "nothing is done until only one claims it"
            )
            yield place, self._note(place, ref, reason), True
            if not alive[first] or alive[place]:
                reason = f"{other} has the same number; nothing is done until only one has"
                yield first, self._note(first, ref, reason), True

    def _strangers(self) -> Positions:
        ours = np.zeros(len(self.native), dtype=np.bool_)
        ours[self.link[self.link >= 0]] = True
        return np.flatnonzero(~ours & (self.carries < 0))

    def _several(self, place: int, refs: list[str]) -> Note:
        reason = (
            f"{len(refs)} accounts carry this person's number ({self._labels(refs)}); "
            "nothing is done until only one does"
        )
        return self._note(place, "", reason)

    def _another(self, place: int, refs: list[str]) -> Note:
        more = "another account carries" if len(refs) == 1 else f"{len(refs)} other accounts carry"
        return Note(
            target=self.accounts.target,
            person=self.roster.ids[place],
            code="several",
            reason=f"{more} this person's number ({self._labels(refs)}); the one we know is used",
        )

    def _note(self, place: int, ref: str, reason: str) -> Note:
        return Note(
            target=self.accounts.target,
            person=self.roster.ids[place],
            ref=ref,
            code="ambiguous",
            reason=reason,
        )

    def _labels(self, refs: list[str]) -> str:
        labels = self.accounts.accounts["label"].reindex(refs).tolist()
        return ", ".join(
            label if isinstance(label, str) else ref
            for label, ref in zip(labels, refs, strict=True)
        )
