"""Tasks for a second processor: given to a helper process where there can be one, else to a thread, else done in place.

A `Task` is one form for all of them.  Whatever a worker does not do, for whatever reason, is done here, so nothing but
time depends on it.  What a helper process is, how it ends and what becomes of interrupts: see `helper_process`.

What the process saves, on two processors: 5 % of a cold compile with large pages (``tox -e bench``, "science"; "near":
jupyter), and a tenth of a cold sync (``tox -e bench-sync``, measured when it was made).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from queue import SimpleQueue

    from piptools_clone.process.helper_process import HelperProcess, Work


class Task(NamedTuple):
    """Something to do: ``here`` does it in this process, with ``content``; ``about`` tells a helper process how.

    ``key`` names it.  A helper process gets ``content`` and ``about`` (in types that marshal knows) and does what
    it was started for with them.
    """

    key: str
    here: Callable[[bytes], object]
    about: tuple[str | bool, ...] = ()
    content: bytes = b""


class Worker:
    """The helper process of one piece of a run, from its begin to its end, if there is one.  For one thread.

    Without a process it takes nothing, so the caller does everything.
    """

    def __init__(self, process: HelperProcess | None = None) -> None:
        self._process = process
        self._here: dict[str, Callable[[bytes], object]] = {}
        self._done_here: set[str] = set()

    @property
    def is_there(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def begin(self, work: Work) -> None:
        """Make the process, if there is none yet and it is safe and of use."""
        if self._process is None:
            from piptools_clone.process.helper_process import start_helper

            self._process = start_helper(work)

    def give(self, task: Task) -> bool:
        """Leave a task to the process; whether it took it."""
        if self._process is None or not self._process.give(task.key, task.content, *task.about):
            return False
        self._here[task.key] = task.here
        return True

    def took(self, key: str) -> bool:
        """Whether the process took a task, whatever became of it."""
        return key in self._here

    def instead(self, key: str, here: Callable[[bytes], object]) -> bytes:
        """Have a task that was taken done in another way, if it is done here; returns its content."""
        self._here[key] = here
        return self.content(key)

    def content(self, key: str) -> bytes:
        """The content of a task that was taken."""
        assert self._process is not None, "it took the task"
        return self._process.content(key)

    def do_one(self) -> bool:
        """Do the oldest task here that the process has not begun; whether there was one."""
        key = self._process.take_back() if self._process is not None else None
        if key is None:
            return False
        self._done_here.add(key)
        self._here[key](self.content(key))
        return True

    def is_at(self, key: str) -> bool:
        """Whether the process still has a task to do that it took."""
        return self._process is not None and self._process.is_at(key)

    def has_done(self, key: str) -> bool:
        """Wait for a task that was taken, and tell whether it was done, by the process or here."""
        return key in self._done_here or (self._process is not None and self._process.has_done(key))

    def settle(self) -> None:
        """Drop what the process has not begun, wait for the rest, and let it go: nothing is being done any more."""
        if self._process is not None:
            self._process.settle()
            self._process.dismiss()  # to leave takes a process some milliseconds

    def hold(self, lock: int) -> None:
        """Have the process hold a lock, too, for as long as it could write, or do without it from now on."""
        if self._process is not None and not self._process.hold(lock):
            self.end()

    def end(self) -> None:
        """Let the process go, and wait until it is gone."""
        if self._process is not None:
            self._process.end()
            self._process = None


class WorkerThread:
    """A thread that does tasks beside this one, from its begin to when it is settled; ``failure`` is its first one."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self.failure: BaseException | None = None
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def begin(self) -> None:
        """Start it."""
        self._thread.start()

    def give(self, task: Task) -> bool:
        """Leave a task to the thread, unless one waits for it already; whether it took it."""
        is_free = self._tasks.empty()
        if is_free:
            self._tasks.put(task)
        return is_free

    def settle(self) -> None:
        """Wait until it has done everything."""
        self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task.here(task.content)
            except BaseException as error:
                self.failure = self.failure or error


Watch = Callable[[int, Callable[[], object] | None], object]
"""Has something called whenever a descriptor can be read from; None instead of it ends that."""
Then = Callable[[bool], object]


class ReportingWorker:
    """A helper process whose tasks report when they are done, made for the first task that is worth it.

    For several threads.  It is modest: the processors are left to others where they are few.
    """

    def __init__(self, work: Work, watch: Watch, *, worth_it: int) -> None:
        """Make none yet; a task is ``worth_it`` from so many bytes of content on."""
        self._work = work
        self._watch = watch
        self._worth_it = worth_it
        self._lock = threading.RLock()
        self._process: HelperProcess | None = None
        self._was_made = False
        self._waiting: dict[str, Then] = {}

    def give(self, key: str, make: Callable[[], tuple[bytes, str]], then: Then) -> bool:
        """Leave a task to the process; ``then`` is told whether it was done.  Whether it was taken.

        ``make`` gives its content and what it is about, and is called only where there may be a process.
        """
        with self._lock:
            if self._was_made and self._process is None:
                return False
            content, about = make()
            if not self._was_made and len(content) >= self._worth_it:
                self._make()
            if self._process is None:
                return False
            self._process.forget()
            taken = self._process.give(key, content, about)
            if taken:
                self._waiting[key] = then
            return taken

    def hurry(self, key: str) -> None:
        """Report a task as not done that is waited for, unless it is the next that the process does."""
        with self._lock:
            is_late = key in self._waiting and next(iter(self._waiting)) != key
            then = self._waiting.pop(key) if is_late else None
        if then is not None:
            then(False)

    def close(self) -> None:
        """Let the process go, when it has done what it has begun."""
        with self._lock:
            self._waiting.clear()
            self._end()

    def _make(self) -> None:
        from piptools_clone.process.helper_process import start_helper

        self._was_made = True
        self._process = start_helper(self._work, modest=True)
        if self._process is not None:
            self._watch(self._process.answers, self._hear)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._watch(process.answers, None)
            process.leave()

    def _hear(self) -> None:
        with self._lock:
            if self._process is None:
                return
            done = [(self._waiting.pop(key, None), self._process.has_done(key)) for key in self._process.hear()]
            if not self._process.lives:
                self._end()
        for then, well in done:
            if then is not None:
                then(well)
