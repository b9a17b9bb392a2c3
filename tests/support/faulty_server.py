"""A loopback HTTP server that does what it is told, wrongly too: resets, cut bodies, silence, bombs.

Answers are scripted by path: each request takes the next step of its path, the last step stays.  The
same server acts as a proxy: it answers absolute targets from its own script, and tunnels CONNECT.
"""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

TLS = Path(__file__).parent / "tls"
AUTHORITY = str(TLS / "authority.pem")
CLIENT_CERT = str(TLS / "client.pem")


class Seen(NamedTuple):
    """A request that came: its path (with query), its target as sent, its headers (lower case)."""

    path: str
    target: str
    headers: dict[str, str]


Step = Callable[[socket.socket, Seen, threading.Event], bool]
"""Does something to a connection; returns whether the connection stays open."""


def reply(body: bytes = b"", status: int = 200, *, length: int | None = None, **headers: str) -> Step:
    """A proper answer; with ``length`` above the body's, one that is cut off."""
    wanted = len(body) if length is None else length

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen, stopped
        connection.sendall(head(status, {"Content-Length": str(wanted), **_dashed(headers)}) + body)
        return wanted == len(body)

    return step


def raw(data: bytes) -> Step:
    """Exactly these bytes, and the end of the connection."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen, stopped
        connection.sendall(data)
        return False

    return step


def chunked(*chunks: bytes, finish: bool = True, **headers: str) -> Step:
    """An answer in chunks; without ``finish`` the last one is missing."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen, stopped
        connection.sendall(head(200, {"Transfer-Encoding": "chunked", **_dashed(headers)}))
        for chunk in chunks:
            connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        if finish:
            connection.sendall(b"0\r\n\r\n")
        return finish

    return step


def compressed(body: bytes, **headers: str) -> Step:
    """An answer under gzip."""
    return reply(gzip.compress(body, 1), Content_Encoding="gzip", **headers)


def reset() -> Step:
    """No answer, and a reset of the connection."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen, stopped
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return step


def hang(data: bytes = b"") -> Step:
    """These bytes, and then silence until the other side gives up or the test ends."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del seen
        connection.sendall(data)
        connection.settimeout(0.02)
        while not stopped.is_set():
            try:
                if not connection.recv(1):
                    break
            except TimeoutError:
                continue
        return False

    return step


def ranged(body: bytes, etag: str = '"one"', *, cut_after: int | None = None) -> Step:
    """A file that can be asked for from some byte on; each answer may break off after some bytes."""

    def step(connection: socket.socket, seen: Seen, stopped: threading.Event) -> bool:
        del stopped
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", seen.headers.get("range", ""))
        start, status, extra = 0, 200, {}
        if asked and seen.headers.get("if-range", etag) == etag:
            start, status = int(asked[1]), 206
            extra = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        part = body[start:]
        sent = part if cut_after is None else part[:cut_after]
        connection.sendall(head(status, {"Content-Length": str(len(part)), "ETag": etag, **extra}) + sent)
        return len(sent) == len(part)

    return step


def head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers of an answer."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


class FaultyServer:
    """Use as a context manager; ``url`` is its address, ``seen`` what came, ``connections`` how often one connected."""

    def __init__(self, *, tls: bool = False, client_certs: bool = False) -> None:
        self._script: dict[str, list[Step]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._context = _server_context(client_certs=client_certs) if tls or client_certs else None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.seen: list[Seen] = []
        self.connections = 0
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def on(self, path: str, *steps: Step) -> str:
        """Script a path; returns its address."""
        self._script[path] = list(steps)
        return self.url + path

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [seen.path for seen in self.seen]

    def __enter__(self) -> FaultyServer:
        self._start(self._accept)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            opened = list(self._open)
        for connection in opened:
            _shut(connection)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        talk = connection
        try:
            if self._context:
                talk = self._context.wrap_socket(connection, server_side=True)
                with self._lock:
                    self._open.add(talk)
            while self._one(talk):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open -= {connection, talk}
            talk.close()
            connection.close()

    def _one(self, connection: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            received = connection.recv(65536)
            if not received:
                return False
            data += received
        request, *lines = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        method, target, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method == "CONNECT":
            self.seen.append(Seen("CONNECT", target, headers))
            return self._tunnel(connection, target)
        seen = Seen(re.sub(r"^https?://[^/]*", "", target), target, headers)
        return self._step(seen)(connection, seen, self._stopped)

    def _step(self, seen: Seen) -> Step:
        with self._lock:
            self.seen.append(seen)
            steps = self._script.get(seen.path) or [reply(b"not scripted", 404)]
            return steps.pop(0) if len(steps) > 1 else steps[0]

    def _tunnel(self, connection: socket.socket, target: str) -> bool:
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            with self._lock:
                self._open.add(far)
            connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            self._start(_pump, far, connection)
            _pump(connection, far)
            with self._lock:
                self._open.discard(far)
        return False


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    finally:
        _shut(sink)
        _shut(source)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _server_context(*, client_certs: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    if client_certs:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(AUTHORITY)
    return context
