"""Invented people for sandboxes, demos, tests and benchmarks: the staff of `example.org`.

The same seed gives the same persons, and more of them only adds to the end. Persons 0 to 9 lead the
departments; 10 to 19 have the names and contracts that break things (`EDGES`), so from 20 people on
every sandbox has an O'Brien, two Emma Bakkers, Ольга and 李.
"""

import random
from collections.abc import Iterator
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

import pandas as pd

from connectors.model.people import (
    CONTRACT_DATES,
    CONTRACT_NUMBERS,
    CONTRACT_TEXT,
    PERSON_TEXT,
    People,
)
from connectors.sdk.invented_names import (
    DEPARTMENTS,
    EDGES,
    EMPLOYERS,
    FAMILY_ENDINGS,
    FAMILY_NAMES,
    FAMILY_STEMS,
    FIRST_NAMES,
    LEAD_TITLE,
    LOCATIONS,
    TITLES,
    WEIGHTS,
)

FIRST_EXTERNAL_ID: Final = 1_000_001
FIRST_PERSON_NUMBER: Final = 2_000_001
ENVIRONMENT: Final = "12345"
"""Number of the invented AFAS environment: user ids are `12345.1000001`."""
FULL_TIME_HOURS: Final = 36.0
LEADERS: Final = 10

_PARENTS: Final = {key: parent for key, _, parent, _ in DEPARTMENTS}
_NAMES: Final = {key: name for key, name, _, _ in DEPARTMENTS}
_LEADERS: Final = {key: leader for key, _, _, leader in DEPARTMENTS}
_LED_BY: Final = {leader: key for key, _, _, leader in reversed(DEPARTMENTS)}
_COST_CENTERS: Final = {key: str(4000 + 10 * place) for place, key in enumerate(_PARENTS)}
_CHANCES: Final = tuple(accumulate(WEIGHTS.values()))
_CONVENTIONS: Final = ("B", "BP", "PB", "P")
_KINDS: Final = ("one", "fixed", "two", "future", "ended", "rehired")


def invent(people: int, seed: int, today: date) -> People:
    """Make up persons with contracts and departments.

    Args:
        people: How many persons, 0 or more.
        seed: The same seed gives the same persons; a bigger `people` keeps the first ones.
        today: Day that the contracts lie around: most run, a few start within three weeks, a few
            ended within the last two months.

    Returns:
        A snapshot taken at six o'clock UTC of `today`. Hardly anybody has `work_email` or
        `user_principal_name` (the write-back fills them) and some have no `user_id`.
    """
    invented = copy(_invented(people, seed, today))
    for part in ("persons", "contracts", "departments", "blocked"):
        setattr(invented, part, getattr(invented, part).copy(deep=False))  # copied when written to
    return invented


@lru_cache(maxsize=4)  # sandboxes are served with the same people again and again
def _invented(people: int, seed: int, today: date) -> People:
    chance = random.Random(seed)  # noqa: S311 - made-up people, not cryptography
    persons: list[tuple[Any, ...]] = []
    contracts: list[tuple[Any, ...]] = []
    for place in range(people):
        external_id = str(FIRST_EXTERNAL_ID + place)
        persons.append(_person(chance, place, external_id))
        contracts.extend(_contracts(chance, place, external_id, today, people))
    return People(
        persons=pd.DataFrame(persons, columns=list(PERSON_TEXT)),
        contracts=pd.DataFrame(
            contracts, columns=[*CONTRACT_TEXT, *CONTRACT_DATES, *CONTRACT_NUMBERS]
        ),
        departments=_departments(people),
        taken_at=datetime.combine(today, time(6), UTC),
    )


def _person(chance: random.Random, place: int, external_id: str) -> tuple[Any, ...]:
    prefix, family, given, nick, initials, partner_prefix, partner, convention = _name(chance)
    has_login, has_mail = chance.random() < 0.95, chance.random() < 0.1
    if LEADERS <= place < LEADERS + len(EDGES):
        edge = EDGES[place - LEADERS]
        prefix, family, given, nick, initials, partner_prefix, partner, convention, _ = edge
        has_login, has_mail = True, False
    work_email = f"staff.{external_id}@example.org" if has_mail else None
    surname = _surname(prefix, family, partner_prefix, partner, convention)
    return (
        external_id,
        f"{nick} {surname}",
        given,
        nick,
        initials,
        prefix,
        family,
        partner_prefix,
        partner,
        convention,
        work_email,
        work_email,
        f"home-{external_id}@example.org",
        None,
        None,
        f"{ENVIRONMENT}.{external_id}" if has_login else None,
        str(FIRST_PERSON_NUMBER + place),
    )


def _name(chance: random.Random) -> tuple[str, str, str, str, str, str, str, str]:
    given, nick = chance.choice(FIRST_NAMES)
    initials = f"{given[0]}."
    while len(initials) < 6 and chance.random() < 0.4:
        initials += f"{chance.choice('ABCEGHJLMPRSTW')}."
    prefix, family = _family(chance)
    convention = chance.choices(_CONVENTIONS, (64, 12, 10, 14))[0]
    partner_prefix, partner = _family(chance)
    if convention == "B" and chance.random() < 0.8:
        partner_prefix, partner = "", ""
    return prefix, family, given, nick, initials, partner_prefix, partner, convention


def _family(chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.5:
        prefix, family = chance.choice(FAMILY_NAMES)
        return prefix, family
    return chance.choice(("", "", "", "van", "van de")), chance.choice(
        FAMILY_STEMS
    ) + chance.choice(FAMILY_ENDINGS)


def _surname(prefix: str, family: str, partner_prefix: str, partner: str, convention: str) -> str:
    birth, of_partner = f"{prefix} {family}".strip(), f"{partner_prefix} {partner}".strip()
    if convention == "B" or not of_partner:
        return birth
    return {"P": of_partner, "BP": f"{birth} - {of_partner}", "PB": f"{of_partner} - {birth}"}[
        convention
    ]


def _contracts(
    chance: random.Random, place: int, external_id: str, today: date, people: int
) -> Iterator[tuple[Any, ...]]:
    departments = chance.choices(tuple(_PARENTS), cum_weights=_CHANCES, k=2)
    kind = chance.choices(_KINDS, (70, 10, 8, 5, 4, 3))[0]
    fte = chance.choice((1.0, 1.0, 1.0, 0.89, 0.78, 0.67, 0.56))
    began, ahead, location = (
        chance.randint(40, 5500),
        chance.randint(1, 21),
        chance.choice(LOCATIONS),
    )
    pick = chance.random()
    if place < LEADERS:
        departments, kind, fte = [_LED_BY[place], "CARE"], "one", 1.0
    elif place < LEADERS + len(EDGES):
        kind = EDGES[place - LEADERS][-1]
    first, second = departments
    if second == first:
        second = "NURSING" if first != "NURSING" else "HOMECARE"

    def contract(
        sequence: int, department: str, share: float, start: int, end: int | None
    ) -> tuple[Any, ...]:
        titles = TITLES[department]
        title_id, title = (
            LEAD_TITLE if _LED_BY.get(place) == department else titles[int(pick * len(titles))]
        )
        return (
            f"{external_id}-{sequence}",
            external_id,
            department,
            _NAMES[department],
            title_id,
            title,
            _employer(department),
            _COST_CENTERS[department],
            location,
            _boss(department, place, people),
            "fixed" if end is not None else "permanent",
            today + timedelta(days=start),
            today + timedelta(days=end) if end is not None else None,
            share,
            round(share * FULL_TIME_HOURS, 1),
            round(share * 100, 1),
            float(sequence),
        )

    match kind:
        case "fixed":
            yield contract(1, first, fte, -66 - began % 300, 30 + began % 330)
        case "two":
            yield contract(1, first, 0.6, -began, None)
            yield contract(2, second, 0.4, -began // 2, None)
        case "future":
            yield contract(1, first, fte, ahead, None)
        case "ended":
            yield contract(1, first, fte, -began - 60, -2 * ahead)
        case "rehired":
            yield contract(1, first, fte, -began - 900, -began - 400)
            yield contract(2, second, fte, -began, None)
        case _:
            yield contract(1, first, fte, -began, None)


def _employer(department: str) -> str:
    while department not in EMPLOYERS:
        department = _PARENTS[department]
    return EMPLOYERS[department]


def _boss(department: str, place: int, people: int) -> str | None:
    while department:
        leader = _LEADERS[department]
        if leader is not None and leader != place and leader < people:
            return str(FIRST_EXTERNAL_ID + leader)
        department = _PARENTS[department]
    return None


def _departments(people: int) -> pd.DataFrame:
    rows = [
        (
            key,
            name,
            parent or None,
            str(FIRST_EXTERNAL_ID + leader) if leader is not None and leader < people else None,
        )
        for key, name, parent, leader in DEPARTMENTS
    ]
    return pd.DataFrame(rows, columns=["external_id", "name", "parent_id", "manager_id"])
