"""What a form or a REST call sends, and what a run takes it for."""

from datetime import date, datetime
from typing import Any

import pytest

from connectors.model.errors import ConfigError
from tasks.asked import NOTHING, as_asked


def test_days_become_days_and_the_rest_stays() -> None:
    given = {"profile": "demo", "dry_run": False, "as_of": "2026-12-01", "persons": ["1"]}
    assert as_asked(given) == {**given, "as_of": date(2026, 12, 1)}
    assert as_asked({"until": date(2026, 12, 1)}) == {"until": date(2026, 12, 1)}
    assert as_asked({"as_of": None, "approve": None}) == {"as_of": None, "approve": None}
    assert as_asked(NOTHING) == NOTHING


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("as_of", "2026-13-01", "as_of: '2026-13-01' is no day; write it like 2026-12-01"),
        ("hired_since", "tomorrow", "hired_since: 'tomorrow' is no day; write it like 2026-12-01"),
        ("until", 5, "until: 5 is no day; write it like 2026-12-01"),
        ("as_of", datetime(2026, 1, 1, 10), "is no day"),  # noqa: DTZ001 - no zone saves it
        ("dry_run", "no", "dry_run: 'no' must be a valid boolean"),
        ("dry_run", 0, "dry_run: 0 must be a valid boolean"),
        ("dry_run", None, "dry_run: None must be a valid boolean"),
        ("persons", "1000123", "persons: '1000123' must be a valid list"),
        ("targets", [5], r"targets: \[5\] must be a valid string"),
        ("typo", 1, "typo: 1 Extra inputs are not permitted"),
    ],
)
def test_a_slip_is_told_by_its_name(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        as_asked({"profile": "demo", name: value})
