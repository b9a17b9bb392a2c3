"""50: nothing of ours stays in an environment after an end that the process sees; the next run removes what is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.own_names import FOLDER
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from tests.support.packages import make_wheel
from tests.sync.project import Project, pinned


def held(site: Path, body: Callable[[Path], object]) -> None:
    with locked_environment(site, [str(site)], print, print) as area:
        body(Path(area))


def fill(area: Path) -> None:
    for name in ("a", "b"):
        (area / "new" / name).mkdir(parents=True)
        (area / "new" / name / "x").write_text("")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_it_is_tidied_waits(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[int] = []
    before = signal.signal(number, lambda number, _: came.append(number))
    try:
        remove = os.rmdir

        def interrupted(path: str) -> None:
            signal.raise_signal(number)
            remove(path)

        monkeypatch.setattr(os, "rmdir", interrupted)
        held(tmp_path, fill)
    finally:
        signal.signal(number, before)
    assert came == [number]
    assert not (tmp_path / FOLDER).exists()


def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    def body(area: Path) -> None:
        fill(area)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        held(tmp_path, body)
    assert not (tmp_path / FOLDER).exists()


def test_an_interrupted_wait_leaves_the_folder_to_its_holder(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    def body(area: Path) -> None:
        with pytest.raises(KeyboardInterrupt), locked_environment(tmp_path, [str(tmp_path)], interrupt, print):
            pass
        assert area.exists()

    held(tmp_path, body)
    assert not (tmp_path / FOLDER).exists()


def test_what_could_not_be_removed_is_removed_by_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even by one that has nothing else to do."""
    a = make_wheel("a", "1.0")
    project = Project(tmp_path)
    project.offer(a)
    remove = os.rmdir

    def failing(path: str) -> None:
        if FOLDER in str(path):
            raise OSError(5, "Input/output error")
        remove(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rmdir", failing)
        project.sync(pinned(a))
    assert (project.site / FOLDER).exists()
    assert project.sync(pinned(a), dry_run=True).is_empty
    assert not (project.site / FOLDER).exists()
