"""A lock-file compiler and environment synchroniser in the pip-tools style."""

from __future__ import annotations

__version__ = "0.1.0"
