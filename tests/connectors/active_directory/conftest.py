"""Asserts of the behaviours are shown in full."""

import pytest

pytest.register_assert_rewrite("tests.connectors.active_directory.behaviours")
