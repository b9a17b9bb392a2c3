"""A ``pip-sync`` that is installed in an environment of its own, beside a project."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.packages import make_wheel
from tests.sync.environments import snapshot

ROOT = Path(__file__).parents[2]
ALPHA = make_wheel("alpha", "1.0")


class Tool:
    """A project in ``work`` with a lock and wheels, and an environment that holds the tool and nothing else.

    ``environ`` are the variables of a run; no setting of this machine is seen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.wheels = folder / "wheels"
        self.own = make_environment(folder / "tool")
        seen = [str(ROOT), sysconfig.get_path("purelib")]
        site_of(self.own).joinpath("seen.pth").write_text("\n".join(seen))
        self.work.mkdir()
        self.wheels.mkdir()
        ALPHA.write(self.wheels)
        (self.work / ".git").mkdir()
        (self.work / "requirements.txt").write_text(f"alpha==1.0 --hash=sha256:{ALPHA.sha256}\n")
        self.environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "LC_ALL": "C.UTF-8",
        }

    def environment(self, name: str) -> Path:
        """Make an environment in the project's folder or elsewhere."""
        return make_environment(self.work / name)

    def attempt(
        self, *arguments: str, command: str = "sync", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command from the project's folder."""
        code = f"import sys; sys.argv[0] = 'pip-{command}'; from piptools_clone.cli.{command}_entry import main; main()"
        return subprocess.run(
            [self.own / "bin" / "python", "-c", code, *arguments],
            cwd=cwd or self.work,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def refused(self, *arguments: str) -> str:
        """A run that must end with 2 and leave the tool's environment as it is; what it said on stderr."""
        before = snapshot(self.own)
        done = self.attempt(*arguments)
        assert done.returncode == 2, done.stderr
        assert snapshot(self.own) == before
        return done.stderr

    def synced(self, *arguments: str, cwd: Path | None = None) -> str:
        """A run that must work, and must not touch the tool's environment; what it said on stderr."""
        before = snapshot(self.own)
        done = self.attempt(*arguments, cwd=cwd)
        assert done.returncode == 0, done.stderr
        assert snapshot(self.own) == before
        return done.stderr


def make_environment(folder: Path) -> Path:
    """Make an empty virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def site_of(environment: Path) -> Path:
    """The folder of modules of an environment."""
    [site] = (environment / "lib").glob("python*/site-packages")
    return site


def names_in(environment: Path) -> list[str]:
    """What is installed in an environment."""
    return sorted(path.name.removesuffix(".dist-info") for path in site_of(environment).glob("*.dist-info"))
