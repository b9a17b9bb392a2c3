"""Tests of what is still to be built, with what is missing: each must fail until then, and its line goes with it."""

from __future__ import annotations

from importlib.util import find_spec

SYNC = find_spec("piptools_clone.cli.sync") is not None

NOT_YET = {
    "test_case_028[028]": "setup.py is not read",
    "test_case_031[031]": "requires-python of the project is not honoured",
    "test_case_032[032-marker-false]": "an old pin counts even where its marker does not hold",
    "test_case_083[083-path]": "a plain path is written as an absolute address",
    "test_case_086[086-editable]": "pip is not told the name of an editable repository",
    "test_case_086_pinned[086]": "--pin-vcs does nothing",
    "test_case_092[092-no-config-first]": "the header names a configuration file that was not read",
    "test_case_092[092-no-config-last]": "the same",
    "test_case_x14[x14-two-indexes]": "an index that differs by a last slash is not written a second time",
    "test_case_x18[x18-extra-upgraded]": "an upgrade with an extra does not add the extra to a direct requirement",
}
if not SYNC:
    NOT_YET["test_case_089[089-option-of-the-other]"] = "the options of pip-sync are not there to compare a key with"
