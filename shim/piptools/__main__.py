"""``python -m piptools``."""

from piptools import main

if __name__ == "__main__":
    main()
