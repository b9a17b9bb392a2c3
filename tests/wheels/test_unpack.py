"""A wheel is checked whole before anything of it is used."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.errors import SettingsError
from piptools_clone.wheels.checked_wheel import parse_entry_points
from piptools_clone.wheels.pack import DamagedPack, Pack
from piptools_clone.wheels.scripts import EntryPoint
from piptools_clone.wheels.unpack import unpack_wheel
from piptools_clone.wheels.wheel_cache import WheelCache
from piptools_clone.wheels.wheel_paths import WheelFault
from tests.support.packages import Package, make_wheel

Edit = Callable[[dict[str, bytes]], None]


def edited(package: Package, edit: Edit) -> Package:
    """The same wheel with other contents, RECORD left as it was."""
    with zipfile.ZipFile(io.BytesIO(package.data)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    edit(contents)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return package._replace(data=buffer.getvalue())


def unpack(package: Package, folder: Path, *, relaxed: bool = False) -> Pack:
    wheel = package.write(folder)
    out = folder / "pack"
    with out.open("wb") as file:
        unpack_wheel(wheel, package.filename, file, relaxed=relaxed)
    return Pack(out)


def fault(package: Package, folder: Path) -> str:
    with pytest.raises(WheelFault) as caught:
        unpack(package, folder).close()
    return caught.value.message


def test_contents_come_back(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "",
        "a/ü b.py": "x = 1\n",
        "a/large.bin": b"0123456789" * 300_000,
        "a/mid": b"m" * 200_000,
    }
    with unpack(make_wheel("a", "1.0", files=files), tmp_path) as pack:
        assert (pack.head.info, pack.head.data, pack.head.pure) == ("a-1.0.dist-info", "a-1.0.data", True)
        got = {file.path: bytes(pack.view(file)) for file in pack.files}
        assert (
            got.items()
            >= {path: data if isinstance(data, bytes) else data.encode() for path, data in files.items()}.items()
        )
        assert "Name: a" in pack.text("a-1.0.dist-info/METADATA")
        assert pack.text("absent") == ""
        assert all(file.offset % 4096 == 0 for file in pack.files if file.size >= 1 << 17)


def test_executable_files(tmp_path: Path) -> None:
    package = make_wheel("a", "1.0", files={"a.data/x": ""})
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_wheel("a", "1.0").data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            info.external_attr = (stat.S_IFREG | (0o755 if info.filename == "a.py" else 0o644)) << 16
            new.writestr(info, old.read(info.filename))
    with unpack(package._replace(data=buffer.getvalue()), tmp_path) as pack:
        assert [file.path for file in pack.files if file.executable] == ["a.py"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../evil.py", "not a plain relative one"),
        ("/etc/evil", "not a plain relative one"),
        ("a/./b.py", "not a plain relative one"),
        ("C:evil.py", "not a plain relative one"),
        ("a\\b.py", "not a plain relative one"),
        ("a\n.py", "cannot be used"),
        ("A.PY", "in case only"),
        ("a.py/b.py", "is a file and a folder"),
        ("b-1.0.dist-info/METADATA", "2 .dist-info folders"),
        ("b-1.0.data/scripts/b", "of another project"),
        ("a-1.0.data/elsewhere/b", "no known folder"),
        ("a-1.0.data/scripts/python3.12", "may not be named"),
        ("a-1.0.data/scripts/activate.fish", "may not be named"),
        ("a-1.0.data/scripts/pip", "may not be named"),
        ("a-1.0.data/scripts/x y", "no name for a script"),
        ("a-1.0.data/scripts/x/y", "no subfolders"),
        ("a-1.0.data/data/pyvenv.cfg", "would replace pyvenv.cfg, which says"),
        ("a-1.0.data/data/bin/python", "may not be named"),
    ],
)
def test_names_that_are_refused(path: str, words: str, tmp_path: Path) -> None:
    package = make_wheel("a", "1.0", files={"a.py": "", path: ""})
    assert words in fault(package, tmp_path)


def _rename_info(contents: dict[str, bytes]) -> None:
    for name in list(contents):
        contents[name.replace("a-1.0.dist-info", "a-2.0.dist-info")] = contents.pop(name)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda files: files.update({"extra.py": b""}), "does not list extra.py"),
        (lambda files: files.pop("a.py"), "lists a.py, which is not there"),
        (lambda files: files.update({"a.py": b"VERSION = '6.6'\n"}), "does not have the digest"),
        (lambda files: files.update({"a.py": b"longer than before\n"}), "another size"),
        (lambda files: files.pop("a-1.0.dist-info/WHEEL"), "has no a-1.0.dist-info/WHEEL"),
        (lambda files: files.update({"a-1.0.dist-info/WHEEL": b"Wheel-Version: 2.0\n"}), "Wheel-Version 2.0"),
        (lambda files: files.update({"a-1.0.dist-info/METADATA": b"Name: b\nVersion: 1.0\n"}), "metadata is of 'b'"),
        (lambda files: files.update({"a-1.0.dist-info/METADATA": b"Name: a\nVersion: 2\n"}), "metadata is of 'a' '2'"),
        (lambda files: files.update({"a-1.0.dist-info/RECORD": b"a.py\n"}), "RECORD cannot be read"),
        (_rename_info, "of another project or version"),
        (
            lambda files: files.update(
                {"a-1.0.dist-info/RECORD": files["a-1.0.dist-info/RECORD"].replace(b"sha256=", b"md5=")}
            ),
            "no digest of at least SHA-256",
        ),
        (
            lambda files: files.update({"a-1.0.dist-info/entry_points.txt": b"[console_scripts]\nrun = a:b;evil()\n"}),
            "which is no function",
        ),
        (
            lambda files: files.update({"a-1.0.dist-info/entry_points.txt": b"[console_scripts]\n../run = a:b\n"}),
            "no name for a script",
        ),
    ],
)
def test_contents_that_are_refused(edit: Edit, words: str, tmp_path: Path) -> None:
    assert words in fault(edited(make_wheel("a", "1.0"), edit), tmp_path)


def test_links_and_damage_are_refused(tmp_path: Path) -> None:
    package = make_wheel("a", "1.0")
    buffer = io.BytesIO(package.data)
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "link or a device" in fault(package._replace(data=buffer.getvalue()), tmp_path)
    assert "no readable zip" in fault(package._replace(data=package.data[:-30]), tmp_path)
    assert "no readable zip" in fault(package._replace(data=b""), tmp_path)


def test_a_local_name_that_differs_is_refused(tmp_path: Path) -> None:
    package = make_wheel("a", "1.0")
    assert "two names" in fault(package._replace(data=package.data.replace(b"a.py", b"b.py", 1)), tmp_path)


def test_relaxed_record(tmp_path: Path) -> None:
    package = edited(make_wheel("a", "1.0"), lambda files: files.update({"A.py": b"1", "a.py": b"2"}))
    with unpack(package, tmp_path, relaxed=True) as pack:
        assert {"A.py", "a.py"} <= {file.path for file in pack.files}


def test_pip_may_bring_its_own_script() -> None:
    text = "[console_scripts]\npip3 = pip._internal:main\n[gui_scripts]\nshow = pip.gui:App.run [extra]\n"
    assert parse_entry_points("pip.whl", text, "pip") == (
        EntryPoint("pip3", "pip._internal", "main"),
        EntryPoint("show", "pip.gui", "App.run", True),
    )


def test_cache_makes_each_pack_once_and_checks_it_on_use(tmp_path: Path) -> None:
    package = make_wheel("a", "1.0")
    wheel = package.write(tmp_path)
    cache = WheelCache(tmp_path / "cache")
    assert cache.open(package.sha256) is None
    cache.add(wheel, package.filename, package.sha256)
    with WheelCache(tmp_path / "cache").open(package.sha256) as pack:  # type: ignore[union-attr]
        assert pack.head.filename == package.filename
    path = next(cache.root.glob("*/*.pack"))
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    with cache.open(package.sha256) as pack, pytest.raises(DamagedPack):  # type: ignore[union-attr]
        pack.text(pack.files[0].path)
    path.write_bytes(data[:-1])
    assert cache.open(package.sha256) is None
    assert not path.exists()


def test_failed_unpacking_leaves_nothing(tmp_path: Path) -> None:
    package = make_wheel("a", "1.0", files={"../x": ""})
    cache = WheelCache(tmp_path / "cache")
    with pytest.raises(WheelFault):
        cache.add(package.write(tmp_path), package.filename, package.sha256)
    assert not [path for path in cache.root.rglob("*") if path.is_file()]


def test_cache_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "packs-v5"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    with pytest.raises(SettingsError, match="others may write"):
        WheelCache(tmp_path / "cache")
