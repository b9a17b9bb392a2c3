"""A plain compile over a lock of many environments goes on with its options, or refuses."""

from __future__ import annotations

from typing import Any

import pytest

from piptools_clone.errors import UsageError
from piptools_clone.formats.locks.lock_scope import LockScope, render_scope_header
from piptools_clone.formats.locks.old_lock import parse_lock
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.observer import SilentObserver
from piptools_clone.run.old_scope import (
    continue_scope,
    default_python_range,
    narrowed,
    scope_of_old,
    scope_of_request,
)

RANGE = LockScope(universal=True, python=">=3.10", environments=("os_name == 'nt'",), fork_strategy="fewest")
DEFAULT = LockScope(universal=True, python=">=3.9,<4", by_default=True)
TARGETS = LockScope(targets=("ci", "python3.12-windows"))


class Listener(SilentObserver):
    """Remembers what is announced."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def announce(self, text: str) -> None:
        self.said.append(text)


def request(**fields: Any) -> CompileRequest:
    return CompileRequest(("requirements.in",), "r.txt", **fields)


@pytest.mark.parametrize("scope", [RANGE, DEFAULT, TARGETS])
@pytest.mark.parametrize("command", ["pip-compile requirements.in", "make lock"])
def test_a_plain_compile_goes_on_and_says_so(scope: LockScope, command: str) -> None:
    """Also where the command is one of the user's own: the title of the header tells the options, too."""
    old = ("\ufeff" + "\r\n".join(render_scope_header(scope, command)) + "\r\na==1\r\n").encode()
    listener = Listener()
    found = continue_scope(request(upgrade=True), scope_of_old(old), listener)
    assert scope_of_request(found, DEFAULT.python) == scope
    assert found.upgrade
    assert listener.said == [
        f"r.txt is a lock for many environments: going on with {' '.join(scope.options)}",
    ]


@pytest.mark.parametrize(
    ("fields", "option"),
    [
        ({"python": "3.12"}, "--python"),
        ({"target_overrides": (("python_version", "3.12"),)}, "--python-version"),
        ({"target_overrides": (("platform", "linux"),)}, "--platform"),
        ({"targets": ("python3.12-linux",)}, "--target"),
    ],
)
@pytest.mark.parametrize("scope", [RANGE, TARGETS])
def test_a_request_for_one_target_is_refused(fields: dict[str, Any], option: str, scope: LockScope) -> None:
    with pytest.raises(UsageError, match=f"and {option} asks for one") as caught:
        continue_scope(request(**fields), scope, SilentObserver())
    assert caught.value.hint == (
        f"leave {option} out to go on with it, name another file with --output-file, or delete this one to lock anew"
    )


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({"universal": True, "python_range": ">=3.12"}, RANGE),
        ({"universal": True}, TARGETS),
        ({"targets": ("a", "b")}, RANGE),
        ({"python": "3.12"}, None),
        ({}, None),
    ],
)
def test_what_a_request_says_holds(fields: dict[str, Any], scope: LockScope | None) -> None:
    listener = Listener()
    assert continue_scope(request(**fields), scope, listener) == request(**fields)
    assert listener.said == []


def test_pythons_that_are_not_named_stay() -> None:
    """Else a lock made on Python 3.10 would lose it where a colleague's Python is newer."""
    listener = Listener()
    found = continue_scope(request(universal=True), RANGE, listener)
    assert (found.python_range, found.environments) == (">=3.10", ())
    assert listener.said == ["r.txt is a lock for Python >=3.10: going on with these Pythons"]
    assert continue_scope(request(universal=True), DEFAULT, SilentObserver()).python_range == ""
    assert default_python_range(DEFAULT, "3.12") == ">=3.9,<4"
    assert default_python_range(TARGETS, "3.12") == default_python_range(None, "3.12") == ">=3.12,<4"


def test_a_header_that_does_not_tell_is_no_leave_to_narrow() -> None:
    with pytest.raises(UsageError, match="its header does not say which") as caught:
        continue_scope(request(), LockScope(), SilentObserver())
    assert "say it with --universal or --target" in caught.value.hint


@pytest.mark.parametrize("old", [None, b"", b"a==1\n", b"\xff"])
def test_other_locks_have_no_scope(old: bytes | None) -> None:
    assert scope_of_old(old) is None
    assert continue_scope(request(), None, SilentObserver()) == request()
    assert scope_of_request(request(targets=("a",))) is None


SEVERAL = "numpy==2 ; os_name == 'nt'\nb==1 ; os_name == 'nt'\nnumpy==1 ; os_name != 'nt'\n"


def test_a_lock_without_a_header_warns() -> None:
    (warning,) = narrowed(request(), parse_lock(SEVERAL, "r.txt"))
    assert warning.startswith("r.txt holds numpy for several environments")
    assert list(narrowed(request(universal=True), parse_lock(SEVERAL, "r.txt"))) == []
    assert list(narrowed(request(), parse_lock("a==1\na==1\nb==2 ; os_name == 'nt'\n", "r.txt"))) == []
