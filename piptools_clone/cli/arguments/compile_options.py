"""The options of pip-compile, in the order of its help.

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

RUN = (
    *(HELP, VERSION, COLOR, VERBOSE, QUIET, DRY_RUN),
    flag("--check", "Write nothing; exit with 1 if the output is not what would be written.", "plain once"),
    flag("--offline", "Use no network: answer from the cache, or not at all.", "once"),
    flag("-p --pre", "Allow resolving to prereleases (default is not)", "plain", default=None, index_field="pre"),
    flag("-r --rebuild", "Hold every page against the index, however fresh it is in the cache.", "once"),
)
PROJECT = (
    values(
        "--extra",
        "Name of an extras_require group to install; may be used more than once. Pass ``--all-extras`` to include "
        "every declared extra.",
        name="extras",
    ),
    flag("--all-extras", "Install all extras_require groups (see also: ``--extra`` for one at a time)"),
    values(
        "--group",
        "Name of a dependency group (PEP 735) to compile, of the pyproject.toml among the inputs or in the current "
        "folder, or PATH:NAME for that of another file; may be used more than once.",
        "new",
        name="groups",
    ),
)
RELEASES = (
    value(
        "--uploaded-prior-to",
        "Only consider package versions uploaded prior to the given date/time. Accepts ISO 8601 strings (e.g., "
        "'2023-01-01T00:00:00Z') and durations before now ('P14D').",
        "plain",
        index_field="uploaded_prior_to",
    ),
    *FORMATS,
    flag(
        "--prefer-binary",
        "Prefer a version with a wheel over a newer one without.",
        "plain new",
        default=None,
        index_field="prefer_binary",
    ),
    flag("--no-build", "Fail rather than build anything, build requirements included.", "plain new"),
    value(
        "--index-strategy",
        "With several indexes: take the best version of all of them, as pip does, or only those of the first index "
        "that knows the package.",
        "plain new",
        choices=("merge", "first-index"),
        default="merge",
    ),
)
RENDERING = (
    pair("--header", "Add header to generated file", "plain", default=True),
    pair("--emit-trusted-host", "Add trusted host option to generated file", "plain", default=True),
    pair("--annotate", "Annotate results, indicating where dependencies come from", "plain", default=True),
    value(
        "--annotation-style",
        "Choose the format of annotation comments",
        "plain",
        choices=("line", "split"),
        default="split",
    ),
)
UPGRADE = (
    pair("-U --upgrade", "Try to upgrade all dependencies to their latest versions", "plain once", default=False),
    values(
        "-P --upgrade-package",
        "Re-resolve the named package against the index, ignoring any pin from the existing requirements file. "
        "May be used more than once. Other packages keep their seeded pins.",
        "once",
        name="upgrade_packages",
    ),
)
OUTPUT = (
    value(
        "-o --output-file",
        "Output file name. Required if more than one input file is given. Will be derived from input file otherwise.",
        "plain path",
    ),
    value(
        "--newline",
        "Override the newline control characters used",
        "plain",
        choices=("LF", "CRLF", "native", "preserve"),
        ignores_case=True,
        default="preserve",
    ),
    pair(
        "--allow-unsafe",
        "Pin packages considered unsafe: distribute, pip, setuptools.\n\nWARNING: Future versions of pip-tools will "
        "enable this behavior by default. Use --no-allow-unsafe to keep the old behavior. It is recommended to pass "
        "the --allow-unsafe now to adapt to the upcoming change.",
        "plain",
        default=False,
    ),
    pair(
        "--strip-extras",
        "Assure output file is constraints compatible, avoiding use of extras.",
        "plain",
        default=None,
    ),
    flag("--generate-hashes", "Generate pip 8 style hashes in the resulting requirements file.", "plain"),
    pair(
        "--reuse-hashes",
        "Improve the speed of --generate-hashes by reusing the hashes from an existing output file.",
        "plain once",
        default=True,
    ),
    SRC_FILES,
)
RESOLUTION = (
    value("--max-rounds", "Accepted for compatibility: the resolver needs no rounds.", type="integer", default=10),
    pair(
        "--build-isolation",
        "Enable isolation when building a modern source distribution. With ``--no-build-isolation`` you must "
        "pre-install every PEP 518 build dependency (``setuptools``, ``wheel``, ``hatchling``, etc.) into the active "
        "environment; missing build deps surface as import errors during the backend invocation, far from the "
        "underlying cause.",
        default=True,
    ),
    pair("--emit-find-links", "Add the find-links option to generated file", "plain", default=True),
    CACHE_DIR._replace(type="writable folder", shows_default=True),
    PIP_ARGS,
    value(
        "--resolver",
        "Accepted for compatibility: there is one resolver.",
        name="resolver_name",
        choices=("legacy", "backtracking"),
        default="backtracking",
        variable="PIP_TOOLS_RESOLVER",
    ),
    pair("--emit-index-url", "Add index URL to generated file", "plain", default=True),
    pair("--emit-options", "Add options to generated file", "plain", default=True),
    pair(
        "--emit-ambient-options",
        "Add the options that come from this machine's pip configuration and environment to generated file",
        "plain new",
        name="ambient_options",
        default=True,
    ),
    values(
        "--unsafe-package",
        "Specify a package to consider unsafe; may be used more than once. Replaces default unsafe packages: "
        "distribute, pip, setuptools",
    ),
    pair(
        "--pin-vcs",
        "Pin requirements from version control to the commit they resolve to",
        "plain new",
        default=False,
    ),
)
TARGET = (
    value(
        "--python",
        "Compile for this interpreter, or this version of Python, instead of the running one.",
        "new interpreter",
    ),
    value(
        "--python-version",
        "Compile for this version of Python, such as 3.12; with ``--universal`` for a range, such as '>=3.10'.",
        "plain new",
    ),
    values(
        "--platform",
        "Compile for linux, macos, windows or musllinux, with -x86_64, -aarch64 or -i686 where it is not the usual "
        "machine, or for a platform tag of wheels as pip takes it; may be used more than once, the best tag first.",
        "plain new",
        name="platforms",
    ),
    value(
        "--implementation",
        "Compile for this implementation of Python: cp (CPython), pp (PyPy), or py, which takes no wheel that is "
        "made for one.",
        "plain new",
    ),
    values(
        "--abi",
        "Take wheels of this ABI, such as cp312 or abi3, and no others; may be used more than once.",
        "plain new",
        name="abis",
    ),
    values(
        "--target",
        "Compile for this target: such as python3.12-linux-x86_64, or a name of the table [tool.pip-tools.targets] "
        "in the configuration file; may be used more than once.",
        "plain new",
        name="target_names",
        field="targets",
    ),
)
UNIVERSAL = (
    flag(
        "--universal",
        "Compile for every platform and every Python of the range that ``--python-version`` or the project says.",
        "plain new",
    ),
    values(
        "--environment",
        "With ``--universal``: compile only for where this marker holds; may be used more than once, for where any "
        "of them does.",
        "plain new",
        field="environments",
    ),
    values(
        "--required-environment",
        "With ``--universal``: every package must have a file that fits where this marker holds; may be used more "
        "than once.",
        "plain new",
        field="required_environments",
    ),
    value(
        "--fork-strategy",
        "With several Pythons: take the newest version that each can have, or as few versions of a package as can be.",
        "plain new",
        choices=("requires-python", "fewest"),
        default="requires-python",
    ),
)
CONFIGURATION = (
    CONFIG,
    NO_CONFIG,
    values(
        "-c --constraint",
        "Constrain versions using the given constraints file; may be used more than once.",
        "plain path",
        field="constraints",
    ),
)
_STATIC = "Static dependencies declared in 'pyproject.toml::build-system.requires' will be included as well"
BUILD_DEPS_FOR = values(
    "--build-deps-for",
    f"Name of a build target to extract dependencies for. {_STATIC}; may be used more than once.",
    name="build_deps_targets",
    choices=("editable", "sdist", "wheel"),
)
COMPILE = CommandOptions(
    "pip-compile",
    {
        "The run": RUN,
        "What a project asks for": PROJECT,
        "The index": OF_THE_INDEX,
        "Releases and files": RELEASES,
        "The text of the lock": RENDERING,
        "Upgrades": UPGRADE,
        "The lock": OUTPUT,
        "The resolution, and what else the lock holds": RESOLUTION,
        "The target, or several": TARGET,
        "All targets": UNIVERSAL,
        "Configuration and constraints": CONFIGURATION,
        "What a build needs": (
            BUILD_DEPS_FOR,
            flag("--all-build-deps", f"Extract dependencies for all build targets. {_STATIC}."),
            flag("--only-build-deps", "Extract a package only if it is a build dependency."),
        ),
    },
)
