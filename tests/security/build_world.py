"""Builds whose every connection is recorded, on a machine whose own configuration of pip is hostile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from piptools_clone.build.build_options import BuildOptions
from piptools_clone.build.build_requirements import BuildRequirements, BuildSystem
from piptools_clone.build.build_wheel import WheelBuilder
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.model.policy import Policy
from piptools_clone.settings.index_settings import IndexSettings
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.simple_index import SimpleIndex

_RECORDER = """\
import json, os, sys

def _write(path, text):
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, text.encode() + b"\\n")
    os.close(file)

def _record(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        place = arguments[1] if event == "socket.connect" else arguments[:2]
        _write(@CONNECTIONS@, f"{place[0]} {place[1]}")

sys.addaudithook(_record)
_write(@PROCESSES@, json.dumps([sys.orig_argv, dict(os.environ)]))
"""
HOSTILE = ("index-url", "pypi-url", "extra-index-url", "find-links", "trusted-host", "constraint", "build-constraint")
"""Keys of pip's configuration that lead a build elsewhere, or bind it."""


class BuildWorld:
    """A machine on which things are built: ``python`` runs pip, ``target`` is what is installed for."""

    def __init__(self, root: Path, hostile: SimpleIndex) -> None:
        self.root = root
        self.home = root / "home"
        self.target = root / "target"
        self.python = root / "python"
        self._connections = root / "connections"
        self._processes = root / "processes"
        self._told = root / "told"
        self.netrc = root / "netrc-of-the-build"
        runner = root / "runner"
        recorder = root / "recorder"
        for folder in (self.home / ".config" / "pip", recorder, root / "out"):
            folder.mkdir(parents=True)
        for folder in (runner, self.target):
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        [site] = (runner / "lib").glob("python*/site-packages")
        (site / "pip_of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
        text = _RECORDER.replace("@CONNECTIONS@", repr(str(self._connections)))
        (recorder / "sitecustomize.py").write_text(text.replace("@PROCESSES@", repr(str(self._processes))))
        self.python.write_text(f'#!/bin/sh\nPYTHONPATH={recorder} exec {runner}/bin/python "$@"\n')
        self.python.chmod(0o755)
        (root / "bound.txt").write_text("needed==99.0\n")
        values = dict.fromkeys(HOSTILE, hostile.url) | {"trusted-host": "127.0.0.1"}
        values |= {"constraint": str(root / "bound.txt"), "build-constraint": str(root / "bound.txt")}
        lines = [f"{key} = {value}" for key, value in values.items()]
        text = "".join("\n".join([f"[{section}]", *lines, ""]) for section in ("global", "install", "wheel"))
        for place in (self.home / ".config" / "pip", runner, self.target):
            (place / "pip.conf").write_text(text)

    def project(self, name: str = "a", *, needs: str = "needed") -> Path:
        """A project whose build needs another one, and tells which version of it was there."""
        folder = write_project(self.root / name, name, "1.0", build_requires=[needs])
        backend = folder / "own_backend.py"
        tells = f"\nimport needed\nopen({str(self._told)!r}, 'w').write(str(needed.VERSION))\n"
        tells += "import shutil\nif os.path.exists(os.environ['NETRC']):  # there is none where no proxy is needed\n"
        tells += f"    shutil.copy(os.environ['NETRC'], {str(self.netrc)!r})\n"
        backend.write_text(backend.read_text() + tells)
        return folder

    def settings(self, index: SimpleIndex, **facts: object) -> IndexSettings:
        return IndexSettings(**{"indexes": (index.url,), "retries": 0, **facts})

    def build(self, how: str, settings: IndexSettings, **options: object) -> str:
        """Build the project in one of `WAYS`, and return the version of what it needs that it was given."""
        self._told.unlink(missing_ok=True)
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config")}
        common = {"environ": environ, "announce": str, "python": str(self.python), "options": BuildOptions(**options)}
        WAYS[how](self, settings, common)
        return self._told.read_text()

    def connections(self) -> set[tuple[str, int]]:
        """Host and port of each connection, and of each name that was looked up."""
        lines = self._connections.read_text().splitlines() if self._connections.exists() else []
        return {(host, int(port)) for host, port in map(str.split, lines)}

    def processes(self) -> list[tuple[list[str], dict[str, str]]]:
        """Arguments and environment of each Python that was started but those of the build backend."""
        return [
            (arguments, environ) for arguments, environ in map(json.loads, self._processes.read_text().splitlines())
        ]

    def checkout(self) -> str:
        """The project in a repository."""
        folder = self.project()
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@idx.example", "-C", str(folder)]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run([*git, *words], check=True, capture_output=True)
        return f"git+{folder.as_uri()}"

    def archive(self) -> str:
        """The project as a source distribution."""
        made = make_sdist(
            "a", "1.0", build_requires=["needed"], backend=(self.project() / "own_backend.py").read_text()
        )
        return made.write(self.root / "archives").as_uri()


Common = dict[str, object]
WAYS: dict[str, Callable[[BuildWorld, IndexSettings, Common], object]] = {
    "compile: an archive": lambda world, settings, common: PipBuilder(settings, Policy(), **common).build(
        world.archive(), "a"
    ),
    "compile: a folder": lambda world, settings, common: PipBuilder(settings, Policy(), **common).build(
        world.project().as_uri(), "a"
    ),
    "compile: an editable": lambda world, settings, common: PipBuilder(settings, Policy(), **common).build(
        world.project().as_uri(), "a", editable=True
    ),
    "compile: a checkout": lambda world, settings, common: PipBuilder(settings, Policy(), **common).build(
        world.checkout(), "a", is_vcs=True
    ),
    "compile: the hooks of a backend": lambda world, settings, common: BuildRequirements(
        settings, Policy(), **common
    ).ask(
        str(world.project()), "a", BuildSystem(("needed",), "own_backend", (str(world.project()),)), ["wheel", "sdist"]
    ),
    "sync: an archive": lambda world, settings, common: WheelBuilder(settings, Policy(), **common).wheel(
        world.archive(), "a", str(world.root / "out"), python=f"{world.target}/bin/python"
    ),
    "sync: a folder": lambda world, settings, common: WheelBuilder(settings, Policy(), **common).wheel(
        world.project().as_uri(), "a", str(world.root / "out"), python=f"{world.target}/bin/python"
    ),
    "sync: a checkout": lambda world, settings, common: WheelBuilder(settings, Policy(), **common).wheel(
        world.checkout(), "a", str(world.root / "out"), python=f"{world.target}/bin/python", is_vcs=True
    ),
    "sync: an editable": lambda world, settings, common: WheelBuilder(settings, Policy(), **common).editable(
        world.project().as_uri(), "a", str(world.root / "out"), python=f"{world.target}/bin/python"
    ),
}
"""All that builds anything, by what it builds."""


def offer_needed(index: SimpleIndex, *versions: str, upload_time: str | None = "2024-01-01T00:00:00Z") -> None:
    """Put what the project needs on an index."""
    for version in versions:
        index.add(
            make_wheel("needed", version, files={"needed.py": f"VERSION = {version!r}\n"}), upload_time=upload_time
        )
