"""The report of a sync as JSON, in the shape of pip's installation report (version 1 of its documentation)."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from piptools_clone.errors import OutputError
from piptools_clone.model.sync_request import SyncReport, SyncResult
from piptools_clone.version import __version__


def write_report(path: str, result: SyncResult) -> None:
    """Write the report to a file, or to standard output for ``-``.  Raises `OutputError`."""
    content = json.dumps(render_report(result), indent=2, ensure_ascii=True) + "\n"
    if path == "-":
        sys.stdout.write(content)
        return
    temporary = f"{path}.{os.getpid()}.new"
    try:
        with open(temporary, "w", encoding="ascii") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"Could not write the report {path!r}: {error.strerror}") from error


def render_report(result: SyncResult) -> dict[str, Any]:
    """Give the report as JSON can hold it; ``changes`` is what ours has beyond pip's."""
    changes = [change._asdict() for change in result.changes if change.action != "keep"]
    return {
        "version": "1",
        "piptools_clone_version": __version__,
        "prefix": result.prefix,
        "install": [_item(each) for each in result.installed],
        "changes": changes,
        "environment": dict(result.markers),
    }


def _item(report: SyncReport) -> dict[str, Any]:
    from packaging.metadata import parse_email

    raw, _ = parse_email(report.metadata)
    single = {"summary", "author", "license", "keywords", "description", "requires_python"}
    lists = {"requires_dist": "requires_dist", "provides_extra": "provides_extra", "classifiers": "classifier"}
    metadata: dict[str, Any] = {"metadata_version": raw.get("metadata_version"), "name": report.name}
    metadata["version"] = report.version
    metadata |= {key: value for key, value in raw.items() if key in single}
    metadata |= {name: raw[key] for key, name in lists.items() if key in raw}  # type: ignore[literal-required]  # three known keys
    return {
        "metadata": metadata,
        "download_info": dict(report.download_info),
        "is_direct": report.is_direct,
        "is_yanked": False,
        "requested": True,
    }
