"""Output format: whole files."""

from __future__ import annotations


def test_case_055(same):
    """The header names the command in a settled form."""
    same()


def test_case_056(same):
    """Options that do not change the result are not in the header."""
    same()


def test_case_058(same):
    """A team's own command in the header, as it is."""
    same()


def test_case_059(same):
    """A source that looks like an option."""
    same()


def test_case_061(same):
    """Arguments for pip in the header."""
    same()


def test_case_062(same):
    """Annotations on the line, or below the hashes."""
    same()


def test_case_064(same):
    """Options of the inputs are echoed; those of the old output are not kept."""
    same()


def test_case_065(same):
    """What is said of all packages comes before what is said of one."""
    same()


def test_case_067(same):
    """Line ends: as asked, or as they were."""
    same()


def test_case_068(same):
    """Extras kept and stripped."""
    same()


def test_case_070(same):
    """Unsafe packages have a block of their own."""
    same()


def test_case_071(same):
    """The marker of a direct requirement stays with it."""
    same()


def test_case_073(same):
    """Two lines of one package: needed where either says so."""
    same()


def test_case_074(same, sandbox):
    """What goes to which stream; a dry run leaves the old output as it is."""
    target = sandbox.work / "r.txt"
    before = target.stat().st_mtime_ns if target.exists() else None
    same()
    assert (target.stat().st_mtime_ns if target.exists() else None) == before
