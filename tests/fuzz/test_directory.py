"""Whatever a domain controller says about its objects: a reading, receipts, or an error of ours."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyasn1.error import PyAsn1Error

from connectors.active_directory import client
from connectors.active_directory.client import LdapDirectory
from connectors.active_directory.directory import Directory, Entry
from connectors.active_directory.reader import ActiveDirectoryReader
from connectors.model.errors import RetourError, Unavailable
from connectors.sdk.conformance.cases import conformance_of, find_connector
from tests.fuzz.outcome import come_of
from tests.fuzz.test_answers import changes_of, check_findings, read, written

EXAMPLES: Final = 2_000 if "RETOUR_SOAK" in os.environ else 40
VALUES: Final = st.one_of(
    st.sampled_from([
        b"", b"\xff\xfe", b"\x00", b"x" * 70_000, b"-1", b"9" * 5_000, b"TRUE", b"1e3", b"=",
        b"20260230000000.0Z", b"CN=", b"CN=a,DC=elsewhere", b"CN=\\", b"CN=a\\,b,,", b"SMTP:",
        b"smtp:a@b", b"x@", "²".encode(), b"\x1b[2J", bytes(16), bytes(15), b"9223372036854775807",
    ]),
    st.binary(max_size=20),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Blow:
    """What is wrong with one object of one search, each counted round."""

    search: int
    entry: int
    attribute: int
    how: str
    values: tuple[bytes, ...]
    dn: str

    def hit(self, entries: list[Entry]) -> list[Entry]:
        """The objects with this wrong in one of them."""
        if not entries:
            return entries
        place = self.entry % len(entries)
        found = entries[place]
        if not found.attributes:
            return entries
        name = sorted(found.attributes)[self.attribute % len(found.attributes)]
        match self.how:
            case "values":
                changed = Entry(found.dn, {**found.attributes, name: self.values})
            case "gone":
                rest = {one: value for one, value in found.attributes.items() if one != name}
                changed = Entry(found.dn, rest)
            case "range":
                some = {**found.attributes, f"{name};range=0-1499": found.attributes[name]}
                changed = Entry(found.dn, some)
            case "dn":
                changed = Entry(self.dn, found.attributes)
            case _:
                return [*entries, found]
        return [*entries[:place], changed, *entries[place + 1 :]]


DNS: Final = ("", "x", "CN=a", ",", "CN=\\", "CN=a,OU=" + "b" * 5_000, "DC=org", "\x00=\x00")
BLOWS: Final = st.builds(
    Blow,
    search=st.integers(0, 40),
    entry=st.integers(0, 500),
    attribute=st.integers(0, 60),
    how=st.sampled_from(("values", "values", "values", "gone", "gone", "range", "dn", "twice")),
    values=st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    dn=st.sampled_from(DNS),
)  # fmt: skip


class Hostile:
    """A directory, some of whose objects are not as they should be."""

    blow: Blow | None = None

    def __init__(self, inner: Directory) -> None:
        self._inner, self._asked = inner, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def search(self, base: str, filter_: str, attributes: Sequence[str], **more: Any) -> Any:
        entries = self._inner.search(base, filter_, attributes, **more)
        self._asked += 1
        if self.blow is not None and self.blow.search % 6 == self._asked % 6:
            return self.blow.hit(entries)
        return entries


@pytest.fixture(scope="module")
def domain():
    """A subject on a sandbox, whose directory is hostile as soon as it is told how."""
    real = client.open_directory

    def opened(*given: Any, **named: Any) -> Hostile:
        return Hostile(real(*given, **named))

    where = "connectors.active_directory.open_directory"
    subjects = conformance_of(find_connector("active_directory")).SUBJECTS
    with patch(where, opened), subjects["active_directory"]() as subject:
        assert isinstance(
            subject.connector.open_reader(subject.model(), "x"), ActiveDirectoryReader
        )
        yield subject
    Hostile.blow = None


def whatever(act: Any, examples: int = EXAMPLES) -> None:
    """Do it with all kinds of objects."""

    @settings(max_examples=examples, derandomize=True, database=None)
    @given(BLOWS)
    def is_said(blow: Blow) -> None:
        Hostile.blow = blow
        come_of(act)

    Hostile.blow = None
    assert not isinstance(come_of(act), RetourError)
    try:
        is_said()
    finally:
        Hostile.blow = None


def test_a_reading_is_whole_or_an_error(domain):
    changes_of(domain)  # so that somebody is there
    whatever(lambda: read(domain))


def test_a_check_says_what_it_finds(domain):
    whatever(lambda: check_findings(domain), EXAMPLES // 2)


def test_every_change_gets_its_receipt(domain):
    Hostile.blow = None
    changes = changes_of(domain)
    whatever(lambda: written(domain, changes), EXAMPLES // 2)


@pytest.mark.parametrize(
    "error", [PyAsn1Error(), IndexError(), TypeError(), ValueError("Ann Smit")]
)
def test_an_answer_that_is_no_ldap_breaks_the_connection_and_quotes_nothing(error):
    class Connection:
        socket = None

        def search(self, **_: Any) -> Any:
            raise error

        def unbind(self) -> None:
            dropped.append(self)

    dropped: list[Any] = []
    directory = LdapDirectory(
        system="ad", host="dc.example.org", port=636, start_tls=False, context=None,
        user="svc", password="p", read_only=True, timeout_seconds=5,
    )  # fmt: skip
    with (
        patch.object(LdapDirectory, "_take", lambda *_: Connection()),
        pytest.raises(Unavailable, match=r"^ad search .*: the answer is no LDAP") as caught,
    ):
        directory.search("DC=example,DC=org", "(cn=*)", ["cn"])
    assert len(dropped) == 2
    assert "Ann" not in str(caught.value)
