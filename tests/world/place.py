"""A user's place: a folder, a home, an index, and a shell in which commands are run as a README says them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.support.packages import Package
from tests.support.simple_index import SimpleIndex

TIMEOUT = 300  # a run that hangs is a failure with its output, not a silent job
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
GIT = "[user]\n\tname = someone\n\temail = someone@idx.example\n[init]\n\tdefaultBranch = main\n"


class Failed(AssertionError):
    """A command that should have worked did not."""


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a Markdown text: what stands after the fence, and what is in the block."""
    for match in BLOCK.finditer(text):
        yield match["info"], match["body"]


def shell_blocks(path: Path) -> list[str]:
    """The commands of a README, block by block."""
    return [body for info, body in blocks(path.read_text("utf-8")) if info == "sh"]


class Place:
    """Somewhere to work, where no setting of this machine is seen.

    ``work`` is the current folder, ``env`` the environment variables; both may be changed.
    """

    def __init__(self, root: Path, index: SimpleIndex, shared: Path) -> None:
        self.root = root
        self.index = index
        self.work = root / "work"
        self.home = root / "home"
        for folder in (self.work, self.home, root / "tmp"):
            folder.mkdir()
        (self.home / ".gitconfig").write_text(GIT)
        self.env = {
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "TMPDIR": str(root / "tmp"),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_INDEX_URL": index.url,
            "PIP_NO_COMPILE": "1",
            "PIP_CACHE_DIR": str(self.home / "pip"),
            # virtualenv would ask an index for newer seeds in the background.
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
            "VIRTUALENV_OVERRIDE_APP_DATA": str(shared / "virtualenv"),
        }

    def offer(self, packages: Iterable[Package]) -> None:
        """Put packages on the index."""
        for package in packages:
            self.index.add(package)

    def copy(self, folder: Path) -> None:
        """Begin with a copy of a folder."""
        shutil.copytree(folder, self.work, dirs_exist_ok=True)

    def attempt(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script as a careful shell does; output and errors come together in ``stdout``."""
        return subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            cwd=self.work,
            env=self.env | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def run(self, script: str, **more: str) -> str:
        """Run a script that must succeed; return what it said."""
        done = self.attempt(script, **more)
        if done.returncode:
            raise Failed(f"exit {done.returncode} of\n{script}\n{done.stdout}")
        return done.stdout

    def read(self, name: str) -> str:
        """A file of the current folder."""
        return (self.work / name).read_text("utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of the current folder."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def installed(self, environment: str = ".venv") -> set[str]:
        """The names of what a virtual environment holds, without what every new one holds."""
        names = (path.name.partition("-")[0] for path in (self.work / environment).rglob("*.dist-info"))
        return {name.lower().replace("_", "-") for name in names} - {"pip", "setuptools", "wheel"}
