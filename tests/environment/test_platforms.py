"""Platforms by short names and by pip's tags: what they take, and what markers they have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from piptools_clone.environment.platforms import GLIBC, MACOS, MUSL, parse_platform
from piptools_clone.errors import UsageError

SYSTEM = ("os_name", "sys_platform", "platform_system", "platform_machine")
LINUX = ("posix", "linux", "Linux")
MAC = ("posix", "darwin", "Darwin")
WINDOWS = ("nt", "win32", "Windows")


@pytest.mark.parametrize(
    ("text", "markers", "first"),
    [
        ("linux", (*LINUX, "x86_64"), "linux_x86_64 manylinux_2_28_x86_64"),
        ("linux-x86_64", (*LINUX, "x86_64"), "linux_x86_64 manylinux_2_28_x86_64"),
        ("linux-amd64", (*LINUX, "x86_64"), "linux_x86_64 manylinux_2_28_x86_64"),
        ("linux-arm64", (*LINUX, "aarch64"), "linux_aarch64 manylinux_2_28_aarch64"),
        ("linux-aarch64", (*LINUX, "aarch64"), "linux_aarch64 manylinux_2_28_aarch64"),
        ("linux-i686", (*LINUX, "i686"), "linux_i686 manylinux_2_28_i686"),
        ("linux-s390x", (*LINUX, "s390x"), "linux_s390x manylinux_2_28_s390x"),
        ("musllinux", (*LINUX, "x86_64"), "linux_x86_64 musllinux_1_2_x86_64 musllinux_1_1_x86_64"),
        ("musllinux-aarch64", (*LINUX, "aarch64"), "linux_aarch64 musllinux_1_2_aarch64"),
        ("macos", (*MAC, "arm64"), "macosx_14_0_arm64 macosx_14_0_universal2 macosx_13_0_arm64"),
        ("macos-aarch64", (*MAC, "arm64"), "macosx_14_0_arm64"),
        ("macos-x86_64", (*MAC, "x86_64"), "macosx_14_0_x86_64"),
        ("windows", (*WINDOWS, "AMD64"), "win_amd64"),
        ("windows-arm64", (*WINDOWS, "ARM64"), "win_arm64"),
        ("windows-aarch64", (*WINDOWS, "ARM64"), "win_arm64"),
        ("windows-i686", (*WINDOWS, "x86"), "win32"),
        ("win_amd64", (*WINDOWS, "AMD64"), "win_amd64"),
        ("manylinux2014_x86_64", (*LINUX, "x86_64"), "manylinux2014_x86_64"),
        ("manylinux_2_34_aarch64", (*LINUX, "aarch64"), "manylinux_2_34_aarch64 manylinux_2_33_aarch64"),
        ("musllinux_1_2_x86_64", (*LINUX, "x86_64"), "musllinux_1_2_x86_64"),
        ("macosx_11_0_universal2", (*MAC, "arm64"), "macosx_11_0_universal2"),
        ("linux_x86_64", (*LINUX, "x86_64"), "linux_x86_64"),
    ],
)
def test_a_platform(text: str, markers: tuple[str, ...], first: str) -> None:
    platform = parse_platform(text)
    assert tuple(platform.markers[name] for name in SYSTEM) == markers
    assert (platform.markers["platform_release"], platform.markers["platform_version"]) == ("", "")
    expected = first.split()
    if text == "manylinux2014_x86_64":
        assert "manylinux_2_17_x86_64" in platform.tags
        assert "manylinux2014_x86_64" in platform.tags
    else:
        assert list(platform.tags[: len(expected)]) == expected


OLDER: Mapping[str, tuple[str, str]] = {
    "linux": ("manylinux1_x86_64", "manylinux_2_29_x86_64"),
    "linux-i686": ("manylinux2010_i686", "manylinux_2_29_i686"),
    "linux-aarch64": ("manylinux2014_aarch64", "manylinux_2_16_aarch64"),
    "musllinux": ("musllinux_1_0_x86_64", "manylinux_2_17_x86_64"),
    "macos": ("macosx_11_0_arm64", "macosx_15_0_arm64"),
    "macos-x86_64": ("macosx_10_9_x86_64", "macosx_15_0_x86_64"),
}


@pytest.mark.parametrize("text", OLDER)
def test_a_machine_takes_what_is_older_and_nothing_newer(text: str) -> None:
    taken, refused = OLDER[text]
    tags = parse_platform(text).tags
    assert taken in tags
    assert refused not in tags


def test_the_releases_are_those_that_the_documentation_names() -> None:
    assert (GLIBC, MUSL, MACOS) == ("2.28", "1.2", "14.0")


def test_any_says_nothing_of_a_system() -> None:
    assert parse_platform("any") == ({}, ("any",))


@pytest.mark.parametrize(
    "text",
    [
        *("", "amiga", "linux-", "linux-m68k", "macos-i686", "windows-s390x", "linux_", "darwin", "win64"),
        *("manylinux_2_28", "manylinux_2_9999_x86_64", "macosx_11_arm64", "linux-x86_64-gnu", "linux\n", "x" * 100_000),
    ],
)
def test_what_is_no_platform_is_refused(text: str) -> None:
    if text == "linux-":
        assert parse_platform(text) == parse_platform("linux")
        return
    with pytest.raises(UsageError) as caught:
        parse_platform(text)
    assert "such as linux" in caught.value.hint
    assert len(str(caught.value)) < 500
