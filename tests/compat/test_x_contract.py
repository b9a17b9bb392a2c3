"""Contract beside the numbered cases."""

from __future__ import annotations

import pytest

from tests.compat.case import Case
from tests.compat.cases_x import ALPHA, SECRET_INDEX


def test_case_x01(same):
    """Nothing but unsafe packages, after options: two blank lines."""
    same()


def test_case_x02(same):
    """Nothing at all: one empty line."""
    same()


def test_case_x03(same):
    """An editable among hashes, with an unsafe package."""
    same()


def test_case_x04(same):
    """The unsafe block with hashes; what only an unsafe package needs is kept."""
    same()


def test_case_x05(same):
    """Editables first, then by canonical name."""
    same()


def test_case_x06(same):
    """Annotations by code point: constraints, files, capitals, small letters."""
    same()


def test_case_x07(same):
    """An old pin of a pre-release stays."""
    same()


def test_case_x08(same):
    """Pre-releases: asked for, or named by a specifier."""
    same()


def test_case_x11(same):
    """All extras in the header."""
    same()


def test_case_x12(same):
    """Local versions."""
    same()


def test_case_x13(same):
    """A yanked version only where it is pinned or locked."""
    same()


def test_case_x14(same):
    """The order of option lines, and what leaves them out."""
    same()


def test_case_x15(same):
    """Without annotations."""
    same()


def test_case_x16(same):
    """What is wrong with the command line, in pip-tools' words."""
    same()


def test_case_x17(same):
    """Files elsewhere are named from the working folder."""
    same()


def test_case_x18(same):
    """An upgrade with an extra."""
    same()


def test_case_x19(same):
    """Extras that several ask for are one line, and no annotation names an extra."""
    same()


def test_case_x20(same):
    """Constraint files in the header."""
    same()


def test_case_x21(same):
    """Variables in inputs."""
    same()


def test_case_x22(same):
    """A byte order mark, comments, a continued line, an empty one."""
    same()


def test_case_x24(same):
    """A marker does not spread: not to a package that others need, not from a constraint."""
    same()


SECRET = Case("secret", ("-q", "-i", SECRET_INDEX, "r.in"), ALPHA)
VARIABLE = Case(
    "variable",
    ("-q", "--no-header", "r.in"),
    {"r.in": "--index-url http://user:${PASSWORD}@<host>/simple\nalpha\n"},
    env={"PASSWORD": "secret"},
)


@pytest.mark.parametrize("case", [SECRET], ids=["secret"])
def test_a_password_is_not_written(run):
    """The header has stars for it; the option line has no user at all."""
    text = run().files["r.txt"].decode()
    assert "#    pip-compile --index-url='http://user:****@<host>/simple' r.in\n" in text
    assert "\n--index-url <http>/simple\n" in text


@pytest.mark.parametrize("case", [VARIABLE], ids=["variable"])
def test_a_variable_stays_a_variable(run):
    """A password that came from the environment is written as it was read."""
    text = run().files["r.txt"].decode()
    assert text.startswith("--index-url http://user:${PASSWORD}@<host>/simple\n\nalpha==1.1\n")
