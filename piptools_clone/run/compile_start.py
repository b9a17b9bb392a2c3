"""The first stages of a compile, while most of the program is still being loaded.

Loading takes as long as several answers of an index.  So what plainly written inputs name is asked for first, by the
settings that hold if the files do not change them, which plain ones cannot (see `plain_inputs`).  As soon as enough is
loaded the answers are followed to further packages (`resolve.selection`), while the rest is being loaded.  What was
asked for is what the compile would ask for later on, with the same bytes, and no more.

To ask before loading saves 7 to 13 % of a cold compile (``tox -e bench``, "small", "jupyter"), to follow the answers
while loading 3 to 4 % near an index ("near").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.requirements.plain_inputs import PlainInputs, is_plain_lock, plain_inputs
from piptools_clone.index.early_requests import EarlyRequests
from piptools_clone.model.observer import Observer, SilentObserver
from piptools_clone.run.context import RunContext
from piptools_clone.run.input_files import InputFiles
from piptools_clone.run.lockfile import check_output, read_old

if TYPE_CHECKING:
    from piptools_clone.model.compile_request import CompileRequest
    from piptools_clone.resolve.selection import Selection

FOR_SPECULATION = (
    "packaging.specifiers",
    "piptools_clone.index.index",
    "piptools_clone.resolve.policies",
    "piptools_clone.resolve.selection",
)
"""What takes long to load and is needed to follow answers, in pieces between which the network is looked after."""
FOR_COMPILE = (
    "piptools_clone.formats.requirements.requirement_line",
    "piptools_clone.formats.locks.old_lock",
    "piptools_clone.run.resolver",
    "piptools_clone.run.lock_text",
)
"""What takes long to load and is needed to compile."""


class CompileStart:
    """A compile that begins: the context of its run, what was read of its files, and what was asked for.

    ``old_bytes`` are those of the old lock, None for none.  ``selection`` follows the first answers, if that is
    possible yet.
    """

    def __init__(self, request: CompileRequest, environ: Mapping[str, str], observer: Observer | None = None) -> None:
        self.context = RunContext(request, environ, observer or SilentObserver())
        self.files = InputFiles(request, self.context.fetch)
        self.old_bytes: bytes | None = None
        self.selection: Selection | None = None
        self._request = request
        self._inputs: PlainInputs | None = None
        self._has_begun = False

    def begin(self) -> None:
        """Refuse an output that cannot be replaced, read the old lock, and ask for what is sure to be needed.

        Does nothing the second time.  Raises `OutputError`, and `UsageError` for an output that is an input and for
        targets that contradict one another.
        """
        if self._has_begun:
            return
        request = self._request
        if request.speaks_of_targets:
            from piptools_clone.run.target_choice import check_targets

            check_targets(request)
        check_output(request.output, [*request.sources, *request.constraints], writable=request.writes)
        self.old_bytes = None if request.output == "-" else read_old(request.output)
        self._has_begun = True
        try:
            self._ask()
        except (PiptoolsCloneError, OSError):
            return  # what is wrong here will be wrong again, where it counts

    def has_asked(self) -> bool:
        """Begin, and tell whether anything was asked for.  Raises nothing: what is wrong will be wrong again."""
        try:
            self.begin()
        except (PiptoolsCloneError, OSError):
            return False
        return self.context.early is not None

    def load(self) -> None:
        """Load what a compile needs, and follow what comes meanwhile."""
        self.context.load(FOR_SPECULATION)
        self._speculate()
        self.context.load(FOR_COMPILE)

    def close(self) -> None:
        """Drop what is under way.  May be called again."""
        self.context.close()

    def _ask(self) -> None:
        """Ask for the pages of what plain inputs require, unless something may refuse the compile before."""
        request, context = self._request, self.context
        if request.offline or request.upgrade_packages or request.options.no_index:
            return
        inputs = plain_inputs(request.sources, request.constraints, self.files.read)
        if inputs is None or not inputs.demands or (self.old_bytes and not is_plain_lock(self.old_bytes)):
            return
        if context.ambient.constraints:
            return
        self._inputs = inputs
        requests = EarlyRequests(context.settings, cache_dir=request.cache_dir, environ=context.environ)
        context.early = requests.begin(inputs.demands, strategy=request.index_strategy, refresh=request.asks_anew)

    def _speculate(self) -> None:
        """Follow the answers, where what to choose depends on nothing that is not known yet."""
        from piptools_clone.environment.targets import running_target
        from piptools_clone.resolve.policies import choice_policy
        from piptools_clone.resolve.selection import can_speculate, speculate

        request, context, inputs = self._request, self.context, self._inputs
        if context.early is None or inputs is None or inputs.others or self.old_bytes:
            return
        if can_speculate(request, context.settings):
            policy = choice_policy(request, context.settings, ())
            index = context.open_index(policy, refresh=lambda _: request.asks_anew)
            self.selection = speculate(index, policy, running_target(context.cache), inputs.demands)
            context.attend()
