"""Pins, upgrades, constraints."""

from __future__ import annotations

from tests.compat.arguments import BODY
from tests.compat.case import Case

#: Like BODY, but it writes a file, whose old pins count.
FILE = tuple(word for word in BODY if word not in {"-o", "-"})
CONFLICT_MARKERS = "<<<<<<< HEAD\nalpha==1.0\n=======\nalpha==1.1\n>>>>>>> theirs\n"


def pinned(name: str, wanted: str, old: str, *options: str, **facts: str) -> Case:
    """A case with requirements in ``r.in`` and an old ``r.txt``."""
    return Case(name, (*FILE, *options, "r.in"), {"r.in": wanted, "r.txt": old}, **facts)  # type: ignore[arg-type]  # texts only


CASES = (
    pinned("032", "alpha\n", "alpha==1.0\n"),
    pinned("032-grown", "alpha\nbeta\n", "alpha==1.0\n"),
    pinned("032-extras", "exo[one]\nbeta\n", "exo[two-b]==1.0\nbeta[one]==1.0\n"),
    pinned("032-marker-false", "beta\n", 'beta==1.0 ; python_version < "3"\n'),
    pinned("032-marker-true", "beta\n", 'beta==1.0 ; python_version > "3"\n'),
    pinned("032-upgrade", "alpha\nbeta\n", "alpha==1.0\nbeta==1.0\n", "-U"),
    pinned("034", "alpha\nbeta\n", "alpha==1.0\nbeta==1.0\n", "-P", "beta"),
    pinned("035-up", "alpha\nbeta\n", "alpha==1.0\nbeta==1.0\n", "-P", "beta==1.1"),
    pinned("035-down", "alpha\nbeta\n", "alpha==1.0\nbeta==1.2\n", "-P", "beta==1.1"),
    pinned("035-below", "alpha\nbeta\n", "alpha==1.0\nbeta==1.0\n", "-P", "beta<1.2"),
    pinned("035-with-upgrade", "alpha\nbeta\n", "alpha==1.0\nbeta==1.0\n", "-U", "-P", "beta<1.2"),
    pinned("037-absent", "delta\n", "alpha==1.0\n", "-P", "beta==1.1"),
    pinned("037-pinned", "delta\n", "alpha==1.0\nbeta==1.0\n", "-P", "beta==1.1"),
    pinned("038", "alpha\n", "alpha==1.0\n    # via -r r.in\n", "-P", "unrelated"),
    pinned("040", "gamma\n", "alpha==1.1\n"),
    pinned("041", "alpha\n", "alpha==9999\n"),
    pinned(
        "043",
        "pp\n",
        "m==1\n",
        expected="exit 0\n--- file r.txt\nm==2\n    # via pp\npp==2.0\n    # via -r r.in\n",
    ),
    pinned("044", "alpha\n", CONFLICT_MARKERS, expected="exit 2\n"),
    Case("046", (*BODY, "-c", "c.txt", "r.in"), {"r.in": "delta\n", "c.txt": "alpha<1.1\nmulti\n"}),
    Case("046-in-file", (*BODY, "r.in"), {"r.in": "-c c.txt\ndelta\n", "c.txt": "alpha<1.1\nmulti\n"}),
    Case("046-extras", (*BODY, "-c", "c.txt", "r.in"), {"r.in": "exo\n", "c.txt": "exo[one]==1.0\n"}),
    Case(
        "046-two",
        (*BODY, "-c", "c.txt", "-c", "d/c.txt", "r.in"),
        {"r.in": "alpha\n", "c.txt": "alpha<1.1\n", "d/c.txt": "alpha>0\n"},
    ),
    Case("047", (*BODY, "r.in"), {"r.in": "-c <http>/c.txt\nalpha\n"}, served={"/c.txt": "alpha<1.1\n"}),
    Case("049", (*BODY, "r.in"), {"r.in": "alpha<1.0\n"}, expected="exit 1\n"),
    Case("050", (*BODY, "r.in"), {"r.in": "gamma\nalpha==1.1\n"}, expected="exit 1\n"),
    Case("052", (*BODY, "r.in"), {"r.in": "alpha===1.0\n"}),
    Case("053", (*FILE, "r.in"), {"r.in": "delta\nexo[one]\n"}),
)
