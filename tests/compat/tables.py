"""All cases, and where their expectations are stored."""

from __future__ import annotations

from pathlib import Path

from tests.compat import cases_a, cases_b, cases_c, cases_d, cases_e, cases_f, cases_g, cases_x
from tests.compat.case import Case

CASES: tuple[Case, ...] = tuple(
    case for table in (cases_a, cases_b, cases_c, cases_d, cases_e, cases_f, cases_g, cases_x) for case in table.CASES
)
EXPECTED = Path(__file__).with_name("expected")


def expectation(case: Case) -> Path:
    """The file with what pip-tools does; the error stream lies beside it as ``.err``."""
    return EXPECTED / f"{case.name}.txt"
