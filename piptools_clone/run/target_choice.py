"""What a compile locks for: the targets that a request asks for, and requests that contradict themselves."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.environment.named_targets import NamedTarget, named_targets
from piptools_clone.environment.targets import override_target, running_target
from piptools_clone.errors import UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from piptools_clone.build.build_options import BuildHost
    from piptools_clone.environment.interpreter import Interpreter
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
        _refuse("--target", request.one_target_options, _DESCRIBED)
    repeated = [name for name, count in Counter(request.targets).items() if count > 1]
    if repeated:  # the header would name one, and the lock be for many
        raise UsageError(f"--target {inert(repeated[0])} is given more than once")


def _check_universal(request: CompileRequest) -> None:
    named = ["--target"] if request.targets else []
    _refuse("--universal", [*named, *request.one_target_options], _EVERYWHERE)
    for option, markers in (
        ("--environment", request.environments),
        ("--required-environment", request.required_environments),
    ):
        for marker in markers:
            _check_marker(option, marker)
    if request.python_range:
        from piptools_clone.environment.targets import python_range

        python_range(request.python_range)


def _refuse(option: str, others: Sequence[str], hint: str) -> None:
    if others:
        raise UsageError(f"{option} and {others[0]} contradict each other", hint=hint)


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


class Targets(NamedTuple):
    """What a compile locks for, each with the name that the user has for it, "" where options describe it.

    ``build_host`` builds for metadata, None for the running Python.
    """

    named: tuple[NamedTarget, ...]
    build_host: BuildHost | None


def targets_of(request: CompileRequest, environ: Mapping[str, str], cache: Cache | None) -> Targets:
    """The targets that a request names, else the one that it describes, else the running Python.

    Raises `UsageError` for what is not understood, `EnvironmentFailure` for an interpreter that is not there.
    """
    if request.targets:
        named = named_targets(request.targets, dict(request.target_table))
        return Targets(tuple(named), _host_for(named, running_target(cache)))
    if request.python is None:
        own = running_target(cache)
        described = NamedTarget("", override_target(own, request.target_overrides))
        return Targets((described,), _host_for([described], own))
    from piptools_clone.environment.search import find_interpreter

    found = find_interpreter(request.python, environ, sources=request.sources, first=(sys.executable,))
    described = NamedTarget("", override_target(found.target, request.target_overrides))
    return Targets((described,), _host_of(found, _host_for([described], found.target)))


_OF_BUILDS = ("implementation_name", "os_name", "platform_machine", "python_version", "sys_platform")
"""The markers that must be those of the interpreter that builds, for a build to tell what a target needs."""


def _host_for(targets: Iterable[NamedTarget], own: Target) -> BuildHost | None:
    """How an interpreter builds for targets: not at all, where one is of another kind."""
    for name, target in targets:
        if any(target.markers[variable] != own.markers[variable] for variable in _OF_BUILDS):
            from piptools_clone.build.build_options import BuildHost

            return BuildHost(foreign=name or _described(target))
    return None


def _described(target: Target) -> str:
    kind, version, system, machine = (target.markers[variable] for variable in _SHOWN)
    return f"{kind} {version} on {system} {machine}"


_SHOWN = ("platform_python_implementation", "python_version", "sys_platform", "platform_machine")


def _host_of(interpreter: Interpreter, host: BuildHost | None) -> BuildHost:
    """How an interpreter that is not the running one builds."""
    from piptools_clone.build.build_key import other_interpreter
    from piptools_clone.build.build_options import BuildHost

    paths = interpreter.paths
    sites = tuple(dict.fromkeys(map(os.fspath, (paths.purelib, paths.platlib))))
    described = other_interpreter(interpreter.target)
    return BuildHost(os.fspath(interpreter.executable), described, sites, host.foreign if host else "")
