"""Where and how to look for packages: options of the command line, of files, and of pip's settings."""

from piptools_clone.named_tuple import NamedTuple


class IndexOptions(NamedTuple):
    """Options about the index, from one source; None or empty where the source says nothing.

    ``format_control`` holds pairs such as ``("no_binary", "foo,:none:")`` in the order given, since later ones
    overrule earlier ones (see `FormatControl`).  Addresses and find-links are as written, ``${VAR}``
    expanded, and may hold credentials; a relative find-links folder has been made relative to the working folder.
    ``timeout`` is in seconds.  ``release_control`` holds pairs such as ``("all_releases", "foo,:none:")`` in the
    order given, by the same rules as ``format_control``.  ``config_settings`` are ``KEY=VALUE`` texts for every build.
    ``constraints`` and ``build_constraints`` are files that pip's settings name, the latter for builds alone.
    ``absent_statuses`` are texts such as ``idx.example=403``: what that host answers for a project it does not have.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    no_index: bool | None = None
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    format_control: tuple[tuple[str, str], ...] = ()
    prefer_binary: bool | None = None
    pre: bool | None = None
    require_hashes: bool | None = None
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float | None = None
    retries: int | None = None
    uploaded_prior_to: str | None = None
    keyring_provider: str | None = None
    use_feature: tuple[str, ...] = ()
    release_control: tuple[tuple[str, str], ...] = ()
    constraints: tuple[str, ...] = ()
    build_isolation: bool | None = None
    no_proxy_env: bool | None = None
    config_settings: tuple[str, ...] = ()
    ignore_requires_python: bool | None = None
    absent_statuses: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
