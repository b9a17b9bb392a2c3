"""One lock for many environments, from an index to its bytes: what it holds where, and what a recompile makes of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

from tests.operations.test_vcs import Repository
from tests.support.lock_at import LINUX, MACOS, WINDOWS, lines_of, pins_at
from tests.support.packages import make_wheel, write_project
from tests.support.project import Project, Run
from tests.support.simple_index import Fault, SimpleIndex

EVERYWHERE = ("--universal", "--python-version=>=3.10")
BARE = ("--no-header", "--no-emit-options", "--strip-extras", "-q")
UP_TO_DATE = "requirements.txt is up to date.\n"


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    """``numeric`` gives up a Python with each release; ``shell`` needs something on Windows."""
    index.cache_control = "max-age=0"
    for version, python in (("1.0", ">=3.9"), ("2.0", ">=3.11")):
        index.add(make_wheel("numeric", version, requires_python=python))
    for version in ("1.0", "2.0"):
        index.add(make_wheel("shell", version, requires=['colors; sys_platform == "win32"']))
        index.add(make_wheel("colors", version))
    return project.want("numeric", "shell<2")


def test_each_environment_has_what_is_right_there(world: Project) -> None:
    run = world.compile(*BARE, *EVERYWHERE)
    assert run.code == 0, run.err
    assert len(lines_of(run.lock)) == 4
    assert pins_at(run.lock, "python3.10-linux") == {"numeric": "1.0", "shell": "1.0"}
    assert pins_at(run.lock, LINUX) == {"numeric": "2.0", "shell": "1.0"}
    assert pins_at(run.lock, WINDOWS) == {"numeric": "2.0", "shell": "1.0", "colors": "2.0"}
    assert b'colors==2.0 ; sys_platform == "win32"\n    # via shell\n' in (run.lock or b"")


def test_as_few_versions_as_can_be(world: Project) -> None:
    run = world.compile(*BARE, *EVERYWHERE, "--fork-strategy=fewest")
    assert "numeric==1.0" in lines_of(run.lock)


class TestARecompile:
    """Nothing moves that need not, and what moves is said."""

    @pytest.fixture
    def locked(self, world: Project) -> Project:
        assert world.compile("--strip-extras", *EVERYWHERE).code == 0
        return world

    def test_gives_the_same_bytes(self, locked: Project) -> None:
        before = locked.lock_path.read_bytes()
        for cache in (locked.cache, locked.root / "cold"):
            again = locked.compile("--strip-extras", *EVERYWHERE, "--cache-dir", str(cache))
            assert (again.code, again.err, again.lock) == (0, UP_TO_DATE, before)

    def test_goes_on_without_the_options(self, locked: Project) -> None:
        before = locked.lock_path.read_bytes()
        again = locked.compile("--strip-extras")
        assert again.lock == before
        assert again.err == (
            "requirements.txt is a lock for many environments: going on with --python-version='>=3.10' --universal\n"
            + UP_TO_DATE
        )

    def test_for_one_target_is_refused(self, locked: Project) -> None:
        before = locked.lock_path.read_bytes()
        run = locked.compile("--strip-extras", "--python-version=3.12")
        assert (run.code, run.lock) == (2, before)
        assert "is a lock for many environments" in run.err

    def test_moves_nothing_where_something_else_is_asked_for(self, locked: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("numeric", "3.0", requires_python=">=3.12"))
        index.add(make_wheel("other", "1.0"))
        before = lines_of(locked.lock_path.read_bytes())
        locked.want("numeric", "shell<2", "other")
        assert [line for line in lines_of(locked.compile(*BARE).lock) if "other" not in line] == before

    def test_moves_one_name(self, locked: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("numeric", "3.0", requires_python=">=3.12"))
        locked.want("numeric", "shell")
        assert locked.compile("--strip-extras", "-P", "shell").err.splitlines()[1] == "shell 1.0 -> 2.0"
        assert pins_at(locked.lock_path.read_bytes(), LINUX) == {"numeric": "2.0", "shell": "2.0"}
        moved = locked.compile("--strip-extras", "-P", "numeric")
        assert moved.err.splitlines()[1] == "numeric 1.0, 2.0 -> 1.0, 2.0, 3.0"
        assert pins_at(moved.lock, LINUX)["numeric"] == "3.0"
        assert pins_at(moved.lock, "python3.11-linux")["numeric"] == "2.0"

    def test_moves_a_name_to_what_is_named(self, locked: Project) -> None:
        moved = locked.compile("--strip-extras", "-P", "numeric==1.0")
        assert "numeric==1.0" in lines_of(moved.lock)
        assert lines_of(locked.compile("--strip-extras").lock) == lines_of(moved.lock)

    def test_moves_all(self, locked: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("colors", "3.0"))
        locked.want("numeric", "shell")
        assert pins_at(locked.compile(*BARE, "-U").lock, WINDOWS) == {
            "numeric": "2.0",
            "shell": "2.0",
            "colors": "3.0",
        }

    def test_can_be_tried(self, locked: Project) -> None:
        before = locked.lock_path.read_bytes()
        run = locked.compile("--strip-extras", "--dry-run", "-P", "numeric==1.0")
        assert "numeric==1.0" in lines_of(run.out + run.err)
        assert "Dry-run, so nothing updated." in run.err
        assert run.lock == before

    def test_is_checked(self, locked: Project) -> None:
        for offline in ((), ("--offline",)):
            assert locked.compile("--strip-extras", "--check", *offline).code == 0
        locked.want("numeric<2", "shell<2")
        before = locked.lock_path.read_bytes()
        for offline in ((), ("--offline",)):
            stale = locked.compile("--strip-extras", "--check", *offline)
            assert (stale.code, stale.lock) == (1, before), offline
            assert "numeric" in stale.err

    def test_is_checked_without_an_index(self, locked: Project) -> None:
        """From the lock itself: what one environment lacks is told."""
        cold = ("--strip-extras", "--check", "--offline", "--cache-dir", str(locked.root / "cold"))
        assert locked.compile(*cold).code == 0
        locked.want("numeric", "shell<2", 'colors<2; sys_platform == "win32"')
        stale = locked.compile(*cold)
        assert stale.code == 1
        assert "colors" in stale.err


def test_a_lock_for_one_environment_is_a_preference(world: Project) -> None:
    world.write("requirements.txt", "numeric==1.0", "shell==1.0", 'colors==1.0 ; sys_platform == "win32"')
    lock = world.compile("--strip-extras", *EVERYWHERE).lock
    assert pins_at(lock, WINDOWS) == {"colors": "1.0", "numeric": "1.0", "shell": "1.0"}
    assert pins_at(world.compile(*BARE, *EVERYWHERE, "-U").lock, WINDOWS)["colors"] == "2.0"


class TestWhatIsRemembered:
    """The answer of an earlier run is used where nothing that it came from has changed."""

    ARGS = ("--strip-extras", *EVERYWHERE)

    @pytest.fixture
    def locked(self, world: Project, index: SimpleIndex) -> Project:
        index.cache_control = "max-age=600"
        assert world.compile(*self.ARGS).code == 0
        index.requests.clear()
        return world

    def test_answers_without_a_request(self, locked: Project, index: SimpleIndex) -> None:
        locked.lock_path.unlink()
        assert len(lines_of(locked.compile(*self.ARGS).lock)) == 4
        assert locked.compile(*self.ARGS).err == UP_TO_DATE
        assert index.paths == []

    def test_is_not_used_for_another_input(self, locked: Project) -> None:
        locked.want("numeric<2", "shell<2")
        assert "numeric==1.0" in lines_of(locked.compile(*self.ARGS).lock)

    def test_is_not_used_for_another_range(self, locked: Project) -> None:
        run = locked.compile("--strip-extras", "--universal", "--python-version=>=3.12")
        assert "numeric==2.0" in lines_of(run.lock)

    def test_is_not_used_for_another_page(self, locked: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("colors", "2.1"))
        locked.lock_path.unlink()
        assert pins_at(locked.compile(*self.ARGS).lock, WINDOWS)["colors"] == "2.0"  # the page is fresh
        index.cache_control = "max-age=0"
        cold = ("--cache-dir", str(locked.root / "cold"))
        for version in ("3.0", "4.0"):
            index.add(make_wheel("colors", version))
            locked.lock_path.unlink()
            assert pins_at(locked.compile(*self.ARGS, *cold).lock, WINDOWS)["colors"] == version


class TestLayers:
    """A lock on top of another."""

    @pytest.fixture
    def below(self, world: Project) -> Project:
        """requirements.txt is for many environments, and holds no newest shell."""
        assert world.compile(*BARE, *EVERYWHERE).code == 0
        return world

    def test_one_target_over_many(self, below: Project) -> None:
        below.write("dev.in", "-c requirements.txt", "shell", "numeric")
        run = below.compile(*BARE, "--platform=windows", "--python-version=3.10", "-o", "-", "dev.in")
        assert run.code == 0, run.err
        assert lines_of(run.out) == ["colors==2.0", "numeric==1.0", "shell==1.0"]

    def test_many_over_many(self, below: Project) -> None:
        below.write("dev.in", "-c requirements.txt", "shell", "numeric")
        run = below.compile(*BARE, *EVERYWHERE, "-o", "-", "dev.in")
        assert run.code == 0, run.err
        assert lines_of(run.out) == lines_of(below.lock_path.read_bytes())
        assert "#   -c requirements.txt\n" in run.out

    def test_many_with_what_is_below(self, below: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("tests", "1.0", requires=["colors"]))
        below.write("dev.in", "-r requirements.txt", "tests")
        run = below.compile(*BARE, *EVERYWHERE, "-o", "-", "dev.in")
        assert run.code == 0, run.err
        for target in ("python3.10-linux", LINUX, WINDOWS):
            lower = pins_at(below.lock_path.read_bytes(), target)
            assert pins_at(run.out, target) == {"colors": "2.0", "tests": "1.0", **lower}, target

    @pytest.mark.parametrize("upper", [EVERYWHERE, ("--target=python3.10-linux",)], ids=["many", "one"])
    def test_hashes_of_each_version_hold(self, below: Project, index: SimpleIndex, upper: tuple[str, ...]) -> None:
        """Two pins of a name that never hold together state hashes of their own."""
        assert below.compile(*BARE, *EVERYWHERE, "--generate-hashes").code == 0
        hashes = sorted(re.findall(rb"sha256:\w+", below.lock_path.read_bytes()))
        assert len(hashes) == 4
        index.add(make_wheel("numeric", "1.0", build="2"))
        below.write("dev.in", "-c requirements.txt", "shell", "numeric")
        run = below.compile(*BARE, *upper, "--generate-hashes", "-o", "-", "dev.in", "--cache-dir", "cold")
        assert run.code == 0, run.err
        assert set(re.findall(rb"sha256:\w+", run.out.encode())) <= set(hashes)

    def test_a_conflict_between_layers(self, below: Project) -> None:
        below.write("dev.in", "-c requirements.txt", 'numeric<2; sys_platform == "linux"')
        run = below.compile(*BARE, *EVERYWHERE, "-o", "-", "dev.in")
        assert (run.code, run.out) == (1, "")
        assert "everywhere else there is a solution" in run.err


class TestOneEnvironmentAlone:
    """What holds in some environments does not reach others."""

    def test_a_pre_release(self, world: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("shell", "3.0b1"))
        world.want('shell>=3.0b1; sys_platform == "win32"', "shell")
        lock = world.compile(*BARE, *EVERYWHERE).lock
        assert pins_at(lock, WINDOWS) == {"shell": "3.0b1"}
        assert pins_at(lock, LINUX) == pins_at(lock, MACOS) == {"shell": "2.0"}
        assert world.compile(*BARE, *EVERYWHERE).lock == lock

    def test_a_yanked_release(self, world: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("colors", "3.0"), yanked="broken")
        world.want('colors==3.0; sys_platform == "win32"', "colors")
        run = world.compile(*BARE, *EVERYWHERE)
        assert "colors 3.0 was yanked: broken" in run.err
        assert pins_at(run.lock, WINDOWS) == {"colors": "3.0"}
        assert pins_at(run.lock, LINUX) == {"colors": "2.0"}
        assert world.compile(*BARE, *EVERYWHERE).lock == run.lock

    def test_an_address(self, world: Project, index: SimpleIndex) -> None:
        wheel = make_wheel("colors", "2.0+mine", requires=["numeric<2"])
        url = index.serve(f"/own/{wheel.filename}", wheel.data)
        world.want(f'colors @ {url} ; sys_platform == "linux"', 'colors; sys_platform != "linux"')
        run = world.compile(*BARE, *EVERYWHERE, "--generate-hashes")
        assert run.code == 0, run.err
        assert pins_at(run.lock, LINUX) == {"colors": url, "numeric": "1.0"}
        assert pins_at(run.lock, WINDOWS) == {"colors": "2.0"}
        assert wheel.sha256 in (run.lock or b"").decode()
        assert world.compile(*BARE, *EVERYWHERE, "--generate-hashes").lock == run.lock

    def test_local_versions_of_two_indexes(
        self, world: Project, simple_index: Callable[..., SimpleIndex], index: SimpleIndex
    ) -> None:
        others = []
        for local in ("cpu", "cu126"):
            others.append(simple_index())
            others[-1].add(make_wheel("colors", f"2.0+{local}"))
        world.want(
            *(f"--extra-index-url {other.url}" for other in others),
            'colors==2.0+cpu; sys_platform == "darwin"',
            'colors==2.0+cu126; sys_platform == "linux"',
            'colors; sys_platform == "win32"',
            'shell; sys_platform != "win32"',
        )
        run = world.compile(*BARE, *EVERYWHERE)
        assert run.code == 0, run.err
        assert pins_at(run.lock, MACOS) == {"colors": "2.0+cpu", "shell": "2.0"}
        assert pins_at(run.lock, LINUX) == {"colors": "2.0+cu126", "shell": "2.0"}
        assert world.compile(*BARE, *EVERYWHERE).lock == run.lock

    def test_a_project_on_this_disk(self, world: Project) -> None:
        write_project(world.folder / "lib", "lib", "1.0", requires=["numeric", "shell; sys_platform == 'linux'"])
        world.want('./lib ; sys_platform != "darwin"')
        run = world.compile(*BARE, *EVERYWHERE)
        assert run.code == 0, run.err
        assert b'./lib ; sys_platform != "darwin"\n' in (run.lock or b"")
        lines = b"\n".join(line for line in (run.lock or b"").splitlines() if not line.startswith(b"./lib"))
        assert pins_at(lines, LINUX) == {"numeric": "2.0", "shell": "2.0"}
        assert pins_at(lines, WINDOWS) == {"numeric": "2.0"}
        assert pins_at(lines, MACOS) == {}
        assert world.compile(*BARE, *EVERYWHERE).lock == run.lock

    def test_a_repository(self, world: Project) -> None:
        """At its commit where that is asked for; a recompile keeps it, though the branch moved."""
        repository = Repository(world.root / "repository")
        commit = repository.release("numeric")
        world.want(f'r @ {repository.url}@main ; sys_platform == "linux"', "shell")
        args = (*BARE, *EVERYWHERE, "--pin-vcs")
        lock = world.compile(*args).lock
        assert pins_at(lock, LINUX) == {"numeric": "2.0", "r": f"{repository.url}@{commit}", "shell": "2.0"}
        assert pins_at(lock, MACOS) == {"shell": "2.0"}
        repository.release("shell<2")
        assert world.compile(*args).lock == lock
        moved = pins_at(world.compile(*args, "-P", "r").lock, LINUX)
        assert moved["shell"] == "1.0"
        assert "numeric" not in moved

    def test_an_editable_is_everywhere(self, world: Project) -> None:
        """As for one target: pip passes over what follows the path of an editable."""
        write_project(world.folder / "lib", "lib", "1.0", requires=["shell"])
        world.want('-e ./lib ; sys_platform == "win32"')
        lock = world.compile(*BARE, *EVERYWHERE).lock
        assert b"-e ./lib\n" in (lock or b"")
        lines = b"\n".join(line for line in (lock or b"").splitlines() if not line.startswith(b"-e"))
        assert pins_at(lines, LINUX) == {"shell": "2.0"}


class TestAConflict:
    """Of some of the environments."""

    @pytest.fixture
    def conflict(self, world: Project, index: SimpleIndex) -> Callable[..., Run]:
        for name, bound in (("old", "<2"), ("new", ">=2")):
            index.add(make_wheel(name, "1.0", requires=[f"colors{bound}"]))
        world.want('old; sys_platform == "win32"', 'new; python_version >= "3.12"')
        return lambda *args: world.compile("--strip-extras", *EVERYWHERE, *args)

    def test_is_told_with_where_it_is(self, conflict: Callable[..., Run]) -> None:
        run = conflict()
        assert (run.code, run.lock) == (1, None)
        assert run.err == (
            "ERROR: ResolutionImpossible: the requirements cannot be met together, "
            'where python_version >= "3.12" and sys_platform == "win32"; everywhere else there is a solution\n'
            "\n"
            "  requirements.in:1 requires old\n"
            "    old 1.0 needs colors<2\n"
            "  requirements.in:2 requires new\n"
            "    new 1.0 needs colors>=2\n"
            "\n"
            "hint: drop requirements.in:1 or requirements.in:2; or --environment "
            '\'python_version < "3.12" or sys_platform != "win32"\' leaves these environments out\n'
        )

    def test_is_none_elsewhere(self, conflict: Callable[..., Run]) -> None:
        run = conflict("--environment", 'python_version < "3.12" or sys_platform != "win32"')
        assert run.code == 0, run.err
        assert pins_at(run.lock, LINUX) == {"colors": "2.0", "new": "1.0"}
        assert pins_at(run.lock, "python3.11-windows") == {"colors": "1.0", "old": "1.0"}

    def test_of_different_parents_in_different_places_is_none(
        self, conflict: Callable[..., Run], project: Project
    ) -> None:
        project.want('old; sys_platform == "win32"', 'new; sys_platform == "linux"')
        run = conflict()
        assert lines_of(run.lock) == [
            'colors==2.0 ; sys_platform == "linux"',
            'colors==1.0 ; sys_platform == "win32"',
            'new==1.0 ; sys_platform == "linux"',
            'old==1.0 ; sys_platform == "win32"',
        ]


def test_the_order_of_answers_does_not_matter(world: Project, index: SimpleIndex) -> None:
    """Every other address answers at the second try only."""
    args = ("--generate-hashes", "--strip-extras", *EVERYWHERE, "-o", "-")
    expected = world.compile(*args).out
    assert expected.count("--hash=sha256:") == 4
    for number, half in enumerate((slice(0, None, 2), slice(1, None, 2))):
        for path in sorted(set(index.paths))[half]:
            index.fail(path, Fault(reset=True))
        assert world.compile(*args, "--cache-dir", str(world.root / f"cold-{number}")).out == expected


def test_hash_seed_and_locale_do_not_matter(world: Project) -> None:
    args = ("--strip-extras", *EVERYWHERE, "-o", "-")
    expected = world.compile(*args).out
    for seed, locale in (("1", "C"), ("2", "tr_TR.UTF-8")):
        assert world.process(*args, env={"PYTHONHASHSEED": seed, "LC_ALL": locale}).out == expected
    assert os.environ["HOME"] not in expected
