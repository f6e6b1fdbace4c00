"""Everybody in the invented company as numbers, and what HR says of them."""

from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from connectors.model.people import People
from connectors.sdk.invented_names import FAMILY_ENDINGS, FAMILY_NAMES, FAMILY_STEMS, FIRST_NAMES
from tests.bench.company_rules import (
    DEPARTMENTS,
    EARLY_DAYS,
    FTES,
    LOCATIONS,
    MANAGERS,
    TITLES,
    Mask,
    Numbers,
    department_of,
    title_of,
)

DAY: Final = date(2026, 11, 23)
NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY: Final = np.datetime64(DAY, "D")

WORKS, COMING, LATER, LEFT = range(4)
"""Somebody works here, starts in the days to come, starts later, or has left."""
SHARES: Final = (0.94, 0.01, 0.015, 0.035)
SECOND_JOBS: Final = 0.2
EXCLUDED: Final = 0.001
UNMANAGED: Final = 0.01
"""Accounts in the directory that belong to nobody."""
NEVER: Final = np.datetime64("NaT", "D")

Texts = npt.NDArray[np.object_]


GIVEN_NAMES: Final = [given for given, _ in FIRST_NAMES]
NICK_NAMES: Final = [nick for _, nick in FIRST_NAMES]
INITIALS: Final = [f"{given[0]}." for given in GIVEN_NAMES]
DEPARTMENT_IDS: Final = [department_of(number) for number in range(DEPARTMENTS)]
DEPARTMENT_NAMES: Final = [f"Department {number:02d}" for number in range(DEPARTMENTS)]
TITLE_IDS: Final = [title_of(number) for number in range(TITLES)]
TITLE_NAMES: Final = [f"Title {number:02d}" for number in range(TITLES)]


def texts(values: Any) -> Texts:
    """Text of its own for every row, as a reader makes it."""
    column: Texts = pd.Series(values).to_numpy(dtype=object)
    return column


def shared(choices: list[str], numbers: Numbers) -> Texts:
    """Text out of a short list."""
    chosen: Texts = np.array(choices, dtype=object)[numbers]
    return chosen


def where(there: Mask, values: Texts) -> Texts:
    """The values that are there, None for the others."""
    column: Texts = np.full(len(values), None, dtype=object)
    column[there] = values[there]
    return column


class Staff:
    """Everybody as numbers; what people, accounts and ledger show is made of these."""

    def __init__(self, size: int, chance: np.random.Generator) -> None:
        self.size = size
        self.chance = chance
        self.ids = pd.Series(np.arange(size), dtype="int64").astype("str").str.zfill(8)
        self.state = np.searchsorted(np.cumsum(SHARES), chance.random(size)).clip(max=LEFT)
        self.state[:MANAGERS] = WORKS
        self.excluded = chance.random(size) < EXCLUDED
        self._name()
        self._employ()

    def _name(self) -> None:
        families = [" ".join(filter(None, pair)) for pair in FAMILY_NAMES]
        families += [stem + end.strip() for stem in FAMILY_STEMS for end in FAMILY_ENDINGS]
        pairs = [*FAMILY_NAMES, *(("", name) for name in families[len(FAMILY_NAMES) :])]
        self.prefixes = np.array([prefix or None for prefix, _ in pairs], dtype=object)
        self.families = np.array([name for _, name in pairs], dtype=object)
        self.wholes = np.array(families, dtype=object)
        chance, size = self.chance, self.size
        self.first = chance.integers(len(FIRST_NAMES), size=size)
        self.family = chance.integers(len(pairs), size=size)
        # Nobody marries into their own name: a wedding shows.
        self.partner = (self.family + chance.integers(1, len(pairs), size=size)) % len(pairs)
        self.convention = chance.choice(4, size=size, p=(0.7, 0.1, 0.1, 0.1))

    def _employ(self) -> None:
        chance, size = self.chance, self.size
        second = np.flatnonzero(
            (chance.random(size) < SECOND_JOBS / (SHARES[WORKS] + SHARES[LEFT]))
            & np.isin(self.state, (WORKS, LEFT))
        )
        self.owner = np.concatenate([np.arange(size), second])
        self.primary = np.arange(size)
        rows = len(self.owner)
        first_job = np.arange(rows) < size
        self.department = chance.integers(DEPARTMENTS, size=rows)
        self.title = chance.integers(TITLES, size=rows)
        self.location = chance.integers(len(LOCATIONS), size=rows)
        # The second job is smaller, so that the first is the primary one.
        self.fte = np.where(first_job, chance.integers(4, size=rows), 4 + self.owner % 2)
        self.start = TODAY - chance.integers(1, 6000, size=rows).astype("timedelta64[D]")
        self.end = np.full(rows, NEVER)
        temporary = chance.random(rows) < 0.15
        self.end[temporary] = TODAY + chance.integers(0, 400, size=temporary.sum()).astype(
            "timedelta64[D]"
        )
        state = self.state[self.owner]
        over = (state == LEFT) | (~first_job & (chance.random(rows) < 0.3))
        ago = chance.integers(1, 700, size=rows).astype("timedelta64[D]")
        self.end[over] = (TODAY - ago)[over]
        self.start[over] = (self.end - np.timedelta64(900, "D"))[over]
        for when, earliest, latest in ((COMING, 1, EARLY_DAYS), (LATER, EARLY_DAYS + 1, 90)):
            days = chance.integers(earliest, latest + 1, size=rows).astype("timedelta64[D]")
            self.start[state == when] = (TODAY + days)[state == when]
            self.end[state == when] = NEVER

    def change(self, count: int) -> frozenset[str]:
        """Let HR change so many persons, each in something that an account shows."""
        if not count:
            return frozenset()
        joining = np.flatnonzero((self.state == LATER) & ~self.excluded)[: max(1, count // 10)]
        able = np.flatnonzero((self.state == WORKS) & ~self.excluded)
        rest = able[np.linspace(0, len(able) - 1, count - len(joining)).astype(np.int64)]
        moved, titled, married, left = (rest[rest_of::10] for rest_of in (0, 1, 2, 3))
        moved = np.concatenate([moved, *(rest[rest_of::10] for rest_of in range(4, 10))])
        self.department[moved] = (self.department[moved] + 1) % DEPARTMENTS
        self.title[titled] = (self.title[titled] + 1) % TITLES
        self.convention[married] = (self.convention[married] + 1) % 4
        self.end[np.isin(self.owner, left)] = np.minimum(
            np.where(np.isnat(self.end), TODAY, self.end), TODAY - np.timedelta64(1, "D")
        )[np.isin(self.owner, left)]
        self.start[joining] = TODAY
        return frozenset(self.ids.take(np.concatenate([rest, joining])))

    def people(self) -> People:
        """What HR says."""
        wed = self.convention > 0
        return People(
            persons=pd.DataFrame(
                {
                    "external_id": self.ids,
                    "given_name": shared(GIVEN_NAMES, self.first),
                    "nick_name": shared(NICK_NAMES, self.first),
                    "initials": shared(INITIALS, self.first),
                    "family_name_prefix": self.prefixes[self.family],
                    "family_name": self.families[self.family],
                    "partner_name_prefix": where(wed, self.prefixes[self.partner]),
                    "partner_name": where(wed, self.families[self.partner]),
                    "convention": shared(["B", "P", "BP", "PB"], self.convention),
                    "excluded": self.excluded,
                }
            ),
            contracts=pd.DataFrame(
                {
                    "external_id": pd.Series(np.arange(len(self.owner))).astype("str"),
                    "person_id": self.ids.take(self.owner).to_numpy(),
                    "department_id": shared(DEPARTMENT_IDS, self.department),
                    "title_id": shared(TITLE_IDS, self.title),
                    "title": shared(TITLE_NAMES, self.title),
                    "location": shared(list(LOCATIONS), self.location),
                    "manager_id": shared(self.managers(), self.department),
                    "employer": "Example",
                    "start_date": self.start.astype("datetime64[s]"),
                    "end_date": self.end.astype("datetime64[s]"),
                    "fte": np.array(FTES)[self.fte],
                }
            ),
            departments=pd.DataFrame(
                {"external_id": DEPARTMENT_IDS, "name": DEPARTMENT_NAMES, "parent_id": "D00"}
            ),
            taken_at=NOON,
        )

    def managers(self) -> list[str]:
        """Who leads each department."""
        return self.ids.take(np.arange(DEPARTMENTS) % min(MANAGERS, self.size)).tolist()

    def places_of_managers(self) -> list[str]:
        return [f"CN={manager},OU=Active,DC=example,DC=org" for manager in self.managers()]
