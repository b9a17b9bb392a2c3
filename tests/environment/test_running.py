"""The target of the running interpreter, from `packaging` and from the cache."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from piptools_clone.environment.targets import running_target, tags_key
from piptools_clone.formats.requirements.packaging_gaps import in_todays_order
from piptools_clone.model.names import canonical_name
from piptools_clone.store.cache import FACTS, Cache

HAS_KEY = pytest.mark.skipif(not tags_key(), reason="tags are kept where glibc alone decides about them")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


@HAS_KEY
def test_tags_are_those_of_packaging_and_the_same_from_the_cache(cache: Cache) -> None:
    first = running_target(cache)
    todays = tuple(dict.fromkeys(in_todays_order(map(str, sys_tags()))))
    assert first.tags == running_target(Cache(cache.folder)).tags == todays
    assert cache.read(FACTS, tags_key()) == first.tags


@HAS_KEY
@pytest.mark.newest  # older ones load their tags with specifiers
def test_from_the_cache_nothing_of_packagings_tags_is_loaded(cache: Cache) -> None:
    code = (
        "import sys; from piptools_clone.environment.targets import running_target;"
        "from piptools_clone.store.cache import Cache;"
        "running_target(Cache(sys.argv[1])); print({'packaging.tags', 'logging'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, cache.folder]
    said = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() for _ in range(2)]
    assert "packaging.tags" in said[0]
    assert said[1] == "set()"


@pytest.mark.parametrize(
    ("place", "other"),
    [
        ("sys.version", "3.99 (another build)"),
        ("sys.executable", "/bin/sh"),
        ("sys.base_prefix", "/elsewhere"),
        ("sys.maxsize", 2**31 - 1),
        ("packaging.__version__", "1.0"),
        ("os.confstr", lambda _: "glibc 2.5"),
        ("os.uname", lambda: type("Uname", (), {"machine": "riscv64"})),
    ],
)
@HAS_KEY
def test_whatever_tags_follow_from_is_part_of_the_key(
    place: str, other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tags_key()
    monkeypatch.setattr(place, other)
    assert tags_key() not in {before, ""}


@pytest.mark.parametrize("name", ["_PYTHON_HOST_PLATFORM", "_PYTHON_SYSCONFIGDATA_NAME"])
@HAS_KEY
def test_so_are_variables_of_sysconfig(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tags_key()
    monkeypatch.setenv(name, "linux-armv7l")
    assert tags_key() not in {before, ""}


def test_a_module_that_has_a_say_in_manylinux_is_not_answered_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_manylinux.py").write_text("manylinux2014_compatible = False\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert tags_key() == ""


@pytest.mark.parametrize("fault", [ValueError, OSError, AttributeError])
def test_a_system_without_glibc_is_not_answered_for(fault: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def confstr(_: str) -> str:
        raise fault

    monkeypatch.setattr("os.confstr", confstr)
    assert tags_key() == ""


@given(st.text(alphabet="aZ09._-", max_size=12) | st.text(max_size=12))
def test_names_are_those_of_packaging(name: str) -> None:
    assert canonical_name(name) == canonicalize_name(name)
