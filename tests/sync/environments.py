"""Real environments for tests: made quickly, changed through the product, and compared file by file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from piptools_clone.environment.installed import Distribution, read_installed
from piptools_clone.environment.interpreter import Interpreter, probe_interpreter
from piptools_clone.syncing.transaction.apply import Applied, Incoming, Replacement, apply_changes
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from piptools_clone.syncing.write.layout import WheelOrigin
from piptools_clone.syncing.write.scheme import scheme_of
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import Package


class Environment(NamedTuple):
    """A virtual environment with the cache that its wheels come from."""

    interpreter: Interpreter
    cache: WheelCache

    @property
    def root(self) -> Path:
        return self.interpreter.prefix

    @property
    def site(self) -> Path:
        return self.interpreter.paths.purelib

    def installed(self) -> tuple[Distribution, ...]:
        return read_installed([self.site])

    def names(self) -> list[str]:
        return [f"{each.name}=={each.version}" for each in self.installed()]

    def run(self, *arguments: str) -> str:
        command = [str(self.interpreter.executable), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def run_script(self, name: str) -> str:
        script = self.interpreter.paths.scripts / name
        return subprocess.run([script], check=True, capture_output=True, text=True).stdout

    def change(self, *packages: Package, remove: Iterable[str] = (), **options: Any) -> Applied:
        """Install these wheels in place of those of the same names, and remove others."""
        incoming = [self.prepare(package, relaxed=options.pop("relaxed", False)) for package in packages]
        names = {each.name for each in incoming} | set(remove)
        installed = self.installed()
        exchange = Replacement(
            [each for each in installed if each.name in names],
            incoming,
            [each for each in installed if each.name not in names],
        )
        with locked_environment(self.site, scheme_of(self.interpreter).folders, _never, _never) as area:
            return apply_changes(area, self.interpreter, exchange, self.cache, **options)

    def prepare(self, package: Package, *, relaxed: bool = False) -> Incoming:
        if not self.cache.holds(package.sha256, relaxed=relaxed):
            wheel = package.write(self.cache.root.parent / "downloads")
            self.cache.add(wheel, package.filename, package.sha256, relaxed=relaxed)
        name = package.filename.split("-")[0].replace("_", "-").lower()
        origin = WheelOrigin(url=f"https://idx.example/{package.filename}", sha256=package.sha256)
        return Incoming(name, package.sha256, origin, relaxed)


def make_environment(folder: Path, name: str = "venv") -> Environment:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / name], check=True)
    interpreter = probe_interpreter(folder / name / "bin" / "python")
    return Environment(interpreter, WheelCache(folder / "cache"))


def snapshot(folder: Path) -> dict[str, tuple[str, str, bytes]]:
    """Everything below a folder: kind, mode and content, empty folders and links included."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(parent, name)
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                facts = ("link", "", os.fsencode(path.readlink()))
            elif stat.S_ISDIR(status.st_mode):
                facts = ("folder", oct(status.st_mode), b"")
            else:
                facts = ("file", oct(status.st_mode), path.read_bytes())
            found[str(path.relative_to(folder))] = facts
    return found


def _never(_: object) -> None:
    raise AssertionError("nobody else uses this environment")
