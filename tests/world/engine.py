"""Runs a Dockerfile without an engine: the same commands in the same order, each image in a clean folder.

It is called as ``docker`` is, by a script of that name (see `install`)::

    docker build --tag app --file Dockerfile .
    docker run --rm app

An image is a folder; its Python is a virtual environment in ``usr``. What only an engine has (mounts, users) is left
out.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ABSOLUTE = re.compile(r"(?<![^\s=:])/(?=[a-z])")
FLAG = re.compile(r"--(\w+)=(\S+)\s+")


class Instruction(NamedTuple):
    """One instruction: ``RUN``, its flags in order, and the rest of its line."""

    word: str
    flags: tuple[tuple[str, str], ...]
    rest: str


def parse_dockerfile(text: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile; continued lines are joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))
    for line in lines.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        flags = []
        rest = rest.lstrip()
        while match := FLAG.match(rest):
            flags.append((match[1], match[2]))
            rest = rest[match.end() :]
        yield Instruction(word, tuple(flags), rest)


class Image:
    """A folder that stands for the root of an image."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = dict(os.environ)

    def start(self) -> None:
        """Begin with a Python, as the official images do."""
        subprocess.run([sys.executable, "-m", "virtualenv", "--quiet", self.root / "usr"], check=True)
        self.env["PATH"] = f"{self.root}/usr/bin:/usr/bin:/bin"

    def here(self, text: str) -> str:
        """The text with absolute paths put below the root."""
        return ABSOLUTE.sub(f"{self.root}/", text)

    def do(self, word: str, rest: str) -> None:
        """Do an instruction that concerns this image alone."""
        actions: dict[str, Callable[[str], None]] = {"RUN": self.run, "ENV": self.set, "ENTRYPOINT": self.enter}
        if word != "USER":
            actions[word](rest)

    def set(self, rest: str) -> None:
        """Do ``ENV NAME=VALUE``."""
        name, _, value = rest.partition("=")
        self.env[name] = self.here(value).replace(f"${name}", self.env.get(name, ""))

    def run(self, command: str) -> None:
        """Do ``RUN``."""
        subprocess.run(["/bin/sh", "-ec", self.here(command)], cwd=self.root, env=self.env, check=True)

    def copy(self, source: Path, target: str) -> None:
        """Do ``COPY``."""
        place = Path(self.here(target))
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, symlinks=True)
        else:
            shutil.copy(source, place)

    def enter(self, entrypoint: str) -> None:
        """Note what ``docker run`` starts."""
        command = [self.here(word) for word in json.loads(entrypoint)]
        (self.root / "entrypoint.json").write_text(json.dumps({"command": command, "path": self.env["PATH"]}))


def build(dockerfile: Path, context: Path, images: Path, tag: str) -> None:
    """Build all stages; the last one is the image."""
    stages: dict[str, Image] = {}
    for instruction in parse_dockerfile(dockerfile.read_text("utf-8")):
        if instruction.word == "FROM":
            name = instruction.rest.partition(" AS ")[2] or "last"
            image = stages[name] = Image(images / (tag if name == "last" else f"{tag}-{name}"))
            image.start()
        elif instruction.word == "COPY":
            source, target = instruction.rest.split()
            stage = dict(instruction.flags).get("from")
            image.copy(Path(stages[stage].here(source)) if stage else context / source, target)
        else:
            image.do(instruction.word, instruction.rest)


def run(images: Path, tag: str) -> int:
    """Start what an image is for."""
    entry = json.loads((images / tag / "entrypoint.json").read_text())
    program, *arguments = entry["command"]
    found = shutil.which(program, path=entry["path"]) or program
    return subprocess.run([found, *arguments], env={"PATH": entry["path"], "LC_ALL": "C.UTF-8"}, check=False).returncode


def install(folder: Path, images: Path) -> None:
    """Write a ``docker`` into a folder, which keeps its images in another."""
    root = Path(__file__).parents[2]
    folder.mkdir(exist_ok=True)
    script = folder / "docker"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={root} IMAGES={images} exec {sys.executable} -m {__name__} "$@"\n')
    script.chmod(0o755)


def main() -> int:
    """Do what the command line says."""
    os.environ.pop("PYTHONPATH")
    images = Path(os.environ.pop("IMAGES"))
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("--tag", required=True)
    building.add_argument("--file", default="Dockerfile")
    building.add_argument("context", type=Path)
    running = commands.add_parser("run")
    running.add_argument("--rm", action="store_true", required=True)
    running.add_argument("tag")
    given = parser.parse_args()
    if given.command == "run":
        return run(images, given.tag)
    build(given.context / given.file, given.context, images, given.tag)
    return 0


if __name__ == "__main__":
    sys.exit(main())
