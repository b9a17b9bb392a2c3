"""The cache of unpacked wheels says what it could not do."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from piptools_clone.errors import SettingsError
from piptools_clone.wheels.wheel_cache import WheelCache


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    def write(out: BinaryIO) -> None:
        out.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(SettingsError, match=f"{tmp_path}/cache cannot be written: No space left on device"):
        WheelCache(str(tmp_path / "cache")).add_made(write)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
