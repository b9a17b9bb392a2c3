"""Arguments that many cases share."""

from __future__ import annotations

OFFLINE = ("--find-links", "<LW>", "--no-index")

#: The body alone, to standard output.
BODY = ("-q", "--no-header", "--no-emit-options", "--strip-extras", *OFFLINE, "-o", "-")

#: LW by the environment, so that the header's command holds only what a case is about.
AMBIENT = {"PIP_FIND_LINKS": "<LW>", "PIP_NO_INDEX": "1"}
