"""Jobs begin when they are told to, not before: until then a process has one thread, and may be copied."""

from __future__ import annotations

import threading

import pytest

from piptools_clone.syncing.jobs import Jobs


def test_nothing_begins_before_all_may() -> None:
    jobs, done = Jobs(), []
    waits = [jobs.add(lambda number=number: done.append(number) or number) for number in range(9)]
    assert not done
    assert not any(thread.name.startswith("stage") for thread in threading.enumerate())
    jobs.begin()
    assert [wait() for wait in waits] == list(range(9))
    jobs.end()
    assert sorted(done) == list(range(9))


def test_what_a_job_raises_is_raised_where_it_is_waited_for() -> None:
    jobs = Jobs()
    wait = jobs.add(lambda: 1 / 0)
    jobs.begin()
    with pytest.raises(ZeroDivisionError):
        wait()
    jobs.end()


def test_what_is_dropped_does_not_begin() -> None:
    jobs, done = Jobs(), []
    jobs.add(lambda: done.append(1))
    jobs.drop()
    jobs.begin()
    jobs.end()
    assert not done
