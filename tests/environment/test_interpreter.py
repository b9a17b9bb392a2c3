"""What interpreters say about themselves, held against what `packaging` and pip's rules say."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from piptools_clone.environment.interpreter import (
    externally_managed,
    probe_interpreter,
    running_interpreter,
)
from piptools_clone.environment.interpreter_facts import markers
from piptools_clone.environment.lookup import find_executable
from piptools_clone.environment.targets import derive_tags, running_target
from piptools_clone.errors import EnvironmentFailure
from piptools_clone.store.cache import FACTS, Cache, folder_of, parse_entry


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


@pytest.mark.newest
def test_running_target_is_what_packaging_says() -> None:
    target = running_target()
    assert target.tags == tuple(dict.fromkeys(map(str, sys_tags())))
    assert target.markers == {key: value for key, value in default_environment().items() if key != "extra"}
    assert target.python_full_version.startswith(target.python_version)


@pytest.mark.parametrize("version", ["3.14.0a1+ (heads/main:0123abc, Jan  1 2026, 00:00:00) [GCC]", sys.version])
def test_the_version_is_what_the_standard_library_says(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(sys, "version", version)
    assert markers()["python_full_version"] == platform.python_version()
    assert markers()["python_version"] == ".".join(platform.python_version_tuple()[:2])


def test_tags_from_facts_are_what_packaging_says() -> None:
    """`packaging` is the oracle for the one interpreter that it can ask: its own."""
    assert running_interpreter().target == running_target()


def test_probe_agrees_with_the_running_interpreter() -> None:
    assert probe_interpreter(sys.executable) == running_interpreter()


def test_virtual_environment(venv: Path) -> None:
    python = venv / "bin" / "python"
    interpreter = probe_interpreter(python)
    assert interpreter.executable == python
    assert interpreter.is_virtual
    assert not interpreter.includes_system_site
    assert interpreter.prefix == venv
    assert interpreter.paths.scripts == venv / "bin"
    assert interpreter.paths.purelib.is_relative_to(venv)
    assert interpreter.paths.headers.is_relative_to(venv)
    assert not interpreter.user_paths.purelib.is_relative_to(venv)
    assert externally_managed(interpreter) is None
    assert probe_interpreter(venv) == interpreter


def test_system_site_is_read_from_the_venv_itself(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", tmp_path / "v"], check=True
    )
    assert probe_interpreter(tmp_path / "v" / "bin" / "python").includes_system_site


def test_answer_is_cached_until_the_interpreter_changes(venv: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho run >> {log}\nexec {venv / "bin" / "python"} "$@"\n')
    python.chmod(0o755)
    cache = Cache(str(tmp_path / "cache"))
    first = probe_interpreter(python, cache=cache)
    assert probe_interpreter(python, cache=cache) == first
    assert log.read_text() == "run\n"
    python.write_text(python.read_text() + "# changed\n")
    assert probe_interpreter(python, cache=cache) == first
    assert log.read_text() == "run\nrun\n"


def test_environments_of_one_base_are_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of the second is derived from the first; whatever is odd about one makes it be asked."""
    cache = Cache(str(tmp_path / "cache"))
    made = {}
    for name in ("one", "two", "system", "copied"):
        options = {"system": ["--system-site-packages"], "copied": ["--copies"]}.get(name, [])
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", *options, tmp_path / name], check=True)
        made[name] = tmp_path / name / "bin" / "python"
    of_own_base = {name: probe_interpreter(python) for name, python in made.items()}
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))  # of another base than all of them
    for name, entries in (("one", 1), ("two", 1), ("system", 2), ("copied", 3)):
        assert probe_interpreter(made[name], cache=cache) == probe_interpreter(made[name]) == of_own_base[name], name
        assert entries_of(cache) == entries, name
    config = tmp_path / "two" / "pyvenv.cfg"
    config.write_text("home = /elsewhere\n" + config.read_text().partition("\n")[2])
    probe_interpreter(made["two"], cache=cache)
    assert entries_of(cache) == 4


def entries_of(cache: Cache) -> int:
    """How many interpreters are kept, beside the tags that follow from them."""
    kept = [parse_entry(FACTS, each.read_bytes()) for each in Path(folder_of(cache.folder, FACTS)).glob("*/*")]
    return sum(isinstance(each, dict) for each in kept)


def test_noise_before_the_answer_is_passed_over(venv: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "{{}}"\necho noise\nexec {venv / "bin" / "python"} "$@"\n')
    python.chmod(0o755)
    assert probe_interpreter(python).prefix == venv


def test_missing_broken_and_false_interpreters(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="Could not resolve"):
        find_executable(str(tmp_path / "absent"))
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "absent")
    with pytest.raises(EnvironmentFailure, match="broken link"):
        probe_interpreter(dangling)
    with pytest.raises(EnvironmentFailure, match="Could not resolve"):
        probe_interpreter(tmp_path)
    false = tmp_path / "false"
    false.write_text("#!/bin/sh\necho 'cannot \x1b[31m start' >&2\nexit 1\n")
    false.chmod(0o755)
    with pytest.raises(EnvironmentFailure, match=r"not a working Python interpreter: 'cannot \\x1b"):
        probe_interpreter(false)


def test_externally_managed(tmp_path: Path) -> None:
    interpreter = running_interpreter()
    interpreter = interpreter._replace(
        prefix=interpreter.base_prefix, paths=interpreter.paths._replace(stdlib=tmp_path)
    )
    assert externally_managed(interpreter) is None
    (tmp_path / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=Use the 100% system way\n instead.\n")
    assert externally_managed(interpreter) == "Use the 100% system way\ninstead."
    (tmp_path / "EXTERNALLY-MANAGED").write_text("")
    assert externally_managed(interpreter) == "It gives no further reason."


LINUX = {
    "implementation": "cpython",
    "nodot": "38",
    "platform": "linux-x86_64",
    "bits": 64,
    "ext_suffix": ".cpython-38-x86_64-linux-gnu.so",
    "debug": False,
    "free_threaded": False,
    "glibc": "2.17",
    "musl": "",
    "mac": None,
}


def test_tags_of_other_builds() -> None:
    old = derive_tags((3, 8), LINUX)
    assert old[:3] == (
        "cp38-cp38-linux_x86_64",
        "cp38-cp38-manylinux_2_17_x86_64",
        "cp38-cp38-manylinux2014_x86_64",
    )
    assert "cp38-abi3-manylinux1_x86_64" in old
    assert old[-1] == "py30-none-any"
    musl = derive_tags((3, 12), LINUX | {"nodot": "312", "glibc": "", "musl": "1.2", "platform": "linux-aarch64"})
    assert "cp312-cp312-musllinux_1_0_aarch64" in musl
    assert not any("manylinux" in tag for tag in musl)
    free = derive_tags((3, 13), LINUX | {"nodot": "313", "free_threaded": True})
    assert free[0] == "cp313-cp313t-linux_x86_64"
    assert not any("-abi3-" in tag for tag in free)
    narrow = derive_tags((3, 12), LINUX | {"nodot": "312", "bits": 32})
    assert narrow[0] == "cp312-cp312-linux_i686"
    debug = derive_tags((3, 12), LINUX | {"nodot": "312", "debug": True})
    assert debug[0] == "cp312-cp312d-linux_x86_64"
    assert "cp312-cp312-linux_x86_64" in debug


def test_tags_of_other_implementations_and_systems() -> None:
    pypy = derive_tags(
        (3, 10), LINUX | {"implementation": "pypy", "nodot": "310", "ext_suffix": ".pypy310-pp73-x86_64-linux-gnu.so"}
    )
    assert pypy[0] == "pp310-pypy310_pp73-linux_x86_64"
    assert "pp3-none-any" in pypy
    mac = derive_tags((3, 12), LINUX | {"nodot": "312", "platform": "macosx-11.0-arm64", "mac": ["14.4", "arm64"]})
    assert mac[0] == "cp312-cp312-macosx_14_0_arm64"
    windows = derive_tags((3, 12), LINUX | {"nodot": "312", "platform": "win-amd64", "glibc": ""})
    assert windows[0] == "cp312-cp312-win_amd64"
