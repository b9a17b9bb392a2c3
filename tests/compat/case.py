"""A compatibility case: a folder, a command and what came of it, as one text that can be stored.

The same case runs with any pair of commands, pip-tools' (to record what it does) or ours (to compare).
In all texts of a case these stand for what is only known when it runs: ``<LW>`` the folder index,
``<http>`` and ``<host>`` the same over HTTP, ``<more>`` the folder with the case's own packages,
``<root>`` the folder of the case, in which ``work`` is the project, ``<python>`` an environment's.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.compat.environment import Installed, make_environment, read_environment
from tests.compat.local_index import serve
from tests.support.packages import Package
from tests.support.simple_index import SimpleIndex

TIMEOUT = 120  # seconds; a case takes less than two
MASKS = (
    (re.compile(r"Python 3\.\d+"), "Python 3.X"),
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"(version )\d+(\.\w+)+"), r"\1N"),
)


class Case(NamedTuple):
    """What is there, and what is run.

    ``name`` begins with the case's number.  ``files`` are texts or bytes by path in the project.
    ``stderr`` says how the recorded error stream is compared: not at all, by its ``lines`` (each must come
    in ours, in that order), or as a ``whole``.  ``served`` are texts by path for ``<http>``; ``more`` are packages for
    ``<more>``.  ``repository`` are the files of a git repository ``<root>/repository`` with the branch main.
    ``installed`` makes an environment for ``<python>``.  ``expected`` is written by hand
    where pip-tools does not do what is wanted.
    """

    name: str
    argv: tuple[str, ...]
    files: Mapping[str, str | bytes] = {}
    stdin: str = ""
    env: Mapping[str, str] = {}
    folder: str = "."
    command: str = "compile"
    stderr: str = ""
    served: Mapping[str, str] = {}
    formats: tuple[str, ...] = ("json", "html")
    more: tuple[Package, ...] = ()
    repository: Mapping[str, str] = {}
    installed: tuple[Installed, ...] | None = None
    expected: str = ""

    @property
    def number(self) -> str:
        """Such as ``062`` of ``062-line-style``."""
        return self.name.partition("-")[0]

    @property
    def recorded(self) -> bool:
        """Whether the expectation is what pip-tools does."""
        return not self.expected


class Outcome(NamedTuple):
    """What a run left: its exit code, its streams, the files it made or changed, what is installed."""

    code: int
    out: str
    err: str
    files: Mapping[str, bytes]
    installed: tuple[str, ...] | None

    def text(self) -> str:
        """All but the error stream, for storing and comparing."""
        parts = [f"exit {self.code}\n", section("stdout", self.out)]
        parts += [section(f"file {path}", data.decode()) for path, data in sorted(self.files.items())]
        if self.installed is not None:
            parts.append(section("installed", "".join(f"{name}\n" for name in self.installed)))
        return "".join(parts)


def section(title: str, text: str) -> str:
    """A part of a transcript, with what a reader cannot see spelled out; nothing when it is empty."""
    if not text and not title.startswith("file"):
        return ""
    visible = text.replace("\r\n", "<CR>\n")
    if visible and not visible.endswith("\n"):
        visible += "<no newline>\n"
    return f"--- {title}\n{visible}"


class Sandbox:
    """The folder of one case; use it in a ``with`` statement, which ends its server."""

    def __init__(self, case: Case, root: Path, wheels: Path, *, with_pip: bool = False) -> None:
        self.case = case
        self.root = root
        self.work = root / "work"
        self.wheels = wheels
        served = any(mark in repr(case) for mark in ("<http>", "<host>"))
        self.index: SimpleIndex | None = serve(case.formats) if served else None
        self.python: Path | None = None
        self._write()
        if case.installed is not None:
            self.python = make_environment(root / "env", self._installed(case.installed), with_pip=with_pip)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        if self.index:
            self.index.close()

    def run(self, program: Path, *argv: str) -> Outcome:
        """Run the command of the case once, with other arguments than its own if any are given."""
        before = self._files()
        done = subprocess.run(
            [program, *(self.filled(word) for word in argv or self.case.argv)],
            cwd=self.work / self.case.folder,
            env=self._environ(),
            input=self.filled(self.case.stdin).encode(),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        changed = {path: data for path, data in self._files().items() if before.get(path) != data}
        return Outcome(
            done.returncode,
            self._masked(done.stdout.decode()),
            self._masked(done.stderr.decode()),
            {path: self._masked(data.decode()).encode() for path, data in changed.items()},
            read_environment(self.python) if self.python else None,
        )

    def filled(self, text: str) -> str:
        """The text with the marks replaced by what they stand for."""
        for mark, value in self._marks().items():
            text = text.replace(mark, value)
        return text

    def _marks(self) -> dict[str, str]:
        # The longer come first: what is masked is the longest of them that fits.
        marks = {"<python>": str(self.python)} if self.python else {}
        marks |= {"<LW>": str(self.wheels), "<more>": str(self.root / "more"), "<root>": str(self.root)}
        if self.index:
            marks |= {"<http>": self.index.root, "<host>": self.index.host}
        return marks

    def _masked(self, text: str) -> str:
        for mark, value in self._marks().items():
            text = text.replace(value, mark)
        for pattern, replacement in MASKS:
            text = pattern.sub(replacement, text)
        return text

    def _write(self) -> None:
        self.work.mkdir(parents=True)
        (self.root / "home").mkdir()
        (self.root / "tmp").mkdir()
        for package in self.case.more:
            package.write(self.root / "more")
        if self.case.repository:
            self._commit(self.root / "repository")
        if self.index:
            for path, text in self.case.served.items():
                self.index.serve(path, self.filled(text).encode(), "text/plain")
        for path, content in self.case.files.items():
            target = self.work / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else self.filled(content).encode())
        (self.work / self.case.folder).mkdir(exist_ok=True)

    def _commit(self, folder: Path) -> None:
        for path, text in self.case.repository.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        author = ("-c", "user.name=a", "-c", "user.email=a@idx.example")
        for words in (("init", "-q", "-b", "main"), ("add", "."), (*author, "commit", "-q", "-m", "all")):
            subprocess.run(["git", *words], cwd=folder, env=self._environ(), check=True)

    def _installed(self, wanted: tuple[Installed, ...]) -> list[Installed]:
        return [item._replace(direct_url=self.filled(item.direct_url)) for item in wanted]

    def _files(self) -> dict[str, bytes]:
        paths = (path for path in self.work.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
        return {path.relative_to(self.work).as_posix(): path.read_bytes() for path in paths}

    def _environ(self) -> dict[str, str]:
        """No setting of this machine reaches the command."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "LC_ALL": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        } | {name: self.filled(value) for name, value in self.case.env.items()}
