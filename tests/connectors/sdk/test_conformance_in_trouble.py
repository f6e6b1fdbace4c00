"""Laws about names, pages, trouble and the network: each is broken once, on purpose."""

import fnmatch
import logging
from dataclasses import replace

import pytest
from pydantic import SecretStr

from connectors.memory.conformance import subject as memory_subject
from connectors.memory.manifest import PERSON
from connectors.memory.reader import MemoryReader
from connectors.memory.settings import MemorySettings
from connectors.memory.store import Entry
from connectors.memory.writer import MemoryWriter
from connectors.model.accounts import Accounts
from connectors.model.change import Verb
from connectors.model.errors import ConnectorError, RateLimited, RetourError, Unavailable
from connectors.model.values import CLEAR
from connectors.sdk.conformance.laws import laws_for
from connectors.sdk.conformance.subject import BrokenLaw, Unproven
from connectors.sdk.fanout import Written
from connectors.sdk.passwords import make_password, open_sink
from connectors.sdk.serve import Answer, HttpServer
from connectors.sdk.trouble import Trouble


class Settings(MemorySettings):
    """With an address and a secret, which nothing needs."""

    address: str = "http://127.0.0.1:1"
    token: SecretStr = SecretStr("t0ken-of-the-laws")


class Harmless:
    """Faults that are ordered and never come; a reader or writer may ask what was ordered."""

    kinds = frozenset(Trouble)
    writes = 0
    ordered = None

    def order(self, trouble, *, writing, times=1, skip=0, seconds=1):
        Harmless.ordered = trouble

    def heal(self):
        Harmless.ordered = None


@pytest.fixture
def subject():
    Harmless.ordered = None
    with memory_subject() as found:
        yield found


def check(subject, sentence):
    [law] = [law for law in laws_for(subject.connector) if law.name == sentence]
    law.check(subject)


def with_parts(subject, **parts):
    return replace(subject, connector=replace(subject.connector, **parts))


# --- who is who, and what is what -----------------------------------------------------------------


class Anonymous(MemoryWriter):
    """Forgets the HR id of whom it creates."""

    def _execute(self, change):
        written = super()._execute(change)
        if change.verb is Verb.CREATE:
            self._store.entries[written.ref].attributes[PERSON] = "somebody"
        return written


class Loose(MemoryWriter):
    """Loses the HR id when a name changes."""

    def _execute(self, change):
        written = super()._execute(change)
        if "userName" in change.after and change.verb is Verb.UPDATE:
            del self._store.entries[change.ref].attributes[PERSON]
        return written


class Wild(MemoryWriter):
    """Takes an HR id for a pattern."""

    def _create(self, change):
        for ref, entry in self._store.entries.items():
            if fnmatch.fnmatch(str(entry.attributes[PERSON]), change.person):
                return Written(ref=ref, already=True)
        return super()._create(change)


class Sloppy(MemoryWriter):
    """Leaves quotes out."""

    def _execute(self, change):
        after = {
            name: value.replace("'", "") if isinstance(value, str) else value
            for name, value in change.after.items()
        }
        return super()._execute(change.resolved(ref=change.ref, after=after))


class Sweeping(MemoryWriter):
    """Empties what is not named."""

    def _execute(self, change):
        if change.verb is Verb.UPDATE:
            after = {"displayName": CLEAR, "aliases": CLEAR, **change.after}
            change = change.resolved(ref=change.ref, after=after)
        return super()._execute(change)


class Swapping(MemoryWriter):
    """Gives everybody the receipt of somebody else."""

    def _execute(self, change):
        written = super()._execute(change)
        return replace(written, ref="m-000001") if change.verb is Verb.UPDATE else written


class Spelling(MemoryReader):
    """Writes down that there is nothing."""

    def read(self):
        accounts = super().read()
        accounts.attributes["title"] = "None"
        return accounts


class Flickering(MemoryReader):
    """Sees nobody every second time."""

    seen = 0

    def read(self):
        Flickering.seen += 1
        accounts = super().read()
        if Flickering.seen % 2:
            return accounts
        return Accounts.from_records(
            target="subject", records={}, attributes={}, taken_at=accounts.taken_at
        )


class Nostalgic(MemoryReader):
    """Gives what it read the first time, whatever has happened since."""

    first = None

    def read_since(self, kept):
        if kept is None:
            Nostalgic.first = self.read()
        return Nostalgic.first, b"kept"


class Chatty(MemoryReader):
    """Logs what it was told to keep to itself."""

    def __init__(self, settings, target):
        super().__init__(settings, target)
        logging.getLogger("chatty").debug("hello %s", settings.token.get_secret_value())


class Giving(MemorySettings):
    """With a place for passwords, which the store itself has no use for."""

    initial_passwords: str = ""


class Reticent(MemoryWriter):
    """Hands a password over for each account it makes."""

    def __init__(self, settings, target):
        super().__init__(settings, target)
        self._sink = open_sink(settings.initial_passwords)

    def _password(self):
        return make_password()

    def _execute(self, change):
        if change.verb is Verb.CREATE:
            password = self._password()
            self._sink.deliver(person=change.person, login=change.person, password=password)
            self._tell(password)
        return super()._execute(change)

    def _tell(self, password):
        """Nobody."""


class Gossip(Reticent):
    """Logs it, too."""

    def _tell(self, password):
        logging.getLogger("gossip").debug("set to %s", password)


class Thrifty(Reticent):
    """Has one for everybody."""

    password = "One#For2All"

    def _password(self):
        return self.password


# --- trouble --------------------------------------------------------------------------------------


class Optimist(MemoryWriter):
    """Says that what failed is done."""

    def _execute(self, change):
        try:
            return self._send(change)
        except ConnectorError:
            return Written(ref=change.ref)


class Forlorn(MemoryWriter):
    """Never reads back."""

    def _execute(self, change):
        return self._send(change)


class Twofold(MemoryWriter):
    """Makes another account when it does not hear of the first."""

    def _execute(self, change):
        try:
            return self._send(change)
        except Unavailable:
            if change.verb is Verb.CREATE:
                self._store.entries[f"again-{change.id}"] = Entry({PERSON: change.person})
            raise


class Easygoing(MemoryWriter):
    """Takes being put off for an answer."""

    def _execute(self, change):
        if change.verb is Verb.UPDATE and Harmless.ordered in {
            Trouble.SLOW_DOWN,
            Trouble.SLOW_DOWN_UNSAID,
            Trouble.BUSY,
        }:
            raise RateLimited("later", system="x")
        return super()._execute(change)


class Fragile(MemoryReader):
    """Does not try again."""

    def read(self):
        if Harmless.ordered is not None:
            raise Unavailable("not now")
        return super().read()


class BySize(MemoryReader):
    """Reads no more than a page, of four where nothing is said."""

    def __init__(self, settings, target):
        super().__init__(settings, target)
        self._most = settings.concurrency if "concurrency" in settings.model_fields_set else 4

    def read(self):
        accounts = super().read()
        records = {
            str(ref): {"person": accounts.accounts.loc[ref, "person"]}
            for ref in accounts.accounts.index[: self._most]
        }
        return Accounts.from_records(
            target="x", records=records, attributes={}, taken_at=accounts.taken_at
        )


WRITERS = [
    (Anonymous, "the hr id that a create writes is read back"),
    (Loose, "a rename keeps the link"),
    (Wild, "an hr id means itself in every filter"),
    (Sloppy, "every text arrives as it was written"),
    (Sweeping, "what is not named is left alone and what is cleared is nothing"),
    (Swapping, "persons written side by side each get their own"),
    (
        Optimist,
        "a write that is refused for good writes nothing and every change has a receipt",
    ),
    (Optimist, "a write that is refused is told truly and harms nobody else"),
    (Optimist, "a write that broke is told truly and can be repeated"),
    (Forlorn, "a create whose answer is lost makes one account and says so"),
    (Forlorn, "an update whose answer is lost is settled by reading"),
    (Forlorn, "a switch whose answer is lost is settled by reading"),
    (Forlorn, "a grant whose answer is lost is settled by reading"),
    (Forlorn, "a move whose answer is lost is settled by reading"),
    (Forlorn, "a delete whose answer is lost is settled by reading"),
    (Twofold, "a create whose answer is lost makes one account and says so"),
    (Optimist, "chaos ends where calm would have ended"),
]
READERS = [
    (Spelling, "what is not named is left alone and what is cleared is nothing"),
    (Flickering, "whoever reads beside a writer sees whole accounts"),
    (Nostalgic, "a reading by what was kept equals a full one"),
]
HARMLESS = [
    "a reading that is refused stops the target",
    "a reading that never succeeds ends and gives nothing",
    "a page that comes again is an error and no endless reading",
]
NETWORK = [
    "a reading through a broken network ends in time",
    "an update through a broken network is told truly and repeated",
    "a create through a broken network makes one account at most",
]
OTHERS = {
    *HARMLESS,
    *NETWORK,
    "a reading outlives trouble that passes",
    "a write that is put off is done after the wait",
    "the smallest pages and the largest give the same",
    "no log line shows a secret",
    "what is so already is not sent again",
    "what cannot be shown is known and has a reason",
}


@pytest.mark.parametrize(("writer", "sentence"), WRITERS)
def test_a_writer_that_breaks_a_law_is_caught(subject, writer, sentence):
    with pytest.raises(BrokenLaw):
        check(with_parts(subject, open_writer=writer), sentence)


@pytest.mark.parametrize(("reader", "sentence"), READERS)
def test_a_reader_that_breaks_a_law_is_caught(subject, reader, sentence):
    with pytest.raises(BrokenLaw):
        check(with_parts(subject, open_reader=reader), sentence)


@pytest.mark.parametrize("sentence", HARMLESS)
def test_a_reading_that_does_not_mind_trouble_is_caught(subject, sentence):
    careless = replace(subject, faults=Harmless(), page_size="concurrency", cannot={})
    with pytest.raises(BrokenLaw, match=r"gave something|nobody noticed"):
        check(replace(careless, page_sizes=(1, 64)), sentence)


def test_a_reading_that_gives_up_at_once_is_caught(subject):
    troubled = replace(subject, faults=Harmless(), cannot={})
    with pytest.raises(RetourError):
        check(with_parts(troubled, open_reader=Fragile), "a reading outlives trouble that passes")
    Harmless.ordered = None
    with pytest.raises(BrokenLaw, match="the wait that was asked for was not kept"):
        check(troubled, "a reading outlives trouble that passes")


def test_a_writer_that_does_not_wait_is_caught(subject):
    troubled = replace(subject, faults=Harmless(), cannot={})
    sentence = "a write that is put off is done after the wait"
    with pytest.raises(BrokenLaw, match="slow down: in_doubt"):
        check(with_parts(troubled, open_writer=Easygoing), sentence)
    Harmless.ordered = None
    with pytest.raises(BrokenLaw, match="was not kept"):
        check(troubled, sentence)


def test_a_reader_that_reads_one_page_is_caught(subject):
    paged = replace(subject, page_size="concurrency", page_sizes=(1, 64), cannot={})
    with pytest.raises(BrokenLaw, match=r"too few accounts|differ with the size"):
        check(
            with_parts(paged, open_reader=BySize),
            "the smallest pages and the largest give the same",
        )


def test_a_secret_in_a_log_line_is_caught_and_not_repeated(subject):
    chatty = with_parts(subject, open_reader=Chatty, settings=Settings)
    with pytest.raises(BrokenLaw, match="a secret is logged") as caught:
        check(chatty, "no log line shows a secret")
    assert "t0ken-of-the-laws" not in str(caught.value)


def test_what_is_sent_though_it_is_so_already_is_caught(subject):
    with pytest.raises(BrokenLaw, match="1 requests wrote what was there already"):
        check(replace(subject, cannot={}), "what is so already is not sent again")


@pytest.mark.parametrize(
    ("writer", "told"),
    [
        (MemoryWriter, "for 0 accounts of two"),
        (Gossip, "is shown outside its sink"),
        (Thrifty, "two people got one password"),
    ],
)
def test_an_initial_password_that_is_not_kept_is_caught_and_not_repeated(subject, writer, told):
    giving = with_parts(subject, open_writer=writer, settings=Giving)
    with pytest.raises(BrokenLaw, match=told) as caught:
        check(giving, "an initial password is in its sink and nowhere else")
    assert Thrifty.password not in str(caught.value)


def test_an_initial_password_in_its_sink_alone_is_as_it_should_be(subject):
    giving = with_parts(subject, open_writer=Reticent, settings=Giving)
    check(giving, "an initial password is in its sink and nowhere else")


@pytest.mark.parametrize("sentence", NETWORK)
def test_who_says_done_through_a_broken_network_is_caught(subject, sentence):
    class Silent:
        def answer(self, *request):
            return Answer(200)

    server = HttpServer(Silent())
    networked = replace(
        with_parts(subject, settings=Settings),
        settings={**subject.settings, "address": server.url},
        endpoint="address",
        impatient={"concurrency": 1},
        cannot={},
    )
    with pytest.raises(BrokenLaw, match=r"cannot have seen anything|nobody could know"):
        check(networked, sentence)
    server.close()


@pytest.mark.parametrize(
    "cannot", [{"no such law": "for good reasons indeed"}, {"faults": "because"}]
)
def test_a_reason_against_nothing_and_no_reason_are_caught(subject, cannot):
    with pytest.raises(BrokenLaw):
        check(replace(subject, cannot=cannot), "what cannot be shown is known and has a reason")


def test_what_is_neither_offered_nor_denied_breaks_the_law_and_a_reason_is_told(subject):
    for parts in ({"rename": {}}, {"faults": None}):
        sentence = (
            "a rename keeps the link"
            if "rename" in parts
            else "an update whose answer is lost is settled by reading"
        )
        silent = replace(subject, cannot={}, **parts)
        with pytest.raises(BrokenLaw, match="does not say in `cannot` why not"):
            check(silent, sentence)
        [name] = parts
        with pytest.raises(Unproven, match="for a good reason"):
            check(replace(silent, cannot={name: "for a good reason"}), sentence)


def test_one_kind_of_trouble_may_be_missing_for_a_reason_and_the_others_count(subject):
    partly = replace(subject, cannot={"not found": "it is always found"})
    check(partly, "a write that is refused is told truly and harms nobody else")
    with pytest.raises(BrokenLaw):
        check(
            with_parts(partly, open_writer=Optimist),
            "a write that is refused is told truly and harms nobody else",
        )
