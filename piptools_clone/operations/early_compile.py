"""A compile that begins while most of the program is still being loaded.

Loading takes as long as several answers of an index.  So what plainly written inputs name is asked for first, by the
settings that will hold if the inputs do not change them, and plain inputs cannot: see `plain_names`.  Then the compile
itself begins, as soon as it is loaded, and follows the answers while the rest is being loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.requirements.plain_inputs import PlainInputs, is_plain_lock, plain_inputs
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.process import loading
from piptools_clone.run.context import RunContext
from piptools_clone.run.lockfile import check_output, read_old

if TYPE_CHECKING:
    from piptools_clone.index.early_requests import EarlyRequests
    from piptools_clone.model.compile_request import CompileRequest, CompileResult
    from piptools_clone.operations.compile import Begun
    from piptools_clone.resolve.selection import Selection

FIRST = (
    "packaging.specifiers",
    "piptools_clone.index.index",
    "piptools_clone.resolve.policies",
    "piptools_clone.resolve.speculation",
)
REST = (
    "piptools_clone.formats.requirements.requirement_line",
    "piptools_clone.formats.locks.old_lock",
    "piptools_clone.run.compile_session",
    "piptools_clone.operations.compile",
)
"""What takes long to load, in pieces between which the network is looked after: to follow answers, and to compile."""


class HeadStart:
    """Requests of a compile that are under way, and the compile that goes on from there."""

    def __init__(self, request: CompileRequest, context: RunContext, early: EarlyRequests, inputs: PlainInputs) -> None:
        self.early = early
        self._request = request
        self._context = context
        self._inputs = inputs
        self._scout: Selection | None = None
        self._begun: Begun | None = None

    def compile(self, request: CompileRequest, *, observer: Observer) -> CompileResult:
        """Compile, once; ``request`` is the one that has begun, but may name another header.

        See `operations.compile`.
        """
        self._context.observer = observer
        self.load(FIRST)
        self._send_out()
        self.load(REST)
        from piptools_clone.operations import compile as operations

        self._begun = operations.begin(request, self._context, scout=self._scout)
        operations.look_ahead(request, self._begun)
        return operations.compile(request, observer=observer, begun=self._begun)

    def load(self, parts: Iterable[str]) -> None:
        """Load something, and look after what is under way meanwhile."""
        loading.load(parts, self._attend)

    def close(self) -> None:
        """Drop what is still under way.  May be called again."""
        self._context.close()

    def _send_out(self) -> None:
        """Follow what is certain already, where what to choose depends on nothing that is not known yet."""
        from piptools_clone.resolve.policies import choice_policy
        from piptools_clone.resolve.speculation import can_speculate, speculate

        request, settings = self._request, self._context.settings
        has_lock = request.output != "-" and os.path.lexists(request.output)
        if has_lock or self._inputs.others or not can_speculate(request, settings):
            return
        policy = choice_policy(request, settings, ())
        index = self._context.open_index(policy, refresh=lambda _: request.asks_anew)
        self._scout = speculate(index, policy, self._inputs.demands)
        self._attend()

    def _attend(self) -> None:
        if self._begun is not None:
            self._begun.session.attend()
        elif self._scout is not None:
            self._scout.index.attend()
        else:
            self.early.attend()


def compile(request: CompileRequest, *, observer: Observer) -> CompileResult:  # noqa: A001 - the verb
    """Compile, with the first requests on their way before the operation is loaded.  See `operations.compile`."""
    ahead = begin(request, os.environ)
    if ahead is None:
        from piptools_clone.operations import compile as operations

        return operations.compile(request, observer=observer)
    try:
        return ahead.compile(request, observer=observer)
    finally:
        ahead.close()


def begin(request: CompileRequest, environ: Mapping[str, str]) -> HeadStart | None:
    """Ask for the pages that are sure to be needed; None where nothing is sure, or nothing is to be asked.

    The caller closes what it gets.  Nothing is raised: what is wrong here will be wrong again.
    """
    if request.offline or request.upgrade_packages or request.options.no_index:
        return None
    inputs = plain_inputs(request.sources, request.constraints, _read)
    context = RunContext(request, environ, SilentObserver())
    try:
        if inputs is None or not inputs.demands or not _can_be_written(request) or context.ambient.constraints:
            return None
        early = _begin(request, context, inputs.demands)
    except (PiptoolsCloneError, OSError):
        return None
    return None if early is None else HeadStart(request, context, early, inputs)


def _begin(request: CompileRequest, context: RunContext, names: Iterable[str]) -> EarlyRequests | None:
    from piptools_clone.index.early_requests import EarlyRequests

    requests = EarlyRequests(context.settings, cache_dir=request.cache_dir, environ=context.environ)
    context.early = requests.begin(names, strategy=request.index_strategy, refresh=request.asks_anew)
    return context.early


def _can_be_written(request: CompileRequest) -> bool:
    """Whether nothing about the output can refuse the compile, which it must do before the first request.

    Raises `OutputError`.
    """
    check_output(request.output, [*request.sources, *request.constraints], writable=request.writes)
    old = None if request.output == "-" else read_old(request.output)
    return not old or is_plain_lock(old)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
