"""Thin shells: parse, call operations, print, exit."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn


def check_working_folder(end: Callable[[int], NoReturn]) -> None:
    """End the process with words where its working folder was deleted, or is out of reach; ``end`` as in `leave`."""
    try:
        os.getcwd()
    except OSError as error:
        from piptools_clone.cli.ending import FAILED, leave
        from piptools_clone.cli.report import Report
        from piptools_clone.errors import EnvironmentFailure

        failure = EnvironmentFailure(
            f"The working folder cannot be used: {error.strerror}.",
            hint="it may have been deleted: change into a folder that is there, as with `cd`",
        )
        Report().error(str(failure))
        leave(FAILED, end)
