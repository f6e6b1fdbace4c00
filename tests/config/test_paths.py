from pathlib import Path

import pytest

from config.paths import anchor_paths

FOLDER = Path("/site/profiles")


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("path", "hr", "/site/profiles/hr"),
        ("path", "../hr", "/site/hr"),
        ("path", "/data/hr", "/data/hr"),
        ("write_back_path", "out.csv", "/site/profiles/out.csv"),
        ("ca_file", "ca.pem", "/site/profiles/ca.pem"),
        ("folder", ".", "/site/profiles"),
        ("drop_folder", "x", "/site/profiles/x"),
        ("initial_passwords", "file:pw.csv", "file:/site/profiles/pw.csv"),
        ("server", "sandbox:../ad.json", "sandbox:/site/ad.json"),
        ("server", "sandbox://memory", "sandbox://memory"),
        ("server", "ldaps://dc.example.org", "ldaps://dc.example.org"),
        ("base_path", "https://x/y", "https://x/y"),
        ("key_file", "secret://key", "secret://key"),
        ("path", "", ""),
        ("path", None, None),
        ("xpath", "a/b", "a/b"),
        ("profile", "a/b", "a/b"),
        ("url", "a/b", "a/b"),
    ],
)
def test_a_relative_path_is_relative_to_the_profile(name, value, result):
    assert anchor_paths({name: value}, FOLDER) == {name: result}


def test_paths_at_any_depth_are_found():
    assert anchor_paths({"a": {"path": ["x", "y"]}, "b": ["file:z"]}, FOLDER) == {
        "a": {"path": ["/site/profiles/x", "/site/profiles/y"]},
        "b": ["file:/site/profiles/z"],
    }


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert anchor_paths({"path": "~/hr"}, FOLDER) == {"path": "/home/somebody/hr"}


def test_the_home_of_nobody_is_a_folder_of_that_name():
    assert anchor_paths({"path": "~nobody-is-called-so/x"}, Path("/p")) == {
        "path": "/p/~nobody-is-called-so/x"
    }
