"""Basics and inputs."""

from __future__ import annotations


def test_case_001(same):
    """A direct requirement, to standard output."""
    same()


def test_case_002(same):
    """Without arguments requirements.in becomes requirements.txt."""
    same()


def test_case_004(same):
    """The output of a file without a suffix."""
    same()


def test_case_005(same):
    """Dots in folders are no suffixes."""
    same()


def test_case_007(same):
    """Standard input needs an output."""
    same()


def test_case_008(same):
    """Standard input is called ``-`` in annotations."""
    same()


def test_case_010(same):
    """Every input that names a package is in its annotation."""
    same()


def test_case_011(same):
    """Specifiers of several inputs hold together."""
    same()


def test_case_013(same):
    """Nested files are named from the working folder, or absolutely if the first was."""
    same()


def test_case_014(same):
    """From a folder below, a nested file above."""
    same()


def test_case_016(same):
    """A requirement for another environment is left out."""
    same()


def test_case_017(same):
    """Names with spaces and letters beyond ASCII: quoted in the header alone."""
    same()
