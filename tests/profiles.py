"""What profiles of tests have in common: how a directory names people, and who is in it."""

from typing import Any


def names_of_accounts() -> dict[str, Any]:
    """Fields that give an account its login name and its mail address, once and for all."""
    return {
        "userName": {"from": "names.login", "on": ["create"], "unique": True},
        "mail": {
            "template": "{names.local_part}@{names.domain}",
            "on": ["create"],
            "unique": True,
        },
    }


def staff() -> dict[str, Any]:
    """The rule by which everybody who works here can sign in to `directory`."""
    return {
        "id": "staff",
        "description": "Everybody who works here.",
        "grant": {"directory": {"account": True, "access": True}},
    }
