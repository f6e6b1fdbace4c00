"""Employments and positions become contracts; departments become a tree.

Two traps of the reference are avoided here: it takes the dates of the *function* line for those of
the contract, so that a new function looks like an end and a start; and it walks a cycle of
departments for ever.

Source: Tools4everBV/HelloID-Conn-Prov-Source-AFAS-Profit, persons.ps1 and departments.ps1.
"""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

JOIN = ("position_id", "employment_id", "person_id")
"""What says which position it is and whose; the rest of a position describes the contract."""
OF_POSITION = "@position"


def join_contracts(
    employments: pd.DataFrame,
    positions: pd.DataFrame | None,
    *,
    dates: Literal["contract", "function"],
) -> pd.DataFrame:
    """One contract per employment and position; an employment without a position is one by itself.

    Args:
        employments: Under our names; one row per function line of an employment contract.
        positions: Under our names; None to leave them alone.
        dates: See `_period`.

    Returns:
        The columns of `employments` and `external_id` (`<position>~<employment>`, or the key of the
        employment alone), `start_date`, `end_date`.
    """
    if positions is None:
        lines = employments.assign(external_id=employments["employment_id"])
    else:
        lines = _with_positions(employments, positions.dropna(subset=["employment_id"]))
    start, end = (lines["line_start"], lines["line_end"]) if dates == "function" else _period(lines)
    return lines.assign(start_date=start, end_date=end)


def _with_positions(employments: pd.DataFrame, positions: pd.DataFrame) -> pd.DataFrame:
    """The lines of employments, once per position; where there is one, it says what it is."""
    said = [name for name in positions.columns if name not in JOIN]
    of_position = positions[["position_id", "employment_id", *said]]
    of_position = of_position.rename(columns={name: f"{name}{OF_POSITION}" for name in said})
    lines = employments.merge(of_position, on="employment_id", how="left")
    placed = lines["position_id"].notna()
    for name in said:
        of_line = lines.pop(f"{name}{OF_POSITION}")
        lines[name] = of_line.where(placed, lines[name]) if name in lines.columns else of_line
    key = (lines["position_id"] + "~" + lines["employment_id"]).where(
        placed, lines["employment_id"]
    )
    return lines.assign(external_id=key).drop(columns="position_id")


def _period(lines: pd.DataFrame) -> "tuple[pd.Series[pd.Timestamp], pd.Series[pd.Timestamp]]":
    """The period of the employment contract, cut only where one function follows another.

    A mover has two lines under one contract. Both with the contract's whole period would leave the
    old department's rules in force until the line leaves AFAS's window, three months later.
    """
    one_contract = lines.groupby(["person_id", "sequence", "contract_start"], dropna=False)[
        "line_start"
    ]
    has_earlier = lines["line_start"] > one_contract.transform("min")
    has_later = lines["line_end"] < one_contract.transform("max")
    return (
        lines["contract_start"].mask(has_earlier, lines["line_start"]),
        lines["contract_end"].mask(has_later, lines["line_end"]),
    )


def without_cycles(units: pd.DataFrame) -> pd.DataFrame:
    """The departments, every cycle cut open: its unit with the lowest key loses its parent."""
    known = units.dropna(subset=["external_id", "parent_id"])
    cut = cycle_cuts(dict(zip(known["external_id"], known["parent_id"], strict=True)))
    return units.assign(parent_id=units["parent_id"].mask(units["external_id"].isin(list(cut))))


def cycle_cuts(parents: Mapping[str, str]) -> set[str]:
    """The lowest key of every cycle.

    Args:
        parents: Unit -> the unit above it. A parent that is no unit ends the walk.
    """
    settled: set[str] = set()
    cuts: set[str] = set()
    for start in sorted(parents):
        path: dict[str, None] = {}
        unit = start
        while unit in parents and unit not in settled and unit not in path:
            path[unit] = None
            unit = parents[unit]
        if unit in path:
            walked = list(path)
            cuts.add(min(walked[walked.index(unit) :]))
        settled.update(path)
    return cuts
