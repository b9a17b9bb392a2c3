"""Places to work in, with an index that serves what the examples and the tools install."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.packages import Package
from tests.support.simple_index import SimpleIndex
from tests.world.place import Place
from tests.world.wheelhouse import pack_wheelhouse


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the tests of one worker share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def wheelhouse(session_folder: Path) -> list[Package]:
    """Everything that may be installed."""
    return pack_wheelhouse(session_folder / "project")


@pytest.fixture
def place(tmp_path: Path, index: SimpleIndex, wheelhouse: list[Package], session_folder: Path) -> Place:
    """A user's place with a full index."""
    index.cache_control = "max-age=0"  # what a test adds is there at once
    made = Place(tmp_path, index, session_folder)
    made.offer(wheelhouse)
    return made
