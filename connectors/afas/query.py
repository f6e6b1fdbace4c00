"""The query grammar of GetConnectors: which rows, in which order, from where to where.

Source: AFASSoftware/OASContent, get-connector.md.
"""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import quote

MAX_QUERY: Final = 2049
"""Characters of a query, the question mark included; AFAS answers 404 to a longer one."""
EQUAL: Final = "1"
AT_LEAST: Final = "2"
AT_MOST: Final = "3"
EMPTY: Final = "8"
NOTHING: Final = "[is leeg]"  # codespell:ignore leeg
"""Operator 8 wants a value, and this is the one that AFAS's own examples give it."""


class Condition(NamedTuple):
    """One condition on a field; `value` is not empty."""

    field: str
    operator: str
    value: str


Filter = Sequence[Sequence[Condition]]
"""Groups of which one must hold; a group holds when all of its conditions do. Empty: every row."""


def page_query(order_by: Sequence[str], *, skip: int, take: int, where: Filter = ()) -> str:
    """The query of one page, without the question mark."""
    ordered = ",".join(quote(field, safe="") for field in order_by)
    page = f"skip={skip}&take={take}&orderbyfieldids={ordered}"
    return f"{page}&{filter_query(where)}" if where else page


def filter_query(where: Filter) -> str:
    """A filter. `,` and `;` separate values even when they are encoded, as far as anybody knows."""
    if any({",", ";"} & set(value) for group in where for _, _, value in group):
        filters = [
            {
                "@FilterId": str(place),
                "Field": [
                    {"@FieldId": field, "@OperatorType": operator, "#text": value}
                    for field, operator, value in group
                ],
            }
            for place, group in enumerate(where, start=1)
        ]
        text = json.dumps({"Filters": {"Filter": filters}}, ensure_ascii=False)
        return f"filterjson={quote(text, safe='')}"
    fields, operators, values = (
        ";".join(
            ",".join(quote(condition[part], safe="") for condition in group) for group in where
        )
        for part in range(3)
    )
    return f"filterfieldids={fields}&filtervalues={values}&operatortypes={operators}"


def both(where: Filter, condition: Condition) -> Filter:
    """A filter and one more condition: it is repeated, for AND binds tighter than OR."""
    return [[*group, condition] for group in where or [[]]]
