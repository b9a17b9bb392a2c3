"""Every failure that a user can meet: one tree, with exit codes and hints.

An error holds its facts as attributes and renders them as one paragraph that says what, where and,
if there is a next step, a hint.  Errors pickle, so that they cross threads and processes.

Exit codes: 1 no solution, or a check that found a difference; 2 usage, environment or index.
"""

from __future__ import annotations

LOG_LINES = 30  # of the output of a failed build: the error itself and some of what led to it

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a slow import, and a run that is recalled needs nothing of it
    from collections.abc import Callable
    from typing import Any


class PiptoolsCloneError(Exception):
    """Base of every expected failure; ``exit_code`` is what the command exits with."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n\nhint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[PiptoolsCloneError], args: tuple[Any, ...], state: dict[str, Any]) -> PiptoolsCloneError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(PiptoolsCloneError):
    """The command was called in a way that cannot work."""


class InputError(PiptoolsCloneError):
    """An input file cannot be read or understood; the message begins with ``file:line``."""


class SettingsError(PiptoolsCloneError):
    """A setting of pip, of the environment or of a configuration file is unusable."""


class OutputError(PiptoolsCloneError):
    """The output cannot be written, or the old output cannot be read."""


class IndexFailure(PiptoolsCloneError):
    """An index, or a file on it, could not be read: never the same as "not there".

    ``url`` holds no credentials; ``status`` is the HTTP status, or None when no answer came.
    """

    def __init__(self, message: str, *, url: str = "", status: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url = url
        self.status = status


class BoundExceeded(IndexFailure):
    """Something foreign was larger than a named bound allows."""


class HashMismatch(IndexFailure):
    """Bytes that were read do not have the digest that was promised for them."""


class MetadataError(PiptoolsCloneError):
    """The metadata of one release is broken; a resolution passes such a release over."""


class BuildFailure(PiptoolsCloneError):
    """A build by pip failed; ``log`` is what it printed, already made inert, of which `str` shows the end."""

    def __init__(self, message: str, *, log: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.log = log

    def __str__(self) -> str:
        lines = self.log.splitlines()
        more = len(lines) - LOG_LINES
        told = [f"... {more} more lines before, see them with -v", *lines[-LOG_LINES:]] if more > 0 else lines
        return self._with_log(told)

    def in_full(self) -> str:
        """The same with all of the log."""
        return self._with_log(self.log.splitlines())

    def _with_log(self, lines: list[str]) -> str:
        log = "".join(f"\n  | {line}" for line in lines)
        return f"{self.message}{log}" + (f"\n\nhint: {self.hint}" if self.hint else "")


class BuildForbidden(BuildFailure):
    """A build would be needed that the user forbids; a resolution passes such a release over."""


class ForeignBuild(BuildFailure):
    """A build would be needed that runs on this machine, and what it says need not hold for the target."""


class ReleaseNotBuilt(BuildFailure):
    """The release that a resolution takes first cannot be built, so that what it needs cannot be known."""

    exit_code = 1


class NoSolution(PiptoolsCloneError):
    """The requirements cannot be met together; the message is the explanation.

    Of a lock for many environments ``environments`` are the markers where that is so, "" for all of them.
    """

    exit_code = 1
    environments: tuple[str, ...] = ()


class StaleLock(PiptoolsCloneError):
    """A check found that the lock is not what compile would write; the message is a short diff."""

    exit_code = 1


class EnvironmentFailure(PiptoolsCloneError):
    """The environment to change is missing, managed by another tool, or unusable."""


class InterruptedLate(KeyboardInterrupt):
    """An interrupt that was held back until a change was complete: what is said must not deny the change."""


class interrupted_late:  # noqa: N801 - reads as a statement, as those of contextlib, which takes longer to load
    """Have an interrupt be an `InterruptedLate` if something ``has_changed`` before it."""

    __slots__ = ("_has_changed",)

    def __init__(self, has_changed: Callable[[], bool]) -> None:
        self._has_changed = has_changed

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Tell one interrupt from the other."""
        if kind is KeyboardInterrupt and self._has_changed():
            raise InterruptedLate from None
