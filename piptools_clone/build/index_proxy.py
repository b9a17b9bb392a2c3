"""The index proxy: a server on the loopback device through which pip reads the indexes when it builds.

Pip hands the addresses of indexes to its own children as arguments, which every user of a machine can read.  So what
pip is given leads here and holds no secret, and the requests that go on carry the credentials.  Only
the build may ask: its private folder holds the password of the proxy, in a netrc.  And since the requests are made by
our transport, a build that fails because an index does can be told from one that fails by itself.

It is all the network that pip has: pip is told to ask others through it as well (its option ``--proxy``), and what
it then asks of others is refused.  So neither a requirement that names an address nor the password of the proxy comes
past it to another server, or to another service of this machine.

The proxy lives as long as one build.  It answers GET only, and three kinds of paths:

    /index/0/flask/               the page of a project, by its normalised name (PEP 503), on the first index
    /links/0/                     the first find-links place
    /file/12/flask-1.0.tar.gz     a file that one of these pages has named

Nothing else of a path reaches a server, so no path leads out of an index.
"""

# pathlib is a slow import:
from __future__ import annotations

import html
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from piptools_clone.build.source_addresses import INDEXES_ONLY
from piptools_clone.errors import BuildFailure, IndexFailure, PiptoolsCloneError
from piptools_clone.formats.sanitize import inert, redact_url
from piptools_clone.http.absent_status import means_absent
from piptools_clone.http.credentials import Credential
from piptools_clone.http.transport import Transport
from piptools_clone.index.files import Files
from piptools_clone.index.finder import is_older
from piptools_clone.index.metadata.trust import Trust
from piptools_clone.index.pages.links import list_remote
from piptools_clone.index.pages.page import read_listing
from piptools_clone.index.pages.page_request import ACCEPT, PAGE_LIMIT, is_remote, page_request
from piptools_clone.model.artifact import Artifact

if TYPE_CHECKING:
    from piptools_clone.index.pages.listing import Listing
    from piptools_clone.settings.index_settings import IndexSettings

T = TypeVar("T")

_HEAD_LIMIT = 16 * 1024  # bytes of what a request says; pip's say less than one KiB
_HEAD_SECONDS = 10.0  # for all of it; pip says it at once
_SEND_SECONDS = 300.0  # in which pip must take the next piece of an answer
_MOST_CONNECTIONS = 256  # at a time; the installers of one build have a few
_USER = "build"


@contextmanager
def index_proxy_for(settings: IndexSettings, environ: Mapping[str, str]) -> Iterator[IndexProxy]:
    """A running index proxy for the remote places of some settings.

    Raises the `IndexFailure` that a `BuildFailure` of the body came from, if there was one.
    """
    transport = Transport(settings, environ=environ)
    try:
        with IndexProxy(settings, transport) as proxy:
            try:
                yield proxy
            except BuildFailure as failure:
                if proxy.failures:
                    raise proxy.failures[0] from failure
                if proxy.stranger:
                    hint = f"it asks for {proxy.stranger}, and {INDEXES_ONLY}"
                    raise BuildFailure(failure.message, log=failure.log, hint=hint) from failure
                raise
    finally:
        transport.close()


class IndexProxy:
    """Serves the remote places of some settings.  Use it in a ``with`` statement.

    ``failures`` are those of the indexes: with any of them, what pip says of a build is not all of it.
    ``stranger`` is the first address that was asked for beside them, fit to be shown.
    """

    def __init__(self, settings: IndexSettings, transport: Transport) -> None:
        import secrets

        self.failures: list[IndexFailure] = []
        self.stranger = ""
        self._settings = settings
        self._transport = transport
        self._files_of_indexes = Files(transport, None, Trust(transport.identity, settings))
        self._password = secrets.token_urlsafe(24)
        self._indexes = list(dict.fromkeys(filter(is_remote, settings.indexes)))
        self._links = list(dict.fromkeys(filter(is_remote, settings.find_links)))
        self._files: list[Artifact] = []
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> IndexProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self) -> IndexSettings:
        """The same settings with all that is remote led through the proxy, and without what only it needs."""
        indexes, links = self._settings.indexes, self._settings.find_links
        return self._settings._replace(
            indexes=tuple(self._through("index", self._indexes, place) for place in indexes),
            find_links=tuple(self._through("links", self._links, place) for place in links),
            proxy=self._root,
            client_cert=None,
        )

    @property
    def netrc(self) -> str:
        """The text of a file that lets pip in, for the eyes of this user alone."""
        return f"machine 127.0.0.1 login {_USER} password {self._password}\n"

    def admits(self, authorization: str) -> bool:
        """Whether the value of an Authorization header (RFC 7617) is that of the build."""
        from secrets import compare_digest

        wanted = Credential(_USER, self._password, "netrc").header
        return compare_digest(authorization.encode("utf-8", "replace"), wanted.encode())

    def answer(self, path: str) -> Artifact | bytes | None:
        """The file or the page at a path, None for what is not there.  Raises IndexFailure."""
        match path.split("/"):
            case ["", "index", number, name, ""] if re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
                place = _nth(self._indexes, number)
                return None if place is None else self._project(place, name)
            case ["", "links", number, ""]:
                place = _nth(self._links, number)
                return None if place is None else self._render(list_remote(place, self._listing))
            case ["", "file", number, filename]:
                artifact = _nth(self._files, number)
                return artifact if artifact and filename == quote(artifact.filename) else None
        return None

    def own_path(self, target: str) -> str | None:
        """The path that a request is for; None where it is for another server (absolute form, RFC 9112, 3.2.2)."""
        if "://" not in target:
            return target
        return target[len(self._root) :] if target.startswith(f"{self._root}/") else None

    def refuse(self, address: str) -> None:
        """Note that another server is asked for."""
        self.stranger = self.stranger or inert(redact_url(address))

    def _through(self, kind: str, places: list[str], place: str) -> str:
        return f"{self._root}/{kind}/{places.index(place)}/" if is_remote(place) else place

    @property
    def _root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _project(self, place: str, name: str) -> bytes | None:
        request = page_request(place, name)
        try:
            listing = self._listing(request.url, request.what)
        except IndexFailure as failure:
            if means_absent(failure, place, self._settings.absent_statuses):
                return None
            raise
        return None if listing is None else self._render(listing)

    def _listing(self, url: str, what: str = "the find-links page") -> Listing | None:
        response = self._transport.get(url, headers={"Accept": ACCEPT}, limit=PAGE_LIMIT, what=what)
        if response.status != 200:
            return None
        return read_listing(response.body, response.headers.get("content-type", ""), response.url)

    def fetch(self, artifact: Artifact, path: str) -> None:
        """Write a file to a path, held against all digests that its page states.  Raises IndexFailure."""
        self._files_of_indexes.fetch(artifact, path)

    def _render(self, listing: Listing) -> bytes:
        lines = ["<!DOCTYPE html><html><body>", *map(self._anchor, self._usable(listing)), "</body></html>"]
        return "\n".join(lines).encode()

    def _usable(self, listing: Listing) -> Iterable[Artifact]:
        """What `Finder` would admit by the status of the project and by the cut-off date, which few pips know."""
        cut_off = self._settings.uploaded_prior_to
        if listing.status.is_quarantined:
            return ()
        return (each for each in listing.artifacts if cut_off is None or is_older(each, cut_off))

    def _anchor(self, artifact: Artifact) -> str:
        """A link as in PEP 503, with the digest that pip then holds the file against."""
        with self._lock:
            number = self._known.setdefault(artifact.url, len(self._files))
            if number == len(self._files):
                self._files.append(artifact)
        hashes = sorted(artifact.hashes, key=lambda pair: pair[0] != "sha256")
        digest = "#{}={}".format(*hashes[0]) if hashes else ""
        facts = {"data-requires-python": artifact.requires_python, "data-yanked": artifact.yanked}
        said = "".join(f' {name}="{html.escape(text)}"' for name, text in facts.items() if text is not None)
        filename = quote(artifact.filename)
        return f'<a href="{self._root}/file/{number}/{filename}{digest}"{said}>{html.escape(artifact.filename)}</a>'


def _nth(things: list[T], number: str) -> T | None:
    """The thing of a number in plain digits, None where there is none."""
    if not re.fullmatch("[0-9]{1,9}", number) or int(number) >= len(things):
        return None
    return things[int(number)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], proxy: IndexProxy) -> None:
        self.proxy = proxy
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def verify_request(self, request: object, client_address: object) -> bool:
        """Whether there is room for one more: all users of the machine may connect, and each has a thread."""
        return self._free.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base class
        """Handle a connection, and make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left: pip itself says what went wrong."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Take one request, of bounded size and within a bounded time."""
        head = self._read_head()
        self.connection.settimeout(_SEND_SECONDS)
        self.rfile.close()
        self.rfile = BytesIO(head)
        self.handle_one_request()

    def _read_head(self) -> bytes:
        until, head = time.monotonic() + _HEAD_SECONDS, b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
            self.connection.settimeout(max(until - time.monotonic(), 0.001))
            piece = self.connection.recv(_HEAD_LIMIT)
            if not piece:
                break
            head += piece
        return head if b"\r\n\r\n" in head else b""

    def do_GET(self) -> None:
        """Answer with a page or a file; a failure of the index becomes a status that pip reports."""
        proxy = self.server.proxy
        path = proxy.own_path(self.path)
        if path is None:
            proxy.refuse(self.path)
            self._start(403, "text/plain", 0)
            return
        if not proxy.admits(self.headers.get("Authorization", "")):
            self._start(401, "text/plain", 0)
            return
        try:
            found = proxy.answer(path)
            if isinstance(found, Artifact):
                self._send_file(found)
                return
            self._start(404 if found is None else 200, "text/html; charset=utf-8", len(found or b""))
            self.wfile.write(found or b"")
        except IndexFailure as failure:
            proxy.failures.append(failure)
            refused = failure.status in {401, 403, 404, 410}
            self._start(failure.status if failure.status and refused else 502, "text/plain", 0)
        except (PiptoolsCloneError, ValueError):
            self._start(502, "text/plain", 0)

    def do_CONNECT(self) -> None:
        """Refuse a tunnel to another server, which is how https is asked for through a proxy."""
        self.server.proxy.refuse(self.path)
        self._start(501, "text/plain", 0)

    def _send_file(self, artifact: Artifact) -> None:
        import shutil
        import tempfile

        with tempfile.TemporaryDirectory(prefix="piptools-index-proxy-") as folder:
            path = os.path.join(folder, "file")
            self.server.proxy.fetch(artifact, path)
            with open(path, "rb") as file:
                self._start(200, "application/octet-stream", os.fstat(file.fileno()).st_size)
                shutil.copyfileobj(file, self.wfile)

    def _start(self, status: int, content_type: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Keep no log."""
