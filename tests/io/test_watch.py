"""The thread that interrupts blocked reads and closes what finalisers gave up."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref

import pytest

from franca.io.watch import Watch

PATIENCE = 10.0


class Reader:
    """A reader that is blocked until it is interrupted."""

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self.guarded = False
        self.done = False
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        self.done = True
        self.interrupted.set()


def test_a_late_reader_is_interrupted_and_no_other() -> None:
    """Each at its own limit, whichever was posted first."""
    watch = Watch()
    late, patient = Reader(time.monotonic() + 0.02), Reader(time.monotonic() + 1000)
    watch.guard(patient)
    watch.guard(late)
    assert late.interrupted.wait(PATIENCE)
    assert not patient.interrupted.is_set()


def test_a_limit_that_is_set_anew_holds() -> None:
    """A later one gives more time, a sooner one less, and None none at all."""
    watch = Watch()
    reader = Reader(time.monotonic() + 1000)
    watch.guard(reader)
    watch.dispose(lambda: None)
    reader.limit = None
    watch.guard(reader)
    assert not reader.interrupted.is_set()
    reader.limit = time.monotonic() + 0.02
    watch.guard(reader)
    assert reader.interrupted.wait(PATIENCE)


def test_what_was_given_up_is_closed_whatever_closing_does() -> None:
    """A `close` that raises is no reason to leave the next one open."""
    watch, closed = Watch(), threading.Event()

    def fails() -> None:
        raise RuntimeError("not my day")

    watch.dispose(fails)
    watch.dispose(closed.set)
    assert closed.wait(PATIENCE)


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is left in a program that has stopped using it."""
    monkeypatch.setattr("franca.io.watch._LINGER", 0.01)
    watch, threads = Watch(), set()
    for _ in range(3):
        ran = threading.Event()
        watch.dispose(lambda: threads.add(threading.get_ident()))
        watch.dispose(ran.set)
        assert ran.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while not watch._seat:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_guarding_keeps_no_reader_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that is dropped is collected, so that its finaliser can close it."""
    monkeypatch.setattr("franca.io.watch._LINGER", 0.01)
    watch, reader, looked = Watch(), Reader(time.monotonic() + 1000), threading.Event()
    watch.guard(reader)
    watch.dispose(looked.set)
    assert looked.wait(PATIENCE)
    gone = weakref.ref(reader)
    del reader
    deadline = time.monotonic() + PATIENCE
    while gone() is not None:
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.005)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_it_works_in_a_forked_process() -> None:
    """The child inherits the watch, but not its thread."""
    watch, before = Watch(), threading.Event()
    watch.dispose(before.set)
    assert before.wait(PATIENCE)
    child = os.fork()
    if child == 0:
        after = threading.Event()
        watch.dispose(after.set)
        os._exit(0 if after.wait(PATIENCE) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
