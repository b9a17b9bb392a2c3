"""What counts as installed, and what each kind of install says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from piptools_clone.environment.installed import Distribution, InstallKind, metadata_values, read_installed
from piptools_clone.environment.record_file import RecordLine, encode_digest, parse_record, render_record


def dist_info(site: Path, stem: str, **files: str) -> Path:
    info = site / f"{stem}.dist-info"
    info.mkdir(parents=True)
    name, _, version = stem.partition("-")
    texts = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"} | files
    for file, text in texts.items():
        (info / file).write_text(text)
    return info


def names(site: Path) -> list[tuple[str, str]]:
    return [(each.name, each.version) for each in read_installed([site])]


def test_names_and_versions(tmp_path: Path) -> None:
    dist_info(tmp_path, "Zope.Interface-6.0")
    dist_info(tmp_path, "loc-1.0+cpu_1")
    dist_info(tmp_path, "alpha_beta-1.0.post1")
    (tmp_path / "alpha").mkdir()
    (tmp_path / "~lpha-1.0.dist-info").mkdir()
    (tmp_path / ".dist-info").mkdir()
    assert names(tmp_path) == [("alpha-beta", "1.0.post1"), ("loc", "1.0+cpu_1"), ("zope-interface", "6.0")]


def test_two_spellings_of_one_folder_count_once(tmp_path: Path) -> None:
    dist_info(tmp_path / "lib", "a-1")
    (tmp_path / "lib64").symlink_to("lib")
    assert len(read_installed([tmp_path / "lib", tmp_path / "lib64", tmp_path / "absent"])) == 1


def test_details(tmp_path: Path) -> None:
    origin = {"url": "file:///src/a", "dir_info": {"editable": True}}
    metadata = "Name: a\nVersion: 1\nRequires-Dist: b (>=1)\nRequires-Dist: c;\n os_name == 'nt'\n\nRequires-Dist: no\n"
    info = dist_info(
        tmp_path,
        "a-1",
        METADATA=metadata,
        INSTALLER="pip\n",
        RECORD="a.py,sha256=x,3\n../../bin/a,,\na-1.dist-info/RECORD,,\n",
        **{"direct_url.json": json.dumps(origin)},
    )
    [a] = read_installed([tmp_path])
    assert a == Distribution("a", "1", info)
    assert not a.is_broken
    assert a.is_editable
    assert a.installer == "pip"
    assert a.direct_url == origin
    assert a.provenance is None
    assert a.requires == ("b (>=1)", "c; os_name == 'nt'")
    site = tmp_path.resolve()
    assert a.files() == [str(site / "a.py"), str(site.parent.parent / "bin/a"), str(info / "RECORD")]


def test_broken_details_are_absent_details(tmp_path: Path) -> None:
    info = dist_info(tmp_path, "a-1", RECORD="only a path\n", **{"direct_url.json": "[1]"})
    (info / "METADATA").unlink()
    (info / "INSTALLER").write_bytes(b"\xff")
    [a] = read_installed([tmp_path])
    assert (a.is_broken, a.direct_url, a.files(), a.installer, a.requires) == (True, None, None, "", ())


def test_legacy_installs(tmp_path: Path) -> None:
    (tmp_path / "old-1.0-py3.8.egg-info").mkdir()
    (tmp_path / "old-1.0-py3.8.egg-info" / "installed-files.txt").write_text("../old.py\nPKG-INFO\n")
    (tmp_path / "older-2.0.egg-info").write_text("Name: older\nVersion: 2.0\n")
    source = tmp_path / "src"
    (source / "linked.egg-info").mkdir(parents=True)
    (source / "linked.egg-info" / "PKG-INFO").write_text("Name: linked\nVersion: 3.0\n")
    (tmp_path / "linked.egg-link").write_text(f"{source}\n.\n")
    linked, old, older = read_installed([tmp_path])
    assert (linked.name, linked.version, linked.kind, linked.is_editable) == (
        "linked",
        "3.0",
        InstallKind.EGG_LINK,
        True,
    )
    assert (old.name, old.version, old.kind) == ("old", "1.0", InstallKind.EGG_INFO)
    assert old.files() == [str(tmp_path / "old.py"), str(old.info / "PKG-INFO")]
    assert (older.name, older.version, older.kind, older.files()) == ("older", "2.0", InstallKind.EGG_INFO_FILE, None)


def test_metadata_values_of_a_windows_file() -> None:
    assert metadata_values("Name: a\r\nRequires-Dist: b\r\n\r\nRequires-Dist: c\r\n", "requires-dist") == ("b",)


@pytest.mark.parametrize("path", ["a.py", 'say "hi", ok.py', "a,b.py", "ü.py"])
def test_record_round_trip(path: str) -> None:
    lines = [RecordLine(path, encode_digest(b"\xfb\xff" * 16), "3"), RecordLine("x/RECORD")]
    assert parse_record(render_record(lines)) == lines
    assert lines[0].digest.startswith("sha256=-_")


@pytest.mark.parametrize("text", ["a.py\n", "a.py,x\n", ",sha256=x,1\n", '"a,b"\n'])
def test_record_with_missing_fields(text: str) -> None:
    with pytest.raises(ValueError, match="a line of RECORD"):
        parse_record(text)
