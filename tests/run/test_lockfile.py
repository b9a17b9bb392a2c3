"""The lock on disk: replaced whole or not at all, and refused before any work."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from piptools_clone.errors import OutputError, UsageError
from piptools_clone.run.lockfile import check_output, read_old, replace

OLD = b"alpha==1.0\n"
NEW = b"alpha==1.1\n"

root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_bytes(OLD)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def assert_untouched(lock: Path) -> None:
    assert lock.read_bytes() == OLD
    assert names(lock.parent) == [lock.name]


class TestReplace:
    def test_new_file(self, tmp_path: Path) -> None:
        path = tmp_path / "requirements.txt"
        old = os.umask(0o027)
        try:
            assert replace(str(path), NEW)
        finally:
            os.umask(old)
        assert path.read_bytes() == NEW
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert names(tmp_path) == ["requirements.txt"]

    def test_relative_path(self, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(lock.parent)
        assert replace("requirements.txt", NEW)
        assert lock.read_bytes() == NEW

    def test_unchanged_content_is_not_touched(self, lock: Path) -> None:
        lock.chmod(0o444)  # not even asked whether it could be written
        before = lock.stat()
        assert not replace(str(lock), OLD)
        assert lock.stat() == before or lock.stat().st_mtime_ns == before.st_mtime_ns
        assert lock.stat().st_ino == before.st_ino

    @pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
    def test_mode_is_kept(self, lock: Path, mode: int) -> None:
        lock.chmod(mode)
        assert replace(str(lock), NEW)
        assert stat.S_IMODE(lock.stat().st_mode) == mode

    @root_only
    def test_owner_is_kept_by_root(self, lock: Path) -> None:
        os.chown(lock, 12345, 23456)
        lock.chmod(0o640)
        assert replace(str(lock), NEW)
        assert (lock.stat().st_uid, lock.stat().st_gid) == (12345, 23456)
        assert stat.S_IMODE(lock.stat().st_mode) == 0o640

    def test_empty_content(self, lock: Path) -> None:
        assert replace(str(lock), b"")
        assert lock.read_bytes() == b""

    def test_symbolic_links_stay(self, lock: Path, tmp_path: Path) -> None:
        (tmp_path / "sub").mkdir()
        link = tmp_path / "sub" / "link.txt"
        link.symlink_to("../requirements.txt")
        again = tmp_path / "sub" / "again.txt"
        again.symlink_to("link.txt")
        assert replace(str(again), NEW)
        assert (link.is_symlink(), again.is_symlink(), lock.is_symlink()) == (True, True, False)
        assert lock.read_bytes() == NEW
        assert names(tmp_path / "sub") == ["again.txt", "link.txt"]

    def test_a_dangling_link_gets_its_file(self, tmp_path: Path) -> None:
        link = tmp_path / "link.txt"
        link.symlink_to("real.txt")
        check_output(str(link), [])
        assert read_old(str(link)) is None
        assert replace(str(link), NEW)
        assert link.is_symlink()
        assert (tmp_path / "real.txt").read_bytes() == NEW

    def test_a_name_of_the_greatest_length(self, tmp_path: Path) -> None:
        path = tmp_path / ("x" * 251 + ".txt")
        assert replace(str(path), NEW)
        assert path.read_bytes() == NEW

    def test_a_device_is_written_to(self) -> None:
        check_output(os.devnull, [])
        assert read_old(os.devnull) is None
        assert replace(os.devnull, NEW)
        assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)

    def test_short_writes_are_continued(self, lock: Path) -> None:
        assert replace(str(lock), NEW, write=lambda descriptor, data: os.write(descriptor, data[:3]))
        assert lock.read_bytes() == NEW

    def test_left_overs_of_killed_runs_are_swept(self, lock: Path) -> None:
        old, fresh = (lock.parent / f".pip-compile-{name}.tmp" for name in ("old", "fresh"))
        for path in (old, fresh):
            path.write_bytes(b"half")
        hours_ago = time.time() - 7200
        os.utime(old, (hours_ago, hours_ago))
        assert replace(str(lock), NEW)
        assert (old.exists(), fresh.exists()) == (False, True)  # another run may be writing the fresh one


class TestFaults:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
    def test_failing_writes_leave_the_old_file(self, lock: Path, number: int) -> None:
        def write(descriptor: int, data: bytes) -> int:
            os.write(descriptor, data[:4])
            raise OSError(number, os.strerror(number))

        with pytest.raises(OutputError) as caught:
            replace(str(lock), NEW, write=write)
        assert caught.value.message == f"Could not write file '{lock}': {os.strerror(number)}"
        assert_untouched(lock)

    @pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit, MemoryError])
    def test_interrupts_leave_the_old_file(self, lock: Path, interrupt: type[BaseException]) -> None:
        def write(descriptor: int, data: bytes) -> int:
            os.write(descriptor, data[:4])
            raise interrupt

        with pytest.raises(interrupt):
            replace(str(lock), NEW, write=write)
        assert_untouched(lock)

    def test_a_limit_of_the_system(self, lock: Path) -> None:
        """A real fault of a real write: the process may not write more than ten bytes to a file."""
        script = (
            "import resource, sys; from piptools_clone.run.lockfile import replace\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
            "try: replace(sys.argv[1], b'x' * 100)\n"
            "except Exception as error: print(type(error).__name__)"
        )
        done = subprocess.run([sys.executable, "-c", script, str(lock)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "OutputError\n"), done.stderr
        assert_untouched(lock)

    @root_only
    def test_a_full_disk(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("mounting is not permitted here")
        try:
            lock = disk / "requirements.txt"
            lock.write_bytes(OLD)
            with pytest.raises(OutputError, match="No space left on device"):
                replace(str(lock), b"x" * 200_000)
            assert_untouched(lock)
        finally:
            subprocess.run(["umount", str(disk)], check=True)

    def test_a_kill_during_the_write_leaves_the_old_file(self, lock: Path) -> None:
        script = (
            "import os, signal, sys; from piptools_clone.run.lockfile import replace\n"
            "def write(descriptor, data):\n"
            "    os.write(descriptor, data[:4])\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "replace(sys.argv[1], b'alpha==1.1\\n', write=write)"
        )
        done = subprocess.run([sys.executable, "-c", script, str(lock)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert lock.read_bytes() == OLD

    def test_eight_processes_at_once(self, lock: Path) -> None:
        """Each ends well, and what is there afterwards is whole."""
        script = (
            "import sys; from piptools_clone.run.lockfile import replace\n"
            "sys.stdin.read()\n"
            "for round in range(10):\n"
            "    replace(sys.argv[1], (sys.argv[2] + '==1.0\\n').encode() * (20_000 + round))"
        )
        children = [
            subprocess.Popen([sys.executable, "-c", script, str(lock), f"package-{number}"], stdin=subprocess.PIPE)
            for number in range(8)
        ]
        for child in children:
            assert child.stdin
            child.stdin.close()
        assert [child.wait(60) for child in children] == [0] * len(children)
        lines = lock.read_bytes().splitlines()
        assert (len(lines), len(set(lines))) == (20_009, 1)
        assert names(lock.parent) == [lock.name]


class TestCheckOutput:
    def test_fine(self, lock: Path, tmp_path: Path) -> None:
        check_output(str(lock), ["requirements.in", "-"])
        check_output(str(tmp_path / "new.txt"), [])
        check_output("-", ["-"])

    def test_missing_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(OutputError) as caught:
            check_output("no/such/out.txt", [])
        assert caught.value.message == "Could not open file 'no/such/out.txt': No such file or directory"
        assert caught.value.exit_code == 2
        check_output("no/such/out.txt", [], writable=False)

    @pytest.mark.parametrize("writable", [True, False])
    def test_a_folder_is_no_output(self, tmp_path: Path, *, writable: bool) -> None:
        with pytest.raises(OutputError, match="Is a directory"):
            check_output(str(tmp_path), [], writable=writable)
        with pytest.raises(OutputError, match="Is a directory"):
            replace(str(tmp_path), NEW)

    def test_a_file_is_no_folder(self, lock: Path) -> None:
        with pytest.raises(OutputError, match="Not a directory"):
            check_output(str(lock / "out.txt"), [])

    def test_an_endless_link(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        for act in (lambda path: check_output(path, []), read_old, lambda path: replace(path, NEW)):
            with pytest.raises(OutputError, match="symbolic link"):
                act(str(tmp_path / "a"))

    @pytest.mark.parametrize("output", ["r.txt", "./r.txt", "sub/../r.txt", "link.txt", "hard.txt", "ABSOLUTE"])
    @pytest.mark.parametrize("writable", [True, False])
    def test_an_input_under_any_spelling(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: str, *, writable: bool
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "r.txt").write_bytes(OLD)
        (tmp_path / "sub").mkdir()
        (tmp_path / "link.txt").symlink_to("r.txt")
        os.link("r.txt", "hard.txt")
        spelled = str(tmp_path / "r.txt") if output == "ABSOLUTE" else output
        with pytest.raises(UsageError, match=f"^input and output filenames must not be matched: {spelled}"):
            check_output(spelled, ["nope.in", "-", "r.txt"], writable=writable)

    def test_read_only_is_refused_even_to_root(self, lock: Path) -> None:
        lock.chmod(0o444)
        for act in (lambda: check_output(str(lock), []), lambda: replace(str(lock), NEW)):
            with pytest.raises(OutputError, match=r"it is read-only \(mode 0444\)"):
                act()
        check_output(str(lock), [], writable=False)
        assert_untouched(lock)

    def test_a_folder_that_is_not_writable(self, tmp_path: Path) -> None:
        """Run as an ordinary user, whom modes hold back."""
        folder = tmp_path / "folder"
        folder.mkdir(mode=0o755)
        script = (
            "import os, sys; from piptools_clone.run.lockfile import check_output\n"
            "os.chmod(sys.argv[1], 0o555)\n"
            "os.geteuid() == 0 and os.setresuid(12345, 12345, 12345)\n"
            "try: check_output('requirements.txt', [])\n"
            "except Exception as error: print(type(error).__name__, error)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder)], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.stdout.startswith("OutputError Could not open file 'requirements.txt': "), done.stderr
        assert "Permission denied" in done.stdout

    def test_names_that_no_system_takes(self) -> None:
        with pytest.raises(OutputError):
            check_output("a\0b", [])


class TestReadOld:
    def test_bytes_as_they_are(self, lock: Path) -> None:
        lock.write_bytes(b"\xff\r\n")
        assert read_old(str(lock)) == b"\xff\r\n"

    def test_none(self, tmp_path: Path) -> None:
        assert read_old("-") is None
        assert read_old(str(tmp_path / "no")) is None
        assert read_old(str(tmp_path)) is None
