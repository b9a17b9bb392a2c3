"""The options of pip-sync as a user gives them, each once, as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.packages import make_wheel
from tests.sync.environments import snapshot

WHEEL = make_wheel("a", "1.0")


class Command:
    """pip-sync in a folder with a lock for ``a`` and ``b``, their wheels and an environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        [self.site] = (folder / "venv" / "lib").glob("python*/site-packages")
        for name in ("a", "b"):
            make_wheel(name, "1.0").write(folder / "wheels")
        self.lock("a", "b")

    def lock(self, *names: str) -> None:
        (self.folder / "requirements.txt").write_text("".join(f"{name}==1.0\n" for name in names))

    def __call__(self, *words: str, text: str = "") -> tuple[int, str]:
        code = "from piptools_clone.cli.sync_entry import main; main()"
        options = ["--no-index", "-f", "wheels", "--python", "venv/bin/python", "--cache-dir", "cache", *words]
        done = subprocess.run(
            [sys.executable, "-c", code, *options],
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def has(self, name: str, root: Path | None = None) -> bool:
        return ((root or self.site) / f"{name}-1.0.dist-info").is_dir()


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_dry_run_and_check(command: Command) -> None:
    """Exit 1 and no change where there is something to do, exit 0 where not."""
    for word in ("--dry-run", "--check"):
        code, said = command(word)
        assert (code, "Would install:\n  a==1.0\n  b==1.0\n" in said, command.has("a")) == (1, True, False)
    assert command()[0] == 0
    for word in ("--dry-run", "--check"):
        assert command(word) == (0, "Everything up-to-date\n")


def test_ask(command: Command) -> None:
    """A no changes nothing, and a yes overrules a dry run."""
    assert command("--ask", text="n\n")[0] == 1
    assert not command.has("a")
    assert command("--ask", "--dry-run", text="y\n")[0] == 0
    assert command.has("a")


def test_verify(command: Command) -> None:
    """--check --verify sees an edited file, --verify repairs it."""
    command()
    [module, *_] = sorted(path for path in command.site.glob("a*") if path.is_file() or (path / "__init__.py").exists())
    file = module if module.is_file() else module / "__init__.py"
    good = file.read_text()
    file.write_text("edited")
    assert command("--check")[0] == 0
    assert command("--check", "--verify")[0] == 1
    assert command("--verify")[0] == 0
    assert file.read_text() == good


def test_keep_and_allow_empty(command: Command) -> None:
    """--keep takes patterns; an empty lock wants --allow-empty."""
    command()
    command.lock("a")
    assert command("--keep", "[bc]*")[0] == 0
    assert command.has("b")
    command.lock()
    assert command()[0] == 2
    assert command("--allow-empty")[0] == 0
    assert not command.has("a")


@pytest.mark.parametrize("option", ["--target", "--prefix"])
def test_other_places(option: str, command: Command) -> None:
    """--target and --prefix install there and leave the environment alone; a second run has nothing to do."""
    place = command.folder / "place"
    assert command(option, "place")[0] == 0
    found = [path.parent for path in place.rglob("a-1.0.dist-info")]
    assert [command.has("a", root) for root in found] == [True]
    assert not command.has("a")
    assert command(option, "place") == (0, "Everything up-to-date\n")


def test_compile_and_link_mode(command: Command) -> None:
    """--compile leaves compiled modules that are removed with the rest; hard links only when asked for."""
    assert command("--compile", "--link-mode", "hardlink")[0] == 0
    assert list(command.site.rglob("*.pyc"))
    assert any(path.stat().st_nlink > 1 for path in command.site.rglob("a*.py")) or any(
        path.stat().st_nlink > 1 for path in command.site.rglob("*.py")
    )


def test_report(command: Command) -> None:
    """--report has what was installed, in pip's shape; of a dry run, what would be, and nothing is changed."""
    before = snapshot(command.folder / "venv")
    assert command("--dry-run", "--report", "dry.json")[0] == 1
    assert snapshot(command.folder / "venv") == before
    dry = json.loads((command.folder / "dry.json").read_text())
    assert [change["name"] for change in dry["changes"]] == ["a", "b"]
    command("--report", "done.json")
    done = json.loads((command.folder / "done.json").read_text())
    assert done["version"] == "1"
    assert [item["metadata"]["name"] for item in done["install"]] == ["a", "b"]
    assert done == dry
    metadata = done["install"][0].pop("metadata")
    assert (metadata["name"], metadata["version"]) == ("a", "1.0")
    assert done["install"][0] == {
        "download_info": {
            "url": (command.folder / "wheels" / WHEEL.filename).as_uri(),
            "archive_info": {"hashes": {"sha256": WHEEL.sha256}},
        },
        "is_direct": False,
        "is_yanked": False,
        "requested": True,
    }


def test_report_of_direct_references(command: Command) -> None:
    """A dry run learns the name of a bare address, and says that it is one; a plan that cannot be is no report."""
    wheel = command.folder / "wheels" / WHEEL.filename
    (command.folder / "requirements.txt").write_text(f"{wheel.as_uri()}\n")
    command("--check", "--report", "dry.json")
    [item] = json.loads((command.folder / "dry.json").read_text())["install"]
    assert (item["metadata"]["name"], item["is_direct"]) == ("a", True)
    (command.folder / "requirements.txt").write_text(f"{wheel.as_uri()}.gone.whl\n")
    assert command("--dry-run", "--report", "none.json")[0] == 2
    assert not (command.folder / "none.json").exists()


def test_hashes(command: Command) -> None:
    """--require-hashes refuses a lock without, --no-require-hashes one that has some is let through."""
    assert command("--require-hashes")[0] == 2
    assert not command.has("a")
    wheel = make_wheel("a", "1.0")
    (command.folder / "requirements.txt").write_text(f"a==1.0 --hash=sha256:{wheel.sha256}\nb==1.0\n")
    assert command()[0] == 2
    assert command("--no-require-hashes")[0] == 0
    assert command.has("b")
