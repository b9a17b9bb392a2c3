"""Drift: whether installed files are still what RECORD says."""

from __future__ import annotations

import os
from hashlib import new as new_hash

from piptools_clone.environment.installed import Distribution
from piptools_clone.environment.plain_file import open_plain
from piptools_clone.environment.record_file import RecordLine, encode_digest
from piptools_clone.formats.sanitize import inert

_CHUNK = 1 << 20


def find_drift(distribution: Distribution) -> str:
    """Name the first file that is missing or changed, "" when all are as recorded (compiled files aside)."""
    record = distribution.record
    if record is None:
        return "has no readable RECORD"
    for line in record:
        fault = "" if line.path.endswith(".pyc") else _fault(os.path.join(distribution.site, line.path), line)
        if fault:
            return f"{inert(line.path)} {fault}"
    return ""


def _fault(path: str, line: RecordLine) -> str:
    try:
        size = os.stat(path).st_size
        if line.size and line.size != str(size):
            return "has changed"
        algorithm, _, digest = line.digest.partition("=")
        if not digest or _digest(path, algorithm) == digest:
            return ""
    except FileNotFoundError:
        return "is missing"
    except (OSError, ValueError):
        return "cannot be read"
    return "has changed"


def _digest(path: str, algorithm: str) -> str:
    running = new_hash(algorithm)
    if not running.digest_size:
        raise ValueError("a digest of no fixed length")
    with open(open_plain(path), "rb") as file:
        while chunk := file.read(_CHUNK):
            running.update(chunk)
    return encode_digest(running.digest()).partition("=")[2]
