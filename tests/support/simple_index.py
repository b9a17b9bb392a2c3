"""A simple index on the loopback device, for tests: pages, files, sidecars, byte ranges, faults, a log.

Everything can be changed while it runs::

    index = simple_index(formats=("html",), ranges=False)     # the fixture of tests/conftest.py
    index.add(make_wheel("a", "1.0", requires=["b"]), yanked="broken")
    index.fail("/simple/a/", Fault(status=503), Fault(reset=True))   # the next two answers
    index.url                                                 # http://127.0.0.1:PORT/simple/
    index.paths                                               # what was asked, in order
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from tests.support.index_pages import HTML_TYPE, JSON_TYPE, Offered, PageStyle, render_html, render_json
from tests.support.packages import Package


class Fault(NamedTuple):
    """What an address answers instead of what it has.

    ``status`` with ``body`` and ``headers`` is a whole answer; ``body`` None keeps the true one.
    ``cut`` sends so many bytes of a body that is announced in full, then closes; ``reset`` closes the
    connection at once; ``stall`` sends nothing until the index is closed.
    """

    status: int = 200
    body: bytes | None = None
    headers: Mapping[str, str] = {}
    cut: int | None = None
    reset: bool = False
    stall: bool = False


class Request(NamedTuple):
    """One line of the log; ``headers`` have names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int


class Answer(NamedTuple):
    """A response before it is sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class SimpleIndex:
    """A simple index; every attribute may be set at any time, and holds for the next request.

    ``formats`` are the page formats served, the preferred one first; ``base_path`` is where pages are;
    ``auth`` asks for basic credentials on every address; ``cache_control`` None sends no such header.
    """

    def __init__(
        self,
        *,
        formats: tuple[str, ...] = ("json", "html"),
        style: PageStyle | None = None,
        sidecars: bool = True,
        ranges: bool = True,
        suffix_ranges: bool = True,
        hashes: tuple[str, ...] = ("sha256",),
        etag: bool = True,
        last_modified: str | None = None,
        cache_control: str | None = "max-age=600, public",
        compress: bool = True,
        auth: tuple[str, str] | None = None,
        upload_time: str | None = "2024-01-01T00:00:00.000000Z",
    ) -> None:
        self.formats = formats
        self.style = style or PageStyle(hashes=hashes, sidecars=sidecars)
        self.ranges = ranges
        self.suffix_ranges = suffix_ranges
        self.etag = etag
        self.last_modified = last_modified
        self.cache_control = cache_control
        self.compress = compress
        self.auth = auth
        self.upload_time = upload_time
        self.projects: dict[str, list[Offered]] = {}
        self.statuses: dict[str, tuple[str, str]] = {}
        self.blobs: dict[str, tuple[str, bytes]] = {}
        self.requests: list[Request] = []
        self._faults: defaultdict[str, list[Fault]] = defaultdict(list)
        self._standing: dict[str, Fault] = {}
        self.closing = threading.Event()
        self.stalling = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    # What it serves

    def add(self, package: Package, *, project: str | None = None, **facts: Any) -> Offered:
        """Offer a file; ``facts`` are fields of `Offered` that replace what the package says."""
        offered = Offered(
            package.filename,
            package.data,
            requires_python=package.requires_python,
            upload_time=self.upload_time,
            sidecar=package.metadata,
        )._replace(**facts)
        name = project or re.split(r"-(?=\d)", package.filename, maxsplit=1)[0]
        self.projects.setdefault(_canonical(name), []).append(offered)
        return offered

    def project(self, name: str) -> None:
        """Offer a project, which may stay without files."""
        self.projects.setdefault(_canonical(name), [])

    def set_status(self, name: str, status: str, reason: str = "") -> None:
        """Mark a project by PEP 792."""
        self.statuses[_canonical(name)] = (status, reason)

    def serve(self, path: str, body: bytes, content_type: str = "text/html") -> str:
        """Serve bytes at a path of their own and return their URL."""
        self.blobs[path] = (content_type, body)
        return self.root + path

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next requests of a path meet these faults, one each."""
        self._faults[path].extend(faults)

    def fail_always(self, path: str, fault: Fault) -> None:
        """Let every request of a path meet the fault."""
        self._standing[path] = fault

    def heal(self) -> None:
        """Forget all faults."""
        self._faults.clear()
        self._standing.clear()

    # Where it is, and what it was asked

    @property
    def host(self) -> str:
        """Such as ``127.0.0.1:1234``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"http://{self.host}"

    @property
    def url(self) -> str:
        """What goes after ``--index-url``."""
        return f"{self.root}/simple/"

    def url_with(self, user: str, password: str) -> str:
        """The same with credentials."""
        return f"http://{quote(user)}:{quote(password)}@{self.host}/simple/"

    def file_url(self, filename: str) -> str:
        """The address of a file."""
        return f"{self.root}/files/{quote(filename)}"

    @property
    def paths(self) -> list[str]:
        """The paths asked so far, in order of arrival."""
        return [request.path for request in self.requests]

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return self.paths.count(path)

    def close(self) -> None:
        """Stop, and close every connection."""
        self.closing.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    # How it answers

    def next_fault(self, path: str) -> Fault | None:
        """Take the fault that the next request of a path meets."""
        queue = self._faults[path]
        return queue.pop(0) if queue else self._standing.get(path)

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """What a faultless request is answered."""
        if self.auth and headers.get("authorization") != _basic(*self.auth):
            return Answer(401, b"credentials, please", {"WWW-Authenticate": 'Basic realm="tests"'})
        if path in self.blobs:
            content_type, body = self.blobs[path]
            return self._cacheable(body, {"Content-Type": content_type}, headers)
        if path.startswith("/simple/"):
            return self._page(path.removeprefix("/simple/"), headers)
        if path.startswith("/files/"):
            return self._file(unquote(path.removeprefix("/files/")), headers)
        return Answer(404, b"nothing here")

    def _page(self, name: str, headers: Mapping[str, str]) -> Answer:
        if name and not name.endswith("/"):
            return Answer(301, b"", {"Location": f"/simple/{name}/"})
        files = self.projects.get(name.rstrip("/"))
        if files is None:
            return Answer(404, b"no such project")
        pairs = [(file.url or f"../../files/{quote(file.filename)}", file) for file in files]
        accept = headers.get("accept", "*/*")
        wanted = [form for form in self.formats if form == "html" or "json" in accept]
        if not wanted:
            return Answer(406, b"this index speaks JSON")
        render, content_type = (render_json, JSON_TYPE) if wanted[0] == "json" else (render_html, HTML_TYPE)
        if render is render_html and HTML_TYPE not in accept:
            content_type = "text/html; charset=utf-8"
        project = name.rstrip("/")
        body = render(project, pairs, self.style, self.statuses.get(project))
        return self._cacheable(body, {"Content-Type": content_type, "Vary": "Accept"}, headers)

    def _cacheable(self, body: bytes, extra: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        fields = dict(extra)
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        fields |= {"Cache-Control": self.cache_control} if self.cache_control else {}
        fields |= {"ETag": tag} if self.etag else {}
        fields |= {"Last-Modified": self.last_modified} if self.last_modified else {}
        if self.etag and headers.get("if-none-match") == tag:
            return Answer(304, b"", fields)
        if self.last_modified and headers.get("if-modified-since") == self.last_modified and not self.etag:
            return Answer(304, b"", fields)
        if self.compress and "gzip" in headers.get("accept-encoding", ""):
            body, fields["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        return Answer(200, body, fields)

    def _file(self, filename: str, headers: Mapping[str, str]) -> Answer:
        for file in (file for files in self.projects.values() for file in files):
            if file.filename == filename:
                return self._ranged(file.data, headers.get("range", ""))
            if filename == f"{file.filename}.metadata" and file.sidecar is not None and self.style.sidecars:
                return Answer(200, file.sidecar, {"Content-Type": "application/octet-stream"})
        return Answer(404, b"no such file")

    def _ranged(self, data: bytes, wanted: str) -> Answer:
        fields = {"Content-Type": "application/octet-stream"} | ({"Accept-Ranges": "bytes"} if self.ranges else {})
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted) if self.ranges else None
        if match is None:
            return Answer(200, data, fields)
        first, last = match.groups()
        if not first and not self.suffix_ranges:
            return Answer(501, b"suffix ranges are not supported")
        start = int(first) if first else max(0, len(data) - int(last))
        end = min(int(last) + 1, len(data)) if first and last else len(data)
        if start >= len(data):
            return Answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        fields["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        return Answer(206, data[start:end], fields)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], index: SimpleIndex) -> None:
        self.index = index
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event of a test."""

    def close_connections(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._respond(with_body=True)

    def do_HEAD(self) -> None:
        self._respond(with_body=False)

    def _respond(self, *, with_body: bool) -> None:
        index = self.server.index
        path = urlsplit(self.path).path
        headers = {name.lower(): value for name, value in self.headers.items()}
        fault = index.next_fault(path)
        answer = self._faulty(fault, path, headers) if fault else index.answer(path, headers)
        index.requests.append(Request(self.command, path, headers, answer.status))
        if fault and fault.stall:
            index.stalling.set()
            index.closing.wait()
        if fault and (fault.reset or fault.stall):
            self.close_connection = True
            return
        self._send(answer, with_body=with_body, cut=fault.cut if fault else None)

    def _faulty(self, fault: Fault, path: str, headers: Mapping[str, str]) -> Answer:
        true = self.server.index.answer(path, headers)
        if fault.body is None and fault.status == 200:
            return true._replace(headers={**true.headers, **fault.headers})
        return Answer(fault.status, fault.body or b"", fault.headers)

    def _send(self, answer: Answer, *, with_body: bool, cut: int | None) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304 and not any(name.lower() == "content-length" for name in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(answer.body[:cut])
        if cut is not None:
            self.close_connection = True
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing; the index keeps its own log."""
