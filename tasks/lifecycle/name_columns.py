"""Names of everybody at once: the same parts and forms as for one person, as columns.

Text is tidied one by one only where it needs it; everything else is done a column at a time, with
the results of `NameParts.of` and `fill_form` to the letter (a property test compares them).
"""

from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model.texts import TEXT_DTYPE, as_texts
from tasks.lifecycle.name_forms import ENDS, FAMILIES, parse_form
from tasks.lifecycle.name_parts import CONVENTIONS, format_initials, letters_of, tidy

NAME_COLUMNS: Final = (
    "nick_name",
    "given_name",
    "initials",
    "family_name_prefix",
    "family_name",
    "partner_name_prefix",
    "partner_name",
    "convention",
)
"""What HR knows of a person's name."""

_SEPARATOR: Final = "\x1f"
_ODD: Final = (
    r"[^ -~À-ÖØ-öø-ſ\x1f]"  # beyond Latin letters and ASCII signs: may need normalising
    r"|  |(?:^|\x1f) | (?:\x1f|$)"  # a space too many
    r"|(?:^|\x1f)[^0-9A-Za-zÀ-ſ\x1f]+(?:\x1f|$)"  # signs only, which name nobody
)
"""Rows of joined columns that are not tidy as they stand."""

Texts = Any
"""A `pyarrow.StringArray` without nulls: "" is "none"."""


class NameColumns:
    """The parts of everybody's name; each attribute a column of text, "" for "none".

    Args:
        facts: Columns `person.nick_name` and so on as in `people.person_facts`, or `nick_name` as
            in `People.persons`; those that are not there are empty.
    """

    def __init__(self, facts: pd.DataFrame) -> None:
        """Tidy what is not."""
        self.index = facts.index
        columns = {name: _texts(facts, name) for name in NAME_COLUMNS}
        columns["called"] = columns["initials"]
        joined = pc.binary_join_element_wise(*(columns[name] for name in NAME_COLUMNS), _SEPARATOR)
        odd = pc.or_(
            pc.match_substring_regex(joined, _ODD),
            pc.not_equal(pc.count_substring(joined, _SEPARATOR), len(NAME_COLUMNS) - 1),
        )
        rows: npt.NDArray[np.intp] = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
        if rows.size:
            columns = _tidied(columns, odd, rows)
        self._columns = columns
        self._filled: dict[str, Texts] = {}

    def __len__(self) -> int:
        """Number of persons."""
        return len(self.index)

    @property
    def joined(self) -> Texts:
        """What names are made of as one text; equal where every generator gives the same."""
        families = (f"{name}.{part}" for name in FAMILIES for part in ("prefix", "name"))
        fields = ("first", "initials", *families)
        return pc.binary_join_element_wise(*(self.fields[name] for name in fields), _SEPARATOR)

    @cached_property
    def fields(self) -> dict[str, Texts]:
        """The placeholders of forms, as in `FORM_FIELDS`."""
        columns = self._columns
        birth = (columns["family_name_prefix"], columns["family_name"])
        partner = (columns["partner_name_prefix"], columns["partner_name"])
        nobody = (_none(len(self)), _none(len(self)))
        known, married = _filled(birth[1]), _filled(partner[1])
        birth = (pc.if_else(known, birth[0], ""), birth[1])
        partner = (pc.if_else(married, partner[0], ""), partner[1])
        convention = pc.utf8_upper(columns["convention"])
        convention = _where(pc.is_in(convention, pa.array(CONVENTIONS)), convention, "B")
        convention = _where(married, convention, "B")
        convention = _where(pc.and_not(married, known), "P", convention)
        first = pc.is_in(convention, pa.array(["P", "PB"]))
        leading = _either(first, partner, birth)
        after = _either(pc.equal(convention, "PB"), birth, nobody)
        trailing = _either(pc.equal(convention, "BP"), partner, after)
        fields = {
            "first": _coalesce(columns["nick_name"], columns["given_name"], columns["called"]),
            "initials": columns["initials"],
        }
        families = {
            "leading": leading,
            "trailing": trailing,
            "birth": _either(known, birth, leading),
        }
        for name, (prefix, family) in families.items():
            whole = pc.binary_join_element_wise(prefix, family, " ")
            fields |= {
                name: pc.if_else(_filled(prefix), whole, family),
                f"{name}.prefix": prefix,
                f"{name}.name": family,
            }
        return fields

    def fill(self, form: str, *, limit: int) -> "pd.Series[str]":
        """A filled form per person, as `fill_form` fills it; NA where it is empty."""
        if form not in self._filled:
            self._filled[form] = self._fill(form)
        return self._series(_cut(self._filled[form], limit))

    def _fill(self, form: str) -> Texts:
        """A filled form, however long."""
        stretches = []
        for group in parse_form(form):
            texts = [
                part
                for literal, name in group.pieces
                for part in (literal, self.fields[name] if name is not None else "")
                if not (isinstance(part, str) and not part)
            ]
            text = pc.binary_join_element_wise(*texts, "") if group.fields else "".join(texts)
            if group.optional:
                there = [_filled(self.fields[name]) for name in group.fields]
                text = pc.if_else(_any(there), text, "")
            stretches.append(text)
        texts = pc.binary_join_element_wise(*stretches, "")
        if pc.any(pc.match_substring(texts, "  ")).as_py():
            texts = pc.replace_substring_regex(texts, " {2,}", " ")
        return pc.utf8_trim(texts, ENDS)

    def initials(self, option: int) -> "pd.Series[str]":
        """Initials per person, as `format_initials` writes them; NA for none."""
        encoded = pc.dictionary_encode(self._columns["initials"])
        written = [
            format_initials(letters_of(text), option) for text in encoded.dictionary.to_pylist()
        ]
        return self._series(pa.array(written, pa.string()).take(encoded.indices))

    def _series(self, texts: Texts) -> "pd.Series[str]":
        empty = pc.if_else(_filled(texts), texts, pa.scalar(None, pa.string()))
        return pd.Series(pd.array(empty, dtype=TEXT_DTYPE), index=self.index)


def _texts(facts: pd.DataFrame, name: str) -> Texts:
    found = f"person.{name}" if f"person.{name}" in facts.columns else name
    if found not in facts.columns:
        return _none(len(facts))
    column = facts[found]
    if column.dtype == object:
        column = column.map(lambda value: value if isinstance(value, str) else None)
    return pc.fill_null(as_texts(column).cast(pa.string()), "")


def _tidied(columns: dict[str, Texts], odd: Any, rows: npt.NDArray[np.intp]) -> dict[str, Texts]:
    """The columns with their odd rows as `NameParts.of` reads them."""
    place = pa.array(rows)
    tidy_rows = {
        name: [tidy(text) for text in column.take(place).to_pylist()]
        for name, column in columns.items()
    }
    for name in ("nick_name", "given_name", "called", "family_name", "partner_name"):
        tidy_rows[name] = [text if _named(text) else "" for text in tidy_rows[name]]
    return {
        name: pc.replace_with_mask(column, odd, pa.array(tidy_rows[name], pa.string()))
        for name, column in columns.items()
    }


def _named(text: str) -> bool:
    return any(map(str.isalnum, text))


def _none(length: int) -> Texts:
    return pa.repeat(pa.scalar("", pa.string()), length)


def _filled(texts: Texts) -> Any:
    return pc.not_equal(texts, "")


def _any(flags: list[Any]) -> Any:
    result = flags[0]
    for flag in flags[1:]:
        result = pc.or_(result, flag)
    return result


def _where(condition: Any, then: Any, otherwise: Any) -> Texts:
    return pc.if_else(condition, then, otherwise)


def _either(condition: Any, then: tuple[Texts, Texts], otherwise: tuple[Texts, Texts]) -> Any:
    return tuple(pc.if_else(condition, *pair) for pair in zip(then, otherwise, strict=True))


def _coalesce(*columns: Texts) -> Texts:
    result = columns[-1]
    for column in reversed(columns[:-1]):
        result = pc.if_else(_filled(column), column, result)
    return result


def _cut(texts: Texts, limit: int) -> Texts:
    if (pc.max(pc.utf8_length(texts)).as_py() or 0) > limit:
        texts = pc.utf8_rtrim(pc.utf8_slice_codeunits(texts, 0, limit), ENDS)
    return texts
