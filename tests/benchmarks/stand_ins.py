"""Stand-ins for the tools that are compared, and for the frozen index."""

from __future__ import annotations

import sys
from pathlib import Path

SERVE = """
import http.server, sys
count = 0
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"3"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/simple/", flush=True)
server.serve_forever()
"""
TOOL = """#!{python} -S
import pathlib, sys
output = sys.argv[sys.argv.index("--output-file") + 1]
cache = pathlib.Path(sys.argv[sys.argv.index("--cache-dir") + 1])
fresh = not cache.exists()
cache.mkdir(exist_ok=True)
pathlib.Path(output).write_text("Foo_Bar==1.0 \\\\\\n    --hash=sha256:00\\nbaz==" + "{version}")
"""


def make_index(folder: Path) -> Path:
    """A frozen index of one input, whose server counts three requests whatever is asked."""
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "trio.in").write_text("foo-bar\n")
    (folder / "serve.py").write_text(SERVE)
    return folder


def tool(folder: Path, name: str, version: str) -> str:
    """A program that locks foo-bar, and baz at a version; text behind the version stands in the lock, too."""
    path = folder / name
    path.write_text(TOOL.format(python=sys.executable, version=version))
    path.chmod(0o755)
    return str(path)
