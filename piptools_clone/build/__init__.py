"""Builds and checkouts, done by pip, and the index proxy through which a build sees the index."""
