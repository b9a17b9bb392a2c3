"""The settings of a run: command line, files and pip's own settings, merged to what holds."""

from collections.abc import Callable, Iterable
from typing import Any

from piptools_clone.errors import SettingsError
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.policy import FormatControl, Moment
from piptools_clone.named_tuple import NamedTuple
from piptools_clone.settings.config_options import parse_cut_off
from piptools_clone.settings.default_index import default_index_url
from piptools_clone.settings.pip_configuration import read_own_settings

__all__ = ["IndexSettings", "merge_settings", "read_own_settings"]

DEFAULT_TIMEOUT = 15.0
"""Seconds of silence after which pip gives up a connection."""
DEFAULT_RETRIES = 3
"""Tries after the first.  pip has five for connecting and one for the rest; ours are for every passing fault."""


class IndexSettings(NamedTuple):
    """What holds for a run.

    ``indexes`` are the index, then the extra ones, in order and without repetition; none with
    ``--no-index``.  Addresses may hold credentials.  ``timeout`` is in seconds of silence, ``retries``
    counts the tries after the first, ``uploaded_prior_to`` is in UTC.  ``constraints`` are files that pip's
    settings name, ``build_constraints`` those for builds alone, ``release_control`` and ``config_settings`` are as in
    `IndexOptions`.  ``named_indexes`` are ``indexes`` and those that differ from one of them by a final slash only, for
    writing them down as they were named.
    ``absent_statuses`` are pairs of a host and the status that means there that a project is not known.
    """

    indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    format_control: FormatControl = FormatControl()
    pre: bool = False
    prefer_binary: bool = False
    require_hashes: bool = False
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES
    keyring_provider: str = "auto"
    uploaded_prior_to: Moment | None = None
    no_proxy_env: bool = False
    constraints: tuple[str, ...] = ()
    build_isolation: bool = True
    use_feature: tuple[str, ...] = ()
    release_control: tuple[tuple[str, str], ...] = ()
    named_indexes: tuple[str, ...] = ()
    config_settings: tuple[str, ...] = ()
    ignore_requires_python: bool = False
    absent_statuses: frozenset[tuple[str, int]] = frozenset()
    build_constraints: tuple[str, ...] = ()


def merge_settings(
    command_line: IndexOptions,
    files: IndexOptions,
    ambient: IndexOptions,
    *,
    default_index: Callable[[], str] = default_index_url,
    now: Moment | None = None,
) -> IndexSettings:
    """Merge what the command line, the requirement files and pip's own settings say, the first the strongest.

    Lists add up.  A switch that one of them sets holds.  The index address of a file replaces that of
    pip's settings together with their extra ones, as in pip, but not what the command line says.
    ``default_index`` is asked only when no index is named.  Raises `SettingsError`.
    """
    weakest_first = (ambient, files, command_line)
    named = _indexes(command_line, files, ambient, default_index)
    return IndexSettings(
        indexes=_united(named),
        named_indexes=named,
        find_links=_united(ambient.find_links, command_line.find_links, files.find_links),
        trusted_hosts=_united(ambient.trusted_hosts, command_line.trusted_hosts, files.trusted_hosts),
        format_control=FormatControl.from_options(pair for options in weakest_first for pair in options.format_control),
        pre=_any(weakest_first, "pre"),
        prefer_binary=_any(weakest_first, "prefer_binary"),
        require_hashes=_strongest(weakest_first, "require_hashes", default=False),
        cert=_strongest(weakest_first, "cert", default=None),
        client_cert=_strongest(weakest_first, "client_cert", default=None),
        proxy=_strongest(weakest_first, "proxy", default=None),
        timeout=_strongest(weakest_first, "timeout", default=DEFAULT_TIMEOUT) or DEFAULT_TIMEOUT,
        retries=_strongest(weakest_first, "retries", default=DEFAULT_RETRIES),
        keyring_provider=_strongest(weakest_first, "keyring_provider", default="auto"),
        uploaded_prior_to=_cut_off(_strongest(weakest_first, "uploaded_prior_to", default=None), now),
        no_proxy_env=_any(weakest_first, "no_proxy_env"),
        constraints=_united(*(options.constraints for options in weakest_first)),
        build_isolation=_strongest(weakest_first, "build_isolation", default=True),
        use_feature=_united(*(options.use_feature for options in weakest_first)),
        release_control=tuple(pair for options in weakest_first for pair in options.release_control),
        config_settings=tuple(each for options in weakest_first for each in options.config_settings),
        ignore_requires_python=_any(weakest_first, "ignore_requires_python"),
        absent_statuses=_absent_statuses(weakest_first),
        build_constraints=_united(*(options.build_constraints for options in weakest_first)),
    )


def _indexes(
    command_line: IndexOptions, files: IndexOptions, ambient: IndexOptions, default_index: Callable[[], str]
) -> tuple[str, ...]:
    if _any((command_line, files, ambient), "no_index"):
        return ()
    first = command_line.index_url or files.index_url or ambient.index_url or default_index()
    inherited = () if files.index_url else ambient.extra_index_urls
    return tuple(dict.fromkeys((first, *inherited, *command_line.extra_index_urls, *files.extra_index_urls)))


def _united(*groups: Iterable[str]) -> tuple[str, ...]:
    """All of them once, in order; a final slash makes no difference."""
    found: dict[str, str] = {}
    for group in groups:
        for text in group:
            found.setdefault(text.rstrip("/"), text)
    return tuple(found.values())


def _absent_statuses(sources: Iterable[IndexOptions]) -> frozenset[tuple[str, int]]:
    texts = [text for options in sources for text in options.absent_statuses]
    if not texts:
        return frozenset()
    from piptools_clone.http.absent_status import parse_absent_status

    return frozenset(map(parse_absent_status, texts))


def _any(sources: Iterable[IndexOptions], field: str) -> bool:
    return any(getattr(options, field) for options in sources)


def _strongest(weakest_first: Iterable[IndexOptions], field: str, *, default: Any) -> Any:  # noqa: ANN401 - any field
    """Return what the strongest source that says anything says."""
    found = default
    for options in weakest_first:
        value = getattr(options, field)
        if value is not None:
            found = value
    return found


def _cut_off(text: str | None, now: Moment | None) -> Moment | None:
    if text is None:
        return None
    try:
        return parse_cut_off(text, now)
    except ValueError as error:
        raise SettingsError(f"--uploaded-prior-to {text!r} cannot be used: {error}") from None
