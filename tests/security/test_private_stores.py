"""What is remembered between runs is believed only where this user alone can have written it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from piptools_clone.environment.interpreter import probe_interpreter
from piptools_clone.errors import SettingsError
from piptools_clone.store.cache import FACTS, Cache, folder_of, parse_entry, render_entry
from piptools_clone.syncing.write.layout import Placed
from piptools_clone.syncing.write.write_wheels import LinkMode, Writer
from piptools_clone.wheels.pack import Pack
from piptools_clone.wheels.unpack import unpack_content
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import make_wheel

A, B = (make_wheel(name, "1.0", files={f"{name}.py": name}) for name in "ab")


@pytest.fixture
def wheels(tmp_path: Path) -> WheelCache:
    cache = WheelCache(tmp_path / "cache")
    for package in (A, B):
        cache.add_content(package.data, package.filename, package.sha256)
    return cache


def path_of(cache: WheelCache, digest: str) -> Path:
    return cache.root / digest[:2] / f"{digest}.pack"


def _linked(path: Path) -> None:
    moved = path.rename(path.with_suffix(".moved"))
    path.symlink_to(moved)


class TestPacks:
    """A pack belongs to the wheel that it was made from."""

    def test_it_opens_under_its_own_name(self, wheels: WheelCache) -> None:
        for package in (A, B):
            with wheels.open(package.sha256) as pack:  # type: ignore[union-attr]
                assert pack.head.filename == package.filename

    def test_it_does_not_open_under_that_of_another(self, wheels: WheelCache) -> None:
        shutil.copy(path_of(wheels, B.sha256), path_of(wheels, A.sha256))
        assert wheels.open(A.sha256) is None
        assert not path_of(wheels, A.sha256).exists()

    def test_a_relaxed_one_does_not_open_as_a_strict_one(self, wheels: WheelCache) -> None:
        wheels.add_content(A.data, A.filename, A.sha256, relaxed=True)
        path = path_of(wheels, A.sha256)
        shutil.copy(path.with_name(f"{A.sha256}.relaxed.pack"), path)
        assert wheels.open(A.sha256) is None
        wheels.open(A.sha256, relaxed=True).close()  # type: ignore[union-attr]

    def test_one_that_was_made_without_a_wheel_is_named_by_its_manifest(self, wheels: WheelCache) -> None:
        digest = wheels.add_made(lambda out: unpack_content(A.data, A.filename, out))
        wheels.open(digest).close()  # type: ignore[union-attr]
        other = wheels.add_made(lambda out: unpack_content(B.data, B.filename, out))
        shutil.copy(path_of(wheels, other), path_of(wheels, digest))
        assert wheels.open(digest) is None

    @pytest.mark.parametrize("spoil", [lambda path: path.chmod(0o666), _linked])
    def test_one_that_others_can_have_written_is_thrown_away(
        self, spoil: Callable[[Path], object], wheels: WheelCache
    ) -> None:
        spoil(path_of(wheels, A.sha256))
        assert wheels.open(A.sha256) is None

    def test_their_folder_is_no_link(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache" / "packs-v5").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(SettingsError, match="is a link"):
            WheelCache(tmp_path / "cache")


class TestHardLinks:
    """Nothing that was changed in one environment gets into the next."""

    def install(self, wheels: WheelCache, folder: Path) -> Path:
        with wheels.open(A.sha256) as pack:  # type: ignore[union-attr]
            writer = Writer(LinkMode.HARDLINK, tree=wheels.tree(A.sha256, pack))
            writer.write_plain(pack, pack.manifest.plain, str(folder))
        return folder / "a.py"

    def test_files_are_shared(self, wheels: WheelCache, tmp_path: Path) -> None:
        first, second = (self.install(wheels, tmp_path / name) for name in ("one", "two"))
        assert first.samefile(second)
        assert first.read_text() == "a"

    @pytest.mark.parametrize(
        "change",
        [
            lambda path: path.write_text("x"),
            lambda path: path.write_text("longer"),
            lambda path: path.chmod(0o777),
        ],
        ids=["content", "size", "mode"],
    )
    def test_a_changed_one_is_not(self, change: Callable[[Path], object], wheels: WheelCache, tmp_path: Path) -> None:
        first = self.install(wheels, tmp_path / "one")
        change(first)
        changed = first.read_text(), first.stat().st_mode
        second, third = (self.install(wheels, tmp_path / name) for name in ("two", "three"))
        assert second.read_text() == "a"
        assert not os.access(second, os.X_OK) or os.geteuid() == 0
        assert second.stat().st_mode & 0o111 == 0
        assert second.samefile(third)
        assert not first.samefile(second)
        assert (first.read_text(), first.stat().st_mode) == changed

    def test_a_link_in_its_place_is_not_followed(self, wheels: WheelCache, tmp_path: Path) -> None:
        self.install(wheels, tmp_path / "one")
        with wheels.open(A.sha256) as pack:  # type: ignore[union-attr]
            kept = Path(wheels.tree(A.sha256, pack)) / "a.py"
        kept.unlink()
        (tmp_path / "evil").write_text("a")
        kept.symlink_to(tmp_path / "evil")
        installed = self.install(wheels, tmp_path / "two")
        assert not installed.is_symlink()
        assert not installed.samefile(tmp_path / "evil")

    def test_a_script_that_must_run_is_no_link(self, wheels: WheelCache, tmp_path: Path) -> None:
        with wheels.open(A.sha256) as pack:  # type: ignore[union-attr]
            file = next(file for file in pack.files if file.path == "a.py")
            writer = Writer(LinkMode.HARDLINK, tree=wheels.tree(A.sha256, pack))
            writer.write(Placed("", file, "", file.size, executable=True), str(tmp_path / "bin" / "a"), pack)
        assert (tmp_path / "bin" / "a").stat().st_mode & 0o111


class TestEntries:
    """What spares a request or a process is ignored where others may have written it."""

    def test_of_the_cache(self, tmp_path: Path) -> None:
        folder = tmp_path / "cache"
        Cache(str(folder)).write("pages", "key", b"data")
        assert Cache(str(folder)).read("pages", "key") == b"data"
        path = Path(Cache(str(folder)).path("pages", "key"))
        path.chmod(0o666)
        assert Cache(str(folder)).read("pages", "key") is None
        path.chmod(0o600)
        kind = path.parent.parent
        kind.chmod(0o777)
        assert Cache(str(folder)).read("pages", "key") is None
        kind.chmod(0o700)
        kind.rename(tmp_path / "elsewhere")
        kind.symlink_to(tmp_path / "elsewhere")
        assert Cache(str(folder)).read("pages", "key") is None

    def test_all_folders_are_private_whatever_the_mask(self, tmp_path: Path) -> None:
        mask = os.umask(0)
        try:
            Cache(str(tmp_path / "a" / "cache")).write("pages", "key", b"data")
            Cache(str(tmp_path / "b" / "c" / "cache")).write("memo", "key", b"data")
            WheelCache(tmp_path / "d" / "cache").add_content(A.data, A.filename, A.sha256)
        finally:
            os.umask(mask)
        for path in tmp_path.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path

    def test_a_link_to_the_cache_is_followed_if_it_is_the_users(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir(mode=0o700)
        (tmp_path / "cache").symlink_to(tmp_path / "disk")
        assert Cache(str(tmp_path / "cache")).problem is None

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
    def test_a_link_of_another_user_is_not(self, tmp_path: Path) -> None:
        (tmp_path / "disk").mkdir(mode=0o700)
        (tmp_path / "cache").symlink_to(tmp_path / "disk")
        os.lchown(tmp_path / "cache", 12345, -1)
        assert "is a link" in (Cache(str(tmp_path / "cache")).problem or "")

    def test_of_interpreters(self, tmp_path: Path) -> None:
        options = ["--without-pip", "--system-site-packages"]
        subprocess.run([sys.executable, "-m", "venv", *options, tmp_path / "v"], check=True)
        python, cache = tmp_path / "v" / "bin" / "python", Cache(str(tmp_path / "cache"))
        found = probe_interpreter(python, cache=cache)
        folder = Path(folder_of(cache.folder, FACTS))
        kept = {each: parse_entry(FACTS, each.read_bytes()) for each in folder.glob("*/*")}
        [(stored, lie)] = [item for item in kept.items() if isinstance(item[1], dict)]  # beside tags
        lie["markers"]["python_version"] = "9.9"
        stored.write_bytes(b"".join(render_entry(FACTS, lie)))
        assert probe_interpreter(python, cache=cache).target.python_version == "9.9"  # as it was this user
        folder.chmod(0o777)
        assert probe_interpreter(python, cache=cache) == found


def test_a_pipe_is_no_file_to_wait_for(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    cache.write("memo", "key", b"data")
    path = Path(cache.path("memo", "key"))
    path.unlink()
    os.mkfifo(path)
    assert cache.read("memo", "key") is None


def test_a_pack_tells_what_it_was_made_from(wheels: WheelCache) -> None:
    with Pack(path_of(wheels, A.sha256)) as pack:
        assert (pack.manifest.wheel, pack.manifest.relaxed) == (A.sha256, False)
