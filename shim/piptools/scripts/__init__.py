"""The commands, under the names that they have in pip-tools."""
