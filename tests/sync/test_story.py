"""Whole syncs through the operation: locks, indexes, sources, real environments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from piptools_clone.environment.installed import read_installed
from piptools_clone.environment.own_names import FOLDER
from piptools_clone.errors import (
    BuildFailure,
    EnvironmentFailure,
    HashMismatch,
    IndexFailure,
    InputError,
    PiptoolsCloneError,
)
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.sync_request import SyncResult
from piptools_clone.run import sync_session
from piptools_clone.syncing.plan import Plan, make_plan
from piptools_clone.syncing.transaction.journal import JournalStep, JournalSteps, write_journal
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.sync.project import Project, pinned

A, A2 = make_wheel("a", "1.0"), make_wheel("a", "2.0")
B = make_wheel("b", "1.0", requires=["a>=1"])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    made.offer(A, A2, B)
    yield made
    assert not (made.site / FOLDER).exists()


def test_every_kind_of_change(project: Project) -> None:
    c, d = make_wheel("c", "1.0"), make_wheel("d", "1.0")
    project.offer(c, d, make_wheel("d", "2.0"))
    project.sync("a==1.0\nb==1.0\nc==1.0\nd==2.0\n")
    result = project.sync("a==2.0\nb==1.0\nd==1.0\n")
    assert project.actions(result) == [
        "upgrade a: is 1.0",
        "keep b: is as the lock says",
        "downgrade d: is 2.0",
        "remove c: is not in the lock",
    ]
    assert result.changed
    assert project.names() == ["a==2.0", "b==1.0", "d==1.0"]
    again = project.sync("a==2.0\nb==1.0\nd==1.0\n")
    assert (again.is_empty, again.changed) == (True, False)


def test_nothing_to_do_writes_nothing(project: Project) -> None:
    project.sync("a==1.0\n")
    before = {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")}
    lock = project.folder / "requirements.txt"
    project.sync(lock.read_text(), options=IndexOptions(index_url="http://127.0.0.1:1/simple/"))
    after = {path: path.lstat().st_mtime_ns for path in project.folder.rglob("*")}
    assert {path for path in before if before[path] != after.get(path)} <= {lock}
    assert after.keys() == before.keys()


def test_dry_run_and_no_change_nothing(project: Project) -> None:
    before = project.state()
    for facts in ({"dry_run": True}, {"confirm": lambda _: False}):
        result = project.sync("a==1.0\n", **facts)
        assert (result.changed, result.is_empty) == (False, False)
    assert project.state() == before


def test_hashes_are_held(project: Project) -> None:
    project.fails(f"a==1.0 --hash=sha256:{B.sha256}\n", PiptoolsCloneError, "a")
    project.sync(pinned(A))
    assert project.names() == ["a==1.0"]
    assert "have a hash" not in project.fails(pinned(A) + "b==1.0\n", InputError, "required for every line")
    project.sync(pinned(A) + "b==1.0\n", require_hashes=False)
    project.fails("a==2.0\n", InputError, "required for every line", require_hashes=True)


def test_another_file_of_the_same_version_is_noticed(project: Project) -> None:
    project.sync(pinned(A))
    other = make_wheel("a", "1.0", files={"a.py": "other"})
    project.offer(other)
    result = project.sync(pinned(other))
    assert project.actions(result) == ["replace a: is from a file that the lock does not list"]
    assert (project.site / "a.py").read_text() == "other"


def test_a_warm_cache_needs_no_index(project: Project, tmp_path: Path) -> None:
    lock = pinned(A) + pinned(B)
    project.sync(lock)
    (tmp_path / "other").mkdir()
    other = Project(tmp_path / "other")
    unreachable = IndexOptions(index_url="http://127.0.0.1:1/simple/")
    other.sync(lock, options=unreachable, cache_dir=str(project.folder / "cache"))
    assert other.names() == ["a==1.0", "b==1.0"]


def test_what_is_missing_is_named(project: Project) -> None:
    said = project.fails("b==1.0\n", InputError, "not complete")
    assert "a (needed by b)" in said
    project.sync("b==1.0\n", strict=False)
    assert project.names() == ["b==1.0"]


def test_versions_that_do_not_fit_together_are_named(project: Project) -> None:
    project.offer(make_wheel("c", "1.0", requires=["a<2"]))
    project.fails("a==2.0\nc==1.0\n", InputError, r"c needs a<2, but the lock has a==2\.0")


def test_requires_python_is_heard(project: Project) -> None:
    project.offer(make_wheel("old", "1.0", requires_python="<3"))
    project.fails("old==1.0\n", PiptoolsCloneError, "Python")


def test_unpinned_and_unknown(project: Project) -> None:
    project.fails("a>=1\n", InputError, r"requirements.txt:1 \(a>=1\)")
    project.fails("a==7.7\n", IndexFailure, r"is not on the index, which has 1\.0, 2\.0")
    project.fails("nobody==1.0\n", IndexFailure, "no index knows nobody")
    project.sync("a>=1\n", strict=False)
    assert project.names() == ["a==2.0"]
    assert project.sync("a>=1\n", strict=False).is_empty


def test_an_empty_lock_does_nothing(project: Project) -> None:
    project.sync("a==1.0\n")
    assert "--allow-empty" in project.fails("# nothing\n", InputError, "nothing is pinned")
    project.sync("# nothing\n", allow_empty=True)
    assert project.names() == []
    assert project.sync("# nothing\n").is_empty


def test_constraints_constrain_only(project: Project) -> None:
    (project.folder / "c.txt").write_text("a<2\nb==1.0\n")
    project.sync("-c c.txt\na==1.0\n")
    assert project.names() == ["a==1.0"]
    project.fails("-c c.txt\na==2.0\n", InputError, r"a==2\.0 is excluded by .*c\.txt:1 \(a<2\)")


def test_kept_names(project: Project) -> None:
    project.sync("a==1.0\nb==1.0\n")
    project.sync("a==1.0\n", keep=("B*",))
    assert project.names() == ["a==1.0", "b==1.0"]
    (project.site / "b-1.0.dist-info" / "INSTALLER").write_text("conda\n")
    assert project.sync("a==1.0\n").is_empty


def test_sources_are_built_once(project: Project) -> None:
    sdist = make_sdist("src", "1.0")
    project.offer(sdist)
    project.sync(pinned(sdist))
    assert project.names() == ["src==1.0"]
    built = len(project.hearer.said)
    project.sync("# nothing\n", allow_empty=True)
    project.sync(pinned(sdist))
    assert project.names() == ["src==1.0"]
    assert len(project.hearer.said) == built
    project.offer(make_sdist("bad", "1.0", fails="no compiler"))
    with pytest.raises(BuildFailure) as caught:
        project.sync("bad==1.0\n")
    assert "no compiler" in caught.value.log
    project.fails("bad==1.0\n", PiptoolsCloneError, "no.build", no_build=True)


def test_folders_editable_and_plain(project: Project) -> None:
    folder = write_project(project.folder / "source", "pkg", "1.0", entry_points="[console_scripts]\nrun = pkg:f\n")
    lock = f"-e {folder}\n"
    project.sync(lock)
    assert project.sync(lock).is_empty
    [pkg] = read_installed([project.site])
    assert pkg.is_editable
    assert pkg.direct_url == {"url": folder.as_uri(), "dir_info": {"editable": True}}
    assert project.run("import pkg; print(pkg.__file__)") == f"{folder / 'pkg.py'}\n"
    assert (project.python.parent / "run").read_text().startswith(f"#!{project.python}\n")
    result = project.sync(f"pkg @ {folder.as_uri()}\n")
    assert project.actions(result) == ["replace pkg: is from another place"]
    assert (project.site / "pkg.py").exists()
    assert project.sync(f"pkg @ {folder.as_uri()}\n").is_empty
    assert project.sync(f"pkg @ {folder.as_uri()}/\n").is_empty
    project.sync("a==1.0\n")
    assert project.names() == ["a==1.0"]
    assert (folder / "pkg.py").exists()


def test_a_wheel_by_address(project: Project) -> None:
    url = (project.folder / "wheels" / A.filename).as_uri()
    project.sync(f"a @ {url}#sha256={A.sha256}\n")
    [a] = read_installed([project.site])
    assert a.direct_url == {"url": url, "archive_info": {"hash": f"sha256={A.sha256}", "hashes": {"sha256": A.sha256}}}
    assert project.sync(f"a @ {url}\n").is_empty
    assert project.actions(project.sync("a==1.0\n")) == [f"replace a: is from {url}"]
    project.fails(f"a @ {url}#sha256={B.sha256}\n", HashMismatch, "digest")


def test_a_repository(project: Project) -> None:
    folder = write_project(project.folder / "repo", "pkg", "1.0")
    who = ["-c", "user.name=a", "-c", "user.email=a@idx.example"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], [*who, "commit", "-qm", "1"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    lock = f"pkg @ git+{folder.as_uri()}@main\n"
    project.sync(lock)
    [pkg] = read_installed([project.site])
    info = (pkg.direct_url or {})["vcs_info"]
    assert (info["vcs"], info["requested_revision"], len(info["commit_id"])) == ("git", "main", 40)
    assert project.sync(lock).is_empty
    assert project.sync(f"pkg @ git+{folder.as_uri()}@{info['commit_id']}\n").is_empty


def test_drift_is_found_and_repaired(project: Project) -> None:
    project.sync("a==1.0\n")
    (project.site / "a.py").write_text("VERSION = '6.6'\n")
    assert project.sync("a==1.0\n").is_empty
    assert project.actions(project.sync("a==1.0\n", verify=True)) == ["replace a: a.py has changed"]
    assert (project.site / "a.py").read_text() == "VERSION = '1.0'\n"
    assert project.sync("a==1.0\n", verify=True).is_empty
    (project.site / "a.py").unlink()
    assert project.actions(project.sync("a==1.0\n", verify=True, dry_run=True)) == ["replace a: a.py is missing"]


def test_broken_and_doubled_distributions_are_repaired(project: Project) -> None:
    project.sync("a==1.0\n")
    (project.site / "a-1.0.dist-info" / "METADATA").unlink()
    assert project.actions(project.sync("a==1.0\n")) == ["replace a: its metadata is missing"]
    twin = project.site / "a-0.9.dist-info"
    twin.mkdir()
    (twin / "METADATA").write_text("Name: a\nVersion: 0.9\n")
    (twin / "RECORD").write_text("a-0.9.dist-info/METADATA,,\na-0.9.dist-info/RECORD,,\n")
    assert project.actions(project.sync("a==1.0\n")) == ["replace a: is there more than once"]
    assert project.names() == ["a==1.0"]


def test_a_distribution_without_record_is_refused_by_name(project: Project) -> None:
    info = project.site / "old-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: old\nVersion: 1.0\n")
    assert "--keep old" in project.fails("a==1.0\n", EnvironmentFailure, "cannot be removed exactly")
    project.sync("a==1.0\n", keep=("old",))


def test_other_places(project: Project) -> None:
    target = project.folder / "some" / "target"
    for _ in range(2):
        result = project.sync("a==1.0\n", target=str(target))
    assert result.is_empty
    assert sorted(path.name for path in target.iterdir()) == ["a-1.0.dist-info", "a.py"]
    project.sync("a==1.0\n", prefix=str(project.folder / "prefix"))
    assert list((project.folder / "prefix").rglob("a.py"))
    assert project.names() == []
    project.fails("a==1.0\n", EnvironmentFailure, "--user has no effect", user=True)


def test_compiling_is_an_option(project: Project) -> None:
    project.sync("a==1.0\n", compile_bytecode=True)
    [compiled] = (project.site / "__pycache__").glob("a.*.pyc")
    assert str(project.site / "a.py").encode() in compiled.read_bytes()
    project.sync("# nothing\n", allow_empty=True)
    assert not compiled.exists()


def test_two_syncs_take_turns(project: Project) -> None:
    """The second waits, plans again, and finds that nothing is left to do."""
    lock = "a==1.0\nb==1.0\n"
    (project.folder / "requirements.txt").write_text(lock)
    words = ["--python", project.python, "--no-index", "-f", project.folder / "wheels", "--no-config"]
    command = [Path(sys.executable).with_name("pip-sync"), *words, "--cache-dir", project.folder / "cache"]
    running = [
        subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
    ]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], ended
    assert project.names() == ["a==1.0", "b==1.0"]


def test_an_interrupted_sync_is_undone_by_the_next(project: Project) -> None:
    area = project.site / FOLDER
    area.mkdir()
    (area / "new").mkdir()
    steps = JournalSteps((JournalStep(str(project.site / "a.py"), str(area / "old" / "0")),), ())
    write_journal(str(area), steps)
    (area / "old").mkdir()
    (area / "old" / "0").write_text("mine")
    result = project.sync("# nothing\n", dry_run=True)
    assert result.is_empty
    assert project.hearer.said == ["An interrupted sync of this environment was undone."]
    assert (project.site / "a.py").read_text() == "mine"


def test_docker_idiom(project: Project) -> None:
    """An environment that was copied elsewhere still imports what was synced into it."""
    project.sync("a==1.0\n")
    copy = project.folder / "final"
    subprocess.run(["cp", "-a", project.folder / "venv", copy], check=True)
    project.python = copy / "bin" / "python"
    assert project.run("import a; print(a.VERSION)") == "1.0\n"


def count_plans(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    made: list[object] = []

    def make(*arguments: Any, **more: Any) -> Plan:
        made.append(make_plan(*arguments, **more))
        return make_plan(*arguments, **more)

    monkeypatch.setattr(sync_session, "make_plan", make)
    return made


def test_a_plan_is_made_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = count_plans(monkeypatch)
    project.sync("a==1.0\nb==1.0\n")
    assert len(made) == 1
    project.sync("a==2.0\nb==1.0\n")
    assert len(made) == 2


def test_it_is_made_anew_where_the_environment_has_changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another sync comes first, between the plan and the lock of the environment; even by the same versions."""
    made = count_plans(monkeypatch)
    project.sync("a==1.0\n")
    del made[:]

    def come_first(_: SyncResult) -> bool:
        project.sync("a==1.0\n", reinstall=True)
        return True

    assert project.sync("a==2.0\n", confirm=come_first).changed
    assert len(made) == 3
    assert project.names() == ["a==2.0"]
