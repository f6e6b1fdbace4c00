"""Whatever stands in a profile, rules or `.env`: it is read, or a sentence says why not."""

import os
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.yaml_file import read_yaml
from connectors.model.errors import RetourError
from tasks.setup import choices_of
from tests.fuzz.damage import BODIES, WRITTEN, wounded, wounds
from tests.fuzz.outcome import come_of

EXAMPLES: Final = 3_000 if "RETOUR_SOAK" in os.environ else 30
VARIABLES: Final = {
    "AFAS_URL": "https://12345.rest.afas.online/ProfitRestServices",
    "AD_SERVER": "ldaps://dc.example.org",
    "PATH": os.environ["PATH"],
}
PROFILES: Final = Path(__file__).parents[2] / "config" / "profiles"
MORE: Final[dict[str, Any]] = {
    "sources": {
        "trainees": {
            "connector": "hr_file",
            "settings": {"path": "trainees", "columns": {"persons": {"external_id": "Number"}}},
            "key": "custom.Nr",
            "matches": "external_id",
            "owns": ["personal_email"],
        }
    },
    "limits": {
        "create": {"count": 5, "share": "10%"},
        "cumulative": {"disable": 7, "revoke": 9},
    },
    "protected": {"persons": ["1000123"]},
    "artifacts": {"values": "mask", "rows": 100},
    "approval": "ask",
    "notify": {
        "language": "nl",
        "mail": {"server": "localhost", "sender": "Retour <retour@example.org>"},
        "tell": [{"on": ["joined", "left"], "to": "person.manager", "otherwise": "it@example.org"}],
    },
}
RULES: Final[list[dict[str, Any]]] = [
    {
        "id": "care-staff",
        "description": "Carers",
        "status": "published",
        "when": {
            "contract.department.id": {"within": "CARE"},
            "contract.fte": {"between": [0.2, 1]},
            "any": [
                {"person.family_name": {"matches": "(a|b)c?"}},
                {"contract.start_date": {"after": "2026-01-31"}},
            ],
            "not": {"contract.type": {"in": ["intern", "volunteer"]}},
        },
        "window": {"until_days": 14, "account": {"from_days": -14, "until_days": 30}},
        "grant": {"active_directory": {"account": True, "groups": ["G-{contract.department.id}"]}},
    },
    {"id": "staff", "description": "All", "grant": {"entra_id": {"account": True, "access": True}}},
]


def a_profile() -> dict[str, Any]:
    profile: dict[str, Any] = read_yaml(PROFILES / "demo.yaml").content
    profile["targets"]["active_directory"]["fields"] = {
        "title": {"template": "{contract.title} ({person.initials})", "on": ["create"]},
        "department": [
            {"value": "x", "on": ["create"]},
            {"from": "contract.department.name", "on": ["update"]},
        ],
    }
    return {**profile, "rules": ["rules.yaml"]}


@pytest.fixture(scope="module")
def loading(tmp_path_factory):
    """Loads a profile and its rules, given as content or as bytes."""
    folder = tmp_path_factory.mktemp("site")
    here = Path.cwd()
    os.chdir(folder)

    def load(profile: Any, rules: Any) -> Any:
        for name, content in (("site.yaml", profile), ("rules.yaml", rules)):
            text = content if isinstance(content, bytes) else yaml.safe_dump(content).encode()
            (folder / name).write_bytes(text)
        return come_of(lambda: choices_of(str(folder / "site.yaml")))

    with patch.dict(os.environ, VARIABLES, clear=True):
        yield load
    os.chdir(here)


def test_the_examples_are_in_order(loading):
    assert not isinstance(loading(a_profile(), RULES), RetourError)
    found = loading({**a_profile(), **MORE}, RULES)
    assert not isinstance(found, RetourError), found


def test_a_profile_with_something_wrong_in_it(loading):
    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(wounds(WRITTEN), st.booleans())
    def is_read_or_refused(some, more):
        loading(wounded({**a_profile(), **(MORE if more else {})}, some), RULES)

    is_read_or_refused()


def test_rules_with_something_wrong_in_them(loading):
    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(wounds(WRITTEN))
    def is_read_or_refused(some):
        loading(a_profile(), wounded(RULES, some))

    is_read_or_refused()


def test_a_file_that_is_damaged_as_a_whole(loading):
    for damage in BODIES:
        loading(damage(yaml.safe_dump(a_profile()).encode()), RULES)
        loading(a_profile(), damage(yaml.safe_dump(RULES).encode()))


ODD_LINES: Final = (
    b"AFAS_URL='", b'AFAS_URL="\\', b"=x", b"export =", b"A=${A}",
    b"A=${B}\nB=${A}", b"AFAS_URL=\x00",
    b"RETOUR_TARGETS__=x", b"RETOUR_TARGETS__ACTIVE_DIRECTORY__SERVER=\xff",
    b"RETOUR_TARGETS__ENTRA_ID__DOMAINS=[", b"RETOUR_TARGETS__ENTRA_ID__DOMAINS=[[[[1]]]]",
    b"RETOUR_TARGETS__ACTIVE_DIRECTORY__CONTAINERS={}", b"RETOUR_SOURCE__TOKEN=secret://../../x",
    b"RETOUR_TARGETS__ACTIVE_DIRECTORY__CONTAINERS__INITIAL__DEEPER=x",
    b"RETOUR_TARGETS__ENTRA_ID__DOMAINS=" + b"[" * 5_000,
    b"RETOUR_SHARD_SIZE=" + b"9" * 5_000, b"RETOUR_LEDGER_URL=sqlite:////dev/null/x",
)  # fmt: skip
LINES: Final = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(ODD_LINES),
)


@pytest.mark.parametrize("line", ODD_LINES, ids=lambda line: repr(line[:40]))
def test_an_env_file_with_a_line_that_is_odd(loading, line):
    Path(".env").write_bytes(line)
    try:
        loading(a_profile(), RULES)
    finally:
        Path(".env").unlink(missing_ok=True)


def test_an_env_file_that_holds_anything(loading):
    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(st.lists(LINES, min_size=1, max_size=4))
    def is_read_or_refused(lines):
        Path(".env").write_bytes(b"\n".join(lines))
        loading(a_profile(), RULES)

    try:
        is_read_or_refused()
    finally:
        Path(".env").unlink(missing_ok=True)
