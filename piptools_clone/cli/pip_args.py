"""The options that users hand to pip through ``--pip-args``: understood, or refused by name.

The spelling is that of pip's own parser (``--option=value``, ``-fvalue``, unambiguous prefixes), the meaning
that of ``pip install``.  Nothing is ignored in silence but what could have no effect here, each with its reason
in `pip_options`.
"""

from typing import TYPE_CHECKING, Any, NoReturn

from piptools_clone.errors import UsageError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    import optparse

    from piptools_clone.cli.pip_options import Given, PipOption


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


def _parse(words: list[str]) -> "dict[str, list[Given]]":
    """Return for each field what was given for it, in order."""
    from optparse import OptionParser

    from piptools_clone.cli.pip_options import OPTIONS, Given

    class Parser(OptionParser):
        def error(self, msg: str) -> NoReturn:
            raise UsageError(f"--pip-args: {msg}")

    given: dict[str, list[Given]] = {}

    def take(_: "optparse.Option", spelled: str, text: str, parser: OptionParser, option: "PipOption") -> None:
        given.setdefault(option.field, []).append(Given(spelled, _converted(option, spelled, text)))

    parser = Parser(prog="--pip-args", usage="", add_help_option=False)
    for option in OPTIONS:
        kind = "string" if option.convert else None
        parser.add_option(*option.names, action="callback", callback=take, type=kind, callback_args=(option,))
    _, stray = parser.parse_args(words)
    if stray:
        raise UsageError(f"--pip-args: {stray[0]!r} is no option: requirements belong into an input file")
    return given


def _converted(option: "PipOption", spelled: str, text: str) -> object:
    if not option.convert:
        return option.constant
    try:
        return option.convert(text)
    except ValueError as error:
        raise UsageError(f"--pip-args: option {spelled}: {text!r} is {_complaint(error)}") from None


def _complaint(error: ValueError) -> str:
    reason = str(error)
    return reason if reason.startswith("not ") else "no number"


def _understood(given: "dict[str, list[Given]]", *, installs: bool) -> PipArgs:
    from piptools_clone.cli.pip_options import HARMLESS, REFUSED, REFUSED_TO_INSTALL

    refused = {**REFUSED, **REFUSED_TO_INSTALL} if installs else REFUSED
    for field, reason in refused.items():
        if field in given:
            raise UsageError(f"--pip-args: {given[field][-1].spelled} cannot be honoured: {reason}")
    warnings = (*_pointless(given), *_obsolete(given))
    own: dict[str, Any] = {field: _value(field, each) for field, each in given.items() if field in PipArgs._fields}
    others = given.keys() - own.keys()
    index: dict[str, Any] = {field: _value(field, given[field]) for field in others & set(IndexOptions._fields)}
    rest = given.keys() - own.keys() - index.keys() - HARMLESS.keys() - REFUSED_TO_INSTALL.keys()
    if rest:  # the tables are at fault, and no option may be dropped for that
        raise AssertionError(f"options without a meaning: {', '.join(sorted(rest))}")
    return PipArgs(**own, options=IndexOptions(**index), warnings=warnings)


def _value(field: str, entries: "list[Given]") -> object:
    """Return all values of a field that holds several, else the last."""
    defaults: dict[str, Any] = {**IndexOptions._field_defaults, **PipArgs._field_defaults}
    values = tuple(entry.value for entry in entries)
    return values if isinstance(defaults[field], tuple) else values[-1]


def _pointless(given: "dict[str, list[Given]]") -> tuple[str, ...]:
    """Take the options out that have no effect although they might be meant to; return a warning for each."""
    from piptools_clone.cli.pip_options import POINTLESS

    return tuple(
        f"--pip-args: {entry.spelled} has no effect: {reason}"
        for field, reason in POINTLESS.items()
        for entry in given.pop(field, ())[:1]
    )


def _obsolete(given: "dict[str, list[Given]]") -> tuple[str, ...]:
    """Take the options out that pip itself no longer knows; return a warning for each."""
    from piptools_clone.cli.pip_options import OBSOLETE

    return tuple(
        f"{entry.spelled} is no longer supported by pip and is deprecated in pip-tools. "
        f"This option is ignored and will result in errors in a future release. {reason}"
        for field, reason in OBSOLETE.items()
        for entry in given.pop(field, ())
    )
