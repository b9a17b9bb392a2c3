"""Records as values: what they hold against, and that damage is a miss."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from piptools_clone.run.memo import seal
from piptools_clone.run.memo.recall_lookup import likely_cache_folder
from piptools_clone.run.memo.recall_record import Record, look, parse_record, render_record

NOW = 1000.0


def make(folder: Path, **changes: object) -> Record:
    (folder / "in").write_text("a\n")
    (folder / "out").write_bytes(b"a==1\n")
    seen = {
        str(folder / "in"): look(str(folder / "in"), "sha256"),
        str(folder / "none"): "-",
        str(folder): look(str(folder), "owner"),
        str(folder / "out"): look(str(folder / "out"), "stamp"),
    }
    facts = {"output": str(folder / "out"), "was_there": True, "inputs": ("x", "y é"), "seen": seen}
    return Record("c", 900.0, 1100.5, **{**facts, "said": "hé\n", "content": b"a==1\n", **changes})


def test_a_record_survives_as_text(tmp_path: Path) -> None:
    record = make(tmp_path)
    data = render_record(record)
    assert data is not None
    read = parse_record(data)
    assert read is not None
    assert [getattr(read, name) for name in Record.__slots__] == [getattr(record, name) for name in Record.__slots__]


def test_any_damage_is_a_miss(tmp_path: Path) -> None:
    data = render_record(make(tmp_path)) or b""
    for i in range(len(data)):
        assert parse_record(data[:i]) is None
        assert parse_record(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]) is None


@pytest.mark.parametrize("name", ["in\nput", "in\tput", "in\rput"])
def test_paths_that_no_line_can_hold(tmp_path: Path, name: str) -> None:
    assert render_record(make(tmp_path, output=name)) is None
    assert render_record(make(tmp_path, seen={name: "-"})) is None


def test_it_holds_while_all_is_as_it_was(tmp_path: Path) -> None:
    record = make(tmp_path)
    assert record.holds("c", NOW)
    assert not record.holds("d", NOW)
    assert not record.holds("c", 899.9)
    assert not record.holds("c", 1100.5)


@pytest.mark.parametrize("name", ["in", "out"])
def test_it_sees_a_file_replaced_by_its_like(tmp_path: Path, name: str) -> None:
    """The stamp sees another file of the same size and times; content is content."""
    record = make(tmp_path)
    times = (tmp_path / name).stat()
    (tmp_path / "new").write_bytes((tmp_path / name).read_bytes())
    os.utime(tmp_path / "new", ns=(times.st_atime_ns, times.st_mtime_ns))
    (tmp_path / "new").replace(tmp_path / name)
    assert record.holds("c", NOW) is (name == "in")


@pytest.mark.parametrize("change", ["appear", "edit", "remove", "become a folder", "become a pipe"])
def test_it_sees_what_changes(tmp_path: Path, change: str) -> None:
    record = make(tmp_path)
    file = tmp_path / ("none" if change == "appear" else "in")
    if change in ("appear", "edit"):
        file.write_text("other\n")
    else:
        file.unlink()
    if change == "become a folder":
        file.mkdir()
    if change == "become a pipe":
        os.mkfifo(file)
    assert not record.holds("c", NOW)


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ((), "/env"),
        (("--cache-dir", "/a"), "/a"),
        (("--cache-dir=/a", "x.in"), "/a"),
        (("--cache-dir=/a", "--cache-dir", "/b"), "/b"),
    ],
)
def test_where_a_record_is_looked_for(arguments: tuple[str, ...], folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of compiles and seals of syncs lie in the same cache."""
    monkeypatch.setenv("PIP_TOOLS_CACHE_DIR", "/env")
    assert likely_cache_folder(arguments, {"PIP_TOOLS_CACHE_DIR": "/env", "HOME": "/home/me"}) == folder
    assert seal.cache_folder(arguments) == folder


def test_where_a_record_is_looked_for_by_default() -> None:
    assert likely_cache_folder((), {"HOME": "/home/me"}) == "/home/me/.cache/piptools-clone"
