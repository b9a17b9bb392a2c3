"""What a run depended on and what came of it, as a value, as text, and held against the world as it is now.

A record says what the run saw of every path that it looked at.  It holds as long as all of them look the same,
and as long as every page that was used is fresh.  What is seen of a path is one of these texts:

    -                       there is nothing
    + 32768                 there is something of this kind
    owner 1000              who owns it
    sha256 9f86d0...        a file with this content: for what the user writes
    stamp 32768 812 1 2 77  kind, size, times of content and of inode, number of inode: for programs, pages, secrets

Starting fast is all that this module is for, so it imports next to nothing.
"""

from __future__ import annotations

import os
import stat

from piptools_clone.store.sha256 import sha256_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORM = "piptools-clone recall 1"
NOTHING = "-"
SOMETHING = "+"
UNREADABLE = "!"
"""It is not known what is there: such a path is like no other, not even like itself."""


class Record:
    """One run that ended well.

    ``circumstances`` are a digest of what is no file (see `lookup`).  It holds from ``received`` until ``fresh_until``
    (seconds since the epoch), while ``seen`` tells the truth of every path.  ``output`` is the lock's path as
    it was spelled, ``inputs`` are those that must not be it; the lock was ``content`` before the run
    already, or, with ``was_there`` False, was not there.  ``said`` is what the run wrote to stderr.
    """

    __slots__ = ("circumstances", "content", "fresh_until", "inputs", "output", "received", "said", "seen", "was_there")

    def __init__(
        self,
        circumstances: str,
        received: float,
        fresh_until: float,
        *,
        output: str,
        was_there: bool,
        inputs: Iterable[str],
        seen: Mapping[str, str],
        said: str,
        content: bytes,
    ) -> None:
        self.circumstances = circumstances
        self.received = received
        self.fresh_until = fresh_until
        self.output = output
        self.was_there = was_there
        self.inputs = tuple(inputs)
        self.seen = dict(seen)
        self.said = said
        self.content = content

    def holds(self, circumstances: str, now: float) -> bool:
        """Whether a run would come to the same now; ``now`` in seconds since the epoch."""
        return (
            self.circumstances == circumstances
            and self.received <= now < self.fresh_until
            and look(self.output, "sha256") == (f"sha256 {sha256_of(self.content)}" if self.was_there else NOTHING)
            and all(look(path, what) == what != UNREADABLE for path, what in self.seen.items())
        )


def look(path: str, what: str) -> str:
    """What is to be seen of a path, in the manner of ``what`` (a text as above, or its first word)."""
    try:
        if what.startswith("sha256"):
            return f"sha256 {sha256_of(_read(path))}"
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    except OSError:
        return UNREADABLE
    if what.startswith((NOTHING, SOMETHING)):
        return f"{SOMETHING} {stat.S_IFMT(found.st_mode)}"
    return f"owner {found.st_uid}" if what.startswith("owner") else stamp(found)


def stamp(found: os.stat_result) -> str:
    """What tells a file from another without reading it, whoever sets its times."""
    kind = stat.S_IFMT(found.st_mode)
    return f"stamp {kind} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def _read(path: str) -> bytes:
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IsADirectoryError(path)  # or a pipe, which could be waited for without end
    with open(path, "rb") as file:
        return file.read()


def render_record(record: Record) -> bytes | None:
    """The bytes of a record, None for one with paths that no line can hold."""
    pairs = [(what, path) for path, what in record.seen.items()]
    lines = [
        *(record.circumstances, repr(record.received), repr(record.fresh_until)),
        *(SOMETHING if record.was_there else NOTHING, record.output, "\t".join(record.inputs)),
        *(f"{what}\t{path}" for what, path in pairs),
        "",
    ]
    texts = (record.output, *record.inputs, *record.seen)
    if any("\n" in text or "\t" in text or "\r" in text for text in texts):
        return None
    said = record.said.encode("utf-8", "surrogateescape")
    head = "\n".join(lines).encode("utf-8", "surrogateescape")
    body = b"%d %d\n" % (len(head), len(said)) + head + said + record.content
    return f"{FORM}\n{sha256_of(body)}\n".encode("ascii") + body


def parse_record(data: bytes) -> Record | None:
    """Read a record, None for what is none, or is damaged."""
    form, _, rest = data.partition(b"\n")
    digest, _, body = rest.partition(b"\n")
    if form != FORM.encode("ascii") or digest.decode("ascii", "replace") != sha256_of(body):
        return None
    sizes, _, body = body.partition(b"\n")
    head_size, said_size = map(int, sizes.split())
    text = body[:head_size].decode("utf-8", "surrogateescape")
    circumstances, received, fresh_until, was_there, output, inputs, *pairs = text.split("\n")[:-1]
    return Record(
        circumstances,
        float(received),
        float(fresh_until),
        output=output,
        was_there=was_there == SOMETHING,
        inputs=inputs.split("\t") if inputs else (),
        seen={path: what for what, _, path in (pair.partition("\t") for pair in pairs)},
        said=body[head_size : head_size + said_size].decode("utf-8", "surrogateescape"),
        content=body[head_size + said_size :],
    )
