import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.ledger.process import Process, is_gone, this_process

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


@pytest.fixture
def other():
    """A process that sleeps, and how the ledger would note it."""
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield program
    program.kill()
    program.wait()


def noted(program):
    stat = Path(f"/proc/{program.pid}/stat")
    started = stat.read_text().rpartition(")")[2].split()[19] if stat.exists() else ""
    return replace(this_process(), pid=program.pid, started=started)


def test_this_process_and_one_that_runs_are_not_gone(other):
    assert not is_gone(this_process())
    assert not is_gone(noted(other))


def test_a_killed_process_is_gone_also_before_it_is_collected(other):
    process = noted(other)
    other.kill()
    if Path("/proc/self/stat").exists():
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert is_gone(process)
    other.wait()
    assert is_gone(process)


def test_a_stopped_process_is_not_gone(other):
    other.send_signal(signal.SIGSTOP)
    assert not is_gone(noted(other))


@linux
def test_another_process_with_the_same_number_is_not_the_one_we_mean(other):
    assert is_gone(replace(noted(other), started="1"))


@pytest.mark.parametrize(
    "elsewhere", [Process("elsewhere", "m", 2**22 + 1, "1"), Process("", "", 2**22 + 1, "")]
)
def test_what_cannot_be_seen_from_here_is_not_gone(elsewhere):
    assert not is_gone(elsewhere)


def test_a_process_of_somebody_else_is_not_gone(monkeypatch):
    def not_ours(_pid, _signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", not_ours)
    assert not is_gone(this_process())
