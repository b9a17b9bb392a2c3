"""Runs a click command in this process, with its two streams apart under every release of click."""

from __future__ import annotations

import inspect

from click.testing import CliRunner


def make_runner() -> CliRunner:
    """Make the runner; before 8.2 it mixed the streams unless it was told not to."""
    mixes = "mix_stderr" in inspect.signature(CliRunner).parameters
    return CliRunner(mix_stderr=False) if mixes else CliRunner()  # type: ignore[call-arg]
