"""A company that lives: every day somebody joins, moves, marries, leaves or comes back.

It is an `HrSite`: HR files, a directory in memory, and a write-back. What has to be at the end is
worked out here from the rows, by what the two rules say in words and with nothing of Retour.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from connectors.ledger.ledger import open_ledger
from connectors.memory.store import STORES
from connectors.sdk.conformance.bounds import unhurried
from tasks.run import Ending
from tests.sweep.company import UNGUARDED, UNLIMITED
from tests.sweep.ledgers import without_power_cuts
from tests.sweep.mortal import Killed, Life, another_process, die, lived
from tests.sweep.sweeping import unheard
from tests.tasks.hr_site import HrSite

KINDS: Final = ("hire", "move", "marry", "leave", "return")
DEPARTMENTS: Final = ("CARE", "SHOP")
KEPT_DAYS: Final = 3
"""Days for which the account of a leaver is kept."""
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that HR writes down.

    Attributes:
        kind: One of `KINDS`.
        whom: Counted among those to whom it can happen; more than there are begins anew.
    """

    kind: str
    whom: int


class Days:
    """The company.

    Attributes:
        site: What it runs.
        died: How many runs were killed.
        places: At how many places the last run that was not killed could have been.
    """

    def __init__(self, folder: Path, people: int) -> None:
        """Employ so many people; nobody has an account yet."""
        folder.mkdir(exist_ok=True)
        self.site, self.died, self.places = HrSite(folder, people), 0, 0
        self._hired, self._lives = people, 0
        self._persons = {row["external_id"]: row for row in self.site.persons}
        self.site.limit("source", **UNGUARDED)
        for name in ("directory", "hr"):
            self.site.limit(name, **UNLIMITED)
        self.site.profile["targets"]["directory"]["leavers"] = {
            "disable_after_days": 0,
            "delete_after_days": KEPT_DAYS,
        }

    def close(self) -> None:
        """Forget the directory."""
        STORES.pop(str(self.site.folder), None)

    # --- HR ---------------------------------------------------------------------------------------

    def happen(self, event: Event) -> None:
        """Write an event down, if there is anybody to whom it can happen."""
        open_ones = [row for row in self.site.contracts if not row["end_date"]]
        ended = [row for row in self.site.contracts if row["end_date"]]
        if event.kind == "hire":
            self._hired += 1
            self.site.hire([self._hired])
            self.site.contracts[-1]["start_date"] = self.site.day.isoformat()
            self._persons[self.site.persons[-1]["external_id"]] = self.site.persons[-1]
        elif event.kind == "return" and ended:
            ended[event.whom % len(ended)]["end_date"] = ""
        elif event.kind in {"move", "marry", "leave"} and open_ones:
            row = open_ones[event.whom % len(open_ones)]
            if event.kind == "leave":
                yesterday = (self.site.day - _ONE_DAY).isoformat()
                row["end_date"] = max(yesterday, row["start_date"])  # whoever began today stays it
            elif event.kind == "move":
                place = DEPARTMENTS.index(row["department_id"])
                row["department_id"] = DEPARTMENTS[1 - place]
            else:
                self._persons[row["person_id"]]["family_name"] += "x"

    # --- Runs -------------------------------------------------------------------------------------

    def run(self, *, until: int | None = None) -> Ending | None:
        """A live run, killed at the place of that number if it comes so far; None then."""
        self._lives += 1
        life = Life(until, die)
        with (
            self._here(),
            lived(life, stores=True),
            another_process(self._lives),
            nullcontext() if until is None else unheard(),
            suppress(Killed),
        ):
            ending = self.site.run()
            self.places = len(life.at)
            return ending
        self.died += 1
        return None

    def run_calmly(self) -> Ending:
        """A live run that nothing disturbs."""
        self._lives += 1
        with self._here(), another_process(self._lives), unhurried():
            return self.site.run()

    @contextmanager
    def troubled(self, chance: random.Random, *, faults: int, calls: int) -> Iterator[None]:
        """Let some of that many calls to the directory go wrong."""
        trouble = self.site.store.trouble
        makes = (trouble.lose_answer, trouble.silent, trouble.refuse)
        for _ in range(faults):
            chance.choice(makes)(skip=chance.randrange(calls), times=1)
        yield
        trouble.clear()

    @contextmanager
    def _here(self) -> Iterator[None]:
        asked = {"RETOUR_LEDGER_URL": self.site.ledger_url}
        with patch.dict(os.environ, asked), without_power_cuts():
            yield

    # --- What is, and what should be --------------------------------------------------------------

    def directory(self) -> dict[str, list[Any]]:
        """HR id -> what stands in the directory of each account: state, mail, name, groups."""
        store = self.site.store
        groups_of: dict[str, list[str]] = {}
        for group in store.groups.values():
            for ref in group.members:
                groups_of.setdefault(ref, []).append(group.name)
        found: dict[str, list[Any]] = {}
        for ref, entry in store.entries.items():
            held = entry.attributes
            found.setdefault(str(held["personId"]), []).append(
                (
                    entry.enabled,
                    held.get("mail"),
                    held.get("displayName"),
                    sorted(groups_of.get(ref, ())),
                )
            )
        return found

    def written_back(self) -> dict[str, str]:
        """HR id -> mail address in the file that HR takes back."""
        _, text = self.site.held
        rows = [line.split(",") for line in text.splitlines()[1:]]
        return {row[0]: row[1] for row in rows}

    def wrong(self) -> list[str]:
        """Where the directory, HR or the ledger is not what the rules say for today."""
        return [*self._wrong_accounts(), *self._wrong_memory()]

    def _wrong_accounts(self) -> Iterator[str]:
        directory, back = self.directory(), self.written_back()
        of_person = {row["person_id"]: row for row in self.site.contracts}
        for person, held in directory.items():
            if len(held) != 1:
                yield f"{person} has {len(held)} accounts"
        for person, row in of_person.items():
            enabled, mail, shown, groups = directory.get(person, [(None, None, "", [])])[0]
            gone = (self.site.day - date.fromisoformat(row["end_date"] or "9999-12-31")).days
            if gone > 0:
                if enabled or groups or (person in directory and gone > KEPT_DAYS + 1):
                    yield f"{person} left {gone} days ago: {enabled}, {groups}"
                continue
            due, name = [f"G-{row['department_id']}"], self._persons[person]["family_name"]
            if not enabled or groups != due or not str(shown).endswith(f" {name}"):
                yield f"{person}: {enabled}, {groups} for {due}, {shown}"
            if back.get(person) != mail:
                yield f"{person}: HR holds {back.get(person)}, the directory {mail}"
        for person in directory.keys() - of_person.keys():
            yield f"{person} never worked here"

    def _wrong_memory(self) -> Iterator[str]:
        store = self.site.store
        with open_ledger(self.site.ledger_url) as ledger:
            links, grants = ledger.links("site"), ledger.grants("site")
            for intent in ledger.open_intents("site"):
                yield f"nobody knows what became of {intent.change}"
            fault = ledger.verify_audit()
            if fault is not None:
                yield f"the audit trail is broken: {fault}"
        mine = links[links["target"] == "directory"]
        refs = dict(zip(mine["ref"], mine["person"], strict=True))
        for ref in refs.keys() ^ store.entries.keys():
            yield f"{ref} is linked or there, and not both"
        known = {
            (one.permission, one.person)
            for one in grants[grants["target"] == "directory"].itertuples()
        }
        really = {(key, refs.get(ref)) for key, one in store.groups.items() for ref in one.members}
        for permission, person in known ^ really:
            yield f"{permission} of {person} is known or held, and not both"


def some_events(chance: random.Random, many: int) -> list[Event]:
    """Events of one day."""
    return [Event(chance.choice(KINDS), chance.randrange(1_000_000)) for _ in range(many)]


__all__ = ["KINDS", "Days", "Event", "some_events"]
