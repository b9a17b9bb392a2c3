"""Thin shells: parse, call operations, print, exit."""
