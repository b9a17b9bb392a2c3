"""Configuration."""

from __future__ import annotations


def test_case_088(same):
    """Where a configuration is found, how its keys are spelled, and what is said of wrong ones."""
    same()


def test_case_089(same):
    """The table of the other command is not looked at; the common one may hold its options."""
    same()


def test_case_091(same):
    """Negative keys."""
    same()


def test_case_092(same):
    """No configuration, or another: in whatever order the options come."""
    same()


def test_case_094(same):
    """Sources by configuration."""
    same()
