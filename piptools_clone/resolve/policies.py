"""From the settings of a run to the values that its parts take.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from piptools_clone.errors import InputError
from piptools_clone.formats.sanitize import inert
from piptools_clone.index.stated_digests import common_hashes
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.policy import FormatControl, IndexStrategy, Policy
from piptools_clone.settings.default_index import default_index_url
from piptools_clone.settings.index_settings import IndexSettings

if TYPE_CHECKING:
    from piptools_clone.model.lock import LockOptions
    from piptools_clone.model.requirement import Requirement


def choice_policy(
    request: CompileRequest,
    settings: IndexSettings,
    roots: Sequence[Requirement],
    constraints: Sequence[Requirement] = (),
) -> Policy:
    """The rules of choice of a run.  Raises InputError for lines that state hashes and have none in common."""
    return Policy(
        pre=settings.pre,
        format_control=settings.format_control,
        prefer_binary=settings.prefer_binary,
        uploaded_prior_to=settings.uploaded_prior_to,
        strategy=IndexStrategy(request.index_strategy),
        hashes=tuple(_stated_hashes([*roots, *constraints]).items()),
        config_settings=tuple(
            (root.name, root.config_settings) for root in roots if root.config_settings and root.name
        ),
        ignore_requires_python=settings.ignore_requires_python,
        no_build=request.no_build or ":all:" in settings.format_control.only_binary,
        release_control=_release_control(settings.release_control),
    )


def _release_control(options: Iterable[tuple[str, str]]) -> FormatControl:
    """Pip's ``--all-releases`` and ``--only-final`` in the terms of the format options, whose rules they follow."""
    kinds = {"all_releases": "no_binary", "only_final": "only_binary"}
    return FormatControl.from_options((kinds[kind], value) for kind, value in options)


def _stated_hashes(requirements: Iterable[Requirement]) -> dict[str, tuple[str, ...]]:
    """Of each name the hashes that all of its lines admit, for each version that lines with markers pin.

    Pins of other versions never hold together: such are the lines of a lock for many environments.
    """
    lines: dict[str, list[Requirement]] = {}
    for each in requirements:
        if each.hashes and each.name:
            lines.setdefault(each.name, []).append(each)
    return {name: tuple(dict.fromkeys(_admitted(name, stated))) for name, stated in lines.items()}


def _admitted(name: str, lines: Sequence[Requirement]) -> Iterator[str]:
    pins = [_pin_somewhere(each) for each in lines]
    for pin in dict.fromkeys(filter(None, pins)) or ("",):
        common: tuple[str, ...] = ()
        for each, own in zip(lines, pins, strict=True):
            if own in ("", pin):
                common = common_hashes(each.hashes, common)
                if not common:
                    raise InputError(
                        f"{inert(str(each.origin))}: {name} has no hash in common with another line for it"
                    )
        yield from common


def _pin_somewhere(requirement: Requirement) -> str:
    """What a line with a marker pins, "" for one that others may hold beside."""
    return str(requirement.pinned or requirement.url or "") if requirement.marker else ""


def is_plain(settings: IndexSettings) -> bool:
    """Whether everything comes from remote indexes, as they are now, for anybody."""
    elsewhere = settings.find_links or settings.uploaded_prior_to or settings.client_cert
    addresses = [url.partition("://") for url in settings.indexes]
    return not elsewhere and all(
        scheme in {"http", "https"} and "@" not in rest.partition("/")[0] for scheme, _, rest in addresses
    )


def written_options(settings: IndexSettings, typed: Mapping[str, str]) -> LockOptions:
    """The option lines of a lock: addresses lose credentials, or keep the ``${VAR}`` they came from (``typed``)."""
    from piptools_clone.formats.locks.requirements_txt import format_names
    from piptools_clone.formats.requirements.requirements_in import written_address
    from piptools_clone.model.lock import LockOptions

    named = settings.named_indexes if settings.indexes else ()
    written = list(dict.fromkeys(written_address(url, typed) for url in named))
    is_default = bool(written) and written[0].rstrip("/") == default_index_url().rstrip("/")
    control = settings.format_control
    return LockOptions(
        index_url=written[0] if written and not is_default else None,
        extra_index_urls=tuple(written[1:]),
        find_links=tuple(written_address(place, typed) for place in settings.find_links),
        trusted_hosts=settings.trusted_hosts,
        no_binary=format_names(control.no_binary),
        only_binary=format_names(control.only_binary),
    )
