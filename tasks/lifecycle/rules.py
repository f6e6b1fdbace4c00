"""What rules give, as a frame: to look at, to compare, to test. Planning uses `Assignments`."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from connectors.model.people import DATE_DTYPE, People
from connectors.model.texts import TEXT_DTYPE
from tasks.lifecycle.assignments import Assignments, Gift
from tasks.lifecycle.rule import Rule


def assign(people: People, rules: Iterable[Rule], as_of: date) -> pd.DataFrame:
    """Everything that everybody is due on a day. Excluded persons are in it like all others.

    Args:
        people: The import.
        rules: All rules; ids unique.
        as_of: The day.

    Returns:
        One row per person, target, kind and name, sorted by these. Columns `person`, `target`,
        `kind` (str: `access`, `account`, `group` or `permission`), `permission` (str, name of the
        group or permission, NA for the other kinds), `because` (tuple of str: `contract:ID` and
        `rule:ID`, sorted, each once). RangeIndex. The order of the input makes no difference.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """
    made = Assignments(people, rules, as_of)
    things: dict[tuple[str, str, str], list[Gift]] = {}
    for gift in made.gifts:
        things.setdefault((gift.target, gift.kind, gift.name), []).append(gift)
    rows: list[tuple[int, tuple[str, str, str]]] = []
    for thing, gifts in things.items():
        places = made.given_to(gifts)
        rows += [(place, thing) for place in places.tolist()]
    rows.sort()
    frame = pd.DataFrame(
        [(made.roster.ids[place], *thing) for place, thing in rows],
        columns=["person", "target", "kind", "permission"],
    ).astype(TEXT_DTYPE)
    frame["permission"] = frame["permission"].mask(frame["permission"] == "")
    because = [made.reasons(things[thing], place) for place, thing in rows]
    return frame.assign(because=pd.Series(because, dtype=object))


def ended(people: People, rules: Iterable[Rule], as_of: date) -> pd.DataFrame:
    """Who is not due an account today and was due one before, and until when.

    Args:
        people: The import.
        rules: All rules.
        as_of: The day.

    Returns:
        One row per person and target, sorted by these. Columns `person`, `target` (str), `ended_on`
        (datetime64[s]): the last day on which the window of an account rule held. RangeIndex.

    Raises:
        ConfigError: A rule reads a column that this import does not have.
    """
    made = Assignments(people, rules, as_of)
    targets = {
        target
        for rule in made.rules
        for target, grant in rule.grant.items()
        if rule.counts and grant.account
    }
    frames = [pd.DataFrame({"person": [], "target": [], "ended_on": []})]
    for target in targets:
        days = made.ended(target)
        gone = ~np.isnat(days)
        frames.append(
            pd.DataFrame(
                {"person": made.roster.ids[gone], "target": target, "ended_on": days[gone]}
            )
        )
    found = pd.concat(frames) if len(frames) > 1 else frames[0]
    found = found.astype({"person": TEXT_DTYPE, "target": TEXT_DTYPE, "ended_on": DATE_DTYPE})
    return found.sort_values(["person", "target"], ignore_index=True)
