"""The options of ``pip install`` that ``--pip-args`` may hold, and what becomes of each.

An option fills a field of `PipArgs` or of `IndexOptions`, or a field that one of the tables below explains:
`HARMLESS` (accepted, can have no effect here), `POINTLESS`, `REFUSED`, `REFUSED_TO_INSTALL` and `OBSOLETE`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from piptools_clone.named_tuple import NamedTuple

FEATURES = frozenset(
    {"build-constraint", "fast-deps", "inprocess-build-deps", "no-binary-enable-wheel-cache", "truststore"}
)
KEYRING_PROVIDERS = ("auto", "disabled", "import", "subprocess")


class Given(NamedTuple):
    """One option as it was given: its spelling, and what it means."""

    spelled: str
    value: object


class PipOption(NamedTuple):
    """One option of pip: with a ``convert`` it takes a value, else it means ``constant``."""

    names: tuple[str, ...]
    field: str
    constant: object = True
    convert: Callable[[str], object] | None = None


def _flag(names: str, field: str, constant: object = True) -> PipOption:
    return PipOption(tuple(names.split()), field, constant)


def _with_value(names: str, field: str, convert: Callable[[str], object] = str) -> PipOption:
    return PipOption(tuple(names.split()), field, convert=convert)


def _pair(name: str) -> Callable[[str], tuple[str, str]]:
    return lambda value: (name, value)


def _feature(value: str) -> str:
    if value not in FEATURES:
        raise ValueError(f"not a known feature (known are {', '.join(sorted(FEATURES))})")
    return value


def _keyring_provider(value: str) -> str:
    if value not in KEYRING_PROVIDERS:
        raise ValueError(f"not one of {', '.join(KEYRING_PROVIDERS)}")
    return value


def _setting(value: str) -> str:
    if "=" not in value:
        raise ValueError("not of the form KEY=VALUE")
    return value


def _path(value: str) -> str:
    return os.path.expanduser(value)


INDEX = (
    _with_value("-i --index-url --pypi-url", "index_url"),
    _with_value("--extra-index-url", "extra_index_urls"),
    _flag("--no-index", "no_index"),
    _with_value("-f --find-links", "find_links"),
    _with_value("--trusted-host", "trusted_hosts"),
    _with_value("--no-binary", "format_control", _pair("no_binary")),
    _with_value("--only-binary", "format_control", _pair("only_binary")),
    _with_value("--all-releases", "release_control", _pair("all_releases")),
    _with_value("--only-final", "release_control", _pair("only_final")),
    _flag("--prefer-binary", "prefer_binary"),
    _flag("--pre", "pre"),
    _flag("--require-hashes", "require_hashes"),
    _flag("--no-require-hashes", "require_hashes", constant=False),
    _with_value("--cert", "cert", _path),
    _with_value("--client-cert", "client_cert", _path),
    _with_value("--proxy", "proxy"),
    _flag("--no-proxy-env", "no_proxy_env"),
    _with_value("--timeout --default-timeout", "timeout", float),
    _with_value("--retries", "retries", int),
    _with_value("--uploaded-prior-to", "uploaded_prior_to"),
    _with_value("--keyring-provider", "keyring_provider", _keyring_provider),
    _with_value("--use-feature", "use_feature", _feature),
)
RUN = (
    _with_value("-c --constraint", "constraints"),
    _with_value("--cache-dir", "cache_dir", _path),
    _flag("--no-cache-dir", "no_cache"),
    _flag("--no-build-isolation", "build_isolation", constant=False),
    _flag("--no-deps --no-dependencies", "no_deps"),
    _flag("--isolated", "isolated"),
    _with_value("--python", "python"),
    _with_value("--python-version", "target_overrides", _pair("python_version")),
    _with_value("--platform", "target_overrides", _pair("platform")),
    _with_value("--implementation", "target_overrides", _pair("implementation")),
    _with_value("--abi", "target_overrides", _pair("abi")),
)
INSTALL = (
    _flag("--user", "user"),
    _flag("--no-user", "user", constant=False),
    _with_value("-t --target", "target", _path),
    _with_value("--prefix", "prefix", _path),
    _flag("--compile", "compile_bytecode"),
    _flag("--no-compile", "compile_bytecode", constant=False),
    _flag("--force-reinstall", "force_reinstall"),
    _flag("--break-system-packages", "break_system_packages"),
    _flag("--require-virtualenv --require-venv", "require_virtualenv"),
    _with_value("--root", "root"),
    _with_value("--src --source --source-dir --source-directory", "src"),
    _flag("-I --ignore-installed", "ignore_installed"),
    _with_value("--report", "report"),
    _flag("--dry-run", "dry_run"),
)
OTHER = (
    _flag("-v --verbose", "verbosity"),
    _flag("-q --quiet", "verbosity"),
    _flag("--no-color", "no_color"),
    _flag("--debug", "debug"),
    _flag("--disable-pip-version-check", "version_check"),
    _flag("--no-python-version-warning", "version_check"),
    _flag("--no-input", "no_input"),
    _with_value("--progress-bar", "progress_bar"),
    _with_value("--exists-action", "exists_action"),
    _with_value("--resume-retries", "resume_retries"),
    _with_value("--root-user-action", "root_user_action"),
    _flag("--no-warn-script-location", "install_warnings"),
    _flag("--no-warn-conflicts", "install_warnings"),
    _flag("--no-clean", "no_clean"),
    _flag("-U --upgrade", "upgrade"),
    _with_value("--upgrade-strategy", "upgrade_strategy"),
    _with_value("-r --requirement", "requirement"),
    _with_value("-e --editable", "editable"),
    _with_value("--group", "group"),
    _with_value("--requirements-from-script", "requirements_from_script"),
    _with_value("--build-constraint", "build_constraint"),
    _with_value("-C --config-setting --config-settings", "config_settings", _setting),
    _flag("--check-build-dependencies", "check_build_dependencies"),
    _flag("--ignore-requires-python", "ignore_requires_python"),
    _flag("--only-deps", "only_deps"),
    _with_value("--refresh-package", "refresh_package"),
    _with_value("--log --log-file --local-log", "log"),
    _with_value("--use-deprecated", "use_deprecated"),
    _flag("--use-pep517", "use_pep517"),
    _flag("--no-use-pep517", "use_pep517"),
    _with_value("--global-option", "build_option"),
    _with_value("--build-option", "build_option"),
)
OPTIONS = (*INDEX, *RUN, *INSTALL, *OTHER)

HARMLESS = {
    "verbosity": "the command has -v and -q of its own",
    "no_color": "the command has --no-color of its own",
    "debug": "it shows pip's own tracebacks",
    "version_check": "no run looks for a newer pip",
    "no_input": "no run asks for input on behalf of pip",
    "progress_bar": "it shapes pip's own display",
    "exists_action": "checkouts are made in new folders",
    "resume_retries": "interrupted downloads are tried again in any case",
    "root_user_action": "it silences a warning of pip",
    "install_warnings": "it silences a warning of pip",
    "no_clean": "build folders are of no use after a run",
    "upgrade_strategy": "a lock changes as little as it can, unless told by --upgrade",
}
"""Accepted by every command."""

POINTLESS = {
    "log": "no log file is written; -v says more on stderr",
    "use_deprecated": "there is one resolver, and one way to check certificates",
}
"""Accepted by every command, with a warning: whoever gives it may wait for what it does in pip."""

REFUSED_TO_INSTALL = {
    "root": "give --target or --prefix instead",
    "src": "editable checkouts have one place",
    "ignore_installed": "what is installed decides what is to be done; --force-reinstall installs again",
    "report": "give --report to the command itself",
    "dry_run": "give --dry-run to the command itself",
    "constraints": "every package of a lock is pinned already",
    "config_settings": "write them after the requirement that they are for",
    "ignore_requires_python": "what does not fit its Python would not run",
    "target_overrides": "the environment itself says what fits into it",
}
"""Accepted where nothing is installed; what is about installing has no effect there."""

REFUSED = {
    "upgrade": "give --upgrade to pip-compile itself",
    "requirement": "give the file as an input of the command itself",
    "editable": "write it into an input file",
    "group": "give --group to pip-compile itself",
    "requirements_from_script": "give the script as an input of the command itself",
    "build_constraint": "name the file in pip's own settings (PIP_BUILD_CONSTRAINT)",
    "check_build_dependencies": "builds outside isolation are not checked",
    "only_deps": "leave the packages themselves out of the input",
    "refresh_package": "pages are held against the index by the rules of their cache headers",
}
"""Refused by every command."""

_PEP517 = "Pip always uses PEP 517 for building projects now."
_CONFIG_SETTING = "--config-setting is now the only way to pass options to the build backend."
OBSOLETE = {"use_pep517": _PEP517, "build_option": _CONFIG_SETTING}
"""Dropped with a warning, in the words of pip-tools."""
