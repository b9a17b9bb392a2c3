"""The options that users hand to pip through ``--pip-args``: understood, or refused by name.

The spelling is that of pip's own parser (``--option=value``, ``-fvalue``, unambiguous prefixes), the meaning
that of ``pip install``.  An option fills a field of `PipArgs` or of `IndexOptions`, or a table says why it does not;
nothing is ignored in silence but what could have no effect here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from piptools_clone.errors import UsageError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.settings.config_options import INDEX_OPTIONS, KEYRING_PROVIDERS, PipOption, pip_option

if TYPE_CHECKING:
    import optparse

FEATURES = frozenset(
    {"build-constraint", "fast-deps", "inprocess-build-deps", "no-binary-enable-wheel-cache", "truststore"}
)
MEANT = (
    *INDEX_OPTIONS,
    pip_option("--cache-dir", "cache_dir", "path"),
    pip_option("--no-cache-dir", "no_cache", "switch"),
    pip_option("--no-deps --no-dependencies", "no_deps", "switch"),
    pip_option("--isolated", "isolated", "switch"),
    pip_option("--python", "python"),
    pip_option("--user", "user", "switch"),
    pip_option("--no-user", "user", "switch", constant=False),
    pip_option("-t --target", "target", "path"),
    pip_option("--prefix", "prefix", "path"),
    pip_option("--compile", "compile_bytecode", "switch"),
    pip_option("--no-compile", "compile_bytecode", "switch", constant=False),
    pip_option("--force-reinstall", "force_reinstall", "switch"),
    pip_option("--break-system-packages", "break_system_packages", "switch"),
    pip_option("--require-virtualenv --require-venv", "require_virtualenv", "switch"),
)
_BY_FIELD = {option.field: option for option in INDEX_OPTIONS}
_FITS = "the environment itself says what fits into it"
NOT_TO_INSTALL = {
    pip_option("--root", ""): "give --target or --prefix instead",
    pip_option("--src --source --source-dir --source-directory", ""): "editable checkouts have one place",
    pip_option("-I --ignore-installed", "", "switch"): (
        "what is installed decides what is to be done; --force-reinstall installs again"
    ),
    pip_option("--report", ""): "give --report to the command itself",
    pip_option("--dry-run", "", "switch"): "give --dry-run to the command itself",
    _BY_FIELD["constraints"]: "every package of a lock is pinned already",
    _BY_FIELD["config_settings"]: "write them after the requirement that they are for",
    pip_option("--ignore-requires-python", "ignore_requires_python", "switch"): (
        "what does not fit its Python would not run"
    ),
    pip_option("--python-version", "target_overrides", "rule", "python_version"): _FITS,
    pip_option("--platform", "target_overrides", "rule", "platform"): _FITS,
    pip_option("--implementation", "target_overrides", "rule", "implementation"): _FITS,
    pip_option("--abi", "target_overrides", "rule", "abi"): _FITS,
}
"""Refused where something is installed; what is about installing has no effect elsewhere."""
REFUSED = {
    pip_option("-U --upgrade", "", "switch"): "give --upgrade to pip-compile itself",
    pip_option("-r --requirement", ""): "give the file as an input of the command itself",
    pip_option("-e --editable", ""): "write it into an input file",
    pip_option("--group", ""): "give --group to pip-compile itself",
    pip_option("--requirements-from-script", ""): "give the script as an input of the command itself",
    _BY_FIELD["build_constraints"]: "name the file in pip's own settings (PIP_BUILD_CONSTRAINT)",
    pip_option("--check-build-dependencies", "", "switch"): "builds outside isolation are not checked",
    pip_option("--only-deps", "", "switch"): "leave the packages themselves out of the input",
    pip_option("--refresh-package", ""): "pages are held against the index by the rules of their cache headers",
}
"""Refused by every command."""
HARMLESS = {
    pip_option("-v --verbose -q --quiet", "", "switch"): "the command has -v and -q of its own",
    pip_option("--no-color", "", "switch"): "the command has --no-color of its own",
    pip_option("--debug", "", "switch"): "it shows pip's own tracebacks",
    pip_option("--disable-pip-version-check --no-python-version-warning", "", "switch"): (
        "no run looks for a newer pip"
    ),
    pip_option("--no-input", "", "switch"): "no run asks for input on behalf of pip",
    pip_option("--progress-bar", ""): "it shapes pip's own display",
    pip_option("--exists-action", ""): "checkouts are made in new folders",
    pip_option("--resume-retries", ""): "interrupted downloads are tried again in any case",
    pip_option("--root-user-action", ""): "it silences a warning of pip",
    pip_option("--no-warn-script-location --no-warn-conflicts", "", "switch"): "it silences a warning of pip",
    pip_option("--no-clean", "", "switch"): "build folders are of no use after a run",
    pip_option("--upgrade-strategy", ""): "a lock changes as little as it can, unless told by --upgrade",
}
"""Accepted by every command."""
POINTLESS = {
    pip_option("--log --log-file --local-log", ""): "no log file is written; -v says more on stderr",
    pip_option("--use-deprecated", ""): "there is one resolver, and one way to check certificates",
}
"""Accepted by every command, with a warning: the user may wait for what it does in pip."""
OBSOLETE = {
    pip_option("--use-pep517 --no-use-pep517", "", "switch"): ("Pip always uses PEP 517 for building projects now."),
    pip_option("--global-option --build-option", ""): (
        "--config-setting is now the only way to pass options to the build backend."
    ),
}
"""Dropped with a warning, in the words of pip-tools."""
OPTIONS = tuple(dict.fromkeys((*MEANT, *NOT_TO_INSTALL, *REFUSED, *HARMLESS, *POINTLESS, *OBSOLETE)))


class GivenPipOption(NamedTuple):
    """An option as it was given: its spelling, and what it means."""

    option: PipOption
    spelled: str
    value: object


class PipArgs(NamedTuple):
    """What was understood.

    ``cache_dir`` None says nothing and ``no_cache`` asks for no cache; ``target_overrides`` are pairs such as
    ``("python_version", "3.12")``.  From ``user`` on the fields are about installing, but for ``warnings``:
    sentences for the user.
    """

    options: IndexOptions = IndexOptions()
    constraints: tuple[str, ...] = ()
    cache_dir: str | None = None
    no_cache: bool = False
    build_isolation: bool | None = None
    no_deps: bool = False
    isolated: bool = False
    python: str | None = None
    target_overrides: tuple[tuple[str, str], ...] = ()
    user: bool = False
    target: str | None = None
    prefix: str | None = None
    compile_bytecode: bool | None = None
    force_reinstall: bool = False
    break_system_packages: bool = False
    require_virtualenv: bool = False
    warnings: tuple[str, ...] = ()


def parse_pip_args(text: str | None, *, installs: bool = False) -> PipArgs:
    """Understand the text of ``--pip-args``, split as a shell would.

    ``installs`` says that the command installs (pip-sync); for one that only resolves, options about installing
    are accepted and have no effect.  Raises `UsageError` that names the option that is unknown or cannot be honoured.
    """
    if not text:
        return PipArgs()
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--pip-args cannot be split into options: {error}") from None
    return _understood(_parse(words), installs=installs)


def merge_options(first: IndexOptions, second: IndexOptions) -> IndexOptions:
    """Join options of two sources: lists are chained, of single values the second one's wins where it has one."""
    joined: dict[str, Any] = {}
    pairs: list[tuple[str, Any, Any]] = list(zip(IndexOptions._fields, first, second, strict=True))
    for field, one, other in pairs:
        joined[field] = one + other if isinstance(one, tuple) else one if other is None else other
    return IndexOptions(**joined)


def _parse(words: list[str]) -> list[GivenPipOption]:
    """Return what was given, in order."""
    from optparse import OptionParser

    class Parser(OptionParser):
        def error(self, msg: str) -> NoReturn:
            raise UsageError(f"--pip-args: {msg}")

    given: list[GivenPipOption] = []

    def take(_: optparse.Option, spelled: str, text: str, parser: OptionParser, option: PipOption) -> None:
        given.append(GivenPipOption(option, spelled, _converted(option, spelled, text)))

    parser = Parser(prog="--pip-args", usage="", add_help_option=False)
    for option in OPTIONS:
        kind = None if option.type == "switch" else "string"
        parser.add_option(*option.names, action="callback", callback=take, type=kind, callback_args=(option,))
    _, stray = parser.parse_args(words)
    if stray:
        raise UsageError(f"--pip-args: {stray[0]!r} is no option: requirements belong into an input file")
    return given


def _converted(option: PipOption, spelled: str, text: str) -> object:
    if option.type == "switch":
        return option.constant
    if option.type == "rule":
        return option.constant, text
    try:
        return _CONVERTERS.get(option.type, str)(text)
    except ValueError as error:
        reason = str(error) if str(error).startswith("not ") else "no number"
        raise UsageError(f"--pip-args: option {spelled}: {text!r} is {reason}") from None


def _feature(text: str) -> str:
    if text not in FEATURES:
        raise ValueError(f"not a known feature (known are {', '.join(sorted(FEATURES))})")
    return text


def _keyring_provider(text: str) -> str:
    if text not in KEYRING_PROVIDERS:
        raise ValueError(f"not one of {', '.join(KEYRING_PROVIDERS)}")
    return text


def _setting(text: str) -> str:
    if "=" not in text:
        raise ValueError("not of the form KEY=VALUE")
    return text


_CONVERTERS: dict[str, Callable[[str], object]] = {
    "path": os.path.expanduser,
    "seconds": float,
    "count": int,
    "features": _feature,
    "provider": _keyring_provider,
    "setting": _setting,
}
"""For values of some types; others are taken as they are."""


def _understood(given: list[GivenPipOption], *, installs: bool) -> PipArgs:
    refused = {**REFUSED, **NOT_TO_INSTALL} if installs else REFUSED
    for option, reason in refused.items():
        if spelled := _spellings(option, given):
            raise UsageError(f"--pip-args: {spelled[-1]} cannot be honoured: {reason}")
    fields: dict[str, Any] = {option.field: _value(option.field, given) for option, _, _ in given if option.field}
    own = {field: fields.pop(field) for field in PipArgs._fields if field in fields}
    return PipArgs(**own, options=IndexOptions(**fields), warnings=tuple(_warnings(given)))


def _spellings(option: PipOption, given: Iterable[GivenPipOption]) -> list[str]:
    return [each.spelled for each in given if each.option == option]


def _value(field: str, given: Iterable[GivenPipOption]) -> object:
    """Return all values of a field that holds several, else the last."""
    defaults: dict[str, Any] = {**IndexOptions._field_defaults, **PipArgs._field_defaults}
    values = tuple(each.value for each in given if each.option.field == field)
    return values if isinstance(defaults[field], tuple) else values[-1]


def _warnings(given: list[GivenPipOption]) -> Iterator[str]:
    """Of what has no effect although it might be meant to, and of what pip itself no longer knows."""
    for option, reason in POINTLESS.items():
        for spelled in _spellings(option, given)[:1]:
            yield f"--pip-args: {spelled} has no effect: {reason}"
    for option, reason in OBSOLETE.items():
        for spelled in _spellings(option, given):
            yield (
                f"{spelled} is no longer supported by pip and is deprecated in pip-tools. "
                f"This option is ignored and will result in errors in a future release. {reason}"
            )
