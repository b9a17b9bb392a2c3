"""Sync: plans, exit codes, and what is installed after it."""

from __future__ import annotations

import pytest

from tests.compat.environment import Installed, install, site_packages
from tests.compat.local_index import wheel
from tests.compat.tables import CASES


def named(*names):
    """Parametrise with these cases."""
    cases = [case for case in CASES if case.name in names]
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


def test_case_095(same):
    """Which file is meant."""
    same()


def test_case_096(same):
    """The plan of a dry run, and its exit code."""
    same()


def test_case_097(same):
    """A question before anything is done."""
    same()


def test_case_098(same):
    """What is not in the lock is removed."""
    same()


@named("098")
def test_case_098_keeps_pip(run, sandbox):
    """But pip stays, and what it says it needs."""
    site = site_packages(sandbox.python.parent.parent)
    for package in (wheel("pip", "99.0", "kept"), wheel("kept", "1.0")):
        install(site, Installed(package))
    assert run().installed == ("alpha==1.1", "beta==1.0", "kept==1.0")
    assert (site / "pip-99.0.dist-info").is_dir()


def test_case_100(same):
    """Several locks: merged, or refused where they disagree."""
    same()


def test_case_101(same):
    """What a marker excludes is removed."""
    same()


def test_case_103(same, sandbox):
    """An index of the command line stands for those of the file."""
    same()
    assert sandbox.index.count("/simple/alpha/") == 1
    assert not [path for path in sandbox.index.paths if path.startswith(("/nowhere", "/neither"))]


def test_case_104(same):
    """Arguments for pip are accepted."""
    same()


def test_case_106(same):
    """A pin by address that is installed from that address is satisfied."""
    same()


def test_case_107(same):
    """An editable that is installed is satisfied; one that is not is planned as it was typed."""
    same()


def test_case_109(same):
    """A lock that leaves out a dependency is refused, and the missing names are said."""
    errors = same().err
    assert "alpha" in errors
    assert "beta" in errors


def test_case_110(same):
    """Another interpreter: named wrongly, and never mixed up with the working folder."""
    same()


@named("098")
def test_case_110_needs_no_pip(run, sandbox):
    """An environment without pip is served as well."""
    assert not list(site_packages(sandbox.python.parent.parent).glob("pip*"))
    assert run().code == 0


@named("097-yes", "098", "101", "103-in-file")
def test_a_second_run_does_nothing(case, run):
    """Whatever a sync has done is done."""
    run(*(word for word in case.argv if word not in {"-n", "-q"}))
    again = run(*(word for word in case.argv if word not in {"-n", "-q"}))
    assert (again.code, again.out) == (0, "Everything up-to-date\n")


def test_case_112(same, sandbox):
    """A run that fails changes nothing and leaves no temporary file."""
    same()
    assert not list((sandbox.root / "tmp").iterdir())
