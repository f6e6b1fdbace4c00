"""The guard of what was read from the targets: are the accounts we know still there?"""

from collections.abc import Iterator, Mapping

import pandas as pd

from connectors.model.accounts import Accounts
from connectors.model.change import Verb
from connectors.model.people import People
from connectors.model.texts import is_among
from tasks.lifecycle.guard_measure import Measure, against, told
from tasks.lifecycle.guard_objection import Objection, in_words, plural, some_of
from tasks.lifecycle.guard_plan import way_out
from tasks.lifecycle.policy import Limit, TargetPolicy


def review_accounts(
    people: People,
    links: Mapping[str, "pd.Series[str]"],
    accounts: Mapping[str, Accounts],
    policies: Mapping[str, TargetPolicy],
) -> list[Objection]:
    """What speaks against a reading of the targets: accounts we know that it does not show.

    A search base that moved, or a right that was taken away, looks like a directory that lost its
    accounts; making them all again would be the wrong answer. The limit is that of `delete`. Only
    persons of this import count: AFAS, for one, stops showing people who have left.

    Args:
        people: The import.
        links: Target -> native id by person, from the ledger.
        accounts: Target -> what it holds.
        policies: By target.
    """
    return told(measure_accounts(people, links, accounts, policies))


def measure_accounts(
    people: People,
    links: Mapping[str, "pd.Series[str]"],
    accounts: Mapping[str, Accounts],
    policies: Mapping[str, TargetPolicy],
) -> Iterator[Measure]:
    """The accounts we know that a target does not show, held against its limit of `delete`."""
    present = people.persons["external_id"]
    for name, policy in policies.items():
        known, limit = links[name], policy.limits.get(Verb.DELETE, Limit())
        known = known[is_among(known.index.to_series(), present).to_numpy()]
        held = accounts[name].accounts.index.to_series()
        gone = known.index[~is_among(known, held).to_numpy()]
        key = f"targets.{name}.limits.{Verb.DELETE}"
        objection = None
        if len(gone) and not limit.allows(len(gone), of=len(known)):
            objection = Objection(
                reason=(
                    f"{name}: {plural(len(gone), 'account')} that we know "
                    f"{'is' if len(gone) == 1 else 'are'} not there any more, "
                    f"{in_words(limit, of=len(known), what='known')}: {some_of(gone)}; do its "
                    f"settings and rights still show them? Otherwise {way_out(key)}"
                ),
                code="vanished",
                target=name,
                figure=len(gone),
                of=len(known),
                limit=str(limit),
                key=key,
                persons=tuple(sorted(gone)),
            )
        yield against(
            limit,
            len(gone),
            of=len(known),
            code="vanished",
            what="known",
            key=key,
            target=name,
            objection=objection,
        )
