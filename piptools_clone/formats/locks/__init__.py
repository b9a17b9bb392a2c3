"""Locks, both ways."""
