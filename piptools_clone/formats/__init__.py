"""Text to values and back: no disk, no network."""
