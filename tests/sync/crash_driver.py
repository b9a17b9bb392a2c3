"""Changes copies of an environment and dies by SIGKILL after each step in turn; test_crash.py runs it.

Every copy must then be recovered to exactly the old or the new state, also when the recovery is killed too.
Prints one line per case: the step, what was found, and how it ended.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from piptools_clone.environment.installed import read_installed
from piptools_clone.environment.interpreter import Interpreter, Paths, running_interpreter
from piptools_clone.environment.own_names import FOLDER, NOTE
from piptools_clone.syncing.transaction.apply import Incoming, Replacement, apply_changes
from piptools_clone.syncing.transaction.environment_lock import locked_environment
from piptools_clone.syncing.transaction.swap import recover
from piptools_clone.syncing.write.layout import WheelOrigin
from piptools_clone.syncing.write.scheme import scheme_of
from piptools_clone.wheels.wheel_cache import WheelCache
from tests.support.packages import Package, make_wheel
from tests.sync.environments import snapshot

BOOT = "this boot"
SCRIPT = "[console_scripts]\n{} = module:function\n"
OLD = (
    make_wheel("up", "1.0", files={"up/__init__.py": "1", "up/old/x.py": "1", "ns/up.py": "1"}),
    make_wheel(
        "gone", "1.0", files={"gone.py": "", "gone/a/b.py": "", "ns/gone.py": ""}, entry_points=SCRIPT.format("g")
    ),
    make_wheel("stays", "1.0", files={"ns/stays.py": "", "stays.py": ""}),
)
NEW = (
    make_wheel("up", "2.0", files={"up/__init__.py": "2", "up/new/y.py": "2", "ns/up.py": "2"}),
    make_wheel("came", "1.0", files={"came/c.py": "", "ns/came.py": ""}, entry_points=SCRIPT.format("c")),
)


def cross(source: str, target: str) -> None:
    """A rename where the sync's folder is on another file system, and no folder may be renamed at all (overlay)."""
    if Path(source).is_dir() or (FOLDER in source) != (FOLDER in target):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source)
    Path(source).rename(target)


def dying_cross(step: int) -> Callable[[str, str], None]:
    """Die before the rename of that number: between two files of a folder that is moved file by file."""
    die = killer(step)

    def rename(source: str, target: str) -> None:
        die(source)
        cross(source, target)

    return rename


def interpreter(root: Path) -> Interpreter:
    site = root / "lib" / "site-packages"
    paths = Paths(site, site, root / "bin", root, root / "include", root / "lib")
    return running_interpreter()._replace(prefix=root, paths=paths)


def change(root: Path, cache: WheelCache, packages: tuple[Package, ...], **edges: object) -> None:
    edges.setdefault("boot", BOOT)
    target = interpreter(root)
    installed = read_installed([target.paths.purelib])
    incoming = [Incoming(each.filename.split("-")[0], each.sha256, WheelOrigin()) for each in packages]
    stays = [each for each in installed if each.name == "stays"]
    gone = [each for each in installed if each.name != "stays"]
    with locked_environment(target.paths.purelib, scheme_of(target).folders, print, lambda _: None) as area:
        apply_changes(area, target, Replacement(gone, incoming, stays), cache, **edges)  # type: ignore[arg-type]


def killer(step: int) -> Callable[[str], None]:
    """Die at the checkpoint of that number."""
    seen = iter(range(10**6))

    def checkpoint(_: str) -> None:
        if next(seen) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def in_child(work: Callable[[], None]) -> bool:
    """Run in a forked process and tell whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def recovered(root: Path) -> str:
    found: list[str] = []
    target = interpreter(root)
    with locked_environment(target.paths.purelib, scheme_of(target).folders, print, found.append):
        pass
    return found[0] if found else "nothing"


def main(folder: Path, *, crossing: bool, adding: bool) -> None:
    before, after = ((), OLD) if adding else (OLD, NEW)
    cache = WheelCache(folder / "cache")
    for package in {*OLD, *NEW}:
        cache.add(package.write(folder / "wheels"), package.filename, package.sha256)
    old, new = folder / "old", folder / "new"
    (old / "lib" / "site-packages").mkdir(parents=True)
    if before:
        change(old, cache, before)
    shutil.copytree(old, new, symlinks=True)
    change(new, cache, after)
    assert (new / "lib" / "site-packages" / NOTE).exists() is adding, "a sync that gives nothing up leaves a note"
    states = {"old": snapshot(old), "new": snapshot(new)}
    step = 0
    while True:
        copy = folder / "copy"
        shutil.copytree(old, copy, symlinks=True)
        edges = {"rename": dying_cross(step)} if crossing else {"checkpoint": killer(step)}
        killed = in_child(partial(change, copy, cache, after, **edges))
        again = kill_recovery(copy, cross if crossing else os.rename) if step % 3 == 0 else 0
        found = recovered(copy)
        ended = [name for name, state in states.items() if state == snapshot(copy)]
        print(step, "killed" if killed else "finished", again, found, ended)
        if ended != ["new"]:
            change(copy, cache, after)
        assert snapshot(copy) == states["new"], "a rerun reaches the new state"
        shutil.rmtree(copy)
        if not killed:
            return
        step += 1


def kill_recovery(copy: Path, rename: Callable[[str, str], None]) -> int:
    """Kill the recovery at each of its steps, one after another, on the same environment; tell how often."""
    target = interpreter(copy)
    area, roots = str(target.paths.purelib / FOLDER), scheme_of(target).folders
    step = 0
    while Path(area).is_dir() and in_child(partial(recover_quietly, area, roots, rename, killer(step))):
        step += 1
    return step


def recover_quietly(
    area: str, roots: tuple[str, ...], rename: Callable[[str, str], None], checkpoint: Callable[[str], None]
) -> None:
    recover(area, roots, rename=rename, checkpoint=checkpoint)


if __name__ == "__main__":
    main(Path(sys.argv[1]), crossing="crossing" in sys.argv[2], adding="adding" in sys.argv[2])
