"""Wheels that pip builds for an interpreter, from archives, folders, checkouts and editables; kept in the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from piptools_clone.environment.interpreter import Interpreter
from piptools_clone.model.requirement import Requirement
from piptools_clone.store.cache import FACTS, Cache
from piptools_clone.store.shapes import is_sha256
from piptools_clone.syncing.wanted import spell
from piptools_clone.wheels.wheel_cache import WheelCache

if TYPE_CHECKING:
    import tempfile

    from piptools_clone.build.build_wheel import WheelBuilder


class BuiltWheels:
    """Builds wheels into the cache and gives their SHA-256.  For several threads.

    ``open_builder`` is asked when something is built.  All raise `BuildFailure`, `BuildForbidden`, `WheelFault`.
    """

    def __init__(
        self,
        open_builder: Callable[[], WheelBuilder],
        interpreter: Interpreter,
        wheels: WheelCache,
        cache: Cache | None,
    ) -> None:
        self._open_builder = open_builder
        self._interpreter = interpreter
        self._wheels = wheels
        self._cache = cache

    def of_archive(self, requirement: Requirement, path: Path, sha256: str, subdirectory: str) -> str:
        """Build an archive, or recall that it was built from the same bytes in the same circumstances."""
        key = "\n".join(["built", sha256, subdirectory, self._circumstances(requirement)])
        known = self._cache.read(FACTS, key, is_sha256) if self._cache else None
        if known and self._wheels.holds(str(known)):
            return str(known)
        wheel = self.of_address(requirement, with_subdirectory(path.as_uri(), subdirectory))
        if self._cache:
            self._cache.write(FACTS, key, wheel)
        return wheel

    def of_address(self, requirement: Requirement, url: str, *, is_vcs: bool = False) -> str:
        """Build what is at an address: an archive or a folder, or with ``is_vcs`` a checkout."""
        from hashlib import file_digest

        with self._temporary_folder() as folder:
            wheel = self._open_builder().wheel(
                url,
                spell(requirement),
                folder,
                python=os.fspath(self._interpreter.executable),
                name=requirement.name,
                is_vcs=is_vcs,
                config_settings=requirement.config_settings,
            )
            with Path(wheel).open("rb") as file:
                sha256 = file_digest(file, "sha256").hexdigest()
            self._wheels.add(Path(wheel), Path(wheel).name, sha256)
        return sha256

    def editable(self, requirement: Requirement) -> str:
        """Build what makes a folder importable from where it is."""
        from piptools_clone.syncing.sources.built_tree import pack_tree

        what = spell(requirement)
        with self._temporary_folder() as folder:
            self._open_builder().editable(
                requirement.url or "",
                what,
                folder,
                python=os.fspath(self._interpreter.executable),
                name=requirement.name,
                config_settings=requirement.config_settings,
            )
            return self._wheels.add_made(lambda out: pack_tree(Path(folder), what, out))

    def _circumstances(self, requirement: Requirement) -> str:
        """Tell what a build for this interpreter depends on beside its source."""
        from piptools_clone.build.build_key import other_interpreter

        paths, interpreter = self._interpreter.paths, other_interpreter(self._interpreter.target)
        sites = dict.fromkeys(map(os.fspath, (paths.purelib, paths.platlib)))
        builder = self._open_builder()
        return builder.key(requirement.name, requirement.config_settings, interpreter=interpreter, sites=sites)

    def _temporary_folder(self) -> tempfile.TemporaryDirectory[str]:
        import tempfile

        return tempfile.TemporaryDirectory(prefix=".build-", dir=self._wheels.root)


def with_subdirectory(url: str, subdirectory: str) -> str:
    """An address of which a folder in it is meant, "" for all of it."""
    return f"{url}#subdirectory={subdirectory}" if subdirectory else url
