"""What is no requirement, and what is no requirements file, is said as what it is, with a way out that works."""

from __future__ import annotations

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.model.requirement import Origin
from tests.support.project import Project

ORIGIN = Origin("r.in", 1, "-r r.in")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("git+https://h.example/r#egg=foo==1.0", "foo @ git+https://h.example/r"),
        ("git+https://h.example/r@main#subdirectory=s&egg=foo>=1", "foo @ git+https://h.example/r@main#subdirectory=s"),
        ("https://h.example/x.zip#egg=foo[a,b]", "foo[a,b] @ https://h.example/x.zip"),
        ("https://u:secret@h.example/x.zip#egg=foo[a]<2", "foo[a] @ https://h.example/x.zip"),
        ("-e git+https://h.example/r#egg=foo~=1.0", "foo @ git+https://h.example/r"),
        ("https://h.example/x.zip#egg=-", "NAME @ https://h.example/x.zip"),
    ],
)
def test_the_hint_for_an_egg_that_is_no_name_can_be_typed(line: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_line(line, ORIGIN)
    typed, _, rest = caught.value.hint.removeprefix("write ").partition("; ")
    assert typed == hint
    assert bool(rest) == any(mark in line.partition("egg=")[2] for mark in "<>=~")
    assert parse_line(typed, ORIGIN).url == hint.partition(" @ ")[2]


FOREIGN = {
    "poetry.lock": ("a lock of Poetry", "poetry export"),
    "uv.lock": ("a lock of uv", "uv export"),
    "pdm.lock": ("a lock of PDM", "pdm export"),
    "Pipfile": ("a file of Pipenv", "pipenv requirements"),
    "Pipfile.lock": ("a lock of Pipenv", "pipenv requirements"),
    "pylock.toml": ("a lock in the format of PEP 751", "pip install -r"),
    "pylock.dev.toml": ("a lock in the format of PEP 751", "pip install -r"),
    "environment.yml": ("an environment of conda", "'pip:'"),
    "environment-dev.yaml": ("an environment of conda", "'pip:'"),
    "conda-lock.yml": ("a lock of conda-lock", "'pip:'"),
}
TEXT = ("# made by a tool", "[[package]]", 'name = "a"', 'version = "1.0"')


@pytest.mark.parametrize("filename", FOREIGN)
def test_files_of_other_tools_are_known(filename: str, project: Project) -> None:
    what, way_out = FOREIGN[filename]
    project.write(f"sub/{filename}", *TEXT)
    for args in [(f"sub/{filename}", "-o", "out.txt"), ("-c", f"sub/{filename}")]:
        run = project.want("a").compile(*args)
        assert run.code == 2
        assert f"{filename} is {what}, and no requirements file" in run.err
        assert way_out in run.err
        assert "did you mean" not in run.err
    for option in ("-r", "-c"):
        run = project.want("", f"{option} sub/{filename}").compile()
        assert f"requirements.in:2: {filename} is {what}, and no requirements file" in run.err
    assert not project.index.paths


@pytest.mark.parametrize("filename", ["pyproject.toml", "setup.cfg", "setup.py"])
def test_a_project_file_is_no_requirements_file(filename: str, project: Project) -> None:
    project.write(filename, *TEXT)
    run = project.want(f"-r {filename}").compile("requirements.in")
    assert run.code == 2
    assert f"requirements.in:1: {filename} is a project file" in run.err
    assert "pip-compile pyproject.toml" in run.err


def test_one_that_is_not_there_is_not_there(project: Project) -> None:
    assert "cannot open requirements file 'poetry.lock'" in project.want("-r poetry.lock").compile().err


def test_a_requirements_file_may_have_any_other_name(project: Project) -> None:
    project.write("environment", "# nothing")
    project.write("poetry.lock.in", "# nothing")
    assert project.want("-r environment", "-r poetry.lock.in").compile().code == 0
