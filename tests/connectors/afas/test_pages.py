import json
import random
from math import ceil
from urllib.parse import parse_qs

import pytest

from connectors.afas.pages import MAX_CELLS, RowsMoved, read_pages, unmoved
from connectors.afas.query import Condition
from connectors.afas.replies import TooMuch
from connectors.model.errors import BrokenSource

ORDER = ("key", "line")


class Query:
    """A query as AFAS reads it; of the operators only "equal" and "at least"."""

    def __init__(self, query):
        asked = {name: value for name, [value] in parse_qs(query).items()}
        self.skip, self.take = int(asked["skip"]), int(asked["take"])
        self.order = asked["orderbyfieldids"].split(",")
        if "filterjson" in asked:
            self.groups = [
                [(one["@FieldId"], one["@OperatorType"], one["#text"]) for one in group["Field"]]
                for group in json.loads(asked["filterjson"])["Filters"]["Filter"]
            ]
        elif "filterfieldids" in asked:
            parts = (asked[name] for name in ("filterfieldids", "operatortypes", "filtervalues"))
            self.groups = [
                list(zip(*(text.split(",") for text in group), strict=True))
                for group in zip(*(text.split(";") for text in parts), strict=True)
            ]
        else:
            self.groups = [[]]

    def meets(self, row):
        return any(
            all(
                row[field] is not None
                and (row[field] == value if operator == "1" else row[field] >= value)
                for field, operator, value in group
            )
            for group in self.groups
        )


class Shown:
    """A GetConnector: its rows, and the queries that asked for them. Ties come in any order."""

    def __init__(self, rows, *, max_cells=MAX_CELLS):
        self.rows, self.max_cells = rows, max_cells
        self.queries, self.meddle = [], lambda call: None

    def fetch(self, query):
        self.queries.append(asked := Query(query))
        self.meddle(len(self.queries))
        found = [row for row in self.rows if asked.meets(row)]
        random.shuffle(found)
        found.sort(key=lambda row: [(row[field] is not None, row[field]) for field in asked.order])
        page = found[asked.skip : asked.skip + asked.take]
        if sum(map(len, page)) > self.max_cells:
            raise TooMuch("Out of memory")
        return [dict(row) for row in page]

    def read(self, **how):
        how = {"order_by": ORDER, "columns": 2, "max_rows": 10, **how}
        return [row for page in read_pages(self.fetch, **how) for row in page]


def rows(count, *, per_key=1):
    return [{"key": f"{place // per_key:06}", "line": f"{place:05}"} for place in range(count)]


@pytest.mark.parametrize("count", [*range(35), 99, 100, 101, 110, 111, 501])
def test_n_rows_cost_n_by_page_size_calls_rounded_up(count):
    shown = Shown(rows(count))
    assert shown.read() == rows(count)
    assert len(shown.queries) == max(1, ceil(count / 10))


def test_a_page_never_asks_for_more_cells_than_afas_holds():
    wide = [
        {"key": f"{n:05}", "line": "", **{f"f{c}": "" for c in range(148)}} for n in range(2100)
    ]
    shown = Shown(wide)
    assert len(shown.read(columns=150, max_rows=10_000)) == 2100
    assert [query.take for query in shown.queries] == [999, 999, 999]


def test_a_first_page_is_small_because_its_width_is_not_known_yet():
    shown = Shown(rows(3000))
    shown.read(columns=1, max_rows=10_000)
    assert [query.take for query in shown.queries] == [1001, 10_001]


def test_pages_shrink_until_they_fit_and_nothing_is_lost():
    shown = Shown(rows(40), max_cells=6)
    assert shown.read() == rows(40)


def test_what_was_too_much_once_is_not_asked_for_again():
    shown = Shown(rows(40), max_cells=10)
    assert shown.read() == rows(40)
    assert [query.take for query in shown.queries] == [11, *[5] * 10]


def test_what_does_not_fit_at_all_is_told():
    with pytest.raises(TooMuch):
        Shown(rows(5), max_cells=2).read()


def test_b14_an_order_by_the_whole_key_loses_nobody_where_a_part_of_it_does():
    members = [{"key": f"{place // 40:02}", "line": f"{place:05}"} for place in range(400)]
    by_user = Shown(members).read(order_by=("key",))
    assert len({row["line"] for row in by_user}) < 400
    assert Shown(members).read(order_by=("key", "line")) == members


@pytest.mark.parametrize("removed", [0, 9, 10])
def test_somebody_who_leaves_between_two_pages_takes_nobody_along(removed):
    shown = Shown(rows(30))
    shown.meddle = lambda call: shown.rows.pop(removed) if call == 2 else None
    with pytest.raises(RowsMoved):
        shown.read()


def test_somebody_who_comes_between_two_pages_is_noticed():
    shown = Shown(rows(30))
    shown.meddle = lambda call: (
        shown.rows.insert(0, {"key": "", "line": "x"}) if call == 2 else None
    )
    with pytest.raises(RowsMoved):
        shown.read()


def test_a_page_that_ends_early_is_noticed():
    shown = Shown(rows(30))
    shown.meddle = lambda call: shown.rows.clear() if call == 3 else None
    with pytest.raises(RowsMoved):
        shown.read()


def test_rows_that_moved_are_read_anew_and_those_that_keep_moving_are_an_error():
    shown = Shown(rows(30))
    shown.meddle = lambda call: shown.rows.pop(0) if call == 2 else None
    assert unmoved(shown.read) == rows(30)[1:]
    restless = Shown(rows(60))
    restless.meddle = lambda call: restless.rows.pop(0)
    with pytest.raises(RowsMoved):
        unmoved(restless.read)


def test_a_page_that_comes_twice_is_a_broken_source():
    with pytest.raises(BrokenSource, match="same page twice"):
        list(read_pages(lambda _: rows(3), order_by=ORDER, columns=2, max_rows=2))


def test_a_page_that_is_too_long_is_a_broken_source():
    with pytest.raises(BrokenSource, match="too long"):
        list(read_pages(lambda _: rows(9), order_by=ORDER, columns=2, max_rows=2))


# --- Beyond what can be skipped -------------------------------------------------------------------


@pytest.mark.parametrize("per_key", [1, 2, 3, 7, 10])
@pytest.mark.parametrize("count", [39, 40, 41, 100, 143])
def test_beyond_the_longest_skip_the_reading_goes_on_by_key(count, per_key):
    shown = Shown(rows(count, per_key=per_key))
    assert shown.read(max_skip=20) == rows(count, per_key=per_key)
    assert max(query.skip for query in shown.queries) <= 20 + 10
    assert any(query.groups[0] for query in shown.queries)


def test_a_filter_goes_along_into_every_window():
    shown = Shown([{**row, "kind": "AB"[int(row["line"]) % 2]} for row in rows(100)])
    where = [[Condition("kind", "1", "A")], [Condition("line", "1", "00099")]]
    found = shown.read(max_skip=20, where=where)
    assert [int(row["line"]) for row in found] == [*range(0, 100, 2), 99]
    assert {len(query.groups) for query in shown.queries} == {2}


def test_more_rows_of_one_key_than_can_be_skipped_are_skipped_all_the_same():
    shown = Shown(rows(100, per_key=60))
    assert shown.read(max_skip=20) == rows(100, per_key=60)


def test_rows_without_a_key_come_first_and_are_not_lost():
    nameless = [{"key": None, "line": f"{place:03}"} for place in range(50)]
    shown = Shown([*nameless, *rows(50)])
    assert shown.read(max_skip=20) == [*nameless, *rows(50)]


def test_a_key_with_a_separator_in_it_is_filtered_for_all_the_same():
    keyed = [{"key": f"{place:03},;", "line": ""} for place in range(60)]
    assert Shown(keyed).read(max_skip=20) == keyed


def test_rows_that_are_gone_when_the_reading_goes_on_by_key_are_noticed():
    shown = Shown(rows(100))
    shown.meddle = lambda call: shown.rows.pop(20) if call == 3 else None
    with pytest.raises(RowsMoved):
        shown.read(max_skip=20)
