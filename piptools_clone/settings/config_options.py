"""The options of pip's `install` command that concern an index: their names, and how a text becomes a value.

pip lets every long option be set in its configuration files and as a variable: `extra-index-url`
stands for ``--extra-index-url``, as does PIP_EXTRA_INDEX_URL.  The rules are those of pip's
documentation, "Configuration", and of its option parser.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from piptools_clone.errors import SettingsError
from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
FALSE = frozenset({"n", "no", "f", "false", "off", "0"})
_KEYRING_PROVIDERS = frozenset({"auto", "disabled", "import", "subprocess"})


class Option(NamedTuple):
    """A field of `IndexOptions`, the parser of its text, and whether values add up over all sources."""

    field: str
    parse: Callable[[str], Any]
    accumulates: bool = False


def parse_boolean(text: str) -> bool:
    """Return the truth values that pip understands; raises ValueError for others."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("it must be one of yes, no, true, false, on, off, 1, 0")


def parse_list(text: str) -> tuple[str, ...]:
    """Values separated by blanks or line ends."""
    return tuple(text.split())


def parse_setting(text: str) -> tuple[str, ...]:
    """Return a setting of a build backend, ``KEY=VALUE``; pip takes one from each source."""
    key, equals, _ = text.partition("=")
    if not key or not equals or not text.isprintable():
        raise ValueError("it must be of the form KEY=VALUE")
    return (text,)


def parse_seconds(text: str) -> float:
    """Return a finite, not negative number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError("it must be a number of seconds") from None
    if not 0 <= seconds < float("inf"):
        raise ValueError("it must be a number of seconds, 0 or more")
    return seconds


def parse_count(text: str) -> int:
    """Return a not negative number."""
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()):
        raise ValueError("it must be a whole number, 0 or more")
    return int(text)


def parse_keyring_provider(text: str) -> str:
    """One of pip's providers."""
    if text not in _KEYRING_PROVIDERS:
        raise ValueError(f"it must be one of {', '.join(sorted(_KEYRING_PROVIDERS))}")
    return text


def parse_cut_off(text: str, now: "datetime | None" = None) -> "datetime":
    """Return the moment, in UTC, that ``--uploaded-prior-to`` means.

    An ISO 8601 date or date with time, local where it names no zone, or days before now as ``P14D``.
    Raises ValueError for anything else.
    """
    from datetime import UTC, datetime, timedelta

    days = re.fullmatch(r"P([0-9]{1,6})D", text)
    try:
        if days:
            return (now or datetime.now(UTC)) - timedelta(days=int(days[1]))
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("it must be a date such as 2026-01-31, a time such as 2026-01-31T12:00:00Z, or P14D") from None


def _text(text: str) -> str:
    return text


def _checked_cut_off(text: str) -> str:
    parse_cut_off(text)
    return text


def _pair(kind: str) -> Callable[[str], tuple[tuple[str, str], ...]]:
    return lambda text: ((kind, text),)


OPTIONS: Mapping[str, Option] = {
    "index-url": Option("index_url", _text),
    "pypi-url": Option("index_url", _text),
    "extra-index-url": Option("extra_index_urls", parse_list),
    "no-index": Option("no_index", parse_boolean),
    "find-links": Option("find_links", parse_list),
    "trusted-host": Option("trusted_hosts", parse_list),
    "no-binary": Option("format_control", _pair("no_binary"), accumulates=True),
    "only-binary": Option("format_control", _pair("only_binary"), accumulates=True),
    "all-releases": Option("release_control", _pair("all_releases"), accumulates=True),
    "only-final": Option("release_control", _pair("only_final"), accumulates=True),
    "prefer-binary": Option("prefer_binary", parse_boolean),
    "pre": Option("pre", parse_boolean),
    "require-hashes": Option("require_hashes", parse_boolean),
    "cert": Option("cert", _text),
    "client-cert": Option("client_cert", _text),
    "proxy": Option("proxy", _text),
    "no-proxy-env": Option("no_proxy_env", parse_boolean),
    "timeout": Option("timeout", parse_seconds),
    "default-timeout": Option("timeout", parse_seconds),
    "retries": Option("retries", parse_count),
    "uploaded-prior-to": Option("uploaded_prior_to", _checked_cut_off),
    "keyring-provider": Option("keyring_provider", parse_keyring_provider),
    "use-feature": Option("use_feature", parse_list),
    "constraint": Option("constraints", parse_list),
    "build-constraint": Option("build_constraints", parse_list),
    "config-settings": Option("config_settings", parse_setting, accumulates=True),
    "config-setting": Option("config_settings", parse_setting, accumulates=True),
    # pip's own oddity: the value is what becomes of isolation, so PIP_NO_BUILD_ISOLATION=0 turns it off
    "no-build-isolation": Option("build_isolation", parse_boolean),
}


def parse_option(name: str, text: str, source: str) -> tuple[Option, Any] | None:
    """Return the option of a normalised name and its value, or None for one that does not concern an index.

    ``source`` is what the `SettingsError` for an unusable value names.
    """
    option = OPTIONS.get(name)
    if option is None:
        return None
    try:
        return option, option.parse(text)
    except ValueError as error:
        raise SettingsError(
            f"{source}: {text!r} is not a value for pip's option {name}: {error}",
            hint="`pip config list` shows pip's settings and `pip config debug` where they come from",
        ) from None
