"""A task is done once, beside or here, whatever becomes of the worker; `test_helper_process` has real processes."""

from __future__ import annotations

from typing import cast

import pytest

from piptools_clone.process.helper_process import HelperProcess
from piptools_clone.process.workers import Task, Worker, WorkerThread


class Stub:
    """A helper process that has done the tasks ``does``, and can hold locks or not."""

    def __init__(self, *does: str, holds: bool = True) -> None:
        self.does = does
        self.holds = holds
        self.given: dict[str, bytes] = {}
        self.waiting: list[str] = []
        self.has_ended = False

    def give(self, key: str, content: bytes, *_: object) -> bool:
        self.given[key] = content
        self.waiting.append(key)
        return True

    def take_back(self) -> str | None:
        return self.waiting.pop(0) if self.waiting else None

    def content(self, key: str) -> bytes:
        return self.given[key]

    def has_done(self, key: str) -> bool:
        return key in self.does

    def hold(self, _: int) -> bool:
        return self.holds

    def end(self) -> None:
        self.has_ended = True


def worker(stub: Stub) -> Worker:
    return Worker(cast("HelperProcess", stub))


def test_without_a_process_nothing_is_taken() -> None:
    alone, task = Worker(), Task("a", pytest.fail)
    assert not alone.is_there
    assert not alone.give(task)
    assert not alone.took("a")
    assert not alone.do_one()
    assert not alone.is_at("a")
    assert not alone.has_done("a")
    alone.hold(0)
    alone.settle()
    alone.end()


def test_what_is_not_begun_is_done_here_with_its_content() -> None:
    done: list[bytes] = []
    both = worker(Stub("b"))
    for key in "ab":
        assert both.give(Task(key, done.append, content=key.encode()))
    assert both.do_one()
    assert done == [b"a"]
    assert both.has_done("a"), "here"
    assert both.has_done("b"), "by the process"


def test_what_is_done_here_may_be_chosen_later() -> None:
    done: list[bytes] = []
    one = worker(Stub())
    one.give(Task("a", pytest.fail, content=b"x"))
    assert one.instead("a", done.append) == b"x"
    assert one.do_one()
    assert (done, one.do_one()) == ([b"x"], False)


def test_what_the_process_cannot_do_is_said_and_its_content_kept() -> None:
    one = worker(Stub())
    one.give(Task("a", pytest.fail, content=b"x"))
    assert not one.has_done("a")
    assert one.content("a") == b"x"


@pytest.mark.parametrize("holds", [True, False])
def test_a_process_that_cannot_hold_the_lock_goes(*, holds: bool) -> None:
    stub = Stub(holds=holds)
    one = worker(stub)
    one.hold(0)
    assert (one.is_there, stub.has_ended) == (holds, not holds)


def test_the_first_failure_of_a_thread_is_kept_and_it_goes_on() -> None:
    done: list[bytes] = []
    thread = WorkerThread()
    tasks = [Task("", lambda _: 1 / 0), Task("", lambda _: {}["a"]), Task("", done.append, content=b"x")]
    thread.begin()
    for task in tasks:
        while not thread.give(task):
            continue
    thread.settle()
    assert isinstance(thread.failure, ZeroDivisionError)
    assert done == [b"x"]
