"""Wheels and editable installs from sources, made by pip in a subprocess (see `pip_build`)."""

# pathlib is a slow import:
from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from piptools_clone.build.bare_interpreter import bare_folder
from piptools_clone.build.build_folder import BuildFolder
from piptools_clone.build.pip_build import PipBuilder
from piptools_clone.errors import BuildFailure


class WheelBuilder(PipBuilder):
    """Builds for installing, with the interpreter that it is installed for.  For several threads."""

    def wheel(
        self,
        url: str,
        what: str,
        folder: str,
        *,
        python: str,
        name: str | None = None,
        is_vcs: bool = False,
        config_settings: Sequence[str] = (),
    ) -> str:
        """Build the source at a ``file:`` or VCS address for the interpreter ``python``; return the wheel's path.

        The wheel is put into ``folder``.  ``what``, which must be inert, names the source for messages;
        ``config_settings`` are its own, if it has any.  Raises BuildFailure.
        """
        self.check_allowed(what, name)
        self._check_reachable(url, what)
        self._announce(f"building {what}")

        def command(work: BuildFolder) -> list[str]:
            return [*self._pip(work, python), "wheel", *self._words(), "-w", _output(work), "-r", work.wanted]

        def read(work: BuildFolder, what: str) -> str:
            wheels = [file for file in os.listdir(_output(work)) if file.endswith(".whl")]
            if len(wheels) != 1:
                raise BuildFailure(f"pip built {len(wheels)} wheels of {what}, not one")
            return shutil.move(os.path.join(_output(work), wheels[0]), os.path.join(folder, wheels[0]))

        settings = self.config_settings(name, config_settings)
        return self._carry_out(url, what, command, read, editable=False, is_vcs=is_vcs, config_settings=settings)

    def editable(
        self,
        url: str,
        what: str,
        prefix: str,
        *,
        python: str,
        name: str | None = None,
        config_settings: Sequence[str] = (),
    ) -> None:
        """Install the source folder at a ``file:`` address below the empty folder ``prefix``, editable (PEP 660).

        ``config_settings`` are as in `wheel`.  Raises BuildFailure.
        """
        self.check_allowed(what, name)
        self._announce(f"building {what}")
        prefix = os.path.abspath(prefix)  # pip works in another folder

        def command(work: BuildFolder) -> list[str]:
            words = ["install", "--ignore-installed", "--no-compile", "--no-warn-script-location", "--prefix", prefix]
            return [*self._pip(work, python), *words, *self._words(), "-r", work.wanted]

        settings = self.config_settings(name, config_settings)
        self._carry_out(
            url,
            what,
            command,
            lambda work, _what: _name_no_interpreter(work, prefix),
            editable=True,
            is_vcs=False,
            config_settings=settings,
        )


def _name_no_interpreter(work: BuildFolder, prefix: str) -> None:
    """Give scripts back the ``#!python`` of the wheel specification where they name the environment of the build."""
    folder, own = os.path.join(prefix, "bin"), f"#!{os.path.join(bare_folder(work), '')}".encode()
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            line, rest = file.readline(), file.read()
        if line.startswith(own):
            with open(path, "wb") as file:  # whose mode stays
                file.write(b"#!python\n" + rest)


def _output(work: BuildFolder) -> str:
    path = os.path.join(os.path.dirname(work.home), "wheels")
    os.makedirs(path, exist_ok=True)
    return path
