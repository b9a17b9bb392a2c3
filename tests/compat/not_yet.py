"""Tests of what is still to be built, with what is missing: each must fail until then, and its line goes with it."""

from __future__ import annotations

from importlib.util import find_spec

SYNC = find_spec("piptools_clone.cli.sync") is not None

NOT_YET: dict[str, str] = {}
if not SYNC:
    NOT_YET["test_case_089[089-option-of-the-other]"] = "the options of pip-sync are not there to compare a key with"
