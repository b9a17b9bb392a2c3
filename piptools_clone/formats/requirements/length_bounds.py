"""Bounds of what one requirement may be: the parsers of versions and markers are not made for hostile lengths."""

VERSION_LENGTH = 512
"""Characters of a version; the longest seen on a public index has 60, and `int` refuses 4,300 digits."""

REQUIREMENT_LENGTH = 16 * 1024
"""Characters of a requirement with its marker; the longest seen have about 2,000."""

MARKER_DEPTH = 200
"""Parentheses of a marker, whose parser is recursive: far more than anybody writes, far less than fills the stack."""

OPTIONS_LENGTH = 64 * 1024
"""Characters of the options of a line that are to be unquoted as in a shell, which takes quadratic time."""
