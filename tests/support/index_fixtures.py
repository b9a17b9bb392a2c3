"""An `Index` over the tests' simple index, and a server that does what it is told."""

from __future__ import annotations

import os
from functools import partial

import pytest

from piptools_clone.build.build_options import BuildOptions
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.index.index import Index
from piptools_clone.model.policy import Policy
from piptools_clone.settings.index_settings import IndexSettings
from piptools_clone.store.cache import Cache
from tests.support.faulty_server import FaultyServer


@pytest.fixture
def server():
    with FaultyServer() as running:
        yield running


@pytest.fixture
def open_index(tmp_path):
    """A maker of `Index` values with one cache, all closed at the end; ``announced`` on each holds its builds."""
    opened = []

    def open_it(*indexes, policy=None, options=None, settings=None, **facts):
        announced = []
        settings = settings or IndexSettings(indexes=tuple(getattr(each, "url", each) for each in indexes), retries=0)
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        policy, options = policy or Policy(), options or BuildOptions(timeout=60)
        build = partial(PipBuilder, settings, policy, options=options, environ=environ, announce=announced.append)
        facts = {"cache": Cache(str(tmp_path / "cache")), "environ": environ, "make_builder": build} | facts
        opened.append(Index(settings, policy, **facts))
        opened[-1].announced = announced
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()
