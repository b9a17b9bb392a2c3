"""SHA-256 by the interpreter itself, for the names of files in our caches and for small contents.

``hashlib`` loads OpenSSL, which takes 4 ms: longer than all the digests that a run asks for here.  So this looks for
the interpreter's own implementation first, as the standard library's ``random`` does.  An interpreter that was built
without it has OpenSSL's, also where FIPS rules: those allow SHA-256.  OpenSSL is five times faster by the byte, so what
is downloaded goes through ``hashlib``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # Python 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256  # Python 3.11
        except ImportError:
            from hashlib import sha256


def sha256_of(data: bytes | memoryview) -> str:
    """The hexadecimal digest (FIPS 180-4) of bytes."""
    return sha256(data).hexdigest()
