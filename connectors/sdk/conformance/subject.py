"""What the laws look at: a connector with its sandbox running, and some values that fit it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
from pydantic import BaseModel, SecretStr

from connectors.model.accounts import Accounts
from connectors.model.change import Change, Verb
from connectors.model.connector import Connector, Reader, Source, Writer
from connectors.model.errors import ConnectorError
from connectors.model.manifest import Attribute, Compare, Manifest
from connectors.model.receipt import Receipt
from connectors.model.values import CLEAR, Attributes, Value, is_empty
from connectors.sdk.trouble import Trouble, Troubled

TARGET: Final = "subject"
KINDS: Final = frozenset(kind.value for kind in Trouble)


class BrokenLaw(AssertionError):
    """A connector does not keep a law; the message says which values prove it."""


class Unproven(Exception):
    """A subject is not held to a law; the message is the reason it states."""


def require(*, that: bool, otherwise: str) -> None:
    """Do nothing when `that` holds.

    Raises:
        BrokenLaw: It does not.
    """
    if not that:
        raise BrokenLaw(otherwise)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A connector on its running sandbox.

    Attributes:
        connector: The one to look at.
        settings: Under which it reaches the sandbox, as in a profile.
        content: Everything the sandbox holds, as bytes; equal bytes mean that nothing was written.
        people: How many persons a source has to give, those left out included; None for targets.
        persons: At least two HR ids. Without an account where the connector creates accounts under
            these settings, with exactly one where it does not.
        create: Valid `after` of a create for a person, `container` included if there are any.
        not_shown: Attributes of a create that no reading shows.
        update: Values of attributes for an update, none of them what an account holds before it.
            At least one is clearable.
        unsupported: An `after` that the target has to refuse.
        container: Another container than a create uses, to move to.
        permission: Native id of a permission that can be granted and that nobody of `persons` has.
        missing_ref: Native id that is well formed and belongs to no account.
        given_by_target: Attributes of a receipt that only the target knows beforehand.
        secrets: Settings (field -> value) under which the system must refuse us.
        rename: Attributes that people and other systems know an account by, with new values: the
            login name, the address, the name in the directory. An update to them is a rename.
        free_text: Attributes that take any text.
        odd_persons: HR ids with characters that mean something in a filter, which `create` takes.
            None has an account; `odd.ODD_IDS` are good ones.
        page_size: The setting for the number of accounts per request.
        page_sizes: The smallest and the largest value of it.
        faults: Makes trouble; `sandbox_http.Faults` is one.
        endpoint: The setting with the address (a URL) at which the system is written to and read,
            so that a proxy can stand between.
        impatient: Settings under which an answer that does not come is given up within a second.
        cannot: Why this subject is not held to something: the name of a law, of a hook above or of
            a kind of `Trouble` -> the reason. What a law needs and the subject neither offers nor
            has a reason against breaks the law.
    """

    connector: Connector
    settings: Mapping[str, Any]
    content: Callable[[], bytes]
    people: int | None = None
    persons: tuple[str, ...] = ()
    create: Callable[[str], Attributes] | None = None
    not_shown: frozenset[str] = frozenset()
    update: Attributes = field(default_factory=dict)
    unsupported: Attributes = field(default_factory=dict)
    container: str = ""
    permission: str = ""
    missing_ref: str = ""
    given_by_target: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict)
    rename: Attributes = field(default_factory=dict)
    free_text: tuple[str, ...] = ()
    odd_persons: tuple[str, ...] = ()
    page_size: str = ""
    page_sizes: tuple[int, int] = (1, 999)
    faults: Troubled | None = None
    endpoint: str = ""
    impatient: Mapping[str, Any] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)

    def model(self, **others: Any) -> BaseModel:
        """The settings, some of them replaced."""
        return self.connector.settings(**{**self.settings, **others})

    def offers_hook(self, need: str) -> bool:
        """Whether there is what a law needs: a hook of that name, or that kind of trouble."""
        if need in KINDS:
            return self.faults is not None and Trouble(need) in self.faults.kinds
        return bool(getattr(self, need))

    def reason_against(self, need: str) -> str:
        """Why this subject is not held to a law, or to laws with such a need; "" for no reason."""
        if need in KINDS and self.faults is None and need not in self.cannot:
            return self.cannot.get("faults", "")
        return self.cannot.get(need, "")

    def kinds(self, *wanted: Trouble) -> list[Trouble]:
        """Those of some kinds of trouble that there are; the others have a reason against them.

        Raises:
            BrokenLaw: There is neither the trouble nor a reason.
            Unproven: There is none of them.
        """
        found = [kind for kind in wanted if self.offers_hook(kind) and not self._reason(kind)]
        for kind in set(wanted) - set(found):
            told = f"the subject makes no trouble {kind.value!r}, and does not say why in `cannot`"
            require(that=bool(self._reason(kind)), otherwise=told)
        if not found:
            raise Unproven(self._reason(wanted[0]))
        return found

    def _reason(self, kind: Trouble) -> str:
        return self.reason_against(kind.value)

    @property
    def trouble(self) -> Troubled:
        """The maker of trouble.

        Raises:
            BrokenLaw: The subject has none.
        """
        require(that=self.faults is not None, otherwise="the subject makes no trouble")
        return self.faults  # type: ignore[return-value]  # required above

    @property
    def manifest(self) -> Manifest:
        """What the connector can do under these settings."""
        return manifest_under(self.connector, self.model())

    def secret_texts(self) -> list[str]:
        """Every secret in the settings."""
        found = [getattr(self.model(), name) for name in type(self.model()).model_fields]
        return [
            value.get_secret_value() for value in found if isinstance(value, SecretStr) and value
        ]

    @contextmanager
    def source(self) -> Iterator[Source]:
        """An open source."""
        require(that=self.connector.open_source is not None, otherwise="there is no source to open")
        with closing(self.connector.open_source(self.model())) as source:  # type: ignore[misc]  # required above
            yield source

    @contextmanager
    def reader(self, **others: Any) -> Iterator[Reader]:
        """An open reader."""
        require(that=self.connector.open_reader is not None, otherwise="there is no reader to open")
        with closing(self.connector.open_reader(self.model(**others), TARGET)) as reader:  # type: ignore[misc]  # required above
            yield reader

    @contextmanager
    def writer(self, **others: Any) -> Iterator[Writer]:
        """An open writer."""
        require(that=self.connector.open_writer is not None, otherwise="there is no writer to open")
        with closing(self.connector.open_writer(self.model(**others), TARGET)) as writer:  # type: ignore[misc]  # required above
            yield writer

    def read(self) -> Accounts:
        """One reading, by a reader of its own."""
        with self.reader() as reader:
            return reader.read()

    def apply(self, *changes: Change) -> list[Receipt]:
        """Execute changes, by a writer of its own."""
        with self.writer() as writer:
            return list(writer.apply(iter(changes)))

    def attempt(
        self, *changes: Change, **others: Any
    ) -> tuple[list[Receipt], ConnectorError | None]:
        """Execute changes that may come to a bad end: the receipts until then, and the end."""
        receipts: list[Receipt] = []
        try:
            with self.writer(**others) as writer:
                for receipt in writer.apply(iter(changes)):
                    receipts.append(receipt)  # noqa: PERF402 - what came before the end counts
        except ConnectorError as error:
            return receipts, error
        return receipts, None

    def offers(self, verb: Verb) -> bool:
        """Whether the manifest lists the verb."""
        return verb in self.manifest.verbs

    def update_of(self, person: str) -> Attributes:
        """`update` for one of several persons: what has to be unique has the person's id in it."""
        if person == self.persons[0]:
            return self.update
        return {
            name: value if self.attribute(name).unique_in is None else _of(person, value)
            for name, value in self.update.items()
        }

    def ref_of(self, person: str) -> str:
        """The one account of a person.

        Raises:
            BrokenLaw: There is none, or there are several.
        """
        accounts = self.read().accounts
        refs = accounts.index[accounts["person"] == person].tolist()
        require(that=len(refs) == 1, otherwise=f"person {person} has {len(refs)} accounts, not one")
        return str(refs[0])

    def hr_id(self, ref: str) -> str:
        """The HR id that an account carries, "" for none; also where there is no account."""
        accounts = self.read().accounts
        carried = accounts.loc[ref, "person"] if ref in accounts.index else None
        return carried if isinstance(carried, str) else ""

    def held(self, ref: str) -> dict[str, Value]:
        """What an account holds, by a fresh reading; nothing when it is not there."""
        attributes = self.read().attributes
        if ref not in attributes.index:
            return {}
        row = attributes.loc[[ref]].to_dict(orient="records")[0]
        return {str(name): value for name, value in row.items() if not is_empty(value)}

    def attribute(self, name: str) -> Attribute:
        """What the manifest says about an attribute.

        Raises:
            BrokenLaw: The hook uses an attribute that the manifest does not know.
        """
        found = self.manifest.attribute(name)
        require(that=found is not None, otherwise=f"the manifest knows no attribute {name}")
        return found or Attribute(name=name)

    def same(self, name: str, wanted: Value | None, found: Value | None) -> bool:
        """Whether two values of an attribute are equal, as the manifest compares them."""
        if wanted is CLEAR or is_empty(wanted):
            return is_empty(found) or found is CLEAR
        compare = self.attribute(name).compare
        return bool(_normal(wanted, compare) == _normal(found, compare))


def manifest_under(connector: Connector, settings: BaseModel) -> Manifest:
    """What a connector can do under some settings."""
    return connector.manifest_for(settings) if connector.manifest_for else connector.manifest


def _of(person: str, value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(f"of{person}.{one}" for one in value)
    return f"of{person}.{value}" if isinstance(value, str) else value


def _normal(value: Value | None, compare: Compare) -> Any:
    if isinstance(value, tuple):
        return tuple(sorted(_normal(one, compare) for one in value))
    if not isinstance(value, str) or compare is Compare.EXACT:
        return value
    text = value.casefold()
    return ",".join(part.strip() for part in text.split(",")) if compare is Compare.DN else text


def same_frame(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two frames hold the same rows, in whatever order they were read."""
    if list(one.columns) != list(other.columns) or len(one) != len(other):
        return False
    rows = [
        sorted(json.dumps([str(key), *map(str, row)]) for key, *row in frame.itertuples())
        for frame in (_keyless(one), _keyless(other))
    ]
    return rows[0] == rows[1]


def _keyless(frame: pd.DataFrame) -> pd.DataFrame:
    """Row numbers are no content; native ids are."""
    return frame.set_axis([""] * len(frame)) if frame.index.name is None else frame
