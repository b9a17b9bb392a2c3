"""Fixtures that every part's tests may use."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

# properties are tried on the same examples in every run, and a busy machine fails none of them
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The key that journals are signed with is none of the user's who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def simple_index() -> Iterator[Callable[..., SimpleIndex]]:
    """A maker of simple indexes, all closed at the end; arguments go to `SimpleIndex`."""
    made: list[SimpleIndex] = []

    def make(**settings: object) -> SimpleIndex:
        made.append(SimpleIndex(**settings))
        return made[-1]

    yield make
    for index in made:
        index.close()


@pytest.fixture
def index(simple_index: Callable[..., SimpleIndex]) -> SimpleIndex:
    """A simple index that serves everything: JSON and HTML, sidecars, ranges, hashes, upload times."""
    return simple_index()


@pytest.fixture
def project(tmp_path: Path, index: SimpleIndex, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project folder whose only index is ``index``, cut off from this machine's settings."""
    return Project(tmp_path, index, monkeypatch)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Have this process, and those that it starts, hear an interrupt, though the tests run below ``nohup``."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
