"""Large pages are given to a second process to be read, so that this one goes on with what arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.http.steps import Order
    from piptools_clone.process.helper_process import Helper

WORTH_IT = 192 * 1024
"""Bytes of a page that takes as long to read as it takes to have another process."""

Then = Callable[[bool], object]
Watch = Callable[[int, Callable[[], object] | None], object]
"""Has something called whenever a descriptor can be read from; None instead of it ends that."""


class SecondReader:
    """Gives orders to a second process, which is made for the first order that is worth it.  For several threads."""

    def __init__(self, fill: Callable[[bytes, str], object], watch: Watch) -> None:
        """Make none yet; ``fill`` is what the second process does with an order."""
        self._fill = fill
        self._watch = watch
        self._lock = threading.RLock()
        self._helper: Helper | None = None
        self._was_made = False
        self._waiting: dict[str, Then] = {}

    def give(self, url: str, make: Callable[[], Order], then: Then) -> bool:
        """Order the page of an address; ``then`` is told whether it was read and kept.  Whether the order was taken."""
        with self._lock:
            if self._was_made and self._helper is None:
                return False
            order = make()
            if not self._was_made and len(order.content) >= WORTH_IT:
                self._make()
            if self._helper is None:
                return False
            self._helper.forget()
            taken = self._helper.give(url, *order)
            if taken:
                self._waiting[url] = then
            return taken

    def hurry(self, url: str) -> None:
        """Somebody waits for this page: unless it is the next that the other process reads, it is read here."""
        with self._lock:
            is_late = url in self._waiting and next(iter(self._waiting)) != url
            then = self._waiting.pop(url) if is_late else None
        if then is not None:
            then(False)

    def close(self) -> None:
        """Let the other process go, when it has done what it has begun."""
        with self._lock:
            self._waiting.clear()
            self._end()

    def _make(self) -> None:
        from piptools_clone.process.helper_process import start_helper

        self._was_made = True
        self._helper = start_helper(self._fill, modest=True)
        if self._helper is not None:
            self._watch(self._helper.answers, self._hear)

    def _end(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            self._watch(helper.answers, None)
            helper.leave()

    def _hear(self) -> None:
        with self._lock:
            if self._helper is None:
                return
            done = [(self._waiting.pop(url, None), self._helper.has_done(url)) for url in self._helper.hear()]
            if not self._helper.lives:
                self._end()
        for then, well in done:
            if then is not None:
                then(well)
