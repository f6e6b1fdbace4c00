"""The rules and the targets of the invented company, and whom each rule meets, by numbers.

Every rule stands here twice: as the planner gets it, and as a mask over the numbers that the
company is made of. So what everybody should hold is known without asking the planner.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tasks.lifecycle.conditions import All, AnyOf, Condition, Not, Test
from tasks.lifecycle.policy import TargetPolicy
from tasks.lifecycle.rule import Grant, Rule, Window
from tests.tasks.lifecycle.site import DIRECTORY, NAMES_FOR_GOOD, POLICIES, fields

DEPARTMENTS: Final = 60
TITLES: Final = 60
MANAGERS: Final = 60
LOCATIONS: Final = tuple(f"Location {number:02d}" for number in range(12))
FTES: Final = (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)
EARLY_DAYS: Final = 14
"""So many days before somebody starts, the directory has an account for them."""

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Jobs(NamedTuple):
    """Contracts as numbers, an array each: places in the lists of this module."""

    department: Numbers
    title: Numbers
    location: Numbers
    fte: Numbers


class Giving(NamedTuple):
    """A rule that gives a group, and the contracts that meet it."""

    rule: Rule
    target: str
    group: str
    meets: Callable[[Jobs], Mask]


def department_of(number: int) -> str:
    """Key of a department."""
    return f"D{number:02d}"


def title_of(number: int) -> str:
    """Key of a title."""
    return f"T{number:02d}"


def givings() -> tuple[Giving, ...]:
    """Every rule that gives a group: 57 of the 60."""
    return (
        _giving("everybody", "ad", All(), lambda jobs: np.full(len(jobs.fte), fill_value=True)),
        *_by_department(),
        *_by_title(),
        *_by_fte(),
        *_mixed(),
    )


def rules() -> tuple[Rule, ...]:
    """All sixty: three give accounts, the others a group each."""
    everybody = All()
    both = Grant(account=True, access=True)
    return (
        Rule("staff", "", everybody, Window(-EARLY_DAYS, 0), {"ad": Grant(account=True)}),
        Rule("sign-in", "", everybody, Window(), {"ad": Grant(access=True)}),
        Rule("applications", "", everybody, Window(), {"app": both, "cloud": both}),
        *(giving.rule for giving in givings()),
    )


def policies() -> dict[str, TargetPolicy]:
    """Five targets: a directory, an application and a cloud directory behind it, and HR twice."""
    ad = fields(
        DIRECTORY,
        **NAMES_FOR_GOOD,
        displayName={"from": "names.display_name"},
        sn={"from": "names.surname"},
        givenName={"from": "person.nick_name"},
        initials={"from": "names.initials"},
        title={"from": "contract.title"},
        department={"from": "contract.department.name"},
        office={"from": "contract.location", "when_empty": "clear"},
        manager={"template": "CN={contract.manager_id},OU=Active,DC=example,DC=org"},
        code={"template": "{contract.department.id}-{contract.title.id}"},
    )
    application = fields(
        POLICIES["app"].manifest,
        userName={"from": "accounts.ad.upn"},
        shownAs={"from": "names.display_name"},
        department={"from": "contract.department.id"},
    )
    cloud = fields(
        DIRECTORY,
        upn={"from": "accounts.ad.upn"},
        displayName={"from": "names.display_name"},
        title={"from": "contract.title"},
        department={"from": "contract.department.name"},
    )
    return {
        "ad": replace(POLICIES["ad"], fields=ad),
        "app": replace(POLICIES["app"], fields=application),
        "cloud": TargetPolicy(
            name="cloud",
            manifest=DIRECTORY,
            depends_on=("ad",),
            fields=cloud,
            named_by_rules=True,
        ),
        "hr": POLICIES["hr"],
        "user": POLICIES["user"],
    }


def _giving(
    name: str, target: str, when: Condition, meets: Callable[[Jobs], Mask], **window: Any
) -> Giving:
    group = f"G-{name}"
    rule = Rule(name, "", when, Window(**window), {target: Grant(groups=(group,))})
    return Giving(rule, target, group, meets)


def _by_department() -> Iterator[Giving]:
    for number in range(0, DEPARTMENTS, 2):
        key = department_of(number)
        yield _giving(
            f"department-{key}",
            "ad",
            Test("contract.department.id", "equals", key),
            lambda jobs, number=number: jobs.department == number,  # type: ignore[misc]
        )


def _by_title() -> Iterator[Giving]:
    for number in range(0, TITLES, 4):
        chosen = (number, number + 1)
        yield _giving(
            f"title-{title_of(number)}",
            "cloud",
            Test("contract.title.id", "in", tuple(map(title_of, chosen))),
            lambda jobs, chosen=chosen: np.isin(jobs.title, chosen),  # type: ignore[misc]
        )


def _by_fte() -> Iterator[Giving]:
    """FTEs are listed from great to small, so "at least" is "no later than"."""
    for place, least in enumerate(FTES[:4]):
        yield _giving(
            f"fte-{least:g}",
            "ad",
            Test("contract.fte", "at_least", least),
            lambda jobs, place=place: jobs.fte <= place,  # type: ignore[misc]
        )


def _mixed() -> Iterator[Giving]:
    """Rules with several conditions: all of them, any of them, none of them."""
    for number in range(4):
        here, key = LOCATIONS[number], department_of(number)
        at = Test("contract.location", "equals", here)
        of = Test("contract.department.id", "equals", key)
        yield _giving(
            f"there-and-{key}",
            "ad",
            AnyOf((at, of)),
            lambda jobs, number=number: (  # type: ignore[misc]
                (jobs.location == number) | (jobs.department == number)
            ),
        )
    for number in range(4, 6):
        at = Test("contract.location", "equals", LOCATIONS[number])
        most = Test("contract.fte", "at_least", FTES[2])
        yield _giving(
            f"most-days-{number}",
            "cloud",
            All((at, most)),
            lambda jobs, number=number: (  # type: ignore[misc]
                (jobs.location == number) & (jobs.fte <= 2)
            ),
        )
    upper = tuple(map(title_of, range(45)))
    yield _giving(
        "few-titles",
        "cloud",
        Not(Test("contract.title.id", "in", upper)),
        lambda jobs: jobs.title >= 45,
    )
