"""Compiles for other targets: nothing of the machine that compiles has a say, and what it cannot know is an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from packaging import tags

from piptools_clone.build.build_options import BuildHost
from piptools_clone.environment import targets
from piptools_clone.environment.interpreter_facts import VARIABLES
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.operations.compile import compile as compile_
from piptools_clone.run.target_choice import targets_of
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.project import Project

BODY = ("--no-emit-options", "--strip-extras", "--no-annotate", "-o", "-", "-q")

HOSTS: Mapping[str, Mapping[str, str]] = {
    "windows": {
        "implementation_name": "cpython",
        "implementation_version": "3.13.1",
        "os_name": "nt",
        "platform_machine": "AMD64",
        "platform_release": "11",
        "platform_system": "Windows",
        "platform_version": "10.0.26100",
        "python_full_version": "3.13.1",
        "platform_python_implementation": "CPython",
        "python_version": "3.13",
        "sys_platform": "win32",
    },
    "macos pypy": {
        "implementation_name": "pypy",
        "implementation_version": "7.3.17",
        "os_name": "posix",
        "platform_machine": "arm64",
        "platform_release": "24.1.0",
        "platform_system": "Darwin",
        "platform_version": "Darwin Kernel Version 24.1.0",
        "python_full_version": "3.10.14",
        "platform_python_implementation": "PyPy",
        "python_version": "3.10",
        "sys_platform": "darwin",
    },
    "old linux": {
        "implementation_name": "cpython",
        "implementation_version": "3.9.2",
        "os_name": "posix",
        "platform_machine": "aarch64",
        "platform_release": "4.18.0",
        "platform_system": "Linux",
        "platform_version": "#1 SMP",
        "python_full_version": "3.9.2",
        "platform_python_implementation": "CPython",
        "python_version": "3.9",
        "sys_platform": "linux",
    },
}
TAGS = {
    "windows": tags.cpython_tags((3, 13), ["cp313"], ["win_amd64"]),
    "macos pypy": tags.generic_tags("pp310", ["pypy310_pp73"], ["macosx_15_0_arm64"]),
    "old linux": tags.cpython_tags((3, 9), ["cp39"], ["manylinux_2_17_aarch64"]),
}
LISTED = {host: [*each, tags.Tag("py3", "none", "any")] for host, each in TAGS.items()}

DEPENDENCIES = {
    "linux": 'sys_platform == "linux"',
    "windows": 'os_name == "nt"',
    "arm": 'platform_machine in "arm64 aarch64"',
    "amd": 'platform_machine == "AMD64"',
    "old-python": 'python_full_version < "3.12"',
    "pypy": 'implementation_name == "pypy"',
    "implementation": 'implementation_version >= "3.11"',
    "release": 'platform_release >= "1"',
    "version": 'platform_version != ""',
    "reference": 'platform_python_implementation == "CPython"',
}

LOCKS = {
    "--target=python3.11-linux-x86_64": "implementation==1 linux==1 native==1 newest==1 old-python==1 reference==1",
    "--target=python3.12-linux": "implementation==1 linux==1 native==2 newest==2 reference==1",
    "--target=python3.12-windows": "amd==1 implementation==1 native==1 newest==2 reference==1 windows==1",
    "--target=python3.11-macos": "arm==1 implementation==1 native==1 newest==1 old-python==1 reference==1",
    "--target=pypy3.10-macos-arm64": "arm==1 implementation==1 native==1 newest==1 old-python==1 pypy==1",
    "--target=python3.9-musllinux-aarch64": "arm==1 linux==1 native==1 newest==1 old-python==1 reference==1",
    "--platform=linux --python-version=3.12": "implementation==1 linux==1 native==2 newest==2 reference==1",
    "--platform=manylinux_2_17_x86_64 --python-version=3.12": (
        "implementation==1 linux==1 native==1 newest==2 reference==1"
    ),
    "--platform=windows-arm64 --python-version=312 --implementation=cp --abi=cp312": (
        "implementation==1 native==1 newest==2 reference==1 windows==1"
    ),
}


@pytest.fixture
def world(project: Project) -> Project:
    add = project.index.add
    for name in DEPENDENCIES:
        add(make_wheel(name, "1"))
    add(make_wheel("all", "1", requires=[f"{name}; {marker}" for name, marker in DEPENDENCIES.items()]))
    add(make_wheel("native", "1"))
    add(make_wheel("native", "2", tag="cp312-cp312-manylinux_2_28_x86_64"))
    add(make_wheel("native", "3", tag="cp312-cp312-manylinux_2_31_x86_64"))
    add(make_wheel("newest", "2", requires_python=">=3.12"))
    add(make_wheel("newest", "1"))
    return project.want("all", "native", "newest")


@pytest.fixture
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This machine (""), or one that it pretends to be."""
    name = request.param
    if name:
        for variable, value in HOSTS[name].items():
            monkeypatch.setitem(VARIABLES, variable, lambda value=value: value)
        monkeypatch.setattr(targets, "tags_key", lambda: "")
        monkeypatch.setattr(tags, "sys_tags", lambda: iter(LISTED[name]))
    targets.running_target.cache_clear()
    yield name
    targets.running_target.cache_clear()


@pytest.mark.parametrize("options", LOCKS)
@pytest.mark.parametrize("host", ["", *HOSTS], indirect=True)
def test_a_lock_for_a_target_is_the_same_on_any_machine(world: Project, host: str, options: str) -> None:
    run = world.compile(*BODY, "--no-header", *options.split())
    assert run.code == 0, run.err
    assert run.out.split() == ["all==1", *LOCKS[options].split()], host


@pytest.mark.parametrize(("host", "own"), [("windows", "windows"), ("macos pypy", "pypy")], indirect=["host"])
def test_where_nothing_is_said_the_machine_counts(world: Project, host: str, own: str) -> None:
    """The test of the test: the pretence works."""
    pins = world.compile(*BODY, "--no-header").pins
    assert {own, "release", "version"} <= pins.keys(), host


def test_the_header_names_the_target(world: Project) -> None:
    lock = world.compile(*BODY, "--target=python3.11-windows", env={"CUSTOM_COMPILE_COMMAND": ""}).out
    assert "autogenerated by pip-compile with Python 3.11\n" in lock
    assert (
        "#    pip-compile --no-annotate --no-emit-options --output-file=- --strip-extras --target=python3.11-windows"
        in lock
    )


def test_a_name_of_the_project(world: Project) -> None:
    world.write(
        ".pip-tools.toml",
        "[tool.pip-tools]",
        'target = ["ci"]',
        "[tool.pip-tools.targets]",
        'ci = {python = "3.11", platform = "macos"}',
        'mine = "python3.12-windows"',
    )
    assert "windows" in world.compile(*BODY, "--target=mine").pins
    run = world.compile(*BODY)
    assert "arm" in run.pins
    assert "ci" not in run.out  # of the configuration file
    assert "has ci, mine" in world.compile(*BODY, "--target", "nonsense").err


def test_the_fast_reader_of_the_command_line_says_the_same(world: Project) -> None:
    options = (*BODY, "--target=python3.12-windows")
    run = world.script(*options)
    assert (run.code, run.out) == (0, world.compile(*options).out)
    wrong = world.script(*BODY, "--target=python3.12-windows", "--platform=linux")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--target and --platform contradict each other" in wrong.err


def test_several_targets_are_refused(world: Project) -> None:
    run = world.compile(*BODY, "--target=python3.11-windows", "--target=python3.12-windows")
    assert (run.code, run.out) == (2, "")
    assert "one --target can be given" in run.err


def test_a_recompile_gives_the_same_bytes(world: Project) -> None:
    first = world.compile("-q", "--target=python3.12-windows").lock
    second = world.compile("-q", "--target=python3.12-windows").lock
    assert first == second
    assert first is not None
    assert b"native==1" in first


class TestWhatOnlyABuildCouldTell:
    """The tests' sources are built by a backend of their own, which needs no index."""

    FOREIGN = "--target=python3.9-windows-i686"

    @pytest.fixture
    def dynamic(self, project: Project) -> Project:
        project.index.add(make_sdist("dynamic", "2"))
        project.index.add(make_wheel("dynamic", "1"))
        return project.want("dynamic")

    def test_is_an_error(self, dynamic: Project) -> None:
        run = dynamic.compile(*BODY, self.FOREIGN)
        assert (run.code, run.out) == (1, "")
        assert "what a build says on this machine need not hold for python3.9-windows-i686" in run.err
        assert "--only-binary passes over what has no wheel" in run.err
        assert "building" not in run.err

    def test_is_an_error_where_it_is_known_for_this_machine(self, dynamic: Project) -> None:
        assert dynamic.compile(*BODY).pins == {"dynamic": "2"}
        assert dynamic.compile(*BODY, self.FOREIGN).code == 1

    def test_is_described_where_options_do(self, dynamic: Project) -> None:
        run = dynamic.compile(*BODY, "--platform=windows", "--python-version=3.9")
        assert "need not hold for CPython 3.9 on win32 AMD64" in run.err

    def test_can_be_passed_over(self, dynamic: Project) -> None:
        assert dynamic.compile(*BODY, self.FOREIGN, "--only-binary=dynamic").pins == {"dynamic": "1"}

    def test_is_not_asked_where_metadata_is_static(self, project: Project) -> None:
        project.index.add(make_sdist("fixed", "1", static=True))
        assert project.want("fixed").compile(*BODY, self.FOREIGN).pins == {"fixed": "1"}

    def test_is_an_error_for_a_project_of_the_user(self, project: Project) -> None:
        write_project(project.folder / "lib", "lib", "1")
        run = project.want("./lib").compile(*BODY, self.FOREIGN)
        assert run.code == 2
        assert "requirements.in:1: " in run.err
        assert "would have to be built" in run.err

    def test_is_an_error_for_an_input_of_the_user(self, project: Project) -> None:
        write_project(project.folder, "lib", "1")
        run = project.compile(*BODY, self.FOREIGN, "pyproject.toml")
        assert run.code == 2
        assert "need not hold for python3.9-windows-i686" in run.err
        project.write("pyproject.toml", "[project]", 'name = "lib"', 'version = "1"', "dependencies = []")
        assert project.compile(*BODY, self.FOREIGN, "pyproject.toml").pins == {}

    def test_is_built_for_a_target_of_this_machine(self, dynamic: Project) -> None:
        own = targets.running_target().markers
        if own["implementation_name"] != "cpython" or own["sys_platform"] != "linux":
            pytest.skip("the name of the target would be another")
        text = f"python{own['python_version']}-linux-{own['platform_machine']}"
        assert dynamic.compile(*BODY, f"--target={text}").pins == {"dynamic": "2"}


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., BuildHost | None]:
    """How builds are made for a request."""

    def ask(**fields: object) -> BuildHost | None:
        request = CompileRequest(("requirements.in",), "-", **fields)  # type: ignore[arg-type]
        return targets_of(request, os.environ, None).build_host

    return ask


def test_who_builds(asked: Callable[..., BuildHost | None]) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert asked() is None
    assert asked(target_overrides=(("python_version", version),)) is None
    foreign = asked(target_overrides=(("python_version", "3.99"),))
    assert foreign is not None
    assert (foreign.python, "3.99" in foreign.foreign) == ("", True)
    other = asked(python=sys.executable)
    assert other is not None
    assert (other.python, other.foreign) == (sys.executable, "")
    assert other.described
    both = asked(python=sys.executable, targets=(), target_overrides=(("platform", "windows-i686"),))
    assert both is not None
    assert (both.python, bool(both.foreign)) == (sys.executable, True)


def test_a_library_compiles_for_a_named_target(world: Project) -> None:
    request = CompileRequest(("requirements.in",), "out.txt", targets=("python3.12-windows",))
    names = [pin.name for pin in compile_(request).lock.pins]
    assert "windows" in names
    assert "linux" not in names
