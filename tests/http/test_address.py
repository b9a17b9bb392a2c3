"""Addresses taken apart: the plain ones at a glance, with what the book says of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.errors import IndexFailure
from piptools_clone.http.address import Address, parse_address, parse_any_address

HOSTS = st.text("abz09.-_A[]:@%", min_size=1, max_size=8)
PORTS = st.sampled_from(["", ":", ":0", ":80", ":443", ":08080", ":65535", ":65536", ":123456", ":x"])
PATHS = st.text("/aZ09.-_~%;:@?#[]= \\\té", max_size=12)


@given(st.sampled_from(["http", "https", "HTTPS", "ftp"]), HOSTS, PORTS, PATHS)
def test_a_glance_sees_what_the_book_says(scheme, host, port, path):
    url = f"{scheme}://{host}{port}{path}"
    assert outcome(parse_address, url) == outcome(parse_any_address, url)


def outcome(parse, url):
    try:
        return parse(url)
    except IndexFailure as failure:
        return str(failure)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://idx.example/simple/a/", Address("https", "idx.example", 443, "/simple/a/")),
        ("http://127.0.0.1:8080/a%20b", Address("http", "127.0.0.1", 8080, "/a%20b")),
        ("http://idx.example:0/", Address("http", "idx.example", 80, "/")),
        ("https://Idx.Example", Address("https", "idx.example", 443, "/")),
        ("https://idx.example/a b?c#d", Address("https", "idx.example", 443, "/a%20b?c")),
        ("https://u%40:p@[::1]:8443/", Address("https", "::1", 8443, "/", "u@", "p")),
    ],
)
def test_the_parts_of_an_address(url, address):
    assert parse_address(url) == address


def test_plain_addresses_load_no_parser_of_others():
    """It takes longer to load than a first request should wait."""
    code = (
        "import sys; from piptools_clone.http.address import parse_address;"
        "parse_address('https://idx.example:8443/simple/a/'); print('urllib.parse' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
