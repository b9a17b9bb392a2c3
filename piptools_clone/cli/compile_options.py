"""The options that only pip-compile has, in the order of its help."""

from __future__ import annotations

import click

from piptools_clone.cli import options
from piptools_clone.cli.options import flag, pair, value, values
from piptools_clone.cli.plain_arguments import CHOICES

_UNSAFE = ", ".join(options.UNSAFE_PACKAGES)

PROJECT = (
    values(
        "--extra extras",
        "Name of an extras_require group to install; may be used more than once. Pass ``--all-extras`` to include "
        "every declared extra.",
    ),
    flag(
        "--all-extras",
        "Install all extras_require groups (see also: ``--extra`` for one at a time)",
        default=False,
    ),
    values(
        "--group groups",
        "Name of a dependency group (PEP 735) to compile, of the pyproject.toml among the inputs or in the current "
        "folder, or PATH:NAME for that of another file; may be used more than once.",
    ),
)
CUT_OFF = value(
    "--uploaded-prior-to",
    "Only consider package versions uploaded prior to the given date/time. Accepts ISO 8601 strings (e.g., "
    "'2023-01-01T00:00:00Z') and durations before now ('P14D').",
)
FORMATS = (
    values("--only-binary", "Do not use source distributions of these packages (or ``:all:``); as in pip."),
    values("--no-binary", "Do not use wheels of these packages (or ``:all:``); as in pip."),
    flag("--prefer-binary", "Prefer a version with a wheel over a newer one without.", default=None),
    flag("--no-build", "Fail rather than build anything, build requirements included.", default=False),
    value(
        "--index-strategy",
        "With several indexes: take the best version of all of them, as pip does, or only those of the first index "
        "that knows the package.",
        type=click.Choice(CHOICES["--index-strategy"]),
        default="merge",
    ),
)
UPGRADE = (
    pair("-U --upgrade/--no-upgrade", "Try to upgrade all dependencies to their latest versions", default=False),
    values(
        "-P --upgrade-package upgrade_packages",
        "Re-resolve the named package against the index, ignoring any pin from the existing requirements file. "
        "May be used more than once. Other packages keep their seeded pins.",
    ),
)
RENDERING = (
    pair("--header/--no-header", "Add header to generated file", default=True),
    pair("--emit-trusted-host/--no-emit-trusted-host", "Add trusted host option to generated file", default=True),
    pair("--annotate/--no-annotate", "Annotate results, indicating where dependencies come from", default=True),
    value(
        "--annotation-style",
        "Choose the format of annotation comments",
        type=click.Choice(CHOICES["--annotation-style"]),
        default="split",
    ),
)
OUTPUT = (
    value(
        "-o --output-file",
        "Output file name. Required if more than one input file is given. Will be derived from input file otherwise.",
    ),
    value(
        "--newline",
        "Override the newline control characters used",
        type=click.Choice(CHOICES["--newline"], case_sensitive=False),
        default="preserve",
    ),
    pair(
        "--allow-unsafe/--no-allow-unsafe",
        f"Pin packages considered unsafe: {_UNSAFE}.\n\nWARNING: Future versions of pip-tools will enable this "
        "behavior by default. Use --no-allow-unsafe to keep the old behavior. It is recommended to pass the "
        "--allow-unsafe now to adapt to the upcoming change.",
        default=False,
    ),
    pair(
        "--strip-extras/--no-strip-extras",
        "Assure output file is constraints compatible, avoiding use of extras.",
        default=None,
    ),
    flag("--generate-hashes", "Generate pip 8 style hashes in the resulting requirements file.", default=False),
    pair(
        "--reuse-hashes/--no-reuse-hashes",
        "Improve the speed of --generate-hashes by reusing the hashes from an existing output file.",
        default=True,
    ),
)
RESOLUTION = (
    value("--max-rounds", "Accepted for compatibility: the resolver needs no rounds.", type=int, default=10),
    pair(
        "--build-isolation/--no-build-isolation",
        "Enable isolation when building a modern source distribution. With ``--no-build-isolation`` you must "
        "pre-install every PEP 518 build dependency (``setuptools``, ``wheel``, ``hatchling``, etc.) into the active "
        "environment; missing build deps surface as import errors during the backend invocation, far from the "
        "underlying cause.",
        default=True,
    ),
    pair("--emit-find-links/--no-emit-find-links", "Add the find-links option to generated file", default=True),
    value(
        "--cache-dir",
        "Store the cache data in DIRECTORY.",
        default=options.default_cache_dir,
        envvar="PIP_TOOLS_CACHE_DIR",
        show_default=True,
        show_envvar=True,
        type=click.Path(file_okay=False, writable=True),
    ),
    options.PIP_ARGS,
    value(
        "--resolver resolver_name",
        "Accepted for compatibility: there is one resolver.",
        type=click.Choice(("legacy", "backtracking")),
        default="backtracking",
        envvar="PIP_TOOLS_RESOLVER",
    ),
    pair("--emit-index-url/--no-emit-index-url", "Add index URL to generated file", default=True),
    pair("--emit-options/--no-emit-options", "Add options to generated file", default=True),
    pair(
        "--emit-ambient-options/--no-emit-ambient-options ambient_options",
        "Add the options that come from this machine's pip configuration and environment to generated file",
        default=True,
    ),
    values(
        "--unsafe-package",
        "Specify a package to consider unsafe; may be used more than once. Replaces default unsafe packages: "
        f"{_UNSAFE}",
    ),
    pair(
        "--pin-vcs/--no-pin-vcs", "Pin requirements from version control to the commit they resolve to", default=False
    ),
    value("--python", "Compile for this interpreter, or this version of Python, instead of the running one."),
)
CHECKS = (
    flag("--check", "Write nothing; exit with 1 if the output is not what would be written.", default=False),
    flag("--offline", "Use no network: answer from the cache, or not at all.", default=False),
)
CONSTRAINT = values(
    "-c --constraint", "Constrain versions using the given constraints file; may be used more than once."
)
_STATIC = "Static dependencies declared in 'pyproject.toml::build-system.requires' will be included as well"
BUILD_DEPENDENCIES = (
    values(
        "--build-deps-for build_deps_targets",
        f"Name of a build target to extract dependencies for. {_STATIC}; may be used more than once.",
        type=click.Choice(options.BUILD_TARGETS),
    ),
    flag("--all-build-deps", f"Extract dependencies for all build targets. {_STATIC}.", default=False),
    flag("--only-build-deps", "Extract a package only if it is a build dependency.", default=False),
)

PARAMETERS: tuple[click.Parameter, ...] = (
    options.HELP,
    options.VERSION,
    options.COLOR,
    options.VERBOSE,
    options.QUIET,
    options.DRY_RUN,
    *CHECKS,
    flag("-p --pre", "Allow resolving to prereleases (default is not)", default=None),
    flag("-r --rebuild", "Hold every page against the index, however fresh it is in the cache.", default=False),
    *PROJECT,
    *options.INDEX,
    CUT_OFF,
    *FORMATS,
    *RENDERING,
    *UPGRADE,
    *OUTPUT,
    options.SRC_FILES,
    *RESOLUTION,
    options.CONFIG,
    options.NO_CONFIG,
    CONSTRAINT,
    *BUILD_DEPENDENCIES,
)
