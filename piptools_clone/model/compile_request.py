"""What a compile is asked to do, and what came of it."""

from piptools_clone.model.index_options import IndexOptions
from piptools_clone.model.lock import Lock
from piptools_clone.named_tuple import NamedTuple


class CompileRequest(NamedTuple):
    """One compile as a library would be asked for it; the command line is one way to fill this in.

    ``sources`` and ``constraints`` are paths as the user spelled them ("-" is standard input, whose text
    is ``stdin``).  ``output`` is a path, or "-" for standard output.  ``header_command`` is the command
    that the header names, None for no header.  ``upgrade_packages`` are requirement texts.  ``cache_dir``
    None means no cache on disk.  ``python`` is an interpreter to lock for, None for the running one.
    ``upgrade``, ``rebuild`` and ``check`` hold each page against the index however
    fresh it is in the cache, ``upgrade_packages`` those of its packages.  ``ambient_options`` False leaves
    what this machine's pip settings say out of the lock; ``isolated``
    does not read pip's variables and user configuration at all.  ``groups`` are ``name`` or ``path:name``
    (PEP 735); there may be groups and no sources.  ``target_overrides`` are pairs of ``python_version``,
    ``platform``, ``implementation`` or ``abi`` and a value, as pip takes them, and short names of platforms besides.
    ``no_deps`` pins only what the inputs name.

    ``universal`` locks for every Python of ``python_range`` (a specifier set such as ``>=3.10``, "" for the default)
    and every platform.  ``environments`` are markers: the range is where any of them holds, "everywhere" for none;
    ``required_environments`` are markers where each package must have a file that fits.  ``fork_strategy`` is
    ``requires-python`` (the newest version for each Python) or ``fewest`` (as few versions of a package as can be).
    ``targets`` are names, those of ``target_table`` (pairs of a name and what it means, as ``target_overrides``) or
    such as ``python3.12-linux-x86_64``: see `environment.named_targets`.
    """

    sources: tuple[str, ...]
    output: str
    constraints: tuple[str, ...] = ()
    stdin: bytes = b""
    options: IndexOptions = IndexOptions()
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    groups: tuple[str, ...] = ()
    build_deps_for: tuple[str, ...] = ()
    only_build_deps: bool = False
    upgrade: bool = False
    upgrade_packages: tuple[str, ...] = ()
    rebuild: bool = False
    dry_run: bool = False
    header_command: str | None = None
    annotate: bool = True
    annotation_style: str = "split"
    strip_extras: bool = False
    allow_unsafe: bool = False
    unsafe_packages: frozenset[str] = frozenset({"distribute", "pip", "setuptools"})
    generate_hashes: bool = False
    reuse_hashes: bool = True
    emit_index_url: bool = True
    emit_find_links: bool = True
    emit_trusted_host: bool = True
    emit_options: bool = True
    ambient_options: bool = True
    newline: str = "preserve"
    build_isolation: bool = True
    no_build: bool = False
    cache_dir: str | None = None
    check: bool = False
    offline: bool = False
    pin_vcs: bool = False
    python: str | None = None
    index_strategy: str = "merge"
    isolated: bool = False
    no_deps: bool = False
    target_overrides: tuple[tuple[str, str], ...] = ()
    universal: bool = False
    python_range: str = ""
    environments: tuple[str, ...] = ()
    required_environments: tuple[str, ...] = ()
    fork_strategy: str = "requires-python"
    targets: tuple[str, ...] = ()
    target_table: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    @property
    def writes(self) -> bool:
        """Whether the output file is to be replaced."""
        return not (self.dry_run or self.check or self.output == "-")

    @property
    def is_for_host(self) -> bool:
        """Whether it locks for the running Python, as nearly all do."""
        return not (self.python or self.target_overrides or self.targets or self.universal)

    @property
    def one_target_options(self) -> tuple[str, ...]:
        """The options that are given and describe one target, each once."""
        described = dict.fromkeys(f"--{kind.replace('_', '-')}" for kind, _ in self.target_overrides)
        return (*(["--python"] if self.python else ()), *described)

    @property
    def speaks_of_targets(self) -> bool:
        """Whether it says anything about what to lock for."""
        limits = self.python_range or self.environments or self.required_environments
        return bool(limits) or self.fork_strategy != "requires-python" or not self.is_for_host

    @property
    def left_out(self) -> frozenset[str]:
        """Names of packages that are not written into the lock, although something needs them."""
        return frozenset() if self.allow_unsafe else self.unsafe_packages

    @property
    def asks_anew(self) -> bool:
        """Whether every page is held against the index however fresh it is: the user asks for what is new now."""
        return self.upgrade or self.check or self.rebuild


class Change(NamedTuple):
    """One package that differs between the old lock and the new; an empty version means "not there"."""

    name: str
    old: str
    new: str


class CompileResult(NamedTuple):
    """What a compile found: the lock, its text as bytes for the file, and what is different now.

    ``written`` tells whether the output file was replaced; ``plain`` whether the lock followed from the text of files
    and from pages of indexes alone: nothing by address, no folders, no cut-off date, no credentials.  ``pages_hold`` is
    from when until when the pages are fresh that were taken from the cache, in seconds since the epoch.
    ``warnings`` are sentences for the user; ``notes`` are of interest with ``--verbose`` only.
    """

    lock: Lock
    content: bytes
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changed: bool = False
    written: bool = False
    plain: bool = False
    pages_hold: tuple[float, float] = (0.0, float("inf"))
