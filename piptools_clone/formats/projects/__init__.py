"""Project files and scripts."""
