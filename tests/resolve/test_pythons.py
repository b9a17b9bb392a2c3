"""The oldest Python that a requires-python admits."""

from __future__ import annotations

import pytest

from piptools_clone.resolve.pythons import oldest_python, oldest_pythons, unfit_target


@pytest.mark.parametrize(
    ("text", "oldest"),
    [
        (">=3.8", "3.8"),
        ("~=3.9", "3.9"),
        ("==3.11.*", "3.11"),
        (">3.8", "3.8.1"),
        (">=3.8,!=3.8.0", "3.8.1"),
        (">=3.8, <4, >=3.10.2", "3.10.2"),
        ("<4", None),
        ("", None),
        ("!=3.9.*", None),
    ],
)
def test_oldest_python(text, oldest):
    assert oldest_python(text) == oldest


def test_several_projects():
    assert oldest_pythons([("a", ">=3.9"), ("b", ">=3.8"), ("c", "<4"), ("d", ">=3.9")]) == ("3.8", "3.9")


def test_a_target_outside():
    assert unfit_target([("a", ">=3.9")], "3.12.1") == []
    assert unfit_target([("a", "<3.9")], "3.12.1") == ["a requires Python <3.9, but the lock is made for Python 3.12.1"]
