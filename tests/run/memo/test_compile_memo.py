"""A remembered compile is the compile: the same streams, exit code and files."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.run.memo.memo import SWITCH
from piptools_clone.store.cache import MEMO, PAGES, parse_entry, render_entry
from tests.run.memo.conftest import Place, Ran
from tests.support.packages import make_wheel

FULL = {SWITCH: "0"}


def remembered(place: Place) -> list[Path]:
    """The entries of the memo."""
    return [*place.project.cache.glob("memo-*/*/*")]


def both_ways(place: Place, *args: str) -> tuple[Ran, Ran]:
    """The run as it is remembered, and as it is with all of its work done, from the same state."""
    before = place.project.lock_path.read_bytes() if place.project.lock_path.exists() else None
    known = place.run(*args)
    if before is None:
        place.project.lock_path.unlink()
    return known, place.run(*args, env=FULL)


@pytest.mark.parametrize("args", [(), ("-v", "--generate-hashes"), ("-q", "--no-header")])
def test_nothing_to_do(place: Place, args: tuple[str, ...]) -> None:
    place.ready(*args)
    known, full = both_ways(place, *args)
    assert (known.remembered, full.remembered) == (True, False)
    assert known.seen == full.seen


def test_a_target_of_the_project_is_what_its_table_says(place: Place) -> None:
    table = place.project.folder / ".pip-tools.toml"
    table.write_text('[tool.pip-tools.targets]\nci = "python3.12-windows"\n')
    place.ready("--target=ci")
    known, full = both_ways(place, "--target=ci")
    assert (known.remembered, full.remembered) == (True, False)
    assert known.seen == full.seen
    table.write_text('[tool.pip-tools.targets]\nci = "python3.11-windows"\n')
    ran = place.run("--target=ci")
    assert not ran.remembered
    assert "with Python 3.11" in place.project.lock_path.read_text()


@pytest.mark.parametrize("args", [("-U",), ("-P", "a"), ("--rebuild",)])
def test_who_asks_for_what_is_new_is_not_answered_from_before(place: Place, args: tuple[str, ...]) -> None:
    place.ready(*args)
    assert not place.run(*args).remembered


@pytest.mark.parametrize("args", [("-v",), ("-q", "--generate-hashes")])
def test_without_a_lock(place: Place, args: tuple[str, ...]) -> None:
    """The lock is written anew, with the mode that any new file gets; the time that the first run took is not told."""
    place.run(*args)
    place.project.lock_path.unlink()
    place.run(*args)
    place.project.lock_path.unlink()
    known, full = both_ways(place, *args)
    assert (known.remembered, full.remembered) == (True, False)
    assert known.seen == full._replace(err=re.sub(r", \d+\.\d+ s$", "", full.err, flags=re.MULTILINE)).seen


def test_a_lock_that_is_right_is_not_touched(place: Place) -> None:
    place.ready()
    before = place.project.lock_path.stat()
    assert place.run().remembered
    after = place.project.lock_path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_warnings_are_said_again(place: Place) -> None:
    """Here the one about --strip-extras, which every run says that does not choose."""
    place.ready("--no-strip-extras", "--max-rounds", "3")
    known, full = both_ways(place, "--no-strip-extras", "--max-rounds", "3")
    assert known.remembered
    assert "WARNING: --max-rounds has no effect" in known.err
    assert known.seen == full.seen


def test_an_output_that_cannot_be_written_is_the_matter_of_the_run(place: Place) -> None:
    place.ready()
    place.project.lock_path.chmod(0o400)
    assert place.run().seen == place.run(env=FULL).seen


def test_no_request_is_sent(place: Place) -> None:
    place.ready()
    place.project.index.close()
    assert place.run().remembered


def test_what_a_remembered_run_loads(place: Place) -> None:
    """Start-up is all that such a run costs."""
    place.ready()
    ran = place.run()
    assert {name for name in ran.loaded if name.startswith("piptools_clone.")} == {
        "piptools_clone.cli",
        "piptools_clone.cli.compile_entry",
        "piptools_clone.process.signals",
        "piptools_clone.store.sha256",
        "piptools_clone.store.shapes",
        "piptools_clone.errors",
        "piptools_clone.process",
        "piptools_clone.run",
        "piptools_clone.store",
        "piptools_clone.version",
        "piptools_clone.store.cache",
        "piptools_clone.run.lockfile",
        "piptools_clone.store.private",
        "piptools_clone.run.memo",
        "piptools_clone.run.memo.memo",
        "piptools_clone.run.memo.witness",
    }
    heavy = {"click", "packaging", "typing", "re", "json", "enum", "pathlib", "threading", "inspect", "hashlib"}
    assert ran.loaded & heavy == set()


def test_a_project_file_that_comes_to_speak_of_us_is_seen(place: Place) -> None:
    """It is read before anything listens, to see whether the command line is plain, and read again for that."""
    place.project.write("pyproject.toml", "[project]")
    place.ready()
    assert place.run().remembered
    place.project.write("pyproject.toml", "[tool.pip-tools]", "header = false")
    assert b"autogenerated" not in (place.run().lock or b"")


@pytest.mark.parametrize("args", [(), ("requirements.in",), ("-c", "more/bounds.txt"), ("-o", "other.txt")])
def test_whatever_is_asked_about_is_in_the_witness(place: Place, args: tuple[str, ...]) -> None:
    """Files that are opened tell of themselves; this is about those that are looked for in any other way."""
    place.project.write("more/bounds.txt", "b<3")
    for _ in range(2):
        place.asked(*args)
    asked = place.asked("-v", *args) | place.asked("-v", *args)  # done whole, for it is another command
    entries = [parse_entry(MEMO, path.read_bytes()) for path in remembered(place)]
    seen = {path for _, _, facts, _ in entries for _, path, _ in facts}
    given = {str(place.project.folder / name) for name in args}
    mine = {path for path in asked if path.startswith(str(place.project.root))}
    beside = {path for path in mine if path.startswith(str(place.project.cache.parent))}
    assert len(entries) == 2
    assert mine - beside - given - {path.rstrip(os.sep) for path in seen} == set()


def test_nested_files_count(place: Place) -> None:
    place.project.want("-r more/base.in", "-c bounds.txt")
    place.project.write("more/base.in", "a")
    bounds = place.project.write("bounds.txt", "b<2")
    place.ready()
    assert place.run().remembered
    bounds.write_text("b<3\n")
    ran = place.run()
    assert not ran.remembered
    assert b"b==1.0" in (ran.lock or b"")  # kept, as an old pin is


def test_the_environment_counts(place: Place) -> None:
    place.ready()
    for name in ("PIP_PRE", "ANYTHING", "NO_COLOR", "PYTHONUTF8"):
        assert not place.run(env={name: "1"}).remembered
        place.run()
        assert place.run().remembered


def test_variables_of_a_shell_do_not_count(place: Place) -> None:
    place.ready()
    assert place.run(env={"SHLVL": "7", "OLDPWD": "/", "_": "/bin/env"}).remembered


def test_arguments_and_folder_count(place: Place) -> None:
    place.ready()
    (place.project.folder / "below").mkdir()
    assert not place.run("--no-annotate").remembered
    assert not place.run("../requirements.in", cwd=place.project.folder / "below").remembered


def test_a_page_that_is_no_longer_fresh_is_asked_for(place: Place) -> None:
    place.project.index.cache_control = "max-age=0"
    place.ready()
    assert not place.run().remembered


def test_a_new_release_is_seen_once_pages_are_stale(place: Place) -> None:
    place.project.index.cache_control = "max-age=2"
    place.run()
    place.project.lock_path.unlink()
    place.run()  # remembered, for the seconds that are left
    place.project.index.add(make_wheel("b", "3.0"))
    place.project.index.cache_control = "max-age=0"
    for path in place.project.cache.glob("pages-*/*/*"):
        headers, received, _, page = parse_entry(PAGES, path.read_bytes())
        path.write_bytes(b"".join(render_entry(PAGES, (headers, received, received, page))))
    place.project.lock_path.unlink()
    ran = place.run()
    assert not ran.remembered
    assert b"b==3.0" in (ran.lock or b"")


NEVER: dict[str, tuple[tuple[str, ...], Callable[[Place], object]]] = {
    "--check": (("--check",), lambda place: None),
    "--dry-run": (("--dry-run",), lambda place: None),
    "--offline": (("--offline",), lambda place: None),
    "--rebuild": (("--rebuild",), lambda place: None),
    "standard output": (("-o", "-"), lambda place: None),
    "find-links": (("-f", "wheels"), lambda place: (place.project.folder / "wheels").mkdir()),
    "a cut-off date": (("--uploaded-prior-to", "P1D"), lambda place: None),
    "a variable": ((), lambda place: place.project.want("# ${SHLVL}", "a")),
    "a direct reference": (
        (),
        lambda place: [
            (place.project.folder / "c-1.0-py3-none-any.whl").write_bytes(make_wheel("c", "1.0").data),
            place.project.want("./c-1.0-py3-none-any.whl"),
        ],
    ),
    "a project": (
        ("pyproject.toml",),
        lambda place: place.project.write(
            "pyproject.toml", "[project]", 'name = "p"', 'version = "1"', 'dependencies = ["a"]'
        ),
    ),
    "credentials": (
        (),
        lambda place: place.project.want(f"-i {place.project.index.url.replace('://', '://me:secret@')}", "a"),
    ),
}


@pytest.mark.parametrize("case", NEVER)
def test_never_remembered(place: Place, case: str) -> None:
    args, prepare = NEVER[case]
    prepare(place)
    if args in (("--check",), ("--offline",)):
        place.run()  # they need a lock, or a cache
    for _ in range(2):
        assert place.run(*args).code == 0
    assert not place.run(*args).remembered


def test_standard_input_is_never_remembered(place: Place) -> None:
    runs = [place.run("-", "-o", "requirements.txt", stdin="a\n") for _ in range(3)]
    assert not runs[-1].remembered


def test_a_failure_is_never_remembered(place: Place) -> None:
    place.project.want("a", "b>3")
    runs = [place.run() for _ in range(3)]
    assert [(run.code, run.remembered) for run in runs] == [(1, False)] * 3


def test_what_is_remembered_holds_no_secret(place: Place) -> None:
    (place.project.home / ".netrc").write_text("machine elsewhere.example login me password hush-hush\n")
    place.ready()
    assert place.run().remembered
    entries = remembered(place)
    assert entries
    assert not any(b"hush" in path.read_bytes() for path in entries)
    assert all(path.stat().st_mode & 0o077 == 0 for path in entries)
