import time
from pathlib import Path

import pytest

from config import yaml_file
from config.yaml_file import read_yaml, spell, unspell
from connectors.model.errors import ConfigError


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read_text(text: str | bytes):
        Path("a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(Path("a.yaml"))

    return read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("007", "007"),
        ("+31201234567", "+31201234567"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("0.2", 0.2),
        ("1.5e3", 1500.0),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("10%", "10%"),
        ("2026-01-31", "2026-01-31"),
        ("~", None),
        ("null", None),
        ("", None),
        ('"7"', "7"),
        ("'true'", "true"),
        ("!!str 7", "7"),
        ("${NAME}", "${NAME}"),
    ],
)
def test_a_value_is_read_one_way_only(read, text, value):
    found = read(f"a: {text}\n").content["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like(read):
    assert read("on: 1\ntrue: 2\n5: 3\n~: 4\n").content == {"on": 1, "true": 2, "5": 3, "~": 4}


def test_every_key_and_item_remembers_its_line(read):
    file = read("a:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    lines = {spell(key): line for key, line in file.lines.items()}
    assert lines == {
        "a": 1,
        "a.b": 2,
        "a.c": 3,
        "a.c[0]": 4,
        "a.c[1]": 5,
        "a.c[1].d": 5,
        "a.c[1].e": 6,
    }


def test_what_was_left_out_stands_where_it_would_belong(read):
    file = read("x: 1\na:\n  b: 1\n")
    assert str(file.place(("a", "nothing", "there"))) == "a.yaml:2"
    assert str(file.place(("nothing",))) == "a.yaml:1"


def test_an_alias_repeats_a_value_and_points_at_its_anchor(read):
    file = read("a: &all\n  x: 1\nb: *all\n")
    assert file.content == {"a": {"x": 1}, "b": {"x": 1}}
    assert file.lines["b", "x"] == 2


def test_what_an_alias_repeats_is_not_shared(read):
    content = read("a: &all [1]\nb: *all\n").content
    content["a"].append(2)
    assert content["b"] == [1]


def test_own_keys_win_over_merged_ones_and_earlier_merges_over_later(read):
    file = read("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\n")
    assert file.content["c"] == {"x": 3, "y": 1, "z": 2}
    assert [file.lines["c", name] for name in "xyz"] == [5, 1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.yaml: the file is empty"),
        ("# nothing\n", "a.yaml: the file is empty"),
        ("---\n", "a.yaml: the file is empty"),
        ("a: 1\n\tb: 2", "a.yaml:2: a tab stands here; indent with spaces"),
        (
            "a: b: c",
            (
                "a.yaml:1: a ':' stands where none can: check the indentation, "
                "and quote text that has ': ' in it"
            ),
        ),
        ("a: [1, 2\nb: 3", "a.yaml:2: the '[' of line 1 is not closed, or a comma is missing"),
        ("a: {x: 1\nb: 3", "a.yaml:2: the '{' of line 1 is not closed, or a comma is missing"),
        ("a: 1\nb: 'x\nc: 3", "a.yaml:3: the quote that opens in line 2 is never closed"),
        (
            "a:\n  b: 1\n c: 2",
            "a.yaml:3: this line is not indented like its neighbours, which begin in line 1",
        ),
        ("  a: 1\nb: 2", "a.yaml:2: this line belongs to nothing above it: check its indentation"),
        ("a: 1\nb", "a.yaml:2: a line without ':'; a key is followed by ': ' and its value"),
        ("a: - b", "a.yaml:1: a list with '- ' begins on a line of its own"),
        ("a: @b", "a.yaml:1: text that begins with such a character needs quotes"),
        ('a: "\\q"', "a.yaml:1: a backslash in double quotes begins an escape; use single quotes"),
        ("a: ]", "a.yaml:1: a value is missing, or a bracket closes that was not opened"),
        ("a: *b", "a.yaml:1: *b refers to an anchor &b that does not stand above it"),
        ("a: &x 1\nb: &x 2", "a.yaml:2: this anchor stands twice"),
        ("a: 1\n---\nb: 1", "a.yaml:2: a file holds one document: remove the line with ---"),
        ("a: &x [*x]", "a.yaml:1: a[0]: this alias stands inside its own anchor"),
        ("a: {<<: 5}", "a.yaml:1: a: << takes a group of keys, or a list of such groups"),
        ("a: !secret b", "a.yaml:1: a: the tag !secret means nothing here; leave it out"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "a.yaml:1: a: the tag !!python/object/apply:os.system means nothing here; leave it out",
        ),
        ("a: !!set {b}", "a.yaml:1: a: the tag !!set means nothing here; leave it out"),
        ("a: !!int x", "a.yaml:1: a: this is not a number"),
        ("? [a]\n: 1", "a.yaml:1: a key must be text; does a value with { or [ need quotes?"),
        ("a: 1\n'': 1", "a.yaml:2: a key is missing before this ':'"),
        ("a: 1\n\nb: \x01", "a.yaml:3: there is a control character here; delete it"),
        (b"a: 1\nb: \xe9", "a.yaml:2: the file is not UTF-8 text; save it as UTF-8"),
        ("[" * 5000, "a.yaml: the values are nested too deeply"),
        (
            "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n",
            (
                "a.yaml:4: b.c: this key stands twice; the first is in line 3\n"
                "a.yaml:5: a: this key stands twice; the first is in line 1"
            ),
        ),
    ],
)
def test_broken_yaml_is_explained_in_a_sentence(read, text, said):
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert str(refused.value) == said


def test_a_duplicate_shows_no_value(read):
    with pytest.raises(ConfigError) as refused:
        read("password: hunter2\npassword: hunter3\n")
    assert "hunter" not in str(refused.value)


def test_anchors_cannot_unfold_without_end(read):
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="more than 500000 values, with anchors unfolded"):
        read("\n".join(lines))


def test_a_byte_order_mark_is_no_part_of_the_first_key(read):
    assert read(b"\xef\xbb\xbfa: 1\n").content == {"a": 1}


def test_a_missing_file_and_a_folder_are_said_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as refused:
        read_yaml(Path("none.yaml"))
    assert str(refused.value) == "none.yaml: there is no such file"
    with pytest.raises(ConfigError) as refused:
        read_yaml(tmp_path)
    assert "the file cannot be read" in str(refused.value)


def test_a_repr_holds_no_value(read):
    assert "hunter2" not in repr(read("password: hunter2\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1.0e999", "a.yaml:1: a: this number is too large"),
        ("a: -1.0e999", "a.yaml:1: a: this number is too large"),
        ("!x a: 1", "a.yaml:1: the tag !x means nothing here; leave it out"),
        ("!!python/name:os.system a: 1", "a.yaml:1: the tag !!python/name:os.system means"),
        ("a: !%1b%5b2J x", r"a.yaml:1: a: the tag !\x1b[2J means nothing here; leave it out"),
        (r'a: "x\0"', "a.yaml:1: a: an escape in this text stands for no character"),
        (r'a: "\ud800"', "a.yaml:1: a: an escape in this text stands for no character"),
        (r'"\0": a', "a.yaml:1: an escape in this text stands for no character"),
    ],
)
def test_what_no_system_could_hold_is_refused(read, text, said):
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert str(refused.value).startswith(said)


def test_a_group_of_thousands_is_merged_in_no_time(read):
    names = ", ".join(f"k{number}: 1" for number in range(20_000))
    before = time.perf_counter()
    file = read(f"a: &a {{{names}}}\nb:\n  <<: *a\n  k7: 2\n")
    assert time.perf_counter() - before < 20  # every key against every other took minutes
    assert len(file.content["b"]) == 20_000
    assert (file.content["b"]["k7"], file.content["b"]["k8"]) == (2, 1)
    assert (file.lines["b", "k7"], file.lines["b", "k8"]) == (4, 1)


def test_a_file_that_is_no_configuration_is_not_read_to_its_end(read, monkeypatch):
    monkeypatch.setattr(yaml_file, "MAX_BYTES", 2_000_000)
    with pytest.raises(ConfigError, match="the file is larger than 2 MB; is it the one you mean"):
        read(b"x" * 2_000_001)


@pytest.mark.parametrize("key", [("targets", "entra_id", "depends_on", 0), ("rules",), (3, "when")])
def test_a_key_as_messages_print_it_is_read_back(key):
    assert unspell(spell(key)) == key
