"""The resolution of a compile for many environments: which they are, and what of the old lock is preferred where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from piptools_clone.environment.targets import running_target
from piptools_clone.errors import NoSolution, UsageError
from piptools_clone.formats.sanitize import inert
from piptools_clone.run.old_scope import default_python_range
from piptools_clone.run.resolver import Resolver

if TYPE_CHECKING:
    from piptools_clone.formats.locks.lock_scope import LockScope
    from piptools_clone.formats.requirements.requirements_in import Wanted
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.model.lock import Pin
    from piptools_clone.model.requirement import Requirement
    from piptools_clone.resolve.parts.many_environments import ForEnvironments, Scope
    from piptools_clone.resolve.self_check import Places
    from piptools_clone.run.context import RunContext
    from piptools_clone.run.inputs import Inputs
    from piptools_clone.run.kept import Kept

_BEYOND = "<4"
"""Where a range ends that names no end: requirements of today say ``python_version < "4.0"``, and would split there."""


class EnvironmentsResolver(Resolver):
    """Resolves for all environments of a range, or for several targets; ``old_scope`` is that of the old lock."""

    def __init__(
        self,
        request: CompileRequest,
        context: RunContext,
        bounds: Sequence[Requirement],
        old_scope: LockScope | None,
    ) -> None:
        super().__init__(request, context, bounds)
        self._old_scope = old_scope
        self._python_range = ""

    def settle(self, wanted: Wanted) -> None:
        """Settle settings, now that the requirements files are read."""
        self._drop_selection()
        self._settle_settings(wanted)

    def holds(self, marker: str) -> bool:
        """Whether a marker may hold: where it does is asked later."""
        return True

    @property
    def places(self) -> Places:
        """The environments that are locked for, as a check of a lock by itself sees them; known after `resolve`."""
        from piptools_clone.resolve.parts.many_environments import open_environments
        from piptools_clone.resolve.self_check import many_places

        return many_places(open_environments(self._scope)[0])

    @property
    def python_version(self) -> str:
        """The running Python, such as ``3.12``: what is locked for is said elsewhere."""
        return running_target(self._context.cache).python_version

    def resolve(self, inputs: Inputs, kept: Kept) -> list[Pin]:
        """Resolve, and hash if hashes are asked for."""
        from piptools_clone.resolve.parts.many_environments import Task as EnvironmentsTask
        from piptools_clone.resolve.parts.many_environments import resolve_for_environments

        task = self._task(inputs.wanted, kept)
        self._scope = scope = self._find_scope(inputs)

        def attempt() -> ForEnvironments:
            index = self._context.open_index(task.policy, refresh=self._is_asked_anew, bounds=self.build_bounds)
            self._index = index
            wanted = EnvironmentsTask(index, task.policy, scope, task.roots, task.constraints, _old_versions(kept))
            return resolve_for_environments(wanted, self._context.observer)

        try:
            try:
                found = attempt()
            except NoSolution:
                if self._request.offline or self._index.taken_unasked is None:
                    raise
                self._doubts_cache = True  # what is missing may have come since
                self._index.close()
                found = attempt()
        except NoSolution:
            self._warn_of(self._index)
            raise
        self._has_directs = any(resolution.has_directs for resolution, _ in found.resolutions)
        self._remark(self._index, found.resolutions)
        roots = found.resolutions[0][0].roots if found.resolutions else ()
        return self._pins(self._index, task, found.chosen, roots)

    @property
    def pages_hold(self) -> tuple[float, float]:
        """From when until when the pages of the cache are fresh that were used."""
        return self._index.taken_unasked or (0.0, float("inf"))

    @property
    def python_range(self) -> str:
        """The Pythons of a lock whose request names none: of the project, of the old lock, or from this one on."""
        return self._python_range

    def _find_scope(self, inputs: Inputs) -> Scope:
        from piptools_clone.resolve.parts.many_environments import Scope

        request, context = self._request, self._context
        if not request.universal:
            from piptools_clone.run.target_choice import targets_of

            targets, context.build_host = targets_of(request, context.environ, context.cache)
            oldest = min(targets, key=lambda each: Version(each.target.python_full_version)).target
            return Scope(
                python=f">={oldest.python_full_version}",
                targets=[each.target for each in targets],
                names=[each.name for each in targets],
                fewest=request.fork_strategy == "fewest",
                no_deps=request.no_deps,
            )
        self._python_range = request.python_range or self._default_range(inputs.requires_python)
        python = self._python_range if "<" in self._python_range else f"{self._python_range},{_BEYOND}"
        _check_range(python)
        return Scope(
            python=python,
            markers=request.environments,
            required=request.required_environments,
            fewest=request.fork_strategy == "fewest",
            no_deps=request.no_deps,
        )

    def _default_range(self, bounds: Sequence[tuple[str, str]]) -> str:
        of_projects = ",".join(text for _, text in bounds if text)
        return of_projects or default_python_range(self._old_scope, self.python_version)


def _check_range(python: str) -> None:
    """Refuse a range in which no Python is, such as that of two projects that never go together."""
    from piptools_clone.model.python_axis import PythonAxis

    try:
        PythonAxis(python)
    except ValueError:
        raise UsageError(
            f"no Python is in the range {inert(python)}", hint="--python-version '>=3.10' names another range"
        ) from None


def _old_versions(kept: Kept) -> Mapping[str, Sequence[tuple[Version, str]]]:
    found: dict[str, list[tuple[Version, str]]] = {}
    for name, pins in kept.by_name.items():
        for pin, _ in pins:
            try:
                found.setdefault(name, []).append((Version(pin.version), pin.marker))
            except InvalidVersion:
                continue  # a direct reference
    return found
