"""Wheels laid out for an environment and written to a staged tree."""
