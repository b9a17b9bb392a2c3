"""Compare ``pip-compile`` with its peers on a frozen index, where there is one.

    FROZEN_INDEX=FOLDER python -m benchmarks.frozen --ours BIN/pip-compile --uv BIN/uv [options of bench.py]

The folder holds ``bench.py``, which runs the tools turn by turn against its own server.  Without the variable nothing
is measured.  What it prints goes to ``frozen.txt`` as well.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run the comparison, or say why not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ours", required=True, help="our pip-compile")
    parser.add_argument("--uv", required=True, help="the uv program")
    parser.add_argument("--output", type=Path, default=Path("bench-results"), help="a folder for the table")
    given, more = parser.parse_known_args()
    folder = os.environ.get("FROZEN_INDEX")
    if not folder:
        print("FROZEN_INDEX names no folder with a frozen index: the comparison is left out")
        return
    command = [sys.executable, "bench.py", "--ours", given.ours, "--uv", given.uv, "--python", sys.executable, *more]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "frozen.txt").write_text(done.stdout, encoding="utf-8")
    print(done.stdout)


if __name__ == "__main__":
    main()
