"""A project for tests: a lock, wheels, an environment and a cache, synced through the operation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from piptools_clone.environment.installed import read_installed
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.observer import SyncCounts
from piptools_clone.model.sync_request import SyncRequest, SyncResult
from piptools_clone.operations.sync import sync
from tests.support.packages import Package
from tests.sync.environments import snapshot


class Hearer:
    """An observer that remembers what it heard."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counted: list[tuple[SyncCounts, str]] = []

    def announce(self, text: str) -> None:
        self.said.append(text)

    warn = note = announce

    def progress(self, pages: int, releases: int, name: str) -> None:
        pass

    def syncing(self, counts: SyncCounts, name: str) -> None:
        self.counted.append((counts, name))


class Project:
    """A folder with a lock, wheels, an environment and a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self.hearer = Hearer()
        (folder / "wheels").mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        [self.site] = (folder / "venv" / "lib").glob("python*/site-packages")

    def offer(self, *packages: Package) -> None:
        for package in packages:
            package.write(self.folder / "wheels")

    def sync(self, lock: str, *, confirm: Callable[[SyncResult], bool] = lambda _: True, **facts: Any) -> SyncResult:
        (self.folder / "requirements.txt").write_text(lock)
        options = IndexOptions(no_index=True, find_links=(str(self.folder / "wheels"),))
        request = SyncRequest(
            (str(self.folder / "requirements.txt"),),
            **{
                "options": options,
                "python": str(self.python),
                "cache_dir": str(self.folder / "cache"),
                "isolated": True,
                **facts,
            },
        )
        return sync(request, observer=self.hearer, confirm=confirm)

    def run(self, code: str) -> str:
        return subprocess.run([self.python, "-c", code], check=True, capture_output=True, text=True).stdout

    def names(self) -> list[str]:
        return [f"{each.name}=={each.version}" for each in read_installed([self.site])]

    def actions(self, result: SyncResult) -> list[str]:
        return [f"{change.action} {change.name}: {change.reason}" for change in result.changes]

    def state(self) -> dict[str, tuple[str, str, bytes]]:
        return snapshot(self.folder / "venv")

    def fails(self, lock: str, kind: type[PiptoolsCloneError], words: str, **facts: Any) -> str:
        """A sync that must fail and change nothing."""
        before = self.state()
        with pytest.raises(kind, match=words) as caught:
            self.sync(lock, **facts)
        assert self.state() == before
        return str(caught.value)


def pinned(package: Package) -> str:
    name, version = package.filename.removesuffix(".tar.gz").split("-")[:2]
    return f"{name}=={version} --hash=sha256:{package.sha256}\n"
