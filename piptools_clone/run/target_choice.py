"""What a compile locks for: the targets that a request asks for, and requests that contradict themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.environment.targets import override_target, running_target
from piptools_clone.errors import UsageError
from piptools_clone.formats.sanitize import inert

if TYPE_CHECKING:
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.target import Target
    from piptools_clone.store.cache import Cache

_DESCRIBED = "a target says all of that itself: define one in [tool.pip-tools.targets]"
_EVERYWHERE = "--environment limits it to where a marker holds, --python-version '>=3.12' to a range of Pythons"


def check_targets(request: CompileRequest) -> None:
    """Refuse a request whose words about targets contradict one another.

    Raises `UsageError` that names the way out.
    """
    if request.universal:
        _check_universal(request)
        return
    limits = {"--environment": request.environments, "--required-environment": request.required_environments}
    for option, markers in limits.items():
        if markers:
            raise UsageError(f"{option} goes with --universal", hint=f"give --universal too, or leave {option} out")
    if request.python_range:
        raise UsageError("a range of Pythons goes with --universal", hint="give one version, such as 3.12")
    if request.fork_strategy != "requires-python" and len(request.targets) < 2:
        raise UsageError("--fork-strategy goes with --universal, or with several targets")
    if request.targets:
        _refuse("--target", _one_target(request), _DESCRIBED)


def _check_universal(request: CompileRequest) -> None:
    named = ["--target"] if request.targets else []
    _refuse("--universal", [*named, *_one_target(request)], _EVERYWHERE)
    for option, markers in (
        ("--environment", request.environments),
        ("--required-environment", request.required_environments),
    ):
        for marker in markers:
            _check_marker(option, marker)
    if request.python_range:
        from piptools_clone.environment.targets import python_range

        python_range(request.python_range)


def _one_target(request: CompileRequest) -> list[str]:
    """The options that are given and describe one target."""
    described = dict.fromkeys(f"--{kind.replace('_', '-')}" for kind, _ in request.target_overrides)
    return [*(["--python"] if request.python else []), *described]


def _refuse(option: str, others: Iterable[str], hint: str) -> None:
    for other in others:
        raise UsageError(f"{option} and {other} contradict each other", hint=hint)


def _check_marker(option: str, marker: str) -> None:
    from piptools_clone.formats.requirements.grammar import check_bounds
    from piptools_clone.formats.requirements.marker_algebra import mentions_extra
    from piptools_clone.formats.requirements.packaging_gaps import marker_of

    try:
        check_bounds(marker)
        parsed = marker_of(marker)
    except ValueError as error:
        reason = inert(str(error).splitlines()[0])
        raise UsageError(
            f"{option}: {inert(marker)!r} is no marker: {reason}", hint="such as \"sys_platform == 'linux'\""
        ) from None
    if mentions_extra(parsed):
        raise UsageError(f"{option}: {inert(marker)!r} asks for an extra, which is none of an environment")


def find_target(request: CompileRequest, environ: Mapping[str, str], cache: Cache | None) -> Target:
    """What is locked for: the Python that runs this or the one that is named, with what is said to be different."""
    _refuse_many(request)
    if request.python is None:
        target = running_target(cache)
    else:
        from piptools_clone.environment.search import find_interpreter

        target = find_interpreter(request.python, environ, sources=request.sources, first=(sys.executable,)).target
    return override_target(target, request.target_overrides)


def _refuse_many(request: CompileRequest) -> None:
    """Refuse what the resolver cannot do yet."""
    if request.universal:
        raise UsageError("--universal is not there yet", hint="name one target, such as --target python3.12-linux")
    if request.targets:
        raise UsageError("--target is not there yet")
