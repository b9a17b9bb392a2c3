"""A page of an index as it is asked for and kept; light to import, for it may be asked for before all else is there."""

from collections.abc import Mapping

from piptools_clone.named_tuple import NamedTuple

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
ACCEPT = f"{JSON_TYPE}, {HTML_TYPE};q=0.2, text/html;q=0.01"
"""What a request for a page says it takes (PEP 691)."""

PAGE_LIMIT = 64 * 2**20  # bytes, decoded
PAGE_FORM = "page 2"
LISTING_FORM = "listing 1"


class PageRequest(NamedTuple):
    """A page and how it is wanted.

    ``what`` names it in messages, ``form`` is the version of its converted form (see `compact`), ``limit`` bounds it
    in bytes.  ``refresh`` asks for it however fresh the stored one is; ``offline`` sends nothing and takes what is
    stored.
    """

    url: str
    what: str
    form: str = PAGE_FORM
    refresh: bool = False
    offline: bool = False
    accept: str = ACCEPT
    limit: int = PAGE_LIMIT

    def headers(self, conditions: Mapping[str, str]) -> dict[str, str]:
        """What a request says; ``conditions`` tell which page is stored already."""
        headers = {"Accept": self.accept, **conditions}
        if self.refresh:
            headers["Cache-Control"] = "max-age=0"  # caches on the way must ask again too
        return headers


def page_request(location: str, name: str, *, refresh: bool = False, offline: bool = False) -> PageRequest:
    """How the page of a project is asked for at an index; ``name`` is canonical."""
    url = f"{location.rstrip('/')}/{name}/"
    return PageRequest(url, f"the page of {name}", refresh=refresh, offline=offline)


def is_remote(location: str) -> bool:
    """Whether a place is reached by HTTP."""
    return location.lower().startswith(("http://", "https://"))
