"""Projects as inputs: static or described by their backend, extras, groups, scripts, build requirements, Pythons."""

from __future__ import annotations

import sys

import pytest

from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.project import PIN
from tests.support.simple_index import Fault

BODY = ("-q", "--no-header", "--no-emit-options", "--strip-extras", "-o", "-")
STATIC = """\
[project]
name = "proj"
version = "1"
dependencies = ["a"]

[dependency-groups]
lint = ["b"]
all = [{include-group = "lint"}, "c"]
"""


@pytest.fixture(autouse=True)
def packages(index):
    """a, b and c, each in two versions."""
    for name in "abc":
        index.add(make_wheel(name, "1"))
        index.add(make_wheel(name, "2"))


def built(project, **facts):
    """A project in ``src`` of whose metadata no file tells anything."""
    facts.setdefault("requires", ["a", 'b<2; extra == "dev"', 'c; extra == "dev" or extra == "Te_st"'])
    write_project(project.folder / "src", "My_Proj", "1", extras=["dev", "Te_st"], **facts)


def test_a_build_describes_a_dynamic_project(project):
    built(project)
    run = project.compile(*BODY[1:], "src/pyproject.toml")
    assert run.out == "a==2\n    # via My_Proj (src/pyproject.toml)\n"
    assert "building src/pyproject.toml to read its metadata" in run.err


@pytest.mark.parametrize(
    ("options", "pins"),
    [
        (("--extra", "dev"), {"a": "2", "b": "1", "c": "2"}),
        (("--extra", "te.st"), {"a": "2", "c": "2"}),
        (("--all-extras",), {"a": "2", "b": "1", "c": "2"}),
    ],
)
def test_extras_of_a_built_project(project, options, pins):
    built(project)
    assert project.compile(*BODY, *options, "src/pyproject.toml").pins == pins


def test_setup_py_is_described_by_a_build_even_beside_static_metadata(project):
    built(project, pyproject=STATIC)
    project.write("src/setup.py", "raise SystemExit('the backend is another')")
    assert project.compile(*BODY, "src/setup.py").out == "a==2\n    # via My_Proj (src/setup.py)\n"


def test_an_extra_that_a_built_project_lacks_is_an_error(project):
    built(project)
    run = project.compile(*BODY, "--extra", "nope", "src/pyproject.toml")
    assert run.code == 2
    assert "src/pyproject.toml defines no extra 'nope'" in run.err


def test_an_extra_of_a_built_project_that_names_the_project_itself(project):
    built(project, requires=['a; extra == "dev"', 'My_Proj[dev]; extra == "te-st"'])
    assert project.compile(*BODY, "--extra", "te-st", "src/pyproject.toml").pins == {"a": "2"}


def test_no_build_forbids_it(project):
    built(project)
    run = project.compile(*BODY, "--no-build", "src/pyproject.toml")
    assert run.code == 2
    assert f"Failed to parse {project.folder}/src/pyproject.toml" in run.err
    assert "--no-build forbids" in run.err


def test_only_binary_is_not_about_the_project_itself(project):
    built(project)
    assert project.compile(*BODY, "--only-binary", ":all:", "src/pyproject.toml").pins == {"a": "2"}


def test_a_build_that_fails_shows_what_it_said(project):
    built(project, fails="no compiler at hand")
    run = project.compile(*BODY, "src/pyproject.toml")
    assert run.code == 2
    assert "Failed to parse" in run.err
    assert "no compiler at hand" in run.err


class TestGroups:
    """PEP 735."""

    def test_of_the_project_file_at_hand(self, project):
        project.write("pyproject.toml", STATIC)
        run = project.compile(*BODY, "--group", "lint")
        assert run.out == "b==2\n    # via proj (pyproject.toml:lint)\n"

    def test_of_an_input(self, project):
        project.write("sub/pyproject.toml", STATIC)
        assert project.compile(*BODY, "--group", "lint", "sub/pyproject.toml").pins == {"a": "2", "b": "2"}

    def test_of_another_file(self, project):
        project.write("sub/pyproject.toml", STATIC)
        project.want("a<2")
        run = project.compile(*BODY, "--group", "sub/pyproject.toml:all", "requirements.in")
        assert run.pins == {"a": "1", "b": "2", "c": "2"}

    def test_only_those_that_have_it(self, project):
        project.write("one/pyproject.toml", STATIC)
        project.write("two/pyproject.toml", '[project]\nname = "two"\nversion = "1"')
        inputs = ("one/pyproject.toml", "two/pyproject.toml")
        assert project.compile(*BODY, "--group", "lint", *inputs).pins == {"a": "2", "b": "2"}

    @pytest.mark.parametrize("group", ["lnt", "pyproject.toml:lnt"])
    def test_an_unknown_one_is_an_error(self, project, group):
        project.write("pyproject.toml", STATIC)
        run = project.compile(*BODY, "--group", group)
        assert run.code == 2
        assert "pyproject.toml defines no group 'lnt'" in run.err
        assert "did you mean --group lint?" in run.err

    def test_of_a_file_that_is_not_there(self, project):
        run = project.compile(*BODY, "--group", "no/pyproject.toml:lint")
        assert run.code == 2
        assert "there is no no/pyproject.toml" in run.err


class TestScripts:
    """PEP 723."""

    def test_a_script_is_an_input(self, project):
        project.write("tool.py", "# /// script", '# dependencies = ["a<2"]', "# ///", "import a")
        assert project.compile(*BODY, "tool.py").out == "a==1\n    # via -r tool.py\n"

    def test_a_script_without_metadata(self, project):
        project.write("tool.py", "import a")
        run = project.compile(*BODY, "tool.py")
        assert run.code == 2
        assert "tool.py: holds no requirements" in run.err


class TestBuildRequirements:
    """``--build-deps-for``, ``--all-build-deps``, ``--only-build-deps``, in the spelling of pip-tools."""

    def test_all(self, project):
        built(project, build_requires=["a<2"], late_build_requires=["b"])
        run = project.compile(*BODY, "--all-build-deps", "src/pyproject.toml")
        proj = "My_Proj (src/pyproject.toml"
        assert run.out == (
            f"a==1\n    # via\n    #   {proj})\n    #   {proj}::build-system.requires)\n"
            f"b==2\n    # via\n    #   {proj}::build-system.backend::editable)\n"
            f"    #   {proj}::build-system.backend::wheel)\n"
        )

    def test_only(self, project):
        project.write("pyproject.toml", STATIC)
        write_project(project.folder, "proj", "1", pyproject=STATIC, build_requires=["c"], late_build_requires=["b<2"])
        run = project.compile(*BODY, "--build-deps-for", "wheel", "--only-build-deps", "pyproject.toml")
        assert run.out == (
            "b==1\n    # via proj (pyproject.toml::build-system.backend::wheel)\n"
            "c==2\n    # via proj (pyproject.toml::build-system.requires)\n"
        )

    def test_what_is_upgraded_limits_the_build_as_well(self, project):
        """The one version that is allowed does not import."""
        broken = make_wheel("helper", "2", files={"helper.py": "raise SystemExit('the wrong helper')\n"})
        for package in (make_wheel("helper", "1"), broken):
            project.index.add(package)
        backend = "import helper\nget_requires_for_build_wheel = lambda settings=None: ['a']\n"
        build_system = '[build-system]\nrequires = ["helper"]\nbuild-backend = "own"\nbackend-path = ["."]\n'
        project.write("own.py", backend)
        project.write("pyproject.toml", STATIC + build_system)
        wanted = (*BODY, "--build-deps-for", "wheel", "--only-build-deps", "pyproject.toml")
        assert project.compile(*wanted, "-P", "helper<2").pins == {"a": "2", "helper": "1"}
        failed = project.compile(*wanted)
        assert failed.code == 2
        assert "the wrong helper" in failed.err

    def test_constraints_of_pips_settings_limit_the_build_as_well(self, project):
        project.index.add(make_wheel("helper", "1"))
        project.index.add(make_wheel("helper", "2", files={"helper.py": "raise SystemExit('the wrong helper')\n"}))
        built(project, build_requires=["helper"], requires=["a"])
        backend = project.folder / "src" / "own_backend.py"
        backend.write_text("import helper\n" + backend.read_text())
        limits = project.write("limits.txt", "helper<2")
        assert project.compile(*BODY, "src/pyproject.toml", env={"PIP_CONSTRAINT": str(limits)}).pins == {"a": "2"}

    def test_an_index_that_fails_while_building_is_no_fault_of_the_release(self, project):
        """Else an older version would be locked for an outage."""
        project.index.add(make_wheel("s", "1"))
        project.index.add(make_sdist("s", "2", build_requires=["helper"]))
        project.index.fail_always("/simple/helper/", Fault(status=503))
        project.want("s")
        run = project.compile(*BODY, "--pip-args", "--retries 0")
        assert run.code == 2
        assert "503" in run.err

    def test_a_refusal_that_means_absent_does_so_while_building(self, project, simple_index):
        """Else a build that fails by itself would be taken for a failure of the index."""
        other = simple_index()
        project.index.add(make_wheel("s", "1"))
        project.index.add(make_sdist("s", "2", build_requires=["a"], fails="broken"))
        for name in "as":
            other.fail_always(f"/simple/{name}/", Fault(status=403))
        project.want("s")
        args = (*BODY, "--extra-index-url", other.url)
        run = project.compile(*args, "--absent-status", f"{other.host}=403")
        assert run.code == 1
        assert "s 2 could not be built" in run.err
        run = project.compile(*args)
        assert run.code == 2
        assert "403" in run.err

    def test_offline_a_build_asks_nobody(self, project):
        built(project, build_requires=["a"])
        run = project.compile(*BODY, "--offline", "src/pyproject.toml")
        assert run.code == 2
        assert "pip could not build src/pyproject.toml, offline" in run.err
        assert project.index.requests == []

    def test_settings_for_the_backend(self, project):
        """Those after a requirement, else those for every build; what was built with others is not taken for it."""
        project.index.add(make_sdist("s", "1", hears_settings=True))
        write_project(project.folder / "f", "f", "1", hears_settings=True)
        for_all = ("--pip-args", "-C needs=a -C 'needs=b>0'")
        project.want("s", "f @ file:f")
        none = project.compile(*BODY).out
        assert PIN.findall(none) == [("s", "1")]
        assert PIN.findall(project.compile(*BODY, *for_all).out) == [("a", "2"), ("b", "2"), ("s", "1")]
        project.want("s --config-settings=needs=a", "-e ./f -C needs=c")
        assert PIN.findall(project.compile(*BODY, *for_all).out) == [("a", "2"), ("c", "2"), ("s", "1")]
        project.want("s", "f @ file:f")
        assert project.compile(*BODY).out == none

    def test_settings_for_the_backend_of_the_project(self, project):
        built(project, requires=[], hears_settings=True)
        args = ("--pip-args", "-C needs=a -C build-needs=b", "src/pyproject.toml")
        assert project.compile(*BODY, *args).pins == {"a": "2"}
        assert project.compile(*BODY, "--build-deps-for", "wheel", *args).pins == {"a": "2", "b": "2"}

    def test_without_isolation_the_backend_runs_here(self, project):
        """The interpreter that runs the command is asked itself."""
        write_project(project.folder, "proj", "1", pyproject=STATIC, build_requires=[], late_build_requires=["b<2"])
        run = project.compile(*BODY, "--build-deps-for", "wheel", "--no-build-isolation", "pyproject.toml")
        assert run.pins == {"a": "2", "b": "1"}

    def test_a_backend_path_outside_is_refused(self, project):
        project.write("src/pyproject.toml", STATIC, '[build-system]\nrequires = []\nbackend-path = ["../.."]')
        run = project.compile(*BODY, "--all-build-deps", "src/pyproject.toml")
        assert run.code == 2
        assert "leads out of the project" in run.err


class TestPythons:
    """A lock is for its target alone, whatever other Pythons a project supports; one outside of them is said."""

    def test_other_pythons_of_the_project_hold_nothing_back(self, project):
        """As pip-tools chooses, and uv for the same target."""
        project.index.add(make_wheel("modern", "1", requires_python=">=3.8"))
        project.index.add(make_wheel("modern", "2", requires_python=">=3.9"))
        project.write("pyproject.toml", '[project]\nname="p"\nversion="1"\nrequires-python=">=3.8"')
        project.want("modern")
        run = project.compile(*BODY, "pyproject.toml", "requirements.in")
        assert run.pins == {"modern": "2"}
        assert "Python" not in run.said

    def test_a_python_that_the_project_does_not_support(self, project):
        project.write("tool.py", "# /// script", '# requires-python = "<3"', '# dependencies = ["a"]', "# ///")
        run = project.compile(*BODY, "tool.py")
        assert run.pins == {"a": "2"}
        version = ".".join(map(str, sys.version_info[:2]))
        assert f"tool.py requires Python <3, but the lock is made for Python {version}" in run.said
