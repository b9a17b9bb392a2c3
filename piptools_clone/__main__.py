"""``python -m piptools_clone compile`` and ``python -m piptools_clone sync``."""

from __future__ import annotations

from piptools_clone.cli.main import main

if __name__ == "__main__":
    main("python -m piptools_clone")
