"""Locks for many environments: nothing of the host that makes one is in it, and each installs its own part."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.tool import make_environment, names_in
from tests.operations.test_oracle import ask_pip
from tests.support.lock_at import LINUX, MACOS, WINDOWS, lines_of, pins_at
from tests.support.packages import make_sdist, make_wheel
from tests.support.pretended_hosts import HOSTS, pretended_host
from tests.support.project import REPOSITORY, Project
from tests.support.simple_index import SimpleIndex

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
NEXT = f"{sys.version_info.major}.{sys.version_info.minor + 1}"
EVERYWHERE = ("--universal", "--python-version=>=3.9")
ARGS = ("--strip-extras", "--generate-hashes", "-q")


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    """``numeric`` drops the running Python with its newest release; ``shell`` asks for what a host says of itself."""
    index.cache_control = "max-age=0"
    index.add(make_wheel("numeric", "1.0"))
    index.add(make_wheel("numeric", "2.0", requires_python=f">={NEXT}"))
    markers = {
        "colors": 'sys_platform == "win32"',
        "keys": 'sys_platform == "darwin"',
        "pipes": 'sys_platform == "linux" or sys_platform == "darwin"',
        "engine": 'implementation_name == "pypy"',
    }
    for name in markers:
        index.add(make_wheel(name, "1.0"))
    index.add(make_wheel("shell", "1.0", requires=[f"{name}; {marker}" for name, marker in markers.items()]))
    return project.want("numeric", "shell")


class TestTheHostThatCompiles:
    @pytest.fixture
    def host(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        with pretended_host(request.param, monkeypatch):
            yield request.param

    @pytest.mark.parametrize("host", ["", *HOSTS], indirect=True)
    @pytest.mark.parametrize("scope", [EVERYWHERE, (f"--target={WINDOWS}", f"--target={MACOS}")], ids=["all", "two"])
    def test_has_no_say(self, world: Project, scope: tuple[str, ...], host: str) -> None:
        run = world.compile(*ARGS, *scope)
        assert run.code == 0, run.err
        assert pins_at(run.lock, WINDOWS).keys() == {"numeric", "shell", "colors"}
        assert pins_at(run.lock, MACOS).keys() == {"numeric", "shell", "keys", "pipes"}
        expected = world.process(*ARGS, *scope, "-o", "-", "--cache-dir", str(world.root / "cold")).out
        lock = (run.lock or b"").decode()
        assert _without_command(lock) == _without_command(expected), host

    def test_says_the_range_where_nothing_else_does(self, world: Project) -> None:
        run = world.compile(*ARGS, "--universal")
        assert f"(Python >={RUNNING},<4)".encode() in (run.lock or b"")

    def test_can_be_another_python(self, world: Project, others: list[Path]) -> None:
        """Whose lock for a range is the same, and who goes on with the default range of a lock that is there."""
        ours = world.compile(*ARGS, "--universal").lock
        named = world.compile(*ARGS, *EVERYWHERE, "-o", "-").out
        for python in others:
            assert compile_by(python, world, *ARGS, *EVERYWHERE, "-o", "-") == named
            compile_by(python, world, *ARGS)
            assert world.lock_path.read_bytes() == ours, python

    def test_is_remembered_with_its_answer(self, world: Project, others: list[Path]) -> None:
        """What another Python was told is no answer for this one: the range begins elsewhere."""
        assert world.compile(*ARGS, "--universal").code == 0
        for python in others:
            world.lock_path.unlink()
            compile_by(python, world, *ARGS, "--universal")
            assert f"(Python >={RUNNING},<4)".encode() not in world.lock_path.read_bytes(), python


def _without_command(lock: str) -> list[str]:
    """The lines of a lock but for those of its header that name the output."""
    return [line for line in lock.splitlines() if not line.startswith("#    pip-compile ")]


@pytest.fixture(scope="module")
def others() -> list[Path]:
    """Other Pythons of this machine, of another minor version each, that can run what the tests run."""
    found = {}
    versions = Path(sys.base_prefix).parent
    for minor in range(11, 20):
        name = f"python3.{minor}"
        beside = [str(each / "bin" / name) for each in versions.iterdir() if (each / "bin" / name).is_file()]
        for path in [*beside[:1], shutil.which(name)]:
            if path and name != f"python{RUNNING}" and _can_run(path):
                found[minor] = Path(path)
    if not found:
        pytest.skip("this machine has no other Python that can run the tests")
    return list(found.values())


def _environ() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), sysconfig.get_path("purelib")])}


def _can_run(python: str) -> bool:
    command = [python, "-c", "import piptools_clone.cli.compile_entry, packaging, click, requests"]
    return not subprocess.run(command, env=os.environ | _environ(), capture_output=True, check=False).returncode


def compile_by(python: Path, project: Project, *args: str) -> str:
    """Compile in a process of another Python; returns what it wrote to its output stream."""
    done = subprocess.run(
        [python, "-m", "piptools_clone", "compile", *args],
        cwd=project.folder,
        env=os.environ | _environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestTheRange:
    """Of a project, of a group, or named; never an empty one."""

    def project_file(self, world: Project, python: str) -> None:
        world.write(
            "pyproject.toml",
            "[project]",
            'name = "app"',
            'version = "1"',
            f'requires-python = "{python}"',
            'dependencies = ["shell"]',
            "[dependency-groups]",
            'test = ["numeric", "keys; python_version < \'3.10\'"]',
        )

    @pytest.mark.parametrize("source", [("pyproject.toml",), ("--group=test",), ("--group=test", "pyproject.toml")])
    def test_is_that_of_the_project(self, world: Project, source: tuple[str, ...]) -> None:
        self.project_file(world, ">=3.9,<3.99")
        run = world.compile("--strip-extras", "-q", "--universal", "-o", "requirements.txt", *source)
        assert run.code == 0, run.err
        assert b"(Python >=3.9,<3.99)" in (run.lock or b"")
        if "--group=test" in source:
            assert pins_at(run.lock, "python3.9-linux").get("keys") == "1.0"
            assert "keys" not in pins_at(run.lock, "python3.11-linux")

    def test_is_what_is_named_before_that(self, world: Project) -> None:
        self.project_file(world, ">=3.9,<3.99")
        run = world.compile("-q", *EVERYWHERE[:1], "--python-version=>=3.10", "--group=test", "-o", "requirements.txt")
        assert "keys" not in pins_at(run.lock, "python3.10-linux")

    @pytest.mark.parametrize("python", [">=4", "<3", ">=3.13,<3.12"])
    def test_is_not_empty(self, world: Project, python: str) -> None:
        run = world.compile("--strip-extras", "--universal", f"--python-version={python}")
        assert (run.code, run.lock) == (2, None)
        assert "no Python is in the range" in run.err


class TestWhatInstalls:
    """The running Python takes what holds for it, and nothing else."""

    @pytest.fixture
    def locked(self, world: Project) -> Project:
        run = world.compile(*ARGS, *EVERYWHERE)
        assert run.code == 0, run.err
        assert sum(line.startswith("numeric==") for line in lines_of(run.lock)) == 2
        return world

    @pytest.fixture
    def here(self, locked: Project) -> dict[str, str]:
        by_platform = {"linux": ["pipes"], "darwin": ["keys", "pipes"], "win32": ["colors"]}
        return dict.fromkeys(["numeric", "shell", *by_platform[sys.platform]], "1.0")

    def test_pip(self, locked: Project, here: dict[str, str], index: SimpleIndex) -> None:
        """From a folder of wheels, with hashes required for all."""
        for files in index.projects.values():
            for file in files:
                (locked.folder / file.filename).write_bytes(file.data)
        bare = "".join(
            line for line in locked.lock_path.read_text().splitlines(keepends=True) if not line.startswith("--index")
        )
        locked.lock_path.write_text(bare)
        assert ask_pip(locked, "--require-hashes", "--no-index", "--find-links=.", "-r", "requirements.txt") == here

    @pytest.mark.skipif(os.name != "posix", reason="where an environment has its program")
    def test_pip_sync(self, locked: Project, here: dict[str, str]) -> None:
        environment = make_environment(locked.root / "venv")
        sync = sync_into(environment, locked)
        assert "add numeric 1.0" in sync()
        assert names_in(environment) == sorted(f"{name}-{version}" for name, version in here.items())
        assert "Everything up-to-date" in sync()
        assert "Everything up-to-date" in sync("--verify")
        assert sync("--check").strip() == "Everything up-to-date"

    @pytest.mark.skipif(os.name != "posix", reason="where an environment has its program")
    def test_pip_sync_removes_what_holds_elsewhere(self, locked: Project, here: dict[str, str]) -> None:
        environment = make_environment(locked.root / "venv")
        locked.write("more.txt", "engine==1.0", "numeric==1.0")
        sync_into(environment, locked)("more.txt")
        sync = sync_into(environment, locked)
        assert "remove engine 1.0" in sync()
        assert names_in(environment) == sorted(f"{name}-{version}" for name, version in here.items())

    @pytest.mark.skipif(os.name != "posix", reason="where an environment has its program")
    def test_pip_sync_refuses_a_lock_for_newer_pythons(self, world: Project) -> None:
        assert world.compile(*ARGS, "--universal", f"--python-version=>={NEXT}").code == 0
        environment = make_environment(world.root / "venv")
        said = sync_into(environment, world, code=2)()
        assert f"requirements.txt is a lock for Python >={NEXT}" in said
        assert names_in(environment) == []

    @pytest.mark.skipif(os.name != "posix", reason="where an environment has its program")
    def test_extras_in_some_of_the_environments(self, world: Project, index: SimpleIndex) -> None:
        """A line that holds everywhere does not ask for an extra that is wanted in part."""
        index.add(make_wheel("tool", "1.0", requires=['keys; extra == "all"'], extras=["all"]))
        world.want(f'tool[all]; python_version >= "{NEXT}"', "tool")
        lock = world.compile(*ARGS, "--no-strip-extras", *EVERYWHERE).lock
        assert pins_at(lock, f"python{NEXT}-linux") == {"keys": "1.0", "tool": "1.0"}
        environment = make_environment(world.root / "venv")
        sync_into(environment, world)()
        assert names_in(environment) == ["tool-1.0"]

    @pytest.mark.skipif(os.name != "posix", reason="where an environment has its program")
    def test_extras_that_are_asked_for_everywhere(self, world: Project, index: SimpleIndex) -> None:
        """The lines keep them, and what they bring holds where its own marker does."""
        requires = ['keys; extra == "all"', 'colors; extra == "all" and sys_platform == "win32"']
        index.add(make_wheel("tool", "1.0", requires=requires, extras=["all"]))
        world.want("tool[all]")
        lock = world.compile(*ARGS, "--no-strip-extras", *EVERYWHERE, "--annotation-style=line").lock
        assert [line.split()[0] for line in lines_of(lock)] == ["colors==1.0", "keys==1.0", "tool[all]==1.0"]
        assert "colors" not in pins_at(lock, LINUX)
        assert world.compile(*ARGS, "--no-strip-extras", *EVERYWHERE, "--annotation-style=line").lock == lock
        environment = make_environment(world.root / "venv")
        sync_into(environment, world)()
        assert {"keys-1.0", "tool-1.0"} <= set(names_in(environment))


def sync_into(environment: Path, project: Project, code: int = 0) -> Callable[..., str]:
    """Runs of pip-sync on an environment, which must end with a code; what each said."""

    def sync(*args: str) -> str:
        python = environment / "bin" / "python"
        done = subprocess.run(
            [sys.executable, "-m", "piptools_clone", "sync", "--python-executable", str(python), *args],
            cwd=project.folder,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return sync


class TestFiles:
    """Which release is taken depends on the files that a machine can use, where one must have some."""

    @pytest.fixture
    def files(self, project: Project, index: SimpleIndex) -> Project:
        platforms = {"1.0": ("manylinux_2_17_x86_64", "win_amd64", "macosx_11_0_arm64")}
        platforms |= {"1.5": ("manylinux_2_17_x86_64", "macosx_11_0_arm64"), "2.0": ("manylinux_2_17_x86_64",)}
        for version, tags in platforms.items():
            for tag in tags:
                index.add(make_wheel("native", version, tag=f"py3-none-{tag}"))
        return project.want("native")

    def test_any_file_is_enough_where_none_is_required(self, files: Project) -> None:
        assert lines_of(files.compile(*ARGS, *EVERYWHERE).lock) == ["native==2.0"]

    def test_what_is_required(self, files: Project) -> None:
        required = [f"--required-environment=sys_platform == '{name}'" for name in ("win32", "darwin")]
        lock = files.compile(*ARGS, *EVERYWHERE, *required).lock
        assert [pins_at(lock, each)["native"] for each in (LINUX, WINDOWS, MACOS)] == ["2.0", "1.0", "1.5"]
        fewest = files.compile(*ARGS, *EVERYWHERE, *required, "--fork-strategy=fewest")
        assert fewest.code == 0, fewest.err

    def test_targets_have_what_they_can_use(self, files: Project) -> None:
        lock = files.compile(*ARGS, *(f"--target={each}" for each in (LINUX, WINDOWS, MACOS))).lock
        assert [pins_at(lock, each)["native"] for each in (LINUX, WINDOWS, MACOS)] == ["2.0", "1.0", "1.5"]

    def test_targets_of_a_table(self, files: Project) -> None:
        files.write(
            ".pip-tools.toml",
            "[tool.pip-tools.compile]",
            'target = ["ci", "laptop"]',
            "[tool.pip-tools.targets]",
            'ci = {python = "3.12", platform = "linux"}',
            f'laptop = "{MACOS}"',
        )
        lock = files.compile(*ARGS).lock
        assert [pins_at(lock, each)["native"] for each in (LINUX, MACOS)] == ["2.0", "1.5"]
        assert files.compile(*ARGS).lock == lock

    def test_a_target_without_a_file_is_told(self, files: Project) -> None:
        run = files.compile(*ARGS, f"--target={LINUX}", "--target=python3.12-windows-arm64")
        assert (run.code, run.lock) == (1, None)
        assert "has no file that can be used" in run.err

    def test_a_build_cannot_know_of_other_targets(self, files: Project, index: SimpleIndex) -> None:
        index.add(make_sdist("dynamic", "1.0"))
        files.want("dynamic")
        run = files.compile(*ARGS, f"--target={LINUX}", f"--target={WINDOWS}")
        assert (run.code, run.lock) == (1, None)
        assert "what a build says on this machine need not hold for" in run.err
