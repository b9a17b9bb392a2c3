"""Whose turn it is: one thread at a time, and nobody is forgotten."""

from __future__ import annotations

import threading
from itertools import count

import pytest

from piptools_clone.process.driver_lock import DriverLock
from tests.support.interrupts import interrupt_at


def test_one_has_it_until_it_gives_it_back():
    turn = DriverLock()
    assert turn.take()
    assert turn.is_mine
    assert not turn.is_anothers
    assert not turn.take()
    turn.give()
    assert not turn.is_mine
    assert turn.take(wait=True)


def test_a_free_turn_is_not_waited_for():
    DriverLock().await_it(lambda: False, None)


def test_what_is_done_is_not_waited_for():
    turn = DriverLock()
    turn.take()
    turn.await_it(lambda: True, None)


def test_waiting_has_an_end():
    turn = DriverLock()
    turn.take()
    turn.await_it(lambda: False, 0.01)


@pytest.mark.parametrize("threads", [2, 8])
def test_nobody_is_forgotten(threads):
    """Each thread needs many turns, and what it needs comes true in the turns of others; nobody looks at a clock."""
    turn, serial, made = DriverLock(), count(), []

    def work():
        for _ in range(200):
            number = next(serial)
            while number not in made:
                if turn.take():
                    made.append(len(made))
                    turn.tell()
                    turn.give()
                else:
                    turn.await_it(lambda number=number: len(made) > number, None)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    assert made[: threads * 200] == list(range(threads * 200))


def in_another_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(60)
    return found


def test_an_interrupt_at_any_moment_keeps_the_turn_from_nobody():
    for step in count(1):
        turn = DriverLock()

        def work(turn=turn):
            if turn.take():
                try:
                    turn.tell()
                finally:
                    turn.give()

        interrupted = interrupt_at(step, work)
        turn.take(wait=True)
        turn.give_all()
        assert in_another_thread(turn.take) == [True]
        if not interrupted:
            break
    assert step > 20
