"""The last resort: metadata by a build, and checkouts of repositories, both done by pip in a subprocess.

pip is asked over its documented command line, ``pip install --dry-run --report``, and answers with its
documented report.  What it runs is foreign code, so each build is announced, sees no secrets
(`build_environment`), and may be forbidden altogether.
"""

# pathlib is a slow import:
from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from piptools_clone.build.build_environment import build_environment, pip_variables, with_absolute_places
from piptools_clone.build.build_folder import BuildFolder, read_report, write_private
from piptools_clone.build.build_options import BuildOptions
from piptools_clone.build.git_references import asked_names, parse_references
from piptools_clone.build.source_addresses import is_let_out
from piptools_clone.errors import BuildFailure, BuildForbidden, ForeignBuild, IndexFailure
from piptools_clone.formats.requirements.direct_reference import is_local, why_refused
from piptools_clone.formats.sanitize import inert, without_credentials
from piptools_clone.index.metadata.source_builder import Built
from piptools_clone.index.pages.page_request import is_remote
from piptools_clone.model.policy import Policy

if TYPE_CHECKING:
    import subprocess

    from piptools_clone.settings.index_settings import IndexSettings

T = TypeVar("T")

_LOCAL_REPOSITORIES = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "protocol.allow",
    "GIT_CONFIG_VALUE_0": "never",
    "GIT_CONFIG_KEY_1": "protocol.file.allow",
    "GIT_CONFIG_VALUE_1": "user",
}
"""Lets git fetch from this machine alone, and no submodules from there (``git help config``)."""
LOG_BYTES = 2**20  # of what a failed build printed: the end of it tells why
_HINT = "see the end of the build's output; a wheel of the project, or another version, needs no build"
_FOREIGN = (
    "compile on such a machine, or with such a Python (--python); or take a wheel, or a project that lists its "
    "dependencies in pyproject.toml (PEP 621); --only-binary passes over what has no wheel"
)
_NOT_ASKED = "with --offline, what was installed from a branch or a tag is left as it is"
_PATIENCE = 1.0  # seconds between asking a build to end and ending it; a run promises to end within two


class PipBuilder:
    """Asks pip for the metadata of sources, in subprocesses that `stop` ends.  For several threads.

    ``announce`` is told of each build before it starts, in a line that is fit to be shown.
    """

    def __init__(
        self,
        settings: IndexSettings,
        policy: Policy,
        *,
        environ: Mapping[str, str],
        announce: Callable[[str], None],
        options: BuildOptions = BuildOptions(),  # noqa: B008 - an immutable value
        python: str = sys.executable,
    ) -> None:
        self._settings = with_absolute_places(settings)
        self._policy = policy
        self._environ = environ
        self._announce = announce
        self._options = options
        self._python = python
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def check_allowed(self, what: str, name: str | None = None) -> None:
        """Raise BuildForbidden when a source may not be built, ForeignBuild when that would not tell what is asked.

        ``name`` is canonical, None while it is not known.
        """
        if self._policy.no_build:
            raise BuildForbidden(f"{what} would have to be built for its metadata, which --no-build forbids")
        if not self._policy.format_control.allows(name or "")[1]:
            raise BuildForbidden(f"{what} would have to be built for its metadata, which --only-binary forbids")
        if foreign := self._options.host.foreign:
            raise ForeignBuild(
                f"{what} would have to be built for its metadata, and what a build says on this machine need not hold "
                f"for {inert(foreign)}",
                hint=_FOREIGN,
            )

    def config_settings(self, name: str | None, own: Sequence[str] = ()) -> tuple[str, ...]:
        """The ``KEY=VALUE`` settings for the build of a project: its ``own``, those of its name, or those of all."""
        of_name = dict(self._policy.config_settings).get(name or "", ())
        return tuple(own) or of_name or self._settings.config_settings

    def key(
        self,
        name: str | None,
        own: Sequence[str] = (),
        *,
        interpreter: str | None = None,
        sites: Iterable[str] | None = None,
    ) -> str:
        """What an outcome of a build depends on beside the source: what it is remembered under, together with that.

        ``name`` and ``own`` are as in `config_settings`.  ``interpreter`` tells the one that builds and ``sites`` are
        its folders of modules, where it is not the one of the options.
        """
        from piptools_clone.build.build_key import circumstances, own_interpreter

        host = self._options.host
        usual = f"{host.described or own_interpreter()} {host.foreign}".rstrip()
        facts = circumstances(
            self._settings,
            self._options,
            self._environ,
            interpreter=usual if interpreter is None else interpreter,
            sites=(host.sites or sys.path) if sites is None else sites,
        )
        return " ".join([facts, *map(quote, self.config_settings(name, own))])

    def build(
        self,
        url: str,
        what: str,
        *,
        name: str | None = None,
        editable: bool = False,
        is_vcs: bool = False,
        config_settings: Sequence[str] = (),
    ) -> Built:
        """The metadata of the source at ``url``, a ``file:`` or VCS address as pip's requirements files take it.

        ``what`` names it for messages and must be inert; ``config_settings`` are its own, if it has any.
        Raises BuildFailure.
        """
        self.check_allowed(what, name)
        self._check_reachable(url, what)
        self._announce(f"building {what} to read its metadata")
        settings = self.config_settings(name, config_settings)
        return self._carry_out(
            url, what, self._command, read_report, editable=editable, is_vcs=is_vcs, config_settings=settings
        )

    def resolve_revision(self, url: str, revision: str, what: str) -> str:
        """The commit that a git repository has under a revision now, "" where no reference has that name.

        ``url`` is the address without the revision, such as ``git+https://host/a.git``; ``what`` is as for `build`.
        Nothing is checked out.  Raises BuildFailure for a repository that does not answer.
        """
        names = asked_names(revision)
        with self._build_folder(url, what, is_vcs=True) as (work, address, environment):
            command = ["git", "ls-remote", "--", address.partition("#")[0].partition("+")[2], *names]
            try:
                code = self._run(command, environment, work, what)
            except FileNotFoundError:
                raise BuildFailure(f"there is no git to ask what {what} leads to now", hint=_NOT_ASKED) from None
            if code != 0:
                raise self._failure(f"git could not tell what {what} leads to now", work, address, hint=_NOT_ASKED)
            with open(work.log, encoding="utf-8", errors="replace") as file:
                found = parse_references(file)
        return next((found[name] for name in names if name in found), "")

    def stop(self) -> None:
        """End every running build, with all that it started, and start none any more."""
        with self._lock:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _end(process)

    def _check_reachable(self, url: str, what: str) -> None:
        """Raise IndexFailure for a repository on another machine, offline."""
        if self._options.offline and not is_local(url):
            raise IndexFailure(f"{what} is not in the cache", hint="run once without --offline")

    def _carry_out(
        self,
        url: str,
        what: str,
        command: Callable[[BuildFolder], list[str]],
        read: Callable[[BuildFolder, str], T],
        *,
        editable: bool,
        is_vcs: bool,
        config_settings: Sequence[str] = (),
    ) -> T:
        """Run a command of pip's on one source in a folder of its own, and read what it left there."""
        with self._build_folder(url, what, is_vcs=is_vcs) as (work, address, environment):
            write_private(work.wanted, _requirement_line(address, config_settings, editable=editable))
            with self._pip_settings(work, is_let_out=is_let_out(address, what)) as variables:
                if self._run(command(work), environment | variables, work, what) != 0:
                    raise self._failure(f"pip could not build {what}", work, address)
            return read(work, what)

    @contextmanager
    def _build_folder(self, url: str, what: str, *, is_vcs: bool) -> Iterator[tuple[BuildFolder, str, dict[str, str]]]:
        """A folder for one task, the address as a program may be told it, and the environment of that program."""
        import tempfile

        if any(char < " " for char in url):
            raise BuildFailure(f"{what} has an address with control characters")
        wrong = why_refused(url)
        if wrong:
            raise BuildFailure(f"{what} has an address that is refused: {wrong}")
        with tempfile.TemporaryDirectory(prefix="piptools-build-", ignore_cleanup_errors=True) as folder:
            os.chmod(folder, 0o700)
            work = BuildFolder(folder)
            environment = build_environment(self._environ, home=work.home, netrc=work.netrc, is_vcs=is_vcs)
            if is_vcs:
                from piptools_clone.build.checkout import prepare_checkout

                url = prepare_checkout(work, url, what, environment, self._environ)
            yield work, url, environment

    def _command(self, work: BuildFolder) -> list[str]:
        command = [*self._pip(work, self._options.host.python), "install", "--dry-run", "--ignore-installed"]
        return [*command, "--src", work.src, *self._words(), "--report", work.report, "-r", work.wanted]

    def _pip(self, work: BuildFolder, python: str) -> list[str]:
        """Start pip, for another interpreter if one is named; in isolation nothing that is installed has a say."""
        if not python:
            return [self._python, "-m", "pip"]
        if self._options.isolation:
            from piptools_clone.build.bare_interpreter import bare_folder, make_bare

            python = make_bare(bare_folder(work), python)
        return [self._python, "-m", "pip", "--python", python]

    def _words(self) -> list[str]:
        """Return the options that every call of pip gets."""
        words = ["--no-deps", "--quiet", "--ignore-requires-python"]
        words += [] if self._options.isolation else ["--no-build-isolation"]
        cache = self._options.cache_dir
        return [*words, *(["--cache-dir", cache] if cache else ["--no-cache-dir"])]

    @contextmanager
    def _pip_settings(self, work: BuildFolder, *, is_let_out: bool = False) -> Iterator[dict[str, str]]:
        """The variables that tell pip its settings, as a build may know them; they hold as long as the body runs.

        The index proxy stands before every remote place, of which there are none offline.  It is all the network that
        pip has, unless it ``is_let_out`` and may ask others as well, which it never may offline.
        Raises `IndexFailure` where the body raises `BuildFailure` for want of an index: a version must not be passed
        over for that.
        """
        from piptools_clone.build.index_proxy import index_proxy_for

        offline = self._options.offline
        own = _local_only(self._settings) if offline else self._settings
        with _offline() if offline else nullcontext(), index_proxy_for(own, self._environ) as proxy:
            through = proxy.settings()
            if through.indexes + through.find_links != own.indexes + own.find_links:
                write_private(work.netrc, proxy.netrc)
            work.places += zip(through.indexes + through.find_links, own.indexes + own.find_links, strict=True)
            variables = self._variables(work, through._replace(proxy=None) if is_let_out and not offline else through)
            yield variables | (_LOCAL_REPOSITORIES if offline else {})

    def _variables(self, work: BuildFolder, settings: IndexSettings) -> dict[str, str]:
        """As `pip_variables`; build constraints have an option of their own since pip 25.3."""
        if not (self._options.constraints and self._options.isolation):  # outside isolation nothing is installed
            return pip_variables(settings)
        write_private(work.constraints, "\n".join([*self._options.constraints, ""]))
        if _pip_version() >= (25, 3):
            return pip_variables(settings, build_constraint=work.constraints)
        return pip_variables(settings, constraint=work.constraints)

    def _run(self, command: list[str], environment: dict[str, str], work: BuildFolder, what: str) -> int:
        """Run pip in a process group of its own and return its exit code; on any failure the group is ended."""
        import subprocess

        with open(work.log, "wb") as log, self._lock:
            if self._stopped:
                raise BuildFailure(f"the build of {what} was not started: the run is ending")
            process = subprocess.Popen(
                command,
                cwd=work.home,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            return process.wait(self._options.timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            message = f"pip did not finish building {what} within {self._options.timeout:g} s"
            raise self._failure(message, work, "") from None
        except BaseException:
            _end(process)
            raise
        finally:
            with self._lock:
                self._running.discard(process)

    def _failure(self, message: str, work: BuildFolder, url: str, *, hint: str = _HINT) -> BuildFailure:
        """The error of a failed build with its log, which names places as the user did, without secrets."""
        with open(work.log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_BYTES))  # a build may print without end
            text = file.read(LOG_BYTES).decode("utf-8", "replace")
        for given, place in [*work.places, (url, url)]:
            text = text.replace(given, without_credentials(place)) if given else text
        lines = [inert(line.rstrip(), 300) for line in text.splitlines() if line.strip()]
        return BuildFailure(
            message,
            log="\n".join(lines),
            hint=hint,
        )


def _requirement_line(url: str, config_settings: Iterable[str], *, editable: bool) -> str:
    """The line of a requirements file: pip takes settings from its command line for what is named there alone."""
    from shlex import quote

    words = [f"-e {url}" if editable else url, *(f"--config-settings={quote(each)}" for each in config_settings)]
    return " ".join(words) + "\n"


def _local_only(settings: IndexSettings) -> IndexSettings:
    indexes = tuple(each for each in settings.indexes if not is_remote(each))
    links = tuple(each for each in settings.find_links if not is_remote(each))
    return settings._replace(indexes=indexes, find_links=links)


@contextmanager
def _offline() -> Iterator[None]:
    """A build that fails without an index says nothing about the release."""
    try:
        yield
    except BuildFailure as failure:
        told = BuildFailure(f"{failure.message}, offline", log=failure.log)
        raise IndexFailure(str(told), hint="run once without --offline") from failure


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a build and everything it started."""
    import signal
    import subprocess

    _signal(process, signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)  # the group outlives its leader
        else:
            process.send_signal(number)
    except (ProcessLookupError, PermissionError):
        return


def _pip_version() -> tuple[int, ...]:
    from importlib.metadata import PackageNotFoundError, version

    from packaging.version import Version

    try:
        return Version(version("pip")).release
    except PackageNotFoundError:
        return (0,)
