"""Pins, upgrades, constraints."""

from __future__ import annotations

import pytest

from tests.compat.tables import CASES


def test_case_032(same):
    """An old pin that fits stays; the extras and markers of its line do not count."""
    same()


def test_case_034(same):
    """One package is upgraded."""
    same()


def test_case_035(same):
    """One package is upgraded, or downgraded, to what is asked for."""
    same()


def test_case_037(same):
    """So is a dependency."""
    same()


def test_case_038(same):
    """An upgrade of a package that is not there changes nothing."""
    same()


def test_case_040(same):
    """An old pin that cannot stay gives way, without a word of an error."""
    assert "ERROR" not in same().err


def test_case_041(same):
    """An old pin of a version that does not exist gives way."""
    assert "ERROR" not in same().err


def test_case_043(same):
    """Old pins are preferences: one that blocks the newest gives way."""
    same()


def test_case_044(same):
    """An old output with merge markers is named with its line."""
    assert "r.txt:1" in same().err


def test_case_046(same):
    """Constraints, from the command line and from a file."""
    same()


def test_case_047(same):
    """Constraints by address."""
    same()


def test_case_049(same):
    """A version that does not exist: what was wanted, where, and what there is."""
    errors = same().err
    assert "alpha<1.0" in errors
    assert "r.in:1" in errors
    assert "1.0" in errors.replace("alpha<1.0", "")


def test_case_050(same):
    """A conflict: both reasons are named, and the word that bots look for comes once."""
    errors = same().err
    assert "gamma" in errors
    assert "alpha==1.1" in errors
    assert "alpha==1.0" in errors
    assert errors.count("ResolutionImpossible") == 1


def test_case_052(same):
    """Arbitrary equality is kept."""
    same()


def test_case_053(same):
    """A compile of a compiled lock changes nothing."""
    same()


AGAIN = {
    "002",
    "004",
    "017",
    "019",
    "053",
    "062-header",
    "067-crlf",
    "070-named-header",
    "076",
    "080-kept",
    "x13-yanked",
}


@pytest.mark.parametrize("case", [case for case in CASES if case.name in AGAIN], ids=lambda case: case.name)
def test_a_second_run_does_not_touch_the_file(run, sandbox):
    """Case 53 for many outputs: the bytes, the inode and the time of the file stay."""
    first = run()
    paths = [sandbox.work / name for name in first.files]
    before = [(path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in paths]
    second = run()
    assert second.code == 0
    assert not second.files
    assert [(path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in paths] == before
