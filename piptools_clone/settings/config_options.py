"""The options of pip's `install` command that concern an index: their names, and how texts in settings become values.

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
KEYRING_PROVIDERS = ("auto", "disabled", "import", "subprocess")


class PipOption(NamedTuple):
    """An option of pip: its names, the field of `IndexOptions` or of `PipArgs` that it fills, and how.

    ``type`` is ``switch`` (no value: it stands for ``constant``), ``text``, ``texts`` (more than one), ``path``,
    ``seconds``, ``count``, ``moment``, ``provider`` (of keyrings), ``features``, ``setting`` (of a build backend) or
    ``rule`` (names of projects, paired with ``constant``).  ``in_settings`` tells whether pip's files and variables may
    set it.
    """

    names: tuple[str, ...]
    field: str
    type: str
    constant: object = True
    in_settings: bool = True

    @property
    def accumulates(self) -> bool:
        """Whether what several files say adds up."""
        return self.type in ("rule", "setting")


def pip_option(names: str, field: str, type: str = "text", constant: object = True) -> PipOption:  # noqa: A002 - its name
    """Make one of ``names`` with blanks between them."""
    return PipOption(tuple(names.split()), field, type, constant)


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
    if text not in KEYRING_PROVIDERS:
        raise ValueError(f"it must be one of {', '.join(KEYRING_PROVIDERS)}")
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


def _checked_cut_off(text: str) -> str:
    parse_cut_off(text)
    return text


INDEX_OPTIONS = (
    pip_option("-i --index-url --pypi-url", "index_url"),
    pip_option("--extra-index-url", "extra_index_urls", "texts"),
    pip_option("--no-index", "no_index", "switch"),
    pip_option("-f --find-links", "find_links", "texts"),
    pip_option("--trusted-host", "trusted_hosts", "texts"),
    pip_option("--no-binary", "format_control", "rule", "no_binary"),
    pip_option("--only-binary", "format_control", "rule", "only_binary"),
    pip_option("--all-releases", "release_control", "rule", "all_releases"),
    pip_option("--only-final", "release_control", "rule", "only_final"),
    pip_option("--prefer-binary", "prefer_binary", "switch"),
    pip_option("--pre", "pre", "switch"),
    pip_option("--require-hashes", "require_hashes", "switch"),
    pip_option("--no-require-hashes", "require_hashes", "switch", constant=False)._replace(in_settings=False),
    pip_option("--cert", "cert", "path"),
    pip_option("--client-cert", "client_cert", "path"),
    pip_option("--proxy", "proxy"),
    pip_option("--no-proxy-env", "no_proxy_env", "switch"),
    pip_option("--timeout --default-timeout", "timeout", "seconds"),
    pip_option("--retries", "retries", "count"),
    pip_option("--uploaded-prior-to", "uploaded_prior_to", "moment"),
    pip_option("--keyring-provider", "keyring_provider", "provider"),
    pip_option("--use-feature", "use_feature", "features"),
    pip_option("-c --constraint", "constraints", "texts"),
    pip_option("--build-constraint", "build_constraints", "texts"),
    pip_option("-C --config-setting --config-settings", "config_settings", "setting"),
    # pip's own oddity: in settings the value is what becomes of isolation, so PIP_NO_BUILD_ISOLATION=0 turns it off
    pip_option("--no-build-isolation", "build_isolation", "switch", constant=False),
)
"""Those that settings hold and the command line too; what else the latter holds is in `cli.pip_args`."""

_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "switch": parse_boolean,
    "texts": parse_list,
    "seconds": parse_seconds,
    "count": parse_count,
    "moment": _checked_cut_off,
    "provider": parse_keyring_provider,
    "features": parse_list,
    "setting": parse_setting,
}
"""What is not here is taken as it is."""
_BY_KEY = {name[2:]: option for option in INDEX_OPTIONS if option.in_settings for name in option.names if len(name) > 2}
"""By long names without the dashes, as settings have them."""


def parse_option(name: str, text: str, source: str) -> tuple[PipOption, Any] | None:
    """Return the option of a normalised name and its value, or None for one that does not concern an index.

    ``source`` is what the `SettingsError` for an unusable value names.
    """
    option = _BY_KEY.get(name)
    if option is None:
        return None
    if option.type == "rule":
        return option, ((option.constant, text),)
    try:
        return option, _PARSERS.get(option.type, str)(text)
    except ValueError as error:
        raise SettingsError(
            f"{source}: {text!r} is not a value for pip's option {name}: {error}",
            hint="`pip config list` shows pip's settings and `pip config debug` where they come from",
        ) from None
