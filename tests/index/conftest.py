"""An `Index` over the tests' simple index, and a server that does what it is told."""

from tests.support.index_fixtures import open_index, server

__all__ = ["open_index", "server"]
