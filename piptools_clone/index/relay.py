"""A relay on the loopback device through which pip reads the indexes when it builds.

pip hands the addresses of indexes to its own children as arguments, and a build may read its configuration.  So neither
sees an address with a password: what pip is given leads here, and the requests that go on carry the credentials.
And since they are made by our transport, a build that fails because an index does can be told from one that
fails by itself.  The relay lives as long as one build, answers GET only, and only below a path that cannot be guessed.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote

from piptools_clone.errors import BuildFailure, IndexFailure, PiptoolsCloneError
from piptools_clone.formats.inert import inert
from piptools_clone.index.absence import means_absent
from piptools_clone.index.files import ARCHIVE_LIMIT
from piptools_clone.index.page import read_listing
from piptools_clone.index.page_request import ACCEPT, PAGE_LIMIT, is_remote
from piptools_clone.index.transport import Transport

if TYPE_CHECKING:
    from piptools_clone.index.settings import IndexSettings
    from piptools_clone.model.artifact import Artifact


@contextmanager
def relayed(settings: IndexSettings, environ: Mapping[str, str]) -> Iterator[IndexSettings]:
    """The same settings with every remote place led through a relay.

    Raises the `IndexFailure` that a `BuildFailure` of the body came from, if there was one.
    """
    transport = Transport(settings, environ=environ)
    try:
        with Relay(settings, transport) as relay:
            try:
                yield relay.settings()
            except BuildFailure as failure:
                if relay.failures:
                    raise relay.failures[0] from failure
                raise
    finally:
        transport.close()


class Relay:
    """Serves the remote places of some settings.  Use it in a ``with`` statement.

    ``failures`` are those of the indexes: with any of them, what pip says of a build is not the whole story.
    """

    def __init__(self, settings: IndexSettings, transport: Transport) -> None:
        import secrets

        self.failures: list[IndexFailure] = []
        self._settings = settings
        self._transport = transport
        self._secret = secrets.token_urlsafe(24)
        self._places: list[str] = []
        self._files: list[Artifact] = []
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def settings(self) -> IndexSettings:
        """The same settings with every remote place led through the relay, and without what only it needs."""
        return self._settings._replace(
            indexes=tuple(map(self._through, self._settings.indexes)),
            find_links=tuple(map(self._through, self._settings.find_links)),
            proxy=None,
            client_cert=None,
        )

    def _through(self, place: str) -> str:
        if not is_remote(place):
            return place
        if place not in self._places:
            self._places.append(place)
        return f"{self._root}/{self._places.index(place)}/"

    @property
    def _root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._secret}"

    def page(self, path: str) -> bytes | None:
        """The page at a path such as ``/SECRET/0/flask/``, None for what is not there.  Raises IndexFailure."""
        _, secret, place, *rest = path.split("/")
        if secret != self._secret or not place.isdigit() or int(place) >= len(self._places):
            return None
        name = rest[0] if rest else ""
        url = f"{self._places[int(place)].rstrip('/')}/{name}/" if name else self._places[int(place)]
        what = f"the page of {name}" if name else "the find-links page"
        try:
            response = self._transport.get(url, headers={"Accept": ACCEPT}, limit=PAGE_LIMIT, what=what)
        except IndexFailure as failure:
            if name and means_absent(failure, self._places[int(place)], self._settings.absent_statuses):
                return None
            raise
        if response.status != 200:
            return None
        listing = read_listing(response.body, response.headers.get("content-type", ""), response.url)
        return self._render(listing.artifacts)

    def file(self, path: str) -> Artifact | None:
        """The file at a path such as ``/SECRET/file/12/flask-1.0.tar.gz``, None for what is not there."""
        parts = path.split("/")
        if parts[1:3] != [self._secret, "file"] or len(parts) != 5 or not parts[3].isdigit():
            return None
        number = int(parts[3])
        return self._files[number] if number < len(self._files) else None

    def fetch(self, artifact: Artifact, sink: Callable[[bytes], None]) -> None:
        """Hand over the bytes of a file.  Raises IndexFailure."""
        self._transport.download(artifact.url, sink, limit=ARCHIVE_LIMIT, what=inert(artifact.filename))

    def _render(self, artifacts: Iterable[Artifact]) -> bytes:
        lines = ["<!DOCTYPE html><html><body>", *map(self._anchor, artifacts), "</body></html>"]
        return "\n".join(lines).encode()

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], relay: Relay) -> None:
        self.relay = relay
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left: pip itself says what went wrong."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer with a page or a file; a failure of the index becomes a status that pip reports."""
        try:
            artifact = self.server.relay.file(self.path)
            if artifact is not None:
                self._send_file(artifact)
                return
            page = self.server.relay.page(self.path)
            self._start(404 if page is None else 200, "text/html; charset=utf-8", len(page or b""))
            self.wfile.write(page or b"")
        except IndexFailure as failure:
            self.server.relay.failures.append(failure)
            refused = failure.status in {401, 403, 404, 410}
            self._start(failure.status if failure.status and refused else 502, "text/plain", 0)
        except (PiptoolsCloneError, ValueError):
            self._start(502, "text/plain", 0)

    def _send_file(self, artifact: Artifact) -> None:
        import shutil
        import tempfile

        with tempfile.TemporaryFile(prefix="piptools-relay-") as file:

            def keep(piece: bytes) -> None:
                file.write(piece)

            self.server.relay.fetch(artifact, keep)
            self._start(200, "application/octet-stream", file.tell())
            file.seek(0)
            shutil.copyfileobj(file, self.wfile)

    def _start(self, status: int, content_type: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Keep no log."""
