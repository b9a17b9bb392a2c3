"""What a lane does while it waits: never what would make the next answer wait."""

from __future__ import annotations

import pytest

from piptools_clone.http.idle_scheduler import LONG, PATIENCE, Agenda


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
def agenda(clock):
    return Agenda(clock)


def does(done, clock, what, seconds=0.0):
    def job():
        done.append(what)
        clock.now += seconds

    return job


def test_long_answers_go_last_and_others_in_order(agenda, done, clock):
    for size, what in ((LONG, "long"), (2, "a"), (1, "b")):
        agenda.add_answer(size, does(done, clock, what))
    assert agenda.pass_on(1.0)
    assert done == ["a", "b", "long"]
    assert not agenda.pass_on(1.0)


def test_answers_are_passed_on_for_a_while_only(agenda, done, clock):
    for what in "abc":
        agenda.add_answer(0, does(done, clock, what, 0.6))
    agenda.pass_on(1.0)
    assert done == ["a", "b"]
    assert agenda.has_answers


def test_an_answer_may_bring_another(agenda, done, clock):
    agenda.add_answer(0, lambda: agenda.add_answer(0, does(done, clock, "second")))
    agenda.pass_on(1.0)
    assert done == ["second"]


def test_long_work_waits_until_it_fits(agenda, done, clock):
    agenda.add_soon(does(done, clock, "long"), 0.02, "long")
    agenda.add_soon(does(done, clock, "short"), 0.002, "short")
    assert agenda.pause(0.01) == 0.0
    agenda.work(0.01)
    assert done == ["short"]
    assert agenda.pause(0.01) == pytest.approx(0.01 + PATIENCE)
    agenda.work(0.01)
    assert done == ["short"]
    agenda.work(0.03)
    assert done == ["short", "long"]
    assert agenda.pause(0.03) is None


@pytest.mark.parametrize("quiet", [None, -2 * PATIENCE])
def test_long_work_is_done_when_nothing_is_due_or_that_is_late(agenda, done, clock, quiet):
    agenda.add_soon(does(done, clock, "long"), 60.0, "long")
    assert agenda.pause(quiet) == 0.0
    agenda.work(quiet)
    assert done == ["long"]


def test_what_somebody_waits_for_goes_before_what_nobody_waits_for(agenda, done, clock):
    agenda.add_later(does(done, clock, "later"))
    agenda.add_soon(does(done, clock, "soon"), 0.001, "soon")
    agenda.work(None)
    agenda.work(None)
    assert done == ["soon", "later"]


def test_at_the_end_only_what_is_to_be_kept_is_done(agenda, done, clock):
    agenda.add_answer(0, does(done, clock, "answer"))
    agenda.add_soon(does(done, clock, "soon"), 0.0, "soon")
    agenda.add_later(does(done, clock, "later"))
    agenda.end()
    assert done == ["later"]


def test_what_somebody_waits_for_is_done_now_and_once(agenda, done, clock):
    agenda.add_soon(does(done, clock, "a"), 60.0, "a")
    agenda.add_soon(does(done, clock, "b"), 60.0, "b")
    agenda.hurry("b")
    agenda.hurry("b")
    agenda.hurry("c")
    assert done == ["b"]
    agenda.work(None)
    assert done == ["b", "a"]
