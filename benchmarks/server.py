"""A loopback index of made-up projects: JSON pages and sidecar metadata, made when they are asked for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

Projects = Mapping[str, Mapping[str, Sequence[str]]]
"""For each project its versions, and for each version its Requires-Dist."""

JSON_TYPE = "application/vnd.pypi.simple.v1+json"


class _Connection(asyncio.Protocol):
    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._transport.write(_respond(self._projects, head.split(b" ", 2)[1].decode()))


def _respond(projects: Projects, path: str) -> bytes:
    kind, _, rest = path.strip("/").partition("/")
    body = None
    if kind == "simple" and rest in projects:
        body = _page(rest, projects[rest])
    elif kind == "files":
        project, version, *_ = rest.split("-")
        body = _metadata(project.replace("_", "-"), version, projects)
    status = "404 Not Found" if body is None else "200 OK"
    head = f"HTTP/1.1 {status}\r\nContent-Type: {JSON_TYPE}\r\nCache-Control: max-age=600\r\n"
    return f"{head}Content-Length: {len(body or b'')}\r\n\r\n".encode() + (body or b"")


def _page(project: str, versions: Mapping[str, Sequence[str]]) -> bytes:
    names = [f"{project.replace('-', '_')}-{version}-py3-none-any.whl" for version in versions]
    files = [
        {
            "filename": name,
            "url": f"/files/{name}",
            "hashes": {"sha256": hashlib.sha256(name.encode()).hexdigest()},
            "core-metadata": True,
        }
        for name in names
    ]
    return json.dumps({"meta": {"api-version": "1.0"}, "name": project, "files": files}).encode()


def _metadata(project: str, version: str, projects: Projects) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in projects[project][version]]
    return ("\n".join(lines) + "\n").encode()


@contextmanager
def serving(projects: Projects) -> Iterator[str]:
    """Serve projects from a thread; gives the address of the index."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: _Connection(projects), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/simple/"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()
