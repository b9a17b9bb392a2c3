"""Digests are those of hashlib, which loads more than they need."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.store.sha256 import sha256_of

LOADED = "import sys, piptools_clone.store.sha256; print({'hashlib', '_hashlib'} & set(sys.modules))"
LACKING = """
import sys
sys.modules["_sha2"] = sys.modules["_sha256"] = None
from piptools_clone.store.sha256 import sha256_of
print(sha256_of(b"abc"), "hashlib" in sys.modules)
"""


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@given(st.binary(max_size=300))
def test_it_is_sha256(data):
    assert sha256_of(data) == hashlib.sha256(data).hexdigest()


def test_openssl_is_not_loaded_for_it():
    assert run(LOADED) == "set()\n"


def test_an_interpreter_without_its_own_has_that_of_hashlib():
    """The example is that of the standard (FIPS 180-4)."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert run(LACKING) == f"{digest} True\n"
