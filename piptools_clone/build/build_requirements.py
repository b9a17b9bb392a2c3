"""What the build backend of a project needs to build it (PEP 517): its hooks, asked in an environment of their own."""

# pathlib is a slow import:
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from piptools_clone.build.build_environment import build_environment
from piptools_clone.build.build_folder import BuildFolder, write_private
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.build.source_addresses import named_addresses
from piptools_clone.errors import BuildFailure
from piptools_clone.formats.sanitize import inert
from piptools_clone.named_tuple import NamedTuple

# Runs in the environment of the build, which holds nothing of ours.
_HOOKS = '''\
"""Asks a build backend which requirements it has beside those of pyproject.toml."""
import importlib, json, os, sys

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
os.chdir(job["folder"])
sys.path[:0] = job["backend_path"]
module, _, attributes = job["backend"].partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
answer = {}
for kind in job["kinds"]:
    hook = getattr(backend, "get_requires_for_build_" + kind, None)
    answer[kind] = [str(text) for text in hook(job["config_settings"])] if hook else []
with open(job["answer"], "w", encoding="utf-8") as file:
    json.dump(answer, file)
'''


Step = Callable[[list[str], str], None]
"""Runs a command; the words say what it is there for."""


class BuildSystem(NamedTuple):
    """The ``[build-system]`` table of a project (PEP 518), with the defaults where there is none.

    ``backend_path`` are absolute folders.
    """

    requires: tuple[str, ...] = ("setuptools >= 40.8.0",)
    backend: str = "setuptools.build_meta:__legacy__"
    backend_path: tuple[str, ...] = ()


class BuildRequirements(PipBuilder):
    """Asks backends for the requirements of builds.  For several threads."""

    def ask(self, folder: str, what: str, system: BuildSystem, kinds: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """What building the project in ``folder`` needs, beside ``system.requires``, by kind of build.

        ``kinds`` are of ``sdist``, ``wheel``, ``editable``.  ``what`` must be inert.  Raises BuildFailure.
        """
        import tempfile

        self.check_allowed(what)
        self._announce(f"asking the build backend of {what} what it needs")
        with tempfile.TemporaryDirectory(prefix="piptools-build-", ignore_cleanup_errors=True) as parent:
            os.chmod(parent, 0o700)
            work = BuildFolder(parent)
            facts = {
                "folder": os.path.abspath(folder),
                "backend": system.backend,
                "backend_path": system.backend_path,
                "kinds": list(kinds),
                "config_settings": _as_dict(self.config_settings(None)) or None,
            }
            environment = build_environment(self._environ, home=work.home, netrc=work.netrc)
            is_let_out = bool(named_addresses(system.requires))
            with self._pip_settings(
                work, is_let_out=is_let_out
            ) as variables:  # for the hooks, too: those of old backends call pip
                step = partial(self._step, environment | variables, work, what)
                python = self._prepare(step, work, system) if self._options.isolation else self._own
                return self._ask(step, work, python, what, facts)

    @property
    def _own(self) -> str:
        """The interpreter that the backend runs in."""
        return self._options.host.python or self._python

    def _prepare(self, step: Step, work: BuildFolder, system: BuildSystem) -> str:
        """An environment that holds the static build requirements; returns its interpreter."""
        home = os.path.join(os.path.dirname(work.home), "env")
        step([self._own, "-m", "venv", "--without-pip", home], "make an environment to build")
        python = os.path.join(home, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
        if system.requires:
            write_private(work.wanted, "\n".join([*system.requires, ""]))
            words = [word for word in self._words() if word != "--no-deps"]
            words += ["-c", work.constraints] if self._options.constraints else []
            pip = [self._python, "-m", "pip", "--python", python, "install", *words]
            step([*pip, "-r", work.wanted], "install what is needed to build")
        return python

    def _ask(
        self, step: Step, work: BuildFolder, python: str, what: str, facts: Mapping[str, object]
    ) -> Mapping[str, tuple[str, ...]]:
        import json

        script, job, answer = (os.path.join(work.home, name) for name in ("hooks.py", "job.json", "answer.json"))
        write_private(script, _HOOKS)
        write_private(job, json.dumps({**facts, "answer": answer}))
        step([python, "-B", script, job], "ask the build backend of")
        try:
            with open(answer, "rb") as file:
                return {str(kind): tuple(map(str, texts)) for kind, texts in json.load(file).items()}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise BuildFailure(f"the answer of the build backend of {what} cannot be understood") from error

    def _step(self, environment: dict[str, str], work: BuildFolder, what: str, command: list[str], doing: str) -> None:
        if self._run(command, environment, work, what) != 0:
            raise self._failure(f"could not {doing} {inert(what)}", work, "")


def _as_dict(settings: Iterable[str]) -> dict[str, str | list[str]]:
    """``KEY=VALUE`` texts as a backend is given them (PEP 517): a key that comes again has a list, as from pip."""
    found: dict[str, list[str]] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
