"""Any value at any place of the entries of a cache, their digests right."""

from __future__ import annotations

import marshal
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from piptools_clone.store.cache import LAYOUTS, parse_entry, render_entry
from tests.faults.anywhere import PLAIN_VALUES, changed, places, replaced


def law(examples: int) -> settings:
    """So many examples in one project: each run of the command begins anew."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Opened(tuple[Any]):
    """What `marshal` holds within an entry, opened: a release of a page, metadata in a bundle."""


def opened(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return Opened([marshal.loads(value)])
        except (ValueError, EOFError, TypeError):
            return value
    if isinstance(value, dict):
        return {key: opened(each) for key, each in value.items()}
    return type(value)(map(opened, value)) if isinstance(value, (list, tuple)) else value


def closed(value: Any) -> Any:
    if isinstance(value, Opened):
        return marshal.dumps(closed(value[0]), 4)
    if isinstance(value, dict):
        return {key: closed(each) for key, each in value.items()}
    return type(value)(map(closed, value)) if isinstance(value, (list, tuple)) else value


def entries(cache: Path, kind: str) -> dict[Path, Any]:
    """The entries of a kind in a cache, opened."""
    paths = sorted(path for path in (cache / f"{kind}-v{LAYOUTS[kind]}").rglob("*") if path.is_file())
    return {path: opened(parse_entry(kind, path.read_bytes())) for path in paths}


def hold(cache: Path, kind: str, run: Callable[[], object], examples: int) -> None:
    """The law, for a run that has filled the cache with all that it reads."""
    known = entries(cache, kind)
    assert known

    def write(path: Path, value: Any) -> None:
        path.write_bytes(b"".join(render_entry(kind, closed(value))))

    @law(examples)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        path = data.draw(st.sampled_from([*known]))
        for each, value in known.items():
            write(each, data.draw(changed(value, PLAIN_VALUES)) if each == path else value)
        run()

    holds()
    spots = [(path, place) for path, value in known.items() for place in places(value)]
    for path, place in random.Random(examples).sample(spots, min(len(spots), examples)):
        for each, value in known.items():
            write(each, replaced(value, place, "\ud800\0") if each == path else value)
        run()
