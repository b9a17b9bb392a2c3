"""Threads that wait for one another are woken, and an interrupt at any step of the main one leaves no lock taken."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from piptools_clone.process.bell import Bell


def test_what_is_done_is_not_waited_for() -> None:
    assert Bell().wait(lambda: True)


def test_waiting_has_an_end() -> None:
    assert not Bell().wait(lambda: False, 0.01)


def test_all_who_wait_are_woken() -> None:
    bell, done = Bell(), threading.Event()
    waiting = [threading.Thread(target=bell.wait, args=(done.is_set,)) for _ in range(5)]
    for each in waiting:
        each.start()
    while len(bell._waiting) < 5:
        pass
    done.set()
    bell.ring()
    for each in waiting:
        each.join(10)
    assert not any(each.is_alive() for each in waiting)
    assert bell._waiting == []


ROOT = Path(__file__).parent.parent.parent
INTERRUPTED = """
import sys, threading
from piptools_clone.http.futures import Future
from piptools_clone.process.driver_lock import DriverLock
from tests.support.interrupts import interrupt_at

def in_time(work):
    "Do it in another thread, which must not wait for ever."
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), step

def promised():
    future = Future()
    def wait():
        try:
            future.result(0.0)
        except TimeoutError:
            pass
    return wait, lambda: future.fulfil(1)

def turned():
    turn = DriverLock()
    turn._holder = -1
    return lambda: turn.await_it(lambda: False, 0.0), lambda: (turn.tell(), turn.give_all())

step = 1
while True:
    wait, other = globals()[sys.argv[1]]()
    if not interrupt_at(step, wait):
        break
    in_time(other)
    step += 1
print(step)
"""


@pytest.mark.parametrize("what", ["promised", "turned"])
def test_an_interrupted_wait_holds_nothing(what: str) -> None:
    """In a process of its own: an interpreter that was interrupted between any two steps is good for nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, what], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
