"""Targets as pip's options describe them: tags and markers."""

from __future__ import annotations

import pytest

from piptools_clone.environment.targets import override_target, python_range
from piptools_clone.errors import UsageError
from piptools_clone.model.target import Target

LINUX = Target(
    {
        "implementation_name": "cpython",
        "implementation_version": "3.12.1",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "#1",
        "python_full_version": "3.12.1",
        "python_version": "3.12",
        "sys_platform": "linux",
    },
    ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-linux_x86_64", "py3-none-any"),
)


PYPY = Target(
    {
        **LINUX.markers,
        "implementation_name": "pypy",
        "implementation_version": "7.3.17",
        "platform_python_implementation": "PyPy",
        "python_full_version": "3.10.14",
        "python_version": "3.10",
    },
    ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "pp3-none-any"),
)


def overridden(*pairs: tuple[str, str]) -> Target:
    return override_target(LINUX, pairs)


def test_nothing_changes_nothing():
    assert overridden() is LINUX


@pytest.mark.parametrize(
    ("text", "full", "short"),
    [("3.11", "3.11.0", "3.11"), ("311", "3.11.0", "3.11"), ("3.9.7", "3.9.7", "3.9"), ("3", "3.0.0", "3.0")],
)
def test_python_versions(text, full, short):
    target = overridden(("python_version", text))
    assert (target.python_full_version, target.python_version) == (full, short)


def test_tags_follow_the_version():
    tags = overridden(("python_version", "3.11")).tags
    assert tags[:2] == ("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-linux_x86_64")
    assert "py311-none-any" in tags
    assert not any(tag.startswith("cp312") for tag in tags)


@pytest.mark.parametrize(
    ("platform", "markers"),
    [
        ("win_amd64", ("nt", "win32", "Windows", "AMD64")),
        ("macosx_11_0_arm64", ("posix", "darwin", "Darwin", "arm64")),
        ("manylinux2014_aarch64", ("posix", "linux", "Linux", "aarch64")),
        ("musllinux_1_2_x86_64", ("posix", "linux", "Linux", "x86_64")),
    ],
)
def test_markers_follow_the_platform(platform, markers):
    found = overridden(("platform", platform)).markers
    names = ("os_name", "sys_platform", "platform_system", "platform_machine")
    assert tuple(found[name] for name in names) == markers


def test_older_platforms_fit():
    tags = overridden(("platform", "manylinux_2_17_x86_64")).tags
    assert {"cp312-cp312-manylinux2014_x86_64", "cp312-abi3-manylinux_2_5_x86_64", "py3-none-any"} <= set(tags)
    assert not any("manylinux_2_28" in tag for tag in tags)
    assert "cp312-cp312-macosx_10_9_x86_64" in overridden(("platform", "macosx_12_0_x86_64")).tags


def test_abi_and_implementation():
    assert overridden(("abi", "abi3")).tags[0].split("-")[:2] == ["cp312", "abi3"]
    pypy = overridden(("implementation", "pp"), ("python_version", "3.10"), ("abi", "pypy310_pp73"))
    assert pypy.tags[0].startswith("pp310-pypy310_pp73-")
    assert pypy.markers["platform_python_implementation"] == "PyPy"
    assert not any(tag.startswith("cp312-cp") for tag in overridden(("implementation", "py")).tags)


@pytest.mark.parametrize(
    "pair", [("python_version", "3.x"), ("python_version", "3.1.2.3"), ("platform", "amiga"), ("implementation", "zz")]
)
def test_what_is_not_understood_is_refused(pair):
    with pytest.raises(UsageError):
        overridden(pair)


def test_a_short_name_of_a_platform():
    target = overridden(("platform", "macos"))
    assert target.markers["platform_machine"] == "arm64"
    assert target.tags[0] == "cp312-cp312-macosx_14_0_arm64"
    assert target.python_full_version == "3.12.1"


def test_with_a_platform_nothing_of_the_machine_stays():
    pairs = (("platform", "windows"), ("python_version", "3.10.14"))
    target = override_target(PYPY, pairs)
    assert target == override_target(LINUX, pairs) == override_target(Target({}, ()), pairs)
    assert target.markers["implementation_name"] == "cpython"
    assert (target.markers["platform_release"], target.markers["platform_version"]) == ("", "")
    pypy = (*pairs, ("implementation", "pp"))
    assert override_target(PYPY, pypy) == override_target(LINUX, pypy)


def test_with_a_version_alone_the_machine_stays():
    markers = overridden(("python_version", "3.11")).markers
    assert (markers["platform_release"], markers["implementation_version"]) == ("6.1", "3.11.0")
    assert override_target(LINUX, (("python_version", "3.12.1"),)).markers == LINUX.markers


def test_another_version_of_another_implementation():
    target = override_target(PYPY, (("python_version", "3.11"),))
    assert target.tags[0] == "pp311-pypy311_pp73-manylinux_2_17_x86_64"
    assert "pp3-none-any" in target.tags
    assert target.markers["implementation_version"] == "7.3.0"
    same = override_target(PYPY, (("abi", "pypy310_pp73"),))
    assert same.markers == PYPY.markers


def test_platforms_of_one_system_in_their_order():
    tags = overridden(("platform", "manylinux_2_28_x86_64"), ("platform", "any"), ("platform", "linux_x86_64")).tags
    assert tags[0] == "cp312-cp312-manylinux_2_28_x86_64"
    assert "cp312-none-any" in tags


@pytest.mark.parametrize("other", ["windows", "macosx_11_0_arm64", "linux-aarch64", "manylinux_2_28_i686"])
def test_platforms_of_several_systems_are_refused(other):
    with pytest.raises(UsageError, match="several systems") as caught:
        overridden(("platform", "linux"), ("platform", other))
    assert "--target" in caught.value.hint


def test_old_versions_have_the_abi_of_their_time():
    assert overridden(("python_version", "3.7")).tags[0] == "cp37-cp37m-manylinux_2_17_x86_64"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.10", ">=3.10"),
        ("310", ">=3.10"),
        ("3.9.2", ">=3.9.2"),
        (">=3.10", ">=3.10"),
        ("==3.*", "==3.*"),
        ("~=3.9", "~=3.9"),
    ],
)
def test_ranges(text, expected):
    assert python_range(text) == expected


@pytest.mark.parametrize("text", ["3.x", "python3", ">=", "", "3.10 3.11"])
def test_what_is_no_range_is_refused(text):
    if text == "":
        assert python_range(text) == ""
        return
    with pytest.raises(UsageError):
        python_range(text)
