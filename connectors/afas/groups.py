"""The AFAS groups of a person's user, as text that a rule can look into."""

import pandas as pd

from connectors.afas.mapping import GROUP_NAMES, GROUPS
from connectors.model.people import listed


def with_groups(
    users: pd.DataFrame, groups: pd.DataFrame, memberships: pd.DataFrame
) -> pd.DataFrame:
    """Persons with the groups of their user.

    Args:
        users: Under our names.
        groups: `group_id`, `name`: the groups that AFAS shows.
        memberships: `group_id`, `user_id`. Those of other groups do not count.

    Returns:
        The users with `custom.afas_groups` (codes, `|FIN|HR|`, sorted) on top, and with
        `custom.afas_group_names` (descriptions, or the code where there is none). NA for a person
        without a user and for a user without a group.
    """
    known = groups.dropna(subset=["group_id"])
    names = known["name"].fillna(known["group_id"]) if "name" in known else known["group_id"]
    named = known.assign(name=names)[["group_id", "name"]]
    held = memberships.dropna().drop_duplicates().merge(named, on="group_id")
    held = held.assign(user=held["user_id"].str.casefold()).sort_values(["user", "group_id"])
    by_user = held.groupby("user")
    codes = users["user_id"].str.casefold()
    return users.assign(
        **{
            GROUPS: codes.map(by_user["group_id"].agg(listed)).astype("str"),
            GROUP_NAMES: codes.map(by_user["name"].agg(listed)).astype("str"),
        }
    )
