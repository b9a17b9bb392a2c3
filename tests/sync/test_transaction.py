"""What an interrupt during a swap comes to: all is done, and it is not denied."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from piptools_clone.errors import InterruptedLate
from piptools_clone.syncing.transaction.journal import State, read_state
from piptools_clone.syncing.transaction.rename_plan import RenamePlan
from piptools_clone.syncing.transaction.swap import swap


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("at", ["journal", "put 0", "done"])
def test_an_interrupt_waits_until_the_swap_is_complete(at: str, tmp_path: Path) -> None:
    folder, staged, place = tmp_path / "area", tmp_path / "staged", tmp_path / "place"
    folder.mkdir()
    staged.write_text("new")

    def interrupt(step: str) -> None:
        if step == at:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(InterruptedLate):
        swap(str(folder), RenamePlan((), ((str(staged), str(place)),)), checkpoint=interrupt)
    assert place.read_text() == "new"
    assert read_state(str(folder)) is State.DONE


def test_a_failure_that_is_undone_is_no_late_interrupt(tmp_path: Path) -> None:
    folder, staged, place = tmp_path / "area", tmp_path / "staged", tmp_path / "place"
    folder.mkdir()
    staged.write_text("new")

    def fail(step: str) -> None:
        if step == "put 0":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        swap(str(folder), RenamePlan((), ((str(staged), str(place)),)), checkpoint=fail)
    assert not isinstance(caught.value, InterruptedLate)
    assert not place.exists()
    assert staged.read_text() == "new"
