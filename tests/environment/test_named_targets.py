"""Targets by name, and the table of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from piptools_clone.environment.named_targets import named_targets, parse_table, parse_target
from piptools_clone.environment.targets import derive_tags
from piptools_clone.errors import SettingsError, UsageError

BUILD: Mapping[str, Any] = {
    "implementation": "cpython",
    "nodot": "312",
    "platform": "linux-x86_64",
    "bits": 64,
    "ext_suffix": ".cpython-312-x86_64-linux-gnu.so",
    "debug": False,
    "free_threaded": False,
    "glibc": "2.28",
    "musl": "",
    "mac": None,
}
"""What an interpreter on a machine says that ``python3.12-linux`` means."""


def test_all_markers_are_said() -> None:
    assert parse_target("python3.12-linux-x86_64").target.markers == {
        "implementation_name": "cpython",
        "implementation_version": "3.12.0",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": "3.12.0",
        "python_version": "3.12",
        "sys_platform": "linux",
    }


@pytest.mark.parametrize(
    ("text", "version", "build"),
    [
        ("python3.12-linux", (3, 12), {}),
        ("python3.9.7-linux-aarch64", (3, 9), {"nodot": "39", "platform": "linux-aarch64"}),
        ("python3.13t-linux", (3, 13), {"nodot": "313", "free_threaded": True}),
        ("python3.12-musllinux", (3, 12), {"glibc": "", "musl": "1.2"}),
        ("python3.12-macos", (3, 12), {"platform": "macosx-14.0-arm64", "mac": ["14.0", "arm64"]}),
        ("python3.12-windows", (3, 12), {"platform": "win-amd64", "glibc": ""}),
        ("python3.12-windows-i686", (3, 12), {"platform": "win32", "glibc": ""}),
        (
            "pypy3.10-linux",
            (3, 10),
            {"implementation": "pypy", "nodot": "310", "ext_suffix": ".pypy310-pp73-x86_64-linux-gnu.so"},
        ),
    ],
)
def test_the_tags_are_those_of_an_interpreter_on_such_a_machine(
    text: str, version: tuple[int, int], build: Mapping[str, Any]
) -> None:
    assert parse_target(text).target.tags == derive_tags(version, {**BUILD, **build})


def test_pypy() -> None:
    markers = parse_target("pypy3.10-macos-arm64").target.markers
    assert markers["platform_python_implementation"] == "PyPy"
    assert (markers["python_full_version"], markers["implementation_version"]) == ("3.10.0", "7.3.0")


def test_the_release_may_be_said() -> None:
    assert parse_target("python3.9.2-windows").target.python_full_version == "3.9.2"


@pytest.mark.parametrize(
    "text",
    [
        *("", "python", "python3-linux", "python3.12", "python3.12-", "3.12-linux", "cpython3.12-linux"),
        *("python3.x-linux", "python3.12-amiga", "python3.12-any", "pypy3.10t-linux", "python3.1.2.3-linux"),
        *("python3.12-linux-x86_64-gnu", "python3.12 -linux", "python3.9999-linux", "ruby3.3-linux"),
    ],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_target(text)


def test_names_are_of_the_table_or_say_it_themselves() -> None:
    table = dict(parse_table({"ci": {"python": "3.11", "platform": "linux-x86_64"}}, "pyproject.toml"))
    found = named_targets(("ci", "python3.12-windows", "ci"), table)
    assert [each.name for each in found] == ["ci", "python3.12-windows"]
    assert found[0].target == parse_target("python3.11-linux").target
    assert named_targets((), table) == []


@pytest.mark.parametrize(("table", "words"), [({}, "has none"), ({"ci": (("python_version", "3.11"),)}, "has ci")])
def test_an_unknown_name_is_refused_with_those_there_are(table: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        named_targets(("cj",), table)
    assert "python3.12-linux-x86_64" in caught.value.hint


def test_a_text_that_is_nearly_a_target_is_told_what_is_wrong_with_it() -> None:
    with pytest.raises(UsageError, match="'amiga' is no platform"):
        named_targets(("python3.12-amiga",), {})


def test_a_table() -> None:
    found = parse_table(
        {
            "plain": "python3.11-linux-x86_64",
            "full": {
                "python": "3.12.4",
                "platform": ["manylinux_2_34_x86_64", "linux_x86_64"],
                "implementation": "cp",
                "abi": ["cp312", "abi3"],
            },
            "mac_2.0": {"python": "3.10", "platform": "macos", "implementation": "pp"},
        },
        "pyproject.toml",
    )
    targets = {each.name: each.target for each in named_targets(dict(found), dict(found))}
    assert targets["plain"] == parse_target("python3.11-linux-x86_64").target
    assert targets["full"].python_full_version == "3.12.4"
    assert targets["full"].tags[0] == "cp312-cp312-manylinux_2_34_x86_64"
    assert targets["mac_2.0"] == parse_target("pypy3.10-macos").target


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (["ci"], "must be a table"),
        ({"ci": "linux"}, "'linux' is no target"),
        ({"ci": 3.11}, "neither a table nor a text"),
        ({"ci": {"platform": "linux"}}, "has no 'python'"),
        ({"ci": {"python": "3.11"}}, "has no 'platform'"),
        ({"ci": {"python": 3.11, "platform": "linux"}}, "'python' must be a text\n"),
        ({"ci": {"python": ["3.11"], "platform": "linux"}}, "'python' must be a text\n"),
        ({"ci": {"python": "3.11", "platform": ["linux", 1]}}, "a text or a list of texts"),
        ({"ci": {"python": "3.11", "platform": ["linux", "windows"]}}, "several systems"),
        ({"ci": {"python": "3.11", "platform": "any"}}, "names no system"),
        ({"ci": {"python": "3.11", "platform": "linux", "os": "linux"}}, "'os' is none of python, platform"),
        ({"ci": {"python": "3.11", "platform": "linux", "implementation": "cpython"}}, "none of cp, pp, py"),
        ({"ci/../x": "python3.11-linux"}, "its name may have"),
        ({"": "python3.11-linux"}, "its name may have"),
        ({"-x": "python3.11-linux"}, "its name may have"),
        ({"python3.12-linux": "python3.11-linux"}, "means a target already"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_by_place(table: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        parse_table(table, "pyproject.toml")
    assert caught.value.message.startswith("pyproject.toml: ")
    assert caught.value.hint
