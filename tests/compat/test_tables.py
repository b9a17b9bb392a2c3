"""The tables, the tests and the stored expectations belong together."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.compat.local_index import packages
from tests.compat.tables import CASES, EXPECTED, expectation

#: The numbers that the description of pip-tools gives its cases.
NUMBERS = frozenset(
    re.findall(
        r"\d+",
        """
    001 002 004 005 007 008 010 011 013 014 016 017 019 020 022 023 025 026 028 029 031 032 034 035 037 038
    040 041 043 044 046 047 049 050 052 053 055 056 058 059 061 062 064 065 067 068 070 071 073 074 076 077
    079 080 082 083 085 086 088 089 091 092 094 095 097 098 100 101 103 104 106 107 109 110 112
    """,
    )
)


def test_every_number_has_a_case():
    assert {case.number for case in CASES} >= NUMBERS


def test_every_case_has_a_name_of_its_own():
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_case_has_a_test():
    tested = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        tested |= {match[1] for node in functions if (match := re.match(r"test_case_(\w\d\d)", node.name))}
    assert tested == {case.number for case in CASES}


def test_every_recorded_case_is_stored_and_nothing_else():
    stored = {path.stem for path in EXPECTED.glob("*.txt")}
    assert stored == {expectation(case).stem for case in CASES if case.recorded}
    errors = {path.stem for path in EXPECTED.glob("*.err")}
    assert errors == {case.name for case in CASES if case.recorded and case.stderr}


def test_stored_hashes_are_those_of_the_index():
    """The expectations can be compared because the packages have the same bytes everywhere."""
    known = {package.sha256 for package in packages()}
    stored = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", (EXPECTED / "062-hashes.txt").read_text()))
    assert stored
    assert stored <= known
