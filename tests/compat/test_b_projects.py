"""Project files."""

from __future__ import annotations


def test_case_019(same):
    """A static pyproject.toml in another folder."""
    same()


def test_case_020(same):
    """Extras: one, several at once, several times, all."""
    same()


def test_case_022(same):
    """An extra of a requirements file."""
    same()


def test_case_023(same):
    """An unknown extra is an error that names it."""
    assert "nope" in same().err


def test_case_025(same):
    """An extra that refers to its own project stands for what it names."""
    same()


def test_case_026(same):
    """A marker on an extra is boolean algebra, and is spent when the extra is chosen."""
    same()


def test_case_027(same):
    """Metadata that only the build backend tells."""
    same()


def test_case_028(same):
    """Without arguments setup.py comes before pyproject.toml."""
    same()


def test_case_029(same):
    """The conflicts of the options for build dependencies, in pip-tools' words."""
    same()


def test_case_030(same):
    """The requirements of building a project."""
    same()


def test_case_031(same):
    """What a project says of its Pythons is honoured."""
    same()
