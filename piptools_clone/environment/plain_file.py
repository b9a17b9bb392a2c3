"""Files of an environment, read so that nothing that stands in their place holds a run up.

Law: an environment is foreign.  What another tool left there under the name of a small text may be a named pipe, which
a reader waits at for ever, a link to a device that never ends, or a file larger than the memory.  So a file is read
only if it is a regular one, wherever links lead, and up to a bound.  Light: this stands on the way of every run.
"""

# pathlib is a slow import, and `stat` is loaded anyway:
from __future__ import annotations

import errno
import os
import stat

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def open_plain(path: str) -> int:
    """Open a regular file for reading, and give its descriptor; raises OSError for anything else."""
    _check(os.stat(path), path)  # first: to open a device may already do something
    descriptor = os.open(path, _READ)
    try:
        _check(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_plain(path: str, most: int) -> bytes:
    """Read a regular file of at most ``most`` bytes; raises OSError for anything else."""
    with open(open_plain(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return file.read(size)  # for as much memory is set aside


def _check(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", path)
