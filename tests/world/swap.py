"""Recompile each example with pip-tools and with us, and show where the locks differ::

    python -m tests.world.swap --theirs PATH/TO/pip-compile [--ours PATH/TO/pip-compile]

The commands are those of the examples' READMEs.  First pip-tools makes the locks, as in a team that uses it; then we
recompile over them, and nothing may change.  Then both begin without a lock, and the locks must be equal.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.simple_index import SimpleIndex
from tests.world.place import Place, shell_blocks
from tests.world.wheelhouse import ROOT, pack_wheelhouse

EXAMPLES = ROOT / "examples"
NEW_OPTIONS = ("--check", "--group")  # pip-tools has no such options


def commands(example: Path) -> list[str]:
    """The compile commands of an example that pip-tools knows, too."""
    lines = [line for block in shell_blocks(example / "README.md") for line in block.splitlines()]
    found = [line for line in lines if line.startswith("pip-compile ")]
    return [line for line in found if not any(option in line for option in NEW_OPTIONS)]


def compile_with(program: Path, place: Place, lines: list[str]) -> dict[str, str]:
    """Run the commands with one program, and return the locks."""
    for line in lines:
        words = shlex.split(line)
        place.run(shlex.join([str(program), *words[1:]]))
    return {path.name: path.read_text("utf-8") for path in sorted(place.work.glob("*.txt"))}


def compare(example: Path, theirs: Path, ours: Path, place: Place) -> Iterator[str]:
    """The differences, as lines; none if the swap changes nothing."""
    lines = commands(example)
    place.copy(example)
    before = compile_with(theirs, place, lines)
    if not before:
        raise SystemExit(f"{example.name}: nothing was locked")
    yield from differences(before, compile_with(ours, place, lines), f"{example.name}, over the locks of pip-tools")
    for name in before:
        (place.work / name).unlink()
    yield from differences(before, compile_with(ours, place, lines), f"{example.name}, without a lock")


def differences(before: dict[str, str], after: dict[str, str], where: str) -> Iterator[str]:
    """What a reader of ``git diff`` would see."""
    for name in sorted({*before, *after}):
        old, new = (locks.get(name, "").splitlines() for locks in (before, after))
        yield from difflib.unified_diff(old, new, f"{where}: {name}", name, n=1, lineterm="")


def main() -> int:
    """Compare all examples; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--theirs", type=Path, required=True)
    parser.add_argument("--ours", type=Path, default=Path(sysconfig.get_path("scripts"), "pip-compile"))
    given = parser.parse_args()
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        packages = pack_wheelhouse(Path(folder, "project"))
        for example in sorted(EXAMPLES.iterdir()):
            index = SimpleIndex()
            root = Path(folder, example.name)
            root.mkdir()
            place = Place(root, index, Path(folder))
            place.offer(packages)
            found += compare(example, given.theirs.absolute(), given.ours.absolute(), place)
            index.close()
            print(f"{example.name}: {len(commands(example))} commands")
    print("\n".join(found) or "The swap changes nothing.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
