"""What is guessed of a command line is what click makes of it, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from piptools_clone.cli.sync_command import command
from piptools_clone.cli.sync_guess import guess_request
from piptools_clone.model.sync_request import SyncRequest, SyncResult

PLAIN = (
    "",
    "requirements.txt",
    "requirements.txt more.txt",
    "-q",
    "-v --color --no-config",
    "--python venv/bin/python -i https://idx.example/simple --cache-dir cache requirements.txt",
    "requirements.txt --python-executable=venv --index-url=https://idx.example/simple --cache-dir=cache",
    "-i https://a.example/simple -i https://b.example/simple",
)
NOT_PLAIN = (
    "--dry-run",
    "-nq",
    "--ask",
    "--report report.json",
    "--pip-args --no-cache-dir",
    "--python",
    "--python= requirements.txt",
    "--cache-dir --no-config",
    "--pyth venv",
    "-ihttps://idx.example/simple",
    "-- requirements.txt",
    "-",
    "absent.in",
)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("requirements.txt", "more.txt"):
        (tmp_path / name).touch()


def meant(line: str) -> SyncRequest:
    """What click makes of a command line."""
    found: list[SyncRequest] = []

    def sync(request: SyncRequest, **_: object) -> SyncResult:
        found.append(request)
        return SyncResult((), changed=False, prefix="")

    done = CliRunner().invoke(command(sync), line.split())
    assert done.exit_code == 0, done.output
    return found[0]


@pytest.mark.parametrize("line", PLAIN)
def test_a_plain_line(line: str) -> None:
    assert guess_request(line.split()) == meant(line)


@pytest.mark.parametrize("line", NOT_PLAIN)
def test_anything_else_is_left_to_click(line: str) -> None:
    assert guess_request(line.split()) is None


def test_variables_name_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TOOLS_CACHE_DIR", "elsewhere")
    assert guess_request([]) == meant("")


def test_a_configuration_may_say_anything(tmp_path: Path) -> None:
    (tmp_path / ".pip-tools.toml").write_text("[tool.pip-tools]\ndry-run = true\n")
    assert guess_request([]) is None
    assert guess_request(["--no-config"]) == meant("--no-config")


def test_without_a_lock_there_is_nothing_to_guess(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").unlink()
    assert guess_request([]) is None
