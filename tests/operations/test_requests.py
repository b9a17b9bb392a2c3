"""What a request asks for beside its inputs is honoured, and what was chosen is remarked on where that is due."""

from __future__ import annotations

import os
import sys

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.simple_index import SimpleIndex

BODY = ("-q", "--no-header", "--no-emit-options", "--strip-extras", "-o", "-")


@pytest.fixture
def world(project):
    """a 2 needs a newer Python than 3.10, b only exists for some systems."""
    index = project.index
    index.add(make_wheel("a", "1"))
    index.add(make_wheel("a", "2", requires_python=">=3.11", requires=["d"]))
    index.add(make_wheel("b", "1", tag="cp310-cp310-win_amd64"))
    index.add(make_wheel("c", "1", requires=['d; sys_platform == "win32"', 'e; python_version < "3.11"']))
    index.add(make_wheel("d", "1"))
    index.add(make_wheel("e", "1"))
    return project


class TestTargets:
    """``--pip-args`` may name another Python and platform."""

    def test_another_python(self, world):
        world.want("a", "c")
        assert world.compile(*BODY).pins == {"a": "2", "c": "1", "d": "1"}
        other = world.compile(*BODY, "--pip-args", "--python-version 3.10")
        assert other.pins == {"a": "1", "c": "1", "e": "1"}

    def test_a_python_that_no_release_needs_to_support(self, world):
        world.want("a")
        args = ("--pip-args", "--python-version 3.10 --ignore-requires-python")
        assert world.compile(*BODY, *args).pins == {"a": "2", "d": "1"}

    def test_another_platform(self, world):
        world.want("b", "c")
        run = world.compile(*BODY, "--pip-args", "--python-version 310 --platform win_amd64")
        assert run.pins == {"b": "1", "c": "1", "d": "1", "e": "1"}

    def test_no_dependencies(self, world):
        world.want("a", "c")
        assert world.compile(*BODY, "--pip-args", "--no-deps").pins == {"a": "2", "c": "1"}


class TestSettingsOfPip:
    """What pip's own configuration says holds."""

    def test_constraints(self, world):
        limits = world.write("limits.txt", "a<2")
        world.want("a")
        run = world.compile(*BODY, env={"PIP_CONSTRAINT": str(limits)})
        assert run.out == f"a==1\n    # via\n    #   -c {limits}\n    #   -r requirements.in\n"

    def test_isolated_hears_no_variable(self, world):
        limits = world.write("limits.txt", "a<2")
        world.want("a")
        args = ("--pip-args", "--isolated", "-i", world.index.url)
        run = world.compile(*BODY, *args, env={"PIP_CONSTRAINT": str(limits), "PIP_INDEX_URL": "http://127.0.0.1:9"})
        assert run.pins == {"a": "2", "d": "1"}

    def test_isolated_reads_no_file_of_the_user(self, world):
        world.want("a")
        (world.home / ".pip").mkdir()
        (world.home / ".pip" / "pip.conf").write_text("[global]\nno-index = true\n")
        env = {"PIP_CONFIG_FILE": "", "XDG_CONFIG_DIRS": str(world.home)}
        run = world.compile(*BODY, "--pip-args", "--isolated", "-i", world.index.url, env=env)
        assert run.pins == {"a": "2", "d": "1"}


class TestRemarks:
    """What a user should hear of what was chosen."""

    def test_yanked_with_its_reason(self, project):
        project.index.add(make_wheel("y", "1"), yanked="it eats files")
        project.want("y==1")
        assert "y 1 was yanked: it eats files" in project.compile(*BODY).said

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (("archived", ""), "y is marked as archived by its index"),
            (("deprecated", "use z"), "deprecated by its index: use z"),
        ],
    )
    def test_statuses(self, project, status, said):
        project.index.add(make_wheel("y", "1"))
        project.index.statuses["y"] = status
        project.want("y")
        run = project.compile(*BODY)
        assert run.code == 0
        assert run.said.count(said) == 1

    def test_quarantined_is_refused(self, project):
        project.index.add(make_wheel("y", "1"))
        project.index.statuses["y"] = ("quarantined", "malware")
        project.want("y")
        run = project.compile(*BODY)
        assert run.code == 1
        assert "quarantined by the index (malware)" in run.err

    def test_an_extra_that_is_not_there(self, project):
        project.index.add(make_wheel("y", "1", extras=["real"]))
        project.want("y[real,typo]")
        assert project.compile(*BODY).said == "WARNING: y 1 does not provide the extra 'typo'\n"

    def test_an_extra_that_is_only_used_counts_as_declared(self, project):
        project.index.add(make_wheel("y", "1", requires=['z; extra == "old"']))
        project.index.add(make_wheel("z", "1"))
        project.want("y[old]")
        assert project.compile(*BODY).said == ""

    def test_a_name_on_two_indexes(self, project, simple_index):
        """One line for all of them."""
        other: SimpleIndex = simple_index()
        third: SimpleIndex = simple_index()
        for name, places in {"x": (other, third), "y": (project.index, other), "z": (other,)}.items():
            for number, each in enumerate(places):
                each.add(make_wheel(name, "1", requires=["b"] * number))
        project.index.add(make_wheel("b", "1"))
        project.want("x", "y", "z")
        args = ("--extra-index-url", other.url, "--extra-index-url", third.url)
        places = f"{other.url}, {third.url}, {project.index.url}"
        said = f"x, y are offered by several indexes ({places}); see --index-strategy\n"
        assert said in project.compile(*BODY[1:], *args).err
        assert said not in project.compile(*BODY, *args).err

    @pytest.mark.parametrize("hashes", [("sha256",), ()])
    def test_a_mirror_is_worth_no_word(self, project, simple_index, hashes):
        """But only where digests tell that it is one, and only for as long as it lacks nothing."""
        other: SimpleIndex = simple_index(hashes=hashes)
        for each in (project.index, other):
            each.add(make_wheel("y", "1"))
        project.want("y")
        args = (*BODY[1:], "--extra-index-url", other.url)
        assert ("several indexes" in project.compile(*args).err) == (not hashes)
        project.index.add(make_sdist("y", "1", static=True))
        assert "several indexes" in project.compile(*args, "--rebuild").err

    def test_the_first_index_wins_where_asked_for(self, project, simple_index):
        other: SimpleIndex = simple_index()
        project.index.add(make_wheel("y", "1"))
        other.add(make_wheel("y", "2"))
        project.want("y")
        args = (*BODY, "--extra-index-url", other.url)
        assert project.compile(*args).pins == {"y": "2"}
        assert project.compile(*args, "--index-strategy", "first-index").pins == {"y": "1"}


class TestPaths:
    """Relative paths stay as they were written, wherever the lock is: pip reads them from the working folder."""

    def test_a_lock_elsewhere(self, project):
        wheel = make_wheel("w", "1")
        wheel.write(project.folder / "wheels")
        project.write("in/r.in", "./wheels/w-1-py3-none-any.whl")
        run = project.compile("-q", "--no-header", "--no-emit-options", "--generate-hashes", "-o", "out.txt", "in/r.in")
        assert run.code == 0, run.err
        text = (project.folder / "out.txt").read_text()
        assert text == (f"./wheels/w-1-py3-none-any.whl \\\n    --hash=sha256:{wheel.sha256}\n    # via -r in/r.in\n")

    def test_again_nothing_changes(self, project):
        make_wheel("w", "1").write(project.folder)
        project.want("w-1-py3-none-any.whl")
        assert project.compile().code == 0
        before = project.lock_path.stat()
        again = project.compile()
        assert "is up to date" in again.err
        assert "removed" not in again.err
        assert project.lock_path.stat().st_mtime_ns == before.st_mtime_ns

    def test_an_absolute_one_is_an_address(self, project):
        path = make_wheel("w", "1").write(project.folder)
        project.want(str(path))
        assert project.compile(*BODY).out == f"w @ file://{path}\n    # via -r requirements.in\n"

    def test_an_editable_below_an_absolute_index(self, project):
        make_sdist("s", "1", static=True).write(project.folder / "links")
        project.want("-f links", "s")
        env = {"PIP_NO_INDEX": "1"}
        assert project.compile(*BODY, env=env).pins == {"s": "1"}
        assert [path.name for path in (project.folder / "links").iterdir()] == ["s-1.tar.gz"]


class TestPlaces:
    """A place that can be no index is passed over as pip does it, and never in silence."""

    @pytest.mark.parametrize("place", ["/not/there/simple", "file:///not/there", "${UNSET}/simple"])
    def test_an_extra_index_that_is_not_there(self, world, place):
        world.want("d")
        run = world.compile(*BODY, "--extra-index-url", place)
        assert run.pins == {"d": "1"}
        assert f"the index {place} is passed over: it is not there" in run.said

    def test_a_scheme_that_cannot_be_read(self, world):
        world.want("d")
        run = world.compile(*BODY, "--extra-index-url", "ftp://idx.example/simple")
        assert run.pins == {"d": "1"}
        assert "passed over: only http, https and file addresses can be read" in run.said

    def test_the_only_index_is_named_when_nothing_is_found(self, world):
        world.want("d")
        run = world.compile(*BODY, "--index-url", "/not/there/simple")
        assert run.code == 1
        assert "the index /not/there/simple is passed over" in run.said


def test_a_variable_that_is_not_set_is_named_although_the_run_fails(world):
    world.want("--index-url http://127.0.0.1:9/${INDEX_TOKEN}/", "d")
    run = world.compile(*BODY, "--pip-args", "--retries 0")
    assert run.code == 2
    first, rest = run.said.split("\n", 1)
    words = "the variable INDEX_TOKEN is not set or empty: ${INDEX_TOKEN} stays as it is, as in pip"
    assert first == f"WARNING: requirements.in:1: {words}"
    assert rest.startswith("ERROR: ")


@pytest.mark.parametrize("name", ["requirements.in", "pyproject.toml"])
def test_an_input_in_a_merge_conflict(world, name):
    world.write(name, "<<<<<<< HEAD", "a", "=======", "b", ">>>>>>> other")
    run = world.compile(*BODY, name)
    assert run.code == 2
    assert "the file is in a merge conflict: " in run.said
    assert f"{name}:1: " in run.said


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="file names are Unicode there")
def test_a_file_name_that_is_no_text_is_refused_in_one_paragraph(world):
    name = os.fsdecode(b"\xfc.in")
    world.write(name, "d\n")
    run = world.compile(*BODY, name)
    assert (run.code, run.out) == (2, "")
    assert "the lock would name a file whose name is not UTF-8: via -r \\udcfc.in" in run.said
