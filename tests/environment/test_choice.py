"""Which environment is meant when none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.environment.usual_environment import choose_interpreter


@pytest.fixture
def lock(tmp_path: Path) -> str:
    for name in ("project/.venv", "active", "tools/pip-sync"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "pyvenv.cfg").touch()
    return str(tmp_path / "project" / "requirements.txt")


def chosen(lock: str, *, own: str, **environ: str) -> str | None:
    prefix = str(Path(lock).parent.parent / own)
    found = choose_interpreter([lock], environ, prefix=prefix, base=str(Path(lock).parent.parent / "usr"))
    return found and Path(found).relative_to(Path(lock).parent.parent).as_posix()


def test_a_tool_in_a_project_changes_that_project(lock: str) -> None:
    assert chosen(lock, own="active") is None
    assert chosen(lock, own="active", VIRTUAL_ENV=str(Path(lock).parent / ".venv")) is None


@pytest.mark.parametrize("mark", ["", "pipx_metadata.json", "uv-receipt.toml"])
def test_a_tool_of_its_own_takes_what_is_active_then_what_is_beside_the_lock(lock: str, mark: str) -> None:
    own = "tools/pip-sync" if mark else "usr"
    if mark:
        (Path(lock).parent.parent / own / mark).touch()
    active = str(Path(lock).parent.parent / "active")
    assert chosen(lock, own=own, VIRTUAL_ENV=active) == "active"
    assert chosen(lock, own=own) == "project/.venv"
    assert chosen(lock, own=own, VIRTUAL_ENV="/gone") == "project/.venv"


def test_with_neither_it_is_the_running_python(lock: str) -> None:
    (Path(lock).parent / ".venv" / "pyvenv.cfg").unlink()
    assert chosen(lock, own="usr") is None
    assert choose_interpreter(["-"], {}, prefix="/usr", base="/usr") is None
