"""Pages of documentation: where their links lead, and which options they name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HELP = re.compile(r"^```text (?P<command>pip-\w+ --help)\n.*?^```$", re.MULTILINE | re.DOTALL)
"""A block that shows the help of a command."""


def help_text(command: str) -> str:
    """The block that shows the help of a command, such as ``pip-sync --help``."""
    name, option = command.split()
    module = {"pip-compile": "compile", "pip-sync": "sync"}[name]
    argv = [sys.executable, "-c", f"from piptools_clone.cli.{module}_entry import main; main()", option]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=os.environ | {"COLUMNS": "80"})
    lines = (line.rstrip() for line in done.stdout.splitlines())
    return f"```text {command}\n" + "\n".join(lines).rstrip() + "\n```"


def unknown_options(text: str) -> set[str]:
    """Options that a page names, and that no command has; those in the help of a command do not count."""
    helps = "".join(map(help_text, ["pip-compile --help", "pip-sync --help"]))
    return _options(HELP.sub("", text)) - _options(helps)


def _options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def dead_links(page: Path) -> list[str]:
    """Links of a page to no heading of it and of other pages, and to no file; addresses are not asked for."""
    return [target for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")) if _is_dead(page, target)]


def _is_dead(page: Path, target: str) -> bool:
    if target.startswith("https://"):
        return False
    name, _, heading = target.partition("#")
    path = page.parent / name if name else page
    return not path.exists() or (bool(heading) and heading not in _headings(path))


def _headings(page: Path) -> set[str]:
    return {_slug(line.lstrip("# ")) for line in page.read_text("utf-8").splitlines() if line.startswith("#")}


def _slug(heading: str) -> str:
    """The name that a page gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
