"""What a build leaves as pip's report is read as text from outside: it ends in words, in bounded memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.build.build_folder import REPORT_LIMIT, BuildFolder, read_report
from piptools_clone.errors import BuildFailure

ITEM = '{"install": [{"metadata": {"name": "a", "version": "1"%s}, "download_info": %s}]}'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "[]",
        "{}",
        '{"install": [{"metadata": [], "download_info": {}}]}',
        ITEM % (', "requires_dist": 5', "{}"),
        ITEM % ("", "[]"),
        ITEM % ("", '{"vcs_info": []}'),
        ITEM % (f', "description": "{"x" * REPORT_LIMIT}"', "{}"),
    ],
    ids=["deep", "a list", "empty", "no fields", "no requirements", "no download", "no commit", "endless"],
)
def test_a_report_that_cannot_be_understood_is_said_to_be_so(text: str, tmp_path: Path) -> None:
    work = BuildFolder(str(tmp_path))
    Path(work.report).write_text(text)
    with pytest.raises(BuildFailure, match="cannot be understood"):
        read_report(work, "a")
