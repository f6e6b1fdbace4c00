"""What holds where a profile is silent: the one table of defaults that protect a site.

A share is of what is managed now: of the accounts of the target, of the persons in the last
accepted import. One change always passes a share, or a site of eight could never lose anybody.
"""

from collections.abc import Mapping
from typing import Final

SOURCE_LIMITS: Final[Mapping[str, str | int]] = {
    "removed": "10%",  # half an export looks like this
    "added": "30%",  # as does an export of another company
    "blocked": "10%",  # a field that came out empty
    "changed": "50%",  # columns that moved by one
}
"""Import against the last accepted one, by kind of difference."""

TARGET_LIMITS: Final[Mapping[str, str | int]] = {
    "correlate": "unlimited",  # writes nothing in the target
    "create": 50,  # a count: the share of an empty target would be nothing
    "update": "30%",
    "enable": 50,
    "disable": "10%",
    "move": "30%",
    "grant": "30%",
    "revoke": "20%",
    "delete": "5%",  # the one that cannot be undone
}
"""Changes of one run in one target, by verb."""

MAIL_GENERATOR: Final = 4
LOGIN_GENERATOR: Final = 5
DISPLAY_GENERATOR: Final = 1
SURNAME_GENERATOR: Final = 1
COMMON_NAME_GENERATOR: Final = 1
INITIALS_GENERATOR: Final = 1
"""Mail 4 and login 5 are the generators that follow the name a person chose to go by."""
