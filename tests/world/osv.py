"""A vulnerability service on the loopback device, which answers as OSV does."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType


class KnownFaults:
    """Serves the faults it was made with: the name of a package, and the name of its fault."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        self._server = _Server(("127.0.0.1", 0), faults)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1/query"

    def __enter__(self) -> KnownFaults:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], faults: Mapping[str, str]) -> None:
        self.faults = faults
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.server.faults.get(asked["package"]["name"])
        answer = {"vulns": [{"id": fault, "summary": "a fault", "affected": []}]} if fault else {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""
