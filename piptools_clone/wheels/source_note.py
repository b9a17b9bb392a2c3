"""What is recorded of the folder that something was built from, beside its ``direct_url.json`` (PEP 610).

That names the folder; this tells what was in it.  It holds a digest, nothing that could be secret.  It is believed only
of what this program installed, for a wheel cannot bring a file of this name then (see `pack.OWN_FILES`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from piptools_clone.environment.installed import Distribution

INSTALLER = "piptools-clone"
SOURCE_NOTE = "piptools-clone.json"


def render_note(fingerprint: str) -> bytes:
    """Give the content of the note."""
    import json

    return json.dumps({"source": fingerprint}).encode()


def recorded_fingerprint(distribution: Distribution) -> str:
    """Read the fingerprint of the folder that was installed, "" where it is not known."""
    import json

    text = distribution.read(SOURCE_NOTE) if distribution.installer == INSTALLER else None
    try:
        note = json.loads(text or "")
    except (ValueError, RecursionError):
        return ""
    return str(note.get("source", "")) if isinstance(note, dict) else ""
