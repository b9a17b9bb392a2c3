"""A lock held against its inputs alone, in one environment and in several."""

from __future__ import annotations

from typing import Any

import pytest

from piptools_clone.environment.interpreter import running_interpreter
from piptools_clone.formats.locks.old_lock import parse_lock
from piptools_clone.formats.requirements.requirements_in import parse_requirements
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.environments import Environments
from piptools_clone.resolve.self_check import Places, many_places, one_place, problems

OLD, NEW, WINDOWS = "python_version < '3.11'", "python_version >= '3.11'", "sys_platform == 'win32'"
CELLS = {"": 0b1111, OLD: 0b0011, NEW: 0b1100, WINDOWS: 0b0101}
MARKERS = running_interpreter().target.markers
EVERYWHERE = Places(lambda marker: CELLS[marker.replace('"', "'")], lambda cells: f"{cells:04b}")
"""Two Pythons on two platforms."""


def found(lock: str, inputs: str, places: Places = EVERYWHERE, **fields: Any) -> list[str]:
    wanted = parse_requirements("r.in", lambda _: inputs.encode(), environ={}, working_folder="/w")
    request = CompileRequest(("r.in",), "r.txt", **fields)
    return problems(parse_lock(lock, "r.txt"), wanted.requirements, wanted.constraints, request, places)


VIA = "  # via -r r.in\n"
NUMPY = f"numpy==2.3.1 ; {NEW}{VIA}numpy==2.2.6 ; {OLD}{VIA}"


@pytest.mark.parametrize(
    ("lock", "inputs"),
    [
        (NUMPY, "numpy\n"),
        (NUMPY, f"numpy>=2\nnumpy<2.3 ; {OLD}\n"),
        (NUMPY + f"a==1 ; {WINDOWS}{VIA}", f"numpy\na ; {WINDOWS}\n"),
        (NUMPY.replace("# via", "# via b, "), "numpy\n"),
        (f"a==1{VIA}b==2 ; {OLD}  # via a\nb==3 ; {NEW}  # via a\n", "a\n"),
        (f"a==1{VIA}", f"a ; {OLD}\na ; {NEW}\n"),
        (f"a @ https://h.example/a-1.zip ; {OLD}{VIA}a==2 ; {NEW}{VIA}",
         f"a @ https://h.example/a-1.zip ; {OLD}\na>1 ; {NEW}\n"),
    ],
)  # fmt: skip
def test_each_environment_has_what_it_needs(lock: str, inputs: str) -> None:
    assert found(lock, inputs) == []


@pytest.mark.parametrize(
    ("lock", "inputs", "line"),
    [
        (f"numpy==2.3.1 ; {NEW}{VIA}", "numpy\n", "r.in:1 requires numpy, which is not in the lock where 0011"),
        (f"numpy==2.3.1 ; {NEW}{VIA}", f"numpy ; {WINDOWS}\n",
         "r.in:1 requires numpy, which is not in the lock where 0001"),
        ("", f"numpy ; {WINDOWS}\n", "r.in:1 requires numpy, which is not in the lock"),
        (NUMPY, "numpy>=2.3\n", "r.in:1 requires numpy>=2.3, but the lock has 2.2.6 where 0011"),
        (NUMPY, f"numpy\nnumpy>3 ; {OLD}\n", "r.in:2 requires numpy>3, but the lock has 2.2.6"),
        (NUMPY, "numpy[x]\n", "r.in:1 requires numpy[x], which the lock lacks where 1100"),
        (NUMPY, "b\n", "numpy 2.3.1 is in the lock, and nothing requires it"),
        (NUMPY, f"numpy ; {NEW}\n", "numpy 2.2.6 is in the lock, and nothing requires it"),
        (NUMPY, f"numpy ; {NEW}\n", "numpy 2.2.6 is annotated with -r r.in, which does not require it"),
        (NUMPY + "a==1  # via numpy, b\n", "c\n", "a is in the lock, and nothing requires it"),
        (NUMPY.replace("# via -r r.in", "# via numpy"), f"numpy ; {NEW}\n",
         "numpy 2.2.6 is in the lock, and nothing requires it"),
    ],
)  # fmt: skip
def test_what_is_wrong_somewhere_is_said_with_where(lock: str, inputs: str, line: str) -> None:
    assert line in found(lock, inputs)


def test_a_constraint_bounds_the_pins_that_hold_where_it_does(tmp_path) -> None:
    wanted = "numpy\n-c c.txt\n", f"numpy<2.3 ; {WINDOWS}\n"
    contents = iter(text.encode() for text in wanted)
    read = parse_requirements("r.in", lambda _: next(contents), environ={}, working_folder="/w")
    request = CompileRequest(("r.in",), "r.txt", annotate=False)
    said = problems(parse_lock(NUMPY, "r.txt"), read.requirements, read.constraints, request, EVERYWHERE)
    assert said == ["c.txt:1 limits numpy to <2.3, but the lock has 2.3.1 where 0100"]


def test_a_marker_that_makes_new_cells_is_read_before_any_is_used() -> None:
    """Environments are cut finer when a marker names something new, and what was said of the old cells is stale."""
    fine = [False]

    def cells(marker: str) -> int:
        fine[0] = fine[0] or bool(marker)
        return CELLS[marker.replace('"', "'")] if fine[0] else 1

    assert found(NUMPY, "numpy\n", Places(cells)) == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("numpy\n", []),
        (f"numpy>=2\nnumpy<2.3 ; {OLD}\n", []),
        ("numpy<2.3\n", ['r.in:1 requires numpy<2.3, but the lock has 2.3.1 where python_version >= "3.11"']),
        (f"numpy\nnumpy<2.2 ; {OLD} and {WINDOWS}\n", ["r.in:2 requires numpy<2.2, but the lock has 2.2.6"]),
        ("numpy\nb ; python_full_version < '3.9.2'\n", ["r.in:2 requires b, which is not in the lock"]),
        ("numpy\nb ; python_version < '3.9'\n", []),
    ],
)
def test_every_python_and_platform(inputs: str, said: list[str]) -> None:
    assert found(NUMPY, inputs, many_places(Environments(">=3.9,<4"))) == said


def test_where_a_pin_is_missing_is_spelled_as_the_lock_spells_it() -> None:
    lock = f"a==1 ; {OLD} and {WINDOWS}{VIA}"
    assert found(lock, f"a ; {WINDOWS}\n", many_places(Environments(">=3.9,<4"))) == [
        'r.in:1 requires a, which is not in the lock where python_version >= "3.11" and sys_platform == "win32"'
    ]
    targets = [
        {**MARKERS, "python_version": version, "python_full_version": f"{version}.1"} for version in ("3.9", "3.12")
    ]
    assert found(NUMPY, "numpy<2.3\n", many_places(Environments("", targets)))[0].startswith(
        "r.in:1 requires numpy<2.3"
    )


def test_hashes_are_missed_once_for_a_name() -> None:
    assert found(NUMPY, "numpy\n", generate_hashes=True) == ["numpy: no hash"]


def test_one_target() -> None:
    newer = one_place(lambda marker: not marker or ">=" in marker)
    assert found(NUMPY, "numpy>=2.3\n", newer) == [
        "numpy 2.2.6 is in the lock, and nothing requires it",
        "numpy 2.2.6 is annotated with -r r.in, which does not require it",
    ]
    assert found(f"numpy==2.2.6 ; {OLD}{VIA}", "numpy\n", newer)[0] == (
        "r.in:1 requires numpy, which is not in the lock"
    )
