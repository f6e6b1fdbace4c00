"""Places where a process can die: before and after everything that it writes anywhere.

A write is a transaction of the ledger, a request that is no reading, a change in the domain, a file
that is replaced, a line of the passwords. They are counted as they come; the one that is asked for
kills. What kills is given: a signal in a process of its own, or `Killed` in this one, after which
everything that reads or writes raises it too, so that nothing that runs on the way out can tidy up.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

import httpx
import pytest

from connectors.active_directory.sandbox.connection import SandboxDirectory
from connectors.hr_file.sheet import Sheet
from connectors.ledger import lock
from connectors.ledger.process import Process
from connectors.ledger.store import Store
from connectors.memory import store as memory_store
from connectors.memory import writer as memory_writer
from connectors.sdk import clock, password_files
from connectors.sdk.conformance.bounds import unhurried

HARMLESS: Final = ("/token", "/.search")
"""Ends of addresses that are posted to, and change nothing."""
HEARTBEAT: Final = "lock of "
"""Names of threads that write to the ledger by the clock, and not because something was done."""


class StillAlive(AssertionError):
    """A run came to its end before the place at which it was to die."""


class Killed(BaseException):
    """The process died here. No `except Exception` may get in its way."""


class Life:
    """One process, or what stands for one.

    Attributes:
        at: Name of each place so far at which it could have died.
    """

    def __init__(self, number: int | None, kill: Callable[[], None]) -> None:
        """Live until the place of that number, from 0; None for an undisturbed life."""
        self.at: list[str] = []
        self._number, self._kill = number, kill
        self._dead = False
        self._lock = threading.RLock()

    def place(self, name: str) -> None:
        """Here it may die."""
        if threading.current_thread().name.startswith(HEARTBEAT):
            return
        with self._lock:
            self.breathe()
            self.at.append(name)
            if self._number == len(self.at) - 1:
                self._dead = True
                self._kill()

    def breathe(self) -> None:
        """The dead do nothing."""
        if self._dead:
            raise Killed

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        """Something is written: a place before it, and one after it was done."""
        self.place(f"before {name}")
        yield
        self.place(f"after {name}")


def die() -> None:
    """What kills in this process."""
    raise Killed


@contextmanager
def lived(life: Life, *, stores: bool = False) -> Iterator[None]:
    """Everything that is written in this process is a place of that life.

    Args:
        life: The life.
        stores: Whether stores in memory outlive it, as a system outside does, and are written to.
            Those with a file do not.
    """
    with pytest.MonkeyPatch.context() as patch, unhurried():
        patch.setattr(Store, "_writing", _transaction(life, Store._writing))
        patch.setattr(Store, "_reading", _breathing(life, Store._reading))
        patch.setattr(
            httpx.HTTPTransport,
            "handle_request",
            _request(life, httpx.HTTPTransport.handle_request),
        )
        for owner, name in (
            (SandboxDirectory, "_write"),
            (Sheet, "replace"),
            (memory_writer, "save_store"),
            (password_files, "append"),
        ):
            patch.setattr(owner, name, _wrapped(life, name, getattr(owner, name)))
        patch.setattr(SandboxDirectory, "_read", _breathing(life, SandboxDirectory._read))
        if stores:
            patch.setattr(memory_store.Store, "_call", _transaction(life, memory_store.Store._call))
        yield


@contextmanager
def another_process(number: int) -> Iterator[None]:
    """For locks this is a process by itself, and every other one is gone."""

    def this_process() -> Process:
        return Process("here", "this machine", number, "then")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "this_process", this_process)
        patch.setattr(lock, "is_gone", lambda other: other.pid != number)
        yield


def _transaction(life: Life, real: Any) -> Any:
    @contextmanager
    def transaction(*given: Any) -> Iterator[Any]:
        with (
            life.writing(" ".join(["a transaction", *map(str, given[1:])])),
            real(*given) as inside,
        ):
            yield inside
            life.breathe()  # who dies meanwhile, on another thread, commits nothing

    return transaction


def _request(life: Life, real: Any) -> Any:
    def handle(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or request.url.path.endswith(HARMLESS):
            life.breathe()
            answer: httpx.Response = real(self, request)
            return answer
        with life.writing(f"{request.method} {request.url.path}"):
            answer = real(self, request)
            answer.read()
        return answer

    return handle


def _wrapped(life: Life, name: str, real: Any) -> Any:
    @wraps(real)
    def write(*given: Any, **more: Any) -> Any:
        told = given[1] if name == "_write" else name
        with life.writing(str(told)):
            return real(*given, **more)

    return write


def _breathing(life: Life, real: Any) -> Any:
    @wraps(real)
    def read(*given: Any, **more: Any) -> Any:
        life.breathe()
        return real(*given, **more)

    return read


__all__ = ["Killed", "Life", "another_process", "clock", "die", "lived"]
