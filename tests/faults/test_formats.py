"""``--no-binary`` and ``--only-binary`` hold wherever pip takes them in, and a lock has the hashes that they allow."""

from __future__ import annotations

import pytest

from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

WHEEL, SDIST = make_wheel("a", "1.0"), make_sdist("a", "1.0", static=True)


@pytest.fixture(autouse=True)
def _offered(index: SimpleIndex) -> None:
    index.add(WHEEL)
    index.add(SDIST)
    index.add(make_wheel("b", "1.0"))
    index.add(make_sdist("b", "1.0", static=True))


def hashes(lock: bytes | None, name: str) -> set[str]:
    """The digests that a lock has for a package."""
    _, _, rest = (lock or b"").decode().partition(f"\n{name}==")
    lines = rest.split("\n    #")[0].splitlines()
    return {line.strip(" \\").removeprefix("--hash=sha256:") for line in lines if "--hash" in line}


@pytest.mark.parametrize("mode", ["compile", "script"])
@pytest.mark.parametrize(
    ("option", "allowed"), [("--no-binary a", SDIST), ("--only-binary=a", WHEEL), ("--no-binary :all:", SDIST)]
)
def test_after_a_requirement_it_holds_and_stands_in_the_lock(
    option: str, allowed: object, mode: str, project: Project
) -> None:
    """As pip does, and pip-tools 7.6.2 with it: the option is taken in whatever else stands on its line."""
    project.want(f"a==1.0 {option}", "b")
    run = getattr(project, mode)("--generate-hashes", "--strip-extras")
    assert run.pins == {"a": "1.0", "b": "1.0"}
    assert f"\n{option.replace('=', ' ')}\n" in (run.lock or b"").decode()
    assert hashes(run.lock, "a") == {allowed.sha256}  # type: ignore[attr-defined] # a Package
    assert len(hashes(run.lock, "b")) == (1 if ":all:" in option else 2)
    before = run.lock
    assert getattr(project, mode)("--generate-hashes", "--strip-extras").lock == before


@pytest.mark.parametrize("line", ["-c limits.txt --no-binary a", "-r more.in --no-binary a"])
def test_after_an_include_too(line: str, project: Project) -> None:
    project.write("limits.txt", "a<2")
    project.write("more.in", "b")
    run = project.want("a", line).compile("--generate-hashes")
    assert hashes(run.lock, "a") == {SDIST.sha256}


def test_in_a_constraints_file_too(project: Project) -> None:
    project.write("limits.txt", "a<2 --only-binary a")
    run = project.want("a", "-c limits.txt").compile("--generate-hashes")
    assert hashes(run.lock, "a") == {WHEEL.sha256}


def test_a_later_line_overrules_an_earlier_one(project: Project) -> None:
    run = project.want("a --no-binary a", "--only-binary a", "b").compile("--generate-hashes")
    assert hashes(run.lock, "a") == {WHEEL.sha256}


def test_nothing_is_said_of_no_effect(project: Project) -> None:
    run = project.want("a --no-binary a --pre").compile("-v")
    assert "'--no-binary' has no effect" not in run.err
    assert "'--pre' has no effect" in run.err


@pytest.mark.parametrize(("option", "allowed"), [("--no-binary=a", SDIST), ("--only-binary=a", WHEEL)])
@pytest.mark.parametrize("place", ["command line", "--pip-args", "environment", "file"])
def test_hashes_are_of_allowed_files(option: str, allowed: object, place: str, project: Project) -> None:
    """From wherever the option comes, as pip-tools 7.6.2 writes them."""
    kind, _, name = option.partition("=")
    lines, args, env = ["a", "b"], ["--generate-hashes"], {}
    if place == "command line":
        args.append(option)
    elif place == "--pip-args":
        args += ["--pip-args", option]
    elif place == "environment":
        env[f"PIP_{kind[2:].upper().replace('-', '_')}"] = name
    else:
        lines.insert(0, option)
    run = project.want(*lines).compile(*args, env=env)
    assert run.code == 0, run.err
    assert hashes(run.lock, "a") == {allowed.sha256}  # type: ignore[attr-defined] # a Package
    assert len(hashes(run.lock, "b")) == 2


def test_hashes_of_files_that_are_not_allowed_any_more_are_no_sign_of_another_upload(project: Project) -> None:
    """Those of the allowed files take their place; hashes of which one is allowed stay, as any of an old lock do."""
    project.want("a").compile("--generate-hashes", "--only-binary", "a")
    run = project.compile("--generate-hashes", "--no-binary", "a")
    assert run.code == 0, run.err
    assert hashes(run.lock, "a") == {SDIST.sha256}
    both = project.compile("--generate-hashes", "--no-reuse-hashes")
    assert hashes(project.compile("--generate-hashes", "--no-binary", "a").lock, "a") == hashes(both.lock, "a")
