"""What is never remembered: each guard has an input that only it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from piptools_clone.model.compile_request import CompileRequest, CompileResult
from piptools_clone.model.lock import Lock
from piptools_clone.model.requirement import Origin, Requirement
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.run.memo.compile_listener import NotKept, check_kind
from piptools_clone.run.memo.installation import make_installation
from piptools_clone.run.memo.sync_memo import Depends, Kind
from piptools_clone.syncing.plan import Action, Plan, PlannedChange
from piptools_clone.syncing.stage import Staged
from piptools_clone.syncing.write.layout import Incoming, WheelOrigin
from piptools_clone.wheels.pack import WheelHead

COMPILE = CompileRequest(("requirements.in",), "requirements.txt", cache_dir="cache")
RESULT = CompileResult(Lock(()), b"", plain=True)


def test_a_plain_compile_is_remembered() -> None:
    check_kind(COMPILE, RESULT)


@pytest.mark.parametrize(
    "given",
    [
        {"check": True},
        {"dry_run": True},
        {"offline": True},
        {"output": "-"},
        {"stdin": b"a\n"},
        {"python": "python3"},
        {"groups": ("dev",)},
        {"extras": ("x",)},
        {"build_deps_for": ("wheel",)},
        {"cache_dir": None},
        {"sources": ()},
        {"sources": ("pyproject.toml",)},
        {"sources": ("below/setup.py",)},
        {"sources": ("setup.cfg",)},
    ],
    ids=str,
)
def test_a_compile_of_another_kind(given: dict[str, Any]) -> None:
    with pytest.raises(NotKept):
        check_kind(COMPILE._replace(**given), RESULT)


def test_a_compile_that_depended_on_more_than_text_and_pages() -> None:
    with pytest.raises(NotKept):
        check_kind(COMPILE, RESULT._replace(plain=False))


DIGEST = "1" * 64
SYNC = SyncRequest(("requirements.txt",), cache_dir="cache")
LINE = Requirement(
    "a", (), SpecifierSet("==1.0"), Origin("requirements.txt", 1, "-r requirements.txt"), hashes=(f"sha256:{DIGEST}",)
)
ADD = PlannedChange(Action.ADD, "a", (), LINE, "")
INCOMING = Incoming("a", DIGEST, WheelOrigin(None, "http://127.0.0.1/a-1.0-py3-none-any.whl", DIGEST))
HEAD = WheelHead("a-1.0-py3-none-any.whl", "a", "1.0", "a-1.0.dist-info", "a-1.0.data", True, "", (), ())
KIND = Kind((), (), (), "")
DEPENDS = Depends(("requirements.txt",), (DIGEST,), (), ())


def is_kept(request: SyncRequest = SYNC, change: PlannedChange = ADD, incoming: Incoming = INCOMING) -> bool:
    staged = [Staged(LINE, incoming, HEAD)]
    return make_installation(request, Plan((change,)), staged, KIND, DEPENDS) is not None


def test_a_plain_sync_is_remembered() -> None:
    assert is_kept()
    assert is_kept(change=PlannedChange(Action.KEEP, "pip", (), None, ""))


@pytest.mark.parametrize(
    "given",
    [
        {"user": True},
        {"target": "folder"},
        {"prefix": "folder"},
        {"compile_bytecode": True},
        {"link_mode": "copy"},
        {"relax_record": frozenset({"a"})},
        {"verify": True},
        {"reinstall": True},
        {"reinstall_names": frozenset({"a"})},
        {"describes": True},
        {"cache_dir": None},
    ],
    ids=str,
)
def test_a_sync_of_another_kind(given: dict[str, Any]) -> None:
    assert not is_kept(SYNC._replace(**given))


@pytest.mark.parametrize(
    "change",
    [
        ADD._replace(action=Action.UPGRADE),
        ADD._replace(action=Action.REMOVE, new=None),
        ADD._replace(action=Action.KEEP),
        ADD._replace(action=Action.KEEP, name="b", new=None),
        ADD._replace(new=LINE._replace(url="http://127.0.0.1/a.whl")),
        ADD._replace(new=LINE._replace(specifier=SpecifierSet(">=1.0"))),
        ADD._replace(new=LINE._replace(hashes=())),
        ADD._replace(new=LINE._replace(hashes=(f"sha512:{DIGEST}",))),
    ],
    ids=["upgrade", "removal", "kept line", "kept other", "address", "range", "no hash", "other hash"],
)
def test_a_change_that_does_not_follow_from_the_lock(change: PlannedChange) -> None:
    assert not is_kept(change=change)


@pytest.mark.parametrize(
    "incoming",
    [
        INCOMING._replace(relaxed=True),
        INCOMING._replace(origin=INCOMING.origin._replace(direct_url={"url": "x"})),
        INCOMING._replace(origin=INCOMING.origin._replace(others=(("sha512", DIGEST),))),
        INCOMING._replace(sha256="2" * 64),
    ],
    ids=["relaxed", "by address", "named by another digest", "built"],
)
def test_a_wheel_that_the_lock_does_not_name(incoming: Incoming) -> None:
    assert not is_kept(incoming=incoming)
