"""The tests of an application that spells the names of hosts."""

import unittest

import idna


class TestNames(unittest.TestCase):
    """How the network spells names."""

    def test_a_name_beyond_ascii(self) -> None:
        """Such a name is encoded."""
        self.assertEqual(idna.encode("münchen"), b"xn--mnchen-3ya")
