"""A page that is fresh in the cache is used as it is, unless the user asks for what is new now."""

from __future__ import annotations

import pytest

from piptools_clone import CompileRequest, IndexOptions, NoSolution, StaleLock, check, compile  # noqa: A004
from tests.support.packages import make_wheel


@pytest.fixture
def compiled(simple_index, tmp_path, monkeypatch):
    """A lock of a and b, after which 2.0 of both appears on an index whose pages stay fresh for an hour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    index = simple_index(cache_control="max-age=3600")
    for name in ("a", "b"):
        index.add(make_wheel(name, "1.0"))
    (tmp_path / "requirements.in").write_text("a\nb\n", encoding="utf-8")
    request = CompileRequest(
        ("requirements.in",),
        "requirements.txt",
        options=IndexOptions(index_url=index.url),
        cache_dir=str(tmp_path / "c"),
    )
    compile(request)
    for name in ("a", "b"):
        index.add(make_wheel(name, "2.0"))
    return request


def versions(result):
    return {pin.name: pin.version for pin in result.lock.pins}


def test_an_upgrade_sees_what_is_new(compiled):
    assert versions(compile(compiled._replace(upgrade=True))) == {"a": "2.0", "b": "2.0"}


def test_an_upgrade_of_one_package_asks_for_its_page_only(compiled, tmp_path):
    assert versions(compile(compiled._replace(upgrade_packages=("a",)))) == {"a": "2.0", "b": "1.0"}
    (tmp_path / "requirements.txt").unlink()
    assert versions(compile(compiled)) == {"a": "2.0", "b": "1.0"}


def test_a_rebuild_sees_what_is_new(compiled, tmp_path):
    (tmp_path / "requirements.txt").unlink()
    assert versions(compile(compiled)) == {"a": "1.0", "b": "1.0"}
    (tmp_path / "requirements.txt").unlink()
    assert versions(compile(compiled._replace(rebuild=True))) == {"a": "2.0", "b": "2.0"}


def test_a_check_sees_what_is_new(compiled, tmp_path):
    (tmp_path / "requirements.in").write_text("a>1\nb\n", encoding="utf-8")
    with pytest.raises(StaleLock, match=r"a==2\.0"):
        check(compiled)


def test_what_cannot_be_met_from_the_cache_is_asked_of_the_index(compiled, tmp_path):
    (tmp_path / "requirements.in").write_text("a>1\nb\n", encoding="utf-8")
    assert versions(compile(compiled)) == {"a": "2.0", "b": "1.0"}


def test_what_cannot_be_met_at_all_still_ends_in_an_explanation(compiled, tmp_path):
    (tmp_path / "requirements.in").write_text("a>2\n", encoding="utf-8")
    with pytest.raises(NoSolution, match=r"2\.0"):
        compile(compiled)
