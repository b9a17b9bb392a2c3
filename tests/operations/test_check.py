"""``--check``: whether the lock is what compile would write; offline from the cache, else from the lock itself."""

from __future__ import annotations

import pytest

from tests.support.packages import make_wheel

OPTIONS = ("--strip-extras", "-q")


@pytest.fixture
def locked(project):
    """x needs y; both are locked, and the cache is gone."""
    for name, requires in (("x", ["y"]), ("y", []), ("z", [])):
        project.index.add(make_wheel(name, "1", requires=requires))
    project.want("x")
    assert project.compile(*OPTIONS).code == 0
    return project


def check(project, *options):
    """Check offline with an empty cache, and be sure that nothing was asked and nothing written."""
    before, project.index.requests[:] = project.lock_path.read_bytes(), []
    run = project.compile(*OPTIONS, "--check", "--offline", "--cache-dir", str(project.root / "empty"), *options)
    assert project.index.requests == []
    assert project.lock_path.read_bytes() == before
    return run


class TestWithIndex:
    def test_up_to_date(self, locked):
        run = locked.compile("--strip-extras", "--check")
        assert run.code == 0
        assert "requirements.txt is up to date." in run.err

    def test_stale(self, locked):
        locked.want("x", "z")
        run = locked.compile(*OPTIONS, "--check")
        assert run.code == 1
        assert "requirements.txt is not up to date" in run.err
        assert "+z==1" in run.err
        assert b"z==1" not in run.lock

    def test_no_lock_yet(self, locked):
        locked.lock_path.unlink()
        assert locked.compile(*OPTIONS, "--check").code == 1
        assert not locked.lock_path.exists()

    def test_an_index_that_fails_says_nothing_about_the_lock(self, locked):
        args = (*OPTIONS, "--check", "--cache-dir", str(locked.root / "empty"), "--pip-args", "--retries 0")
        assert locked.compile(*args, "-i", "http://127.0.0.1:9/simple").code == 2


class TestFromTheCache:
    def test_the_whole_resolution(self, locked):
        locked.index.requests.clear()
        run = locked.compile(*OPTIONS, "--check", "--offline")
        assert run.code == 0
        assert run.said == ""
        assert locked.index.requests == []


class TestFromTheLockItself:
    def test_up_to_date(self, locked):
        run = check(locked)
        assert run.code == 0
        assert "the index was not asked" in run.said

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            (("x", "z"), "requirements.in:2 requires z, which is not in the lock"),
            (("x>1",), "requirements.in:1 requires x>1, but the lock has 1"),
            (("y",), "x is in the lock, and nothing requires it"),
            (("x", "y"), "requirements.in:2 requires y, which the annotation in the lock does not say"),
            (("-c c.txt", "x"), "c.txt:1 limits y to <1, but the lock has 1"),
            (("x", "./local"), "requirements.in:2 requires ./local, which is not in the lock"),
        ],
    )
    def test_stale(self, locked, lines, said):
        locked.write("c.txt", "y<1")
        (locked.folder / "local").mkdir()
        locked.write("local/pyproject.toml", '[project]\nname = "local"\nversion = "1"')
        locked.want(*lines)
        run = check(locked)
        assert run.code == 1
        assert said in run.err

    def test_a_root_that_became_a_dependency(self, locked):
        """The lock says that requirements.in requires y, which it does no more."""
        locked.want("x", "y")
        assert locked.compile(*OPTIONS).code == 0
        locked.want("x")
        run = check(locked)
        assert run.code == 1
        assert "y is annotated with -r requirements.in, which does not require it" in run.err

    def test_markers_count(self, locked):
        locked.want("x", 'z ; python_version < "3"')
        assert check(locked).code == 0

    def test_hashes(self, locked):
        run = check(locked, "--generate-hashes")
        assert run.code == 1
        assert "x, y: no hash" in run.err

    def test_without_annotations_it_says_what_it_could_not_see(self, locked):
        assert locked.compile(*OPTIONS, "--no-annotate").code == 0
        run = check(locked, "--no-annotate")
        assert run.code == 0
        assert "it may hold packages that nothing requires" in run.said

    def test_unsafe_packages_are_no_pins(self, locked):
        locked.index.add(make_wheel("setuptools", "70"))
        locked.want("x", "setuptools")
        assert locked.compile(*OPTIONS).code == 0
        assert check(locked).code == 0

    def test_paths_and_editables(self, locked):
        locked.write("local/pyproject.toml", '[project]\nname = "local"\nversion = "1"\ndependencies = ["y"]')
        locked.want("-e ./local", "x")
        assert locked.compile(*OPTIONS).code == 0
        assert check(locked).code == 0

    def test_an_include_by_address_cannot_be_read(self, locked):
        locked.want("-c http://127.0.0.1:9/c.txt", "x")
        run = check(locked)
        assert run.code == 2
        assert "cannot be read offline" in run.err
