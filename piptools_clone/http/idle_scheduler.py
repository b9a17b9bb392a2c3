"""What the driver does besides sending and receiving: it passes answers on, and works while nothing arrives.

The time between a question and its answer is the longest that a run has, and the next question must not wait for
anything that could have been done then.  So answers are passed on a few at a time, long ones last; and a long piece
of work is begun only when it will be over before the next answer is due.  To wait for that moment saves 3 % of a cold
compile of many large pages, and long answers last 4 % (``tox -e bench``, "api", "science", "jupyter").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from itertools import count

_Job = Callable[[], object]

SHORT = 0.001  # default estimate of a job's length, in seconds
LONG = 64 * 1024  # bytes of an answer, as sent, that takes some milliseconds
PATIENCE = 0.01  # seconds after which an answer that is due is no longer waited for


class IdleScheduler:
    """Jobs of three kinds.  Jobs may be added by any thread; one thread at a time does them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: list[tuple[int, int, _Job]] = []  # a heap: by size, roughly, then in the order of arrival
        self._serial = count()
        self._soon: dict[Hashable, tuple[float, _Job]] = {}
        self._later: deque[_Job] = deque()

    @property
    def has_answers(self) -> bool:
        """Whether there are answers to pass on."""
        return bool(self._answers)

    def add_answer(self, size: int, job: _Job) -> None:
        """Pass on an answer of so many bytes.

        What came first was asked first, and by what it asks for in turn the longest chain of requests goes on.  Were
        short answers always first, that would wait for all of them whenever its next link is not short.
        """
        heappush(self._answers, (size // LONG, next(self._serial), job))

    def add_soon(self, job: _Job, seconds: float, key: Hashable) -> None:
        """Do something that takes so many seconds, and that will be waited for, when nothing arrives."""
        self._soon[key] = seconds, job

    def hurry(self, key: Hashable) -> None:
        """Do that now, if it is still to be done: it is waited for."""
        waiting = self._soon.pop(key, None)
        if waiting is not None:
            waiting[1]()

    def add_later(self, job: _Job) -> None:
        """Do something small, which is not waited for, when nothing arrives."""
        self._later.append(job)

    def pass_on(self, seconds: float) -> bool:
        """Pass answers on, long ones last, for so long; whether there were any."""
        there_were = bool(self._answers)
        until = self._clock() + seconds
        while self._answers:
            heappop(self._answers)[2]()
            if self._clock() > until:
                break
        return there_were

    def pause(self, quiet: float | None) -> float | None:
        """How long to wait before `work`, in seconds; None for as long as it takes, for there is nothing to do.

        ``quiet`` are the seconds until the next answer is due (less than none when it is late), None for no answer.
        """
        if not (self._soon or self._later):
            return None
        if quiet is None or quiet < -PATIENCE or self._fitting(quiet) is not None or (self._later and quiet > SHORT):
            return 0.0
        return quiet + PATIENCE

    def work(self, quiet: float | None) -> None:
        """Do one piece of work, the first that fits before the next answer; any, where that is late or none is due."""
        if quiet is None or quiet < -PATIENCE:
            quiet = float("inf")
        fitting = self._fitting(quiet)
        if fitting is not None:
            self.hurry(fitting)
        elif self._later and quiet > SHORT:
            self._later.popleft()()

    def end(self) -> None:
        """Do what is to be done in any case, and drop the rest."""
        self._answers.clear()
        self._soon.clear()
        while self._later:
            self._later.popleft()()

    def _fitting(self, quiet: float) -> Hashable | None:
        return next((key for key, (seconds, _) in list(self._soon.items()) if seconds < quiet), None)
