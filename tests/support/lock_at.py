"""What a lock pins in one environment: its lines are read, and their markers evaluated, by `packaging` alone."""

from __future__ import annotations

from packaging.requirements import Requirement

from piptools_clone.environment.named_targets import parse_target

LINUX, MACOS, WINDOWS = (f"python3.12-{platform}" for platform in ("linux", "macos", "windows"))


def lines_of(lock: bytes | str | None) -> list[str]:
    """The lines that pin something by name, without hashes and annotations, in their order."""
    text = lock.decode() if isinstance(lock, bytes) else lock or ""
    lines = (line.partition("  #")[0].removesuffix(" \\").rstrip() for line in text.splitlines())
    return [line for line in lines if line and line[0].isalnum()]


def pins_at(lock: bytes | str | None, target: str) -> dict[str, str]:
    """The version (or address) of each name in the environment of a target such as ``python3.12-windows``.

    A name that two lines pin there is a failure.
    """
    markers = {**parse_target(target).target.markers, "extra": ""}
    found: dict[str, str] = {}
    for requirement in map(Requirement, lines_of(lock)):
        if requirement.marker is None or requirement.marker.evaluate(markers):
            assert requirement.name not in found, f"{requirement.name} twice in {target}"
            found[requirement.name] = requirement.url or str(requirement.specifier).lstrip("=")
    return found
