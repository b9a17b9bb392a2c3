"""The result of a resolution, before any spelling."""

from piptools_clone.named_tuple import NamedTuple


class Pin(NamedTuple):
    """One package of a lock, or what it is in some of the lock's environments.

    ``name`` is canonical, ``extras`` canonical and sorted, ``version`` the text after ``operator``
    (``==``, or ``===`` where the user wrote that).  ``url`` is the direct reference as written to the
    lock, for an editable the text after ``-e``; empty for a package of an index.  ``marker`` is the
    text after ``;``, "" for a pin that holds wherever the lock does.  ``hashes`` are ``algorithm:digest`` texts,
    sorted.  ``via`` are the annotations, sorted: ``-r requirements.in``, ``-c constraints.txt``,
    ``proj (pyproject.toml)``, or the name of a package that requires it.  ``unhashable`` marks a pin that no hash can
    be given for (an editable, a VCS checkout, a folder).
    """

    name: str
    version: str
    extras: tuple[str, ...] = ()
    operator: str = "=="
    url: str = ""
    editable: bool = False
    marker: str = ""
    hashes: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    unhashable: bool = False


class LockOptions(NamedTuple):
    """The option lines that a lock repeats, in the order in which they are written, without credentials."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()


class Lock(NamedTuple):
    """Everything pinned, sorted by canonical name, and the pins of one name from the newest version to the oldest.

    A lock for many environments may hold a name several times; at most one of its pins holds in each environment, for
    their markers are disjoint.
    """

    pins: tuple[Pin, ...]
    options: LockOptions = LockOptions()
