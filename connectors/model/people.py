"""People: the snapshot of one import, held as columns.

Dates are calendar days of the profile's time zone, without a time: `start_date` is the first and
`end_date` the last day *inclusive*, NaT means open. Text that HR does not know is missing (NA),
never an empty string.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from connectors.model.receipt import Note
from connectors.model.texts import column_in, is_among, texts_in

PERSON_TEXT: Final = (
    "external_id",
    "display_name",
    "given_name",
    "nick_name",
    "initials",
    "family_name_prefix",
    "family_name",
    "partner_name_prefix",
    "partner_name",
    "convention",
    "work_email",
    "user_principal_name",
    "personal_email",
    "work_phone",
    "work_mobile",
    "user_id",
    "person_number",
)
"""Text columns of `People.persons`. `convention` is B, P, BP or PB. `user_id` and `person_number`
are the HR system's own keys of login and person, where it has them."""
PERSON_FLAGS: Final = ("excluded", "blocked")
"""Boolean columns of `People.persons`; False when the source does not say."""

CONTRACT_TEXT: Final = (
    "external_id",
    "person_id",
    "department_id",
    "department_name",
    "title_id",
    "title",
    "employer",
    "cost_center",
    "location",
    "manager_id",
    "type",
)
CONTRACT_DATES: Final = ("start_date", "end_date")
CONTRACT_NUMBERS: Final = ("fte", "hours_per_week", "percentage", "sequence")

DEPARTMENT_TEXT: Final = ("external_id", "name", "parent_id", "manager_id")

BLOCKED_TEXT: Final = ("external_id", "code", "reason")
INVALID: Final = "invalid"
NO_CONTRACT: Final = "no_contract"

CUSTOM: Final = "custom."
"""Prefix of columns that only this HR system has: `custom.shoe_size`."""

BAR: Final = "|"
"""Stands around every entry of a text that holds several; see `listed`."""

DATE_DTYPE: Final = "datetime64[s]"
NUMBER_DTYPE: Final = "float64"


def listed(entries: Iterable[str]) -> str:
    """Several texts as one, each between bars: `|A|B|`; "" for none.

    So a rule's `contains: "|A|"` meets A and no part of another entry; a bar inside an entry
    becomes a broken one.
    """
    inside = BAR.join(entry.replace(BAR, "¦") for entry in entries)
    return f"{BAR}{inside}{BAR}" if inside else ""


class People:
    """Every person and contract of one import. An opaque object to Prefect.

    Attributes:
        persons: One row per person, sorted by and unique in `external_id`. Columns `PERSON_TEXT`
            (str), `PERSON_FLAGS` (bool) and any `custom.*` (str). RangeIndex.
        contracts: One row per contract, sorted by `person_id`, `external_id`; `external_id` unique.
            Columns `CONTRACT_TEXT` (str), `CONTRACT_DATES` (datetime64[s]), `CONTRACT_NUMBERS`
            (float64), any `custom.*` (str). Every `person_id` is in `persons`.
        departments: Columns `DEPARTMENT_TEXT` (str) and any `custom.*` (str), sorted by and unique
            in `external_id`.
        blocked: Persons the import left out: columns `external_id`, `code`, `reason` (str). Code
            `invalid` (a required field is missing or wrong: what they have is frozen, nothing is
            taken away) or `no_contract` (HR knows them, without any contract: they are leavers).
        taken_at: When the import began, UTC.
        keys: How the source makes its keys: noun (`person`, `contract`) -> words, such as
            `ExternalID of employments`. Two imports whose words differ call the same contract by
            different names. Empty when the source does not say. Of several sources the further ones
            stand as `person of NAME` and `contract of NAME`.
        sources: Of several sources, how many persons each further one holds, by name; empty for one
            source. Not kept by the ledger.
        notes: What several sources disagree about; empty for one source. Not kept by the ledger.
        digest: `sha256:…` over persons, contracts and departments, and nothing else.
    """

    __slots__ = (
        "blocked",
        "contracts",
        "departments",
        "digest",
        "keys",
        "notes",
        "persons",
        "sources",
        "taken_at",
    )

    def __init__(  # noqa: PLR0913 - the parts of a snapshot, listed once
        self,
        *,
        persons: pd.DataFrame,
        contracts: pd.DataFrame,
        departments: pd.DataFrame | None = None,
        blocked: pd.DataFrame | None = None,
        taken_at: datetime,
        keys: Mapping[str, str] | None = None,
        sources: Mapping[str, int] | None = None,
        notes: Iterable[Note] = (),
    ) -> None:
        """Bring the frames into the shape above: missing columns added, types set, rows sorted.

        Raises:
            ValueError: A key is missing or stands twice, or a contract names nobody. Connectors
                check their input first and say which file and row; this is the last line.
        """
        self.persons = _typed(persons, PERSON_TEXT, flags=PERSON_FLAGS).sort_values(
            "external_id", ignore_index=True
        )
        self.contracts = _typed(
            contracts, CONTRACT_TEXT, dates=CONTRACT_DATES, numbers=CONTRACT_NUMBERS
        ).sort_values(["person_id", "external_id"], ignore_index=True)
        self.departments = _typed(
            departments if departments is not None else pd.DataFrame(), DEPARTMENT_TEXT
        ).sort_values("external_id", ignore_index=True)
        self.blocked = _typed(
            blocked if blocked is not None else pd.DataFrame(), BLOCKED_TEXT
        ).sort_values(["external_id", "reason"], ignore_index=True)
        self.blocked["code"] = self.blocked["code"].fillna(INVALID)
        _require_keys("person", self.persons)
        _require_keys("contract", self.contracts)
        _require_keys("department", self.departments)
        stray = ~is_among(self.contracts["person_id"], self.persons["external_id"])
        if stray.any():
            row = self.contracts.loc[stray].iloc[0]
            message = (
                f"contract {row['external_id']} belongs to {row['person_id']}, who is not there"
            )
            raise ValueError(message)
        self.taken_at, self.keys = taken_at, dict(keys or {})
        self.sources, self.notes = dict(sources or {}), tuple(notes)
        self.digest = self._digest()

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.persons)

    def __bool__(self) -> bool:
        """A snapshot is a snapshot, also when it is empty (a guard speaks about that)."""
        return True

    def __repr__(self) -> str:
        """Counts only: a repr may end in a log."""
        return f"People({len(self.persons)} persons, {len(self.contracts)} contracts)"

    def _digest(self) -> str:
        total = hashlib.sha256()
        for frame in (self.persons, self.contracts, self.departments):
            ordered = frame.reindex(columns=sorted(frame.columns))
            total.update(",".join(ordered.columns).encode())
            total.update(pd.util.hash_pandas_object(ordered, index=False).to_numpy().tobytes())
        return f"sha256:{total.hexdigest()}"

    def person(self, external_id: str) -> "Person":
        """One person with contracts, for looking at.

        Raises:
            KeyError: Nobody has that id.
        """
        rows = self.persons.loc[self.persons["external_id"] == external_id]
        if rows.empty:
            raise KeyError(external_id)
        contracts = self.contracts.loc[self.contracts["person_id"] == external_id]
        return Person(
            _known(rows.iloc[0]), tuple(Contract(_known(row)) for _, row in contracts.iterrows())
        )


class Contract:
    """One employment with a period, as an object: for showing one person, never in a loop.

    Attributes:
        fields: The columns that are known.
    """

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        """Wrap the known fields of one row of `People.contracts`."""
        self.fields = dict(fields)

    def active_on(self, day: date) -> bool:
        """Whether the day lies within the contract; first and last day included."""
        start, end = self.fields.get("start_date"), self.fields.get("end_date")
        return start is not None and start.date() <= day and (end is None or day <= end.date())


class Person:
    """A human as HR knows them, as an object: for showing one person, never in a loop.

    Attributes:
        fields: The columns that are known.
        contracts: Sorted by `external_id`.
    """

    __slots__ = ("contracts", "fields")

    def __init__(self, fields: Mapping[str, Any], contracts: tuple[Contract, ...]) -> None:
        """Wrap the known fields of one row of `People.persons`."""
        self.fields, self.contracts = dict(fields), contracts


def _known(row: "pd.Series[Any]") -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if not pd.isna(value)}


def _typed(
    frame: pd.DataFrame,
    text: tuple[str, ...],
    *,
    flags: tuple[str, ...] = (),
    dates: tuple[str, ...] = (),
    numbers: tuple[str, ...] = (),
) -> pd.DataFrame:
    custom = tuple(sorted(name for name in frame.columns if str(name).startswith(CUSTOM)))
    unknown = set(frame.columns) - {*text, *flags, *dates, *numbers, *custom}
    if unknown:
        message = f"unknown columns: {', '.join(sorted(map(str, unknown)))}"
        raise ValueError(message)
    # Column by column, and a frame of them at the end: in a small import, which is the usual one,
    # what counts is how often pandas is asked.
    columns: dict[str, Any] = {name: texts_in(frame, name) for name in text}
    for name in flags:
        flagged = column_in(frame, name).astype("boolean").fillna(False)  # noqa: FBT003
        columns[name] = flagged.to_numpy(bool)
    for name in dates:
        columns[name] = pd.to_datetime(column_in(frame, name)).astype(DATE_DTYPE).array
    for name in numbers:
        columns[name] = pd.to_numeric(column_in(frame, name)).to_numpy(NUMBER_DTYPE)
    columns |= {name: texts_in(frame, name) for name in custom}
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _require_keys(noun: str, frame: pd.DataFrame) -> None:
    keys = frame["external_id"]
    if keys.isna().any():
        message = f"a {noun} without external_id"
        raise ValueError(message)
    twice = keys[keys.duplicated()]
    if not twice.empty:
        message = f"{noun} {twice.iloc[0]} stands there twice"
        raise ValueError(message)
