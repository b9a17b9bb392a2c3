"""Write the expectations of all recorded cases anew, by running pip-tools::

    python -m tests.compat.record --pip-compile PATH --pip-sync PATH [NAME...]

With names only the cases that begin so are recorded.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.compat.case import Case, Sandbox
from tests.compat.local_index import write_folder
from tests.compat.tables import CASES, EXPECTED, expectation


def main() -> None:
    """Record, and remove expectations that no case asks for any more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip-compile", type=Path, required=True, help="the command of pip-tools")
    parser.add_argument("--pip-sync", type=Path, required=True)
    parser.add_argument("names", nargs="*", help="the first letters of the cases to record; all without")
    arguments = parser.parse_args()
    chosen = [case for case in CASES if case.recorded and case.name.startswith(tuple(arguments.names or [""]))]
    programs = {"compile": arguments.pip_compile.absolute(), "sync": arguments.pip_sync.absolute()}
    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        write_folder(Path(folder, "LW"))
        failed = [name for name in pool.map(partial(record, root=Path(folder), programs=programs), chosen) if name]
    remove_stale()
    if failed:
        raise SystemExit("\n".join(failed))


def record(case: Case, root: Path, programs: dict[str, Path]) -> str:
    """Run one case and store what came of it; return what is wrong with it, if anything."""
    with Sandbox(case, root / case.name, root / "LW", with_pip=True) as sandbox:
        outcome = sandbox.run(programs[case.command])
    if "Traceback" in outcome.err:
        return f"case {case.name} ends in a traceback, which is no expectation:\n{outcome.err}"
    expectation(case).write_text(outcome.text(), encoding="utf-8")
    errors = expectation(case).with_suffix(".err")
    if case.stderr:
        errors.write_text(outcome.err, encoding="utf-8")
    else:
        errors.unlink(missing_ok=True)
    return ""


def remove_stale() -> None:
    """Remove what belongs to no case."""
    known = {expectation(case).stem for case in CASES if case.recorded}
    for path in EXPECTED.iterdir():
        if path.stem not in known:
            path.unlink()


if __name__ == "__main__":
    main()
