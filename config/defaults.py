"""What holds where a profile is silent: the one table of defaults that protect a site.

A share is of what is there now: of the accounts that are managed in the target, for grants and
revokes of what is granted there, for the source of the persons in the last accepted import. One
change always passes a share, or a site of eight could never lose anybody.
"""

from collections.abc import Mapping
from typing import Final

SOURCE_LIMITS: Final[Mapping[str, str | int]] = {
    "removed": "10%",  # half an export looks like this
    "added": "30%",  # as does an export of another company
    "blocked": "10%",  # a field that came out empty
    "changed": "50%",  # columns that moved by one
    "attribute": "30%",  # one field with another value, such as a department for everybody
    "emptied": "10%",  # one field without its value: missing is not the same as false
}
"""Import against the last accepted one, by kind of difference."""

TARGET_LIMITS: Final[Mapping[str, str | int]] = {
    "correlate": "unlimited",  # writes nothing in the target
    "create": 50,  # a count: the share of an empty target would be nothing
    "restore": 50,
    "update": "30%",
    "enable": 50,
    "disable": "10%",
    "move": "30%",
    "grant": "30%",
    "grant_permission": "30%",  # a few licences would not be seen among many groups
    "revoke": "20%",
    "revoke_permission": "20%",
    "delete": "5%",  # the one that cannot be undone
    "losses": "10%",  # a property that a group rule reads
}
"""Changes of one run in one target, by verb; and persons who stay and lose something."""

WINDOW_DAYS: Final = 7
WINDOW_TIMES: Final[Mapping[str, int]] = {"disable": 2, "revoke": 2, "delete": 2}
"""What a target may see in so many days: so many times what one run may do. A slow leak stays below
the limit of every single run. Verbs that take nothing away have no such limit by default."""

MAIL_GENERATOR: Final = 4
LOGIN_GENERATOR: Final = 5
DISPLAY_GENERATOR: Final = 1
SURNAME_GENERATOR: Final = 1
COMMON_NAME_GENERATOR: Final = 1
INITIALS_GENERATOR: Final = 1
"""Mail 4 and login 5 are the generators that follow the name a person chose to go by."""
