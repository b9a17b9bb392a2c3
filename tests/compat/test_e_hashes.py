"""Hashes, URLs, paths."""

from __future__ import annotations

import subprocess

import pytest

from tests.compat.tables import CASES


def test_case_076(same):
    """Every file of a version is hashed, those for other platforms too."""
    same()


def test_case_077(same, sandbox):
    """Hashes come from the page: no file is fetched for them."""
    same()
    assert not [path for path in sandbox.index.paths if path.startswith("/files/") and not path.endswith(".metadata")]


def test_case_079(same):
    """A version that two places serve has the hashes of both."""
    same()


def test_case_080(same):
    """Hashes of an unchanged pin stay until they are to be refreshed."""
    same()


def test_case_082(same):
    """What pip cannot hash is warned of, if anything else is hashed."""
    same()


def test_case_083(same):
    """Paths and addresses."""
    same()


def test_case_085(same):
    """An editable stands for its name."""
    same()


def test_case_086(same):
    """A branch of a repository stays as it was typed."""
    same()


@pytest.mark.parametrize("case", [case for case in CASES if case.name == "086"], ids=["086"])
def test_case_086_pinned(case, run, sandbox):
    """With ``--pin-vcs`` it becomes the commit, and the branch goes to the annotation."""
    git = ["git", "-C", sandbox.root / "repository", "rev-parse", "main"]
    commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    out = run("--pin-vcs", *case.argv).out
    assert f"proj @ git+file://<root>/repository@{commit}\n" in out
    assert "main" in out.partition(commit)[2]
