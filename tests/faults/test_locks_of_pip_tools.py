"""A lock of pip-tools is recompiled without a change of a line, but for what is listed as a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.formats.requirements.direct_reference import read_url
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

BODY = ("--no-header", "--no-emit-options", "--strip-extras")


def lines(lock: bytes | None) -> list[str]:
    return (lock or b"").decode().splitlines()


# the address of a file


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("file:{}", "loc @ file://{}"),
        ("FILE:{}", "loc @ file://{}"),
        ("file:{}#egg=loc", "loc @ file://{}"),
        ("loc @ file:{}", "loc @ file://{}"),
        ("file:///..{}", "loc @ file:///..{}"),
        ("file://localhost{}", "loc @ file://localhost{}"),
    ],
)
def test_the_address_of_a_file_is_spelled_as_pip_does(typed: str, written: str, project: Project) -> None:
    path = make_wheel("loc", "1.0").write(project.folder).as_posix()
    run = project.want(typed.format(path)).compile(*BODY, "--no-annotate")
    assert lines(run.lock) == [written.format(path)], run.err
    assert project.compile(*BODY, "--no-annotate").lock == run.lock


def test_dots_in_such_an_address_are_resolved(project: Project) -> None:
    path = make_wheel("loc", "1.0").write(project.folder)
    around = f"{path.parent.as_posix()}/../{path.parent.name}/{path.name}"
    run = project.want(f"file:{around}").compile(*BODY, "--no-annotate")
    assert lines(run.lock) == [f"loc @ {path.as_uri()}"]


def test_a_hash_of_such_an_address_stays(project: Project) -> None:
    package = make_wheel("loc", "1.0")
    path = package.write(project.folder)
    run = project.want(f"file:{path.as_posix()}#sha256={package.sha256}").compile(*BODY, "--no-annotate")
    assert lines(run.lock) == [f"loc @ {path.as_uri()}#sha256={package.sha256}"]


def test_variables_in_it_stay() -> None:
    assert read_url("file:/home/me/a.zip", "file:${HOME}/a.zip", "/work").shown == "file:${HOME}/a.zip"
    assert read_url("file:/d/a.zip", "file:/${D}/a.zip", "/work").shown == "file:/${D}/a.zip"


def test_relative_and_editable_ones_stay_as_typed(project: Project) -> None:
    make_wheel("loc", "1.0").write(project.folder)
    run = project.want("file:loc-1.0-py3-none-any.whl").compile(*BODY, "--no-annotate")
    assert lines(run.lock) == ["file:loc-1.0-py3-none-any.whl"]


# a package among its own requirers


@pytest.fixture
def _django(index: SimpleIndex) -> None:
    index.add(make_wheel("django", "4.0", requires=['idna; extra == "argon2"'], extras=["argon2"]))
    index.add(make_wheel("idna", "3.0"))


@pytest.mark.usefixtures("_django")
class TestOwnName:
    def test_it_is_not_written_anew(self, project: Project) -> None:
        run = project.want("Django[argon2]>=4").compile(*BODY)
        assert lines(run.lock) == [
            "django==4.0",
            "    # via -r requirements.in",
            "idna==3.0",
            "    # via django",
        ]

    @pytest.mark.parametrize("style", ["split", "line"])
    @pytest.mark.parametrize("args", [(), ("-U",)])
    def test_it_stays_while_the_pin_stays(self, style: str, args: tuple[str, ...], project: Project) -> None:
        written = ["django==4.0", "    # via", "    #   -r requirements.in", "    #   django"]
        if style == "line":
            written = ["django==4.0               # via -r requirements.in, django"]
        last = ["idna==3.0", "    # via django"] if style == "split" else ["idna==3.0                 # via django"]
        project.want("Django[argon2]>=4").write("requirements.txt", *written, *last)
        before = Path(project.lock_path).read_bytes()
        run = project.compile(*BODY, "--annotation-style", style, *args)
        assert run.lock == before
        assert project.compile(*BODY, "--annotation-style", style, "--check").code == 0

    def test_it_goes_with_the_version(self, project: Project, index: SimpleIndex) -> None:
        index.add(make_wheel("django", "4.1"))
        project.want("Django[argon2]>=4").write(
            "requirements.txt", "django==4.0", "    # via", "    #   -r requirements.in", "    #   django"
        )
        assert lines(project.compile(*BODY, "-U").lock) == ["django==4.1", "    # via -r requirements.in"]

    def test_other_requirers_of_an_old_lock_do_not_stay(self, project: Project) -> None:
        project.want("Django[argon2]>=4").write(
            "requirements.txt", "idna==3.0", "    # via", "    #   django", "    #   gone"
        )
        assert lines(project.compile(*BODY).lock)[2:] == ["idna==3.0", "    # via django"]


# markers that hold for one requirer only


@pytest.mark.usefixtures("_django")
class TestMarkers:
    """pip-tools copies such a marker to the pin, which others need without it; ours is right, and stays so."""

    def test_of_a_constraints_file(self, project: Project) -> None:
        project.write("limits.txt", 'idna==3.0 ; python_version >= "3"')
        run = project.want("django[argon2]", "-c limits.txt").compile(*BODY)
        assert lines(run.lock)[-4:] == ["idna==3.0", "    # via", "    #   -c limits.txt", "    #   django"]

    def test_of_a_direct_line_of_what_others_need_too(self, project: Project) -> None:
        run = project.want("django[argon2]", 'idna ; python_version >= "3"').compile(*BODY)
        assert "idna==3.0" in lines(run.lock)

    def test_of_a_direct_line_alone_it_stays(self, project: Project) -> None:
        run = project.want('idna ; python_version >= "3"').compile(*BODY)
        assert lines(run.lock) == ['idna==3.0 ; python_version >= "3"', "    # via -r requirements.in"]
