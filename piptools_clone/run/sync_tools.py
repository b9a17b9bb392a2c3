"""The index and the builder of one sync: each is opened when it is first needed, in whatever thread that is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from piptools_clone.build.build_wheel import WheelBuilder
    from piptools_clone.index.index import Index
    from piptools_clone.model.policy import Policy
    from piptools_clone.run.context import RunContext


class SyncTools:
    """Opens an index and a builder, once each, and stops both."""

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._index: Index | None = None
        self._builder: WheelBuilder | None = None

    def index(self, policy: Policy) -> Index:
        """Give the index; the first ``policy`` holds."""
        with self._lock:
            if self._index is None:
                self._index = self._run.open_index(policy)
            return self._index

    def builder(self, policy: Policy) -> WheelBuilder:
        """Give the builder; the first ``policy`` holds."""
        with self._lock:
            if self._builder is None:
                from piptools_clone.build.build_wheel import WheelBuilder

                run = self._run
                self._builder = WheelBuilder(
                    run.settings,
                    policy,
                    environ=run.environ,
                    announce=run.observer.announce,
                    options=run.build_options(),
                )
            return self._builder

    def stop(self) -> None:
        """End builds and downloads; the builds first, for they may wait for the index."""
        if self._builder is not None:
            self._builder.stop()
        if self._index is not None:
            self._index.close()
