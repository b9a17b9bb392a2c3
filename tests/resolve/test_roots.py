"""A Python to lock for that a project does not support."""

from __future__ import annotations

from piptools_clone.resolve.roots import unfit_target


def test_a_target_outside():
    assert unfit_target([("a", ">=3.9")], "3.12.1") == []
    assert unfit_target([("a", "<3.9")], "3.12.1") == ["a requires Python <3.9, but the lock is made for Python 3.12.1"]
