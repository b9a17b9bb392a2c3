"""The same inputs, index and options give the same bytes (promises 5, 9 and 10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.operations.universes import UNIVERSES
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex

ARGS = ("--generate-hashes", "--strip-extras", "-o", "-")


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    """All of the oracle's questions that need no option, as one input."""
    plain = [each for each in UNIVERSES if not each.options]
    for each in plain:
        each.offer(index)
    project.write("constraints.txt", *(line for each in plain for line in each.constraints))
    return project.want("-c constraints.txt", *(line for each in plain for line in each.wanted))


def test_hash_seed_locale_time_zone_clock_and_cache_do_not_matter(world: Project) -> None:
    """Promise 5: a cold cache, a warm one, and processes in other places of the world."""
    expected = world.compile(*ARGS).out
    assert expected.count("--hash=sha256:") >= 40
    surroundings = (
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Kathmandu"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "tr_TR.UTF-8", "TZ": "UTC-14", "PYTHONUTF8": "0"},
    )
    for number, environ in enumerate(surroundings):
        cache = () if number else ("--cache-dir", str(world.root / "other"))
        assert world.process(*ARGS, *cache, env=environ).out == expected


def test_the_spelling_of_the_working_folder_does_not_matter(world: Project) -> None:
    """Promise 5: reached over a symbolic link."""
    expected = world.compile(*ARGS).out
    other = world.root / "link"
    other.symlink_to(world.folder)
    assert world.process(*ARGS, cwd=other, env={"PWD": str(other)}).out == expected


def test_the_order_of_lines_and_of_files_on_a_page_does_not_matter(world: Project, index: SimpleIndex) -> None:
    """Promise 5."""
    expected = world.compile(*ARGS).out
    for files in index.projects.values():
        files.reverse()
    lines = (world.folder / "requirements.in").read_text().splitlines()
    world.want(*reversed(lines))
    assert world.compile(*ARGS, "--cache-dir", str(world.root / "other")).out == expected


def test_slow_answers_do_not_matter(world: Project, index: SimpleIndex) -> None:
    """Promise 5: every other address answers at the second try only, so that answers change their order."""
    expected = world.compile(*ARGS).out
    for path in sorted(set(index.paths))[::2]:
        index.fail(path, Fault(reset=True))
    assert world.compile(*ARGS, "--cache-dir", str(world.root / "other")).out == expected


def test_compile_of_a_lock_changes_nothing(world: Project) -> None:
    """Promise 5: not its pins, and a second run not even a byte."""
    first = world.compile("--strip-extras")
    touched = world.lock_path.stat()
    assert world.compile("--strip-extras").lock == first.lock
    again = world.lock_path.stat()
    assert (again.st_ino, again.st_mtime_ns) == (touched.st_ino, touched.st_mtime_ns)
    world.want(*(line for line in (first.lock or b"").decode().splitlines() if not line.startswith(("#", " ", "-"))))
    world.lock_path.unlink()
    assert world.compile("--strip-extras").pins == first.pins


def test_check_says_zero_only_for_the_same_bytes(world: Project, index: SimpleIndex) -> None:
    """Promise 10."""
    assert world.compile("--strip-extras").code == 0
    assert world.compile("--strip-extras", "--check").code == 0
    index.add(make_wheel("new-a", "9.0"))
    kept = world.compile("--strip-extras", "--check", "--cache-dir", str(world.root / "other"))
    assert kept.code == 0, "a newer release does not make a lock stale: its pins are preferred"
    world.lock_path.write_text(world.lock_path.read_text().replace("# via", "#  via", 1))
    stale = world.compile("--strip-extras", "--check")
    assert stale.code == 1
    assert "requirements.txt is not up to date" in stale.err
    world.lock_path.unlink()
    assert world.compile("--strip-extras", "--check").code == 1


def test_check_is_two_where_the_index_cannot_be_asked(world: Project, index: SimpleIndex) -> None:
    """Promise 10: an index failure is neither "up to date" nor "stale"."""
    assert world.compile("--strip-extras").code == 0
    index.fail_always("/simple/new-a/", Fault(status=503))
    env = {"PIP_RETRIES": "0"}
    assert world.compile("--strip-extras", "--check", "--cache-dir", str(world.root / "other"), env=env).code == 2


def test_check_writes_nothing(world: Project) -> None:
    """Promise 10."""
    before = sorted(path.name for path in world.folder.iterdir())
    assert world.compile("--strip-extras", "--check").code == 1
    assert sorted(path.name for path in world.folder.iterdir()) == before


def test_a_lock_installs_as_what_was_resolved(world: Project) -> None:
    """Promise 9: pip reads from the lock what we resolved, hashes and all."""
    from tests.operations.test_oracle import ask_pip

    pins = world.compile("--generate-hashes", "--strip-extras").pins
    assert ask_pip(world, "--require-hashes", "--no-deps", "-r", "requirements.txt") == pins
    assert json.loads(Path("report.json").read_text(encoding="utf-8"))["install"]
