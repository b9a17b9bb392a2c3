"""The version of the program, where every part can see it without loading another."""

__version__ = "0.1.0"
