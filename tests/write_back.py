"""A profile for tests of the write-back alone: AFAS, a directory in memory, and back to AFAS."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.profiles import names_of_accounts, staff

UNLIMITED: Final = dict.fromkeys(
    ("create", "correlate", "update", "enable", "disable", "delete"), "unlimited"
)


def write_profile(
    folder: Path, afas: Mapping[str, Any], targets: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Path:
    """Write it, and give its path.

    Args:
        folder: Where to; names the directory too.
        afas: Settings under which AFAS is reached.
        targets: Name -> connector and fields, each from an attribute of the directory.
    """
    content = {
        "timezone": "Europe/Amsterdam",
        "source": {"connector": "afas", "settings": dict(afas)},
        "targets": {
            "directory": {
                "connector": "memory",
                "settings": {"name": str(folder)},
                "fields": names_of_accounts(),
                "limits": dict(UNLIMITED),
            },
            **{
                name: {
                    "connector": connector,
                    "depends_on": ["directory"],
                    "settings": dict(afas),
                    "fields": {
                        field: {"from": f"accounts.directory.{attribute}"}
                        for field, attribute in fields.items()
                    },
                    "limits": dict(UNLIMITED),
                }
                for name, (connector, fields) in targets.items()
            },
        },
        "rules": ["rules.yaml"],
        "names": {"domain": "example.org"},
    }
    (folder / "rules.yaml").write_text(yaml.safe_dump([staff()]), encoding="utf-8")
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path
