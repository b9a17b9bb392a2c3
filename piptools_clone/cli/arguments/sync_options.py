"""The options of pip-sync, in the order of its help.

What pip-tools has is spelled, defaulted and explained as there.
"""

from __future__ import annotations

from piptools_clone.cli.arguments.options import (
    CACHE_DIR,
    COLOR,
    CONFIG,
    DRY_RUN,
    FORMATS,
    HELP,
    NO_CONFIG,
    OF_THE_INDEX,
    PIP_ARGS,
    QUIET,
    SRC_FILES,
    VERBOSE,
    VERSION,
    CommandOptions,
    flag,
    pair,
    value,
    values,
)

BEHAVIOUR = (
    VERSION,
    flag("-a --ask", "Show what would happen, then ask whether to continue"),
    DRY_RUN,
    flag("--check", "Change nothing; fail if something would change", "plain"),
    flag("--force", "Proceed even if conflicts are found", "plain"),
)
PLACE = (
    value(
        "--python-executable --python",
        "Custom python executable path if targeting an environment other than current.",
        "plain interpreter",
        name="python_executable",
        field="python",
    ),
    flag("--user", "Restrict attention to user directory", "plain", name="user_only", field="user"),
    value("--target", "Install into this folder.", "path", type="folder"),
    value("--prefix", "Install below this folder as below the prefix of an environment.", "path", type="folder"),
    flag("--break-system-packages", "Change a Python that belongs to the system, and packages of conda.", "plain"),
)
CARE = (
    values("--keep", "Never remove packages of this name; a pattern such as ``types-*`` is allowed.", "plain"),
    pair("--strict", "Refuse a lock that lacks dependencies or has unpinned lines", "plain", default=True),
    flag("--allow-empty", "Let a lock that pins nothing remove everything.", "plain"),
    pair("--require-hashes", "Require a hash for every line, or for none", "plain", default=None),
    values(
        "--relax-record",
        "Install the wheel of this project although its RECORD is wrong, or another package has one of its files "
        "with other contents (the other's stays).",
    ),
    flag("--verify", "Compare every installed file with its RECORD, and repair what differs."),
    values("--reinstall", "Install this project anew although it is as the lock says.", field="reinstall_names"),
    flag("--reinstall-all", "Install everything that the lock names anew.", field="reinstall"),
)
FILES = (
    value(
        "--link-mode",
        "How files get from the cache into the environment; hard links share them with every other environment.",
        "plain",
        choices=("auto", "copy", "clone", "hardlink"),
        default="auto",
    ),
    pair("--compile", "Compile Python source files to bytecode", "plain", name="compile_bytecode", default=False),
    *FORMATS,
    flag("--no-build", "Fail rather than build anything.", "plain"),
    CACHE_DIR,
    flag("--offline", "Use the cache only, and send no request.", "plain"),
    value(
        "--report",
        "Write what was done, or would be, to this file as JSON, in the shape of pip's installation report.",
        "path",
    ),
)
OTHER = (
    *(VERBOSE, QUIET, COLOR, SRC_FILES),
    values(
        "-r --requirement",
        "A lock, as an argument is one; may be used more than once.",
        "plain path",
        name="requirement_files",
        type="input",
    ),
    *(PIP_ARGS, CONFIG, NO_CONFIG, HELP),
)
SYNC = CommandOptions(
    "pip-sync",
    {
        "The run": BEHAVIOUR,
        "The index": OF_THE_INDEX,
        "The environment": PLACE,
        "Care": CARE,
        "Files and formats": FILES,
        "Output, inputs, configuration": OTHER,
    },
)
