"""Threads that wait for one another are woken, and an interrupt at any step of the main one leaves no lock taken."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest

from piptools_clone.index.bell import Bell
from piptools_clone.index.promises import Promise
from piptools_clone.index.turn import Turn


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
    assert not bell.is_awaited


def interrupted_at(step: int, work: Callable[[], object]) -> bool:
    """Run something, and interrupt it before its step of that number; whether there was one."""
    left = step

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal left
        frame.f_trace_opcodes = True
        if event == "opcode":
            if left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
            left -= 1
        return trace

    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def in_time(work: Callable[[], object]) -> None:
    """Do it in another thread, which must not wait for ever."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_an_interrupted_wait_for_a_promise_holds_nothing() -> None:
    step = 0
    while True:
        promise: Promise[int] = Promise()

        def wait(promise: Promise[int] = promise) -> None:
            with pytest.raises(TimeoutError):
                promise.result(0.0)

        if not interrupted_at(step, wait):
            break
        in_time(lambda promise=promise: promise.fulfil(1))  # type: ignore[misc]
        step += 1
    assert step > 20


def test_an_interrupted_wait_for_a_turn_holds_nothing() -> None:
    step = 0
    while True:
        turn = Turn()
        turn._holder = -1

        def wait(turn: Turn = turn) -> None:
            turn.await_it(lambda: False, 0.0)

        if not interrupted_at(step, wait):
            break
        in_time(lambda turn=turn: (turn.tell(), turn._bell.ring()))  # type: ignore[misc]
        step += 1
    assert step > 20
