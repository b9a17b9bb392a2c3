"""How to choose among what exists."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from piptools_clone.named_tuple import NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    Moment = datetime
else:
    Moment = object  # to load `datetime`, or to have `typing` compile its quoted name, takes a millisecond


class FormatControl(NamedTuple):
    """Which formats are allowed for whom, by pip's rules for ``--no-binary`` and ``--only-binary``.

    Each set holds canonical names, or ``:all:``.  A name in one overrules ``:all:`` in the other.
    """

    no_binary: frozenset[str] = frozenset()
    only_binary: frozenset[str] = frozenset()

    @classmethod
    def from_options(cls, options: Iterable[tuple[str, str]]) -> "FormatControl":
        """Apply (``no_binary`` or ``only_binary``, comma-separated value) pairs in their order.

        A later option takes its names from the other set; ``:none:`` empties the option's own set
        and ``:all:`` both, before what follows it (pip's documented behaviour).
        """
        sets: dict[str, set[str]] = {"no_binary": set(), "only_binary": set()}
        for kind, value in options:
            target = sets[kind]
            other = sets["only_binary" if kind == "no_binary" else "no_binary"]
            names = value.split(",")
            while ":all:" in names:
                other.clear()
                target.clear()
                target.add(":all:")
                del names[: names.index(":all:") + 1]
                if ":none:" not in names:
                    names = []
            for name in names:
                if name == ":none:":
                    target.clear()
                elif name.strip():
                    canonical = _canonical(name.strip())
                    other.discard(canonical)
                    target.add(canonical)
        return cls(frozenset(sets["no_binary"]), frozenset(sets["only_binary"]))

    def allows(self, name: str) -> tuple[bool, bool]:
        """Whether (wheels, source distributions) of a canonical name are allowed."""
        if name in self.only_binary:
            return True, False
        if name in self.no_binary:
            return False, True
        return ":all:" not in self.no_binary, ":all:" not in self.only_binary


def _canonical(name: str) -> str:
    from piptools_clone.model.names import canonical_name

    return canonical_name(name)


class IndexStrategy(StrEnum):
    """How several indexes are read: pip merges them, the strict way takes the first that knows a name."""

    MERGE = "merge"
    FIRST_INDEX = "first-index"


class Policy(NamedTuple):
    """Rules of choice that hold for a whole run.

    ``pre`` and ``release_control`` say for which packages pre-releases are admitted or refused (`admits_pre_releases`);
    ``uploaded_prior_to`` (aware, UTC) is the cut-off date;
    ``hashes`` maps a canonical name to the ``algorithm:digest`` texts of which a chosen file must have one;
    ``no_build`` forbids running any code of a package; with ``ignore_requires_python`` no version needs to support the
    Python of the target.  ``config_settings`` maps a canonical name to the ``KEY=VALUE`` texts for the build of that
    project.
    """

    pre: bool = False
    format_control: FormatControl = FormatControl()
    prefer_binary: bool = False
    uploaded_prior_to: Moment | None = None
    strategy: IndexStrategy = IndexStrategy.MERGE
    hashes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    no_build: bool = False
    ignore_requires_python: bool = False
    config_settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    release_control: FormatControl = FormatControl()

    def admits_pre_releases(self, name: str) -> bool | None:
        """Whether the user admits (True) or refuses (False) pre-releases of a package; None leaves it to PEP 440.

        Pip's ``--all-releases`` and ``--only-final`` work as ``--no-binary`` and ``--only-binary`` do.
        """
        not_all_releases, not_only_final = self.release_control.allows(name)
        if not_all_releases and not_only_final:
            return True if self.pre else None
        return not not_all_releases
