"""What the driver does while it waits: never what would make the next answer wait."""

from __future__ import annotations

import pytest

from piptools_clone.http.idle_scheduler import LONG, PATIENCE, IdleScheduler


class Clock:
    """A clock that goes on when something is done."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def done():
    return []


@pytest.fixture
def scheduler(clock):
    return IdleScheduler(clock)


def does(done, clock, what, seconds=0.0):
    def job():
        done.append(what)
        clock.now += seconds

    return job


def test_long_answers_go_last_and_others_in_order(scheduler, done, clock):
    for size, what in ((LONG, "long"), (2, "a"), (1, "b")):
        scheduler.add_answer(size, does(done, clock, what))
    assert scheduler.pass_on(1.0)
    assert done == ["a", "b", "long"]
    assert not scheduler.pass_on(1.0)


def test_answers_are_passed_on_for_a_while_only(scheduler, done, clock):
    for what in "abc":
        scheduler.add_answer(0, does(done, clock, what, 0.6))
    scheduler.pass_on(1.0)
    assert done == ["a", "b"]
    assert scheduler.has_answers


def test_an_answer_may_bring_another(scheduler, done, clock):
    scheduler.add_answer(0, lambda: scheduler.add_answer(0, does(done, clock, "second")))
    scheduler.pass_on(1.0)
    assert done == ["second"]


def test_long_work_waits_until_it_fits(scheduler, done, clock):
    scheduler.add_soon(does(done, clock, "long"), 0.02, "long")
    scheduler.add_soon(does(done, clock, "short"), 0.002, "short")
    assert scheduler.pause(0.01) == 0.0
    scheduler.work(0.01)
    assert done == ["short"]
    assert scheduler.pause(0.01) == pytest.approx(0.01 + PATIENCE)
    scheduler.work(0.01)
    assert done == ["short"]
    scheduler.work(0.03)
    assert done == ["short", "long"]
    assert scheduler.pause(0.03) is None


@pytest.mark.parametrize("quiet", [None, -2 * PATIENCE])
def test_long_work_is_done_when_nothing_is_due_or_that_is_late(scheduler, done, clock, quiet):
    scheduler.add_soon(does(done, clock, "long"), 60.0, "long")
    assert scheduler.pause(quiet) == 0.0
    scheduler.work(quiet)
    assert done == ["long"]


def test_what_somebody_waits_for_goes_before_what_nobody_waits_for(scheduler, done, clock):
    scheduler.add_later(does(done, clock, "later"))
    scheduler.add_soon(does(done, clock, "soon"), 0.001, "soon")
    scheduler.work(None)
    scheduler.work(None)
    assert done == ["soon", "later"]


def test_at_the_end_only_what_is_to_be_kept_is_done(scheduler, done, clock):
    scheduler.add_answer(0, does(done, clock, "answer"))
    scheduler.add_soon(does(done, clock, "soon"), 0.0, "soon")
    scheduler.add_later(does(done, clock, "later"))
    scheduler.end()
    assert done == ["later"]


def test_what_somebody_waits_for_is_done_now_and_once(scheduler, done, clock):
    scheduler.add_soon(does(done, clock, "a"), 60.0, "a")
    scheduler.add_soon(does(done, clock, "b"), 60.0, "b")
    scheduler.hurry("b")
    scheduler.hurry("b")
    scheduler.hurry("c")
    assert done == ["b"]
    scheduler.work(None)
    assert done == ["b", "a"]
