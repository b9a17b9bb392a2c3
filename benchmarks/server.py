"""A loopback index of made-up projects: JSON pages and sidecar metadata.

    python -m benchmarks.server FAMILY SIZE SOURCE

Writes the input of a world to the file SOURCE, prints the address of an index that holds its projects, and serves it
until it is stopped.  Pages are made before that, so that clients do not wait for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.worlds import FAMILIES, Projects

JSON_TYPE = "application/vnd.pypi.simple.v1+json"


class Index:
    """What is answered to a path."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._pages = {project: _page(project, versions) for project, versions in projects.items()}

    def respond(self, path: str) -> bytes:
        """The whole answer, head and body."""
        kind, _, rest = path.strip("/").partition("/")
        body = self._pages.get(rest) if kind == "simple" else self._metadata(rest) if kind == "files" else None
        status = "404 Not Found" if body is None else "200 OK"
        head = f"HTTP/1.1 {status}\r\nContent-Type: {JSON_TYPE}\r\nCache-Control: max-age=600\r\n"
        return f"{head}Content-Length: {len(body or b'')}\r\n\r\n".encode() + (body or b"")

    def _metadata(self, filename: str) -> bytes:
        project, version, *_ = filename.split("-")
        project = project.replace("_", "-")
        lines = ["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in self._projects[project][version]]
        return ("\n".join(lines) + "\n").encode()


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


class _Connection(asyncio.Protocol):
    def __init__(self, index: Index) -> None:
        self._index = index
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            self._transport.write(self._index.respond(head.split(b" ", 2)[1].decode()))


async def serve(projects: Projects) -> None:
    """Print the address of an index of the projects, and serve it for ever."""
    index = Index(projects)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(index), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/simple/", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve the world that the command line names."""
    family, size, source = sys.argv[1:]
    world = FAMILIES[family].make(int(size))
    Path(source).write_text("\n".join(world.roots) + "\n", encoding="utf-8")
    asyncio.run(serve(world.projects))


if __name__ == "__main__":
    main()
