"""The pages of the tests' simple index, as JSON (PEP 691) and HTML (PEP 503)."""

from __future__ import annotations

import hashlib
import html
import json
from typing import Any, NamedTuple

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"


class Offered(NamedTuple):
    """A file of a project page and what the page says of it.

    ``hashes`` None stands for the true ones; ``sidecar`` is the metadata served beside the file;
    ``sidecar_hashes`` None stands for the true one; ``url`` replaces the address.
    """

    filename: str
    data: bytes
    requires_python: str | None = None
    yanked: str | None = None
    upload_time: str | None = None
    sidecar: bytes | None = None
    hashes: dict[str, str] | None = None
    sidecar_hashes: dict[str, str] | None = None
    url: str | None = None


class PageStyle(NamedTuple):
    """What a kind of index tells on its pages."""

    hashes: tuple[str, ...] = ("sha256",)
    sidecars: bool = True
    upload_times: bool = True
    sizes: bool = True


def render_json(
    name: str, files: list[tuple[str, Offered]], style: PageStyle, status: tuple[str, str] | None = None
) -> bytes:
    """A project page by PEP 691, 700, 714 and 792; ``files`` are pairs of address and file."""
    page: dict[str, Any] = {
        "meta": {"api-version": "1.4"},
        "name": name,
        "files": [_json_file(url, file, style) for url, file in files],
    }
    if status:
        page["project-status"] = {"status": status[0]} | ({"reason": status[1]} if status[1] else {})
    return json.dumps(page).encode()


def _json_file(url: str, file: Offered, style: PageStyle) -> dict[str, Any]:
    entry: dict[str, Any] = {"filename": file.filename, "url": url, "hashes": hashes_of(file, style)}
    if file.requires_python is not None:
        entry["requires-python"] = file.requires_python
    if file.yanked is not None:
        entry["yanked"] = file.yanked or True
    if style.upload_times and file.upload_time is not None:
        entry["upload-time"] = file.upload_time
    if style.sizes:
        entry["size"] = len(file.data)
    if style.sidecars and file.sidecar is not None:
        entry["core-metadata"] = sidecar_hashes_of(file) or True
    return entry


def render_html(
    name: str, files: list[tuple[str, Offered]], style: PageStyle, status: tuple[str, str] | None = None
) -> bytes:
    """A project page by PEP 503, 592, 658, 714 and 792, shaped as big indexes shape it."""
    escaped = html.escape(name)
    metas = '<meta name="pypi:repository-version" content="1.4">'
    if status:
        metas += f'<meta name="pypi:project-status" content="{html.escape(status[0])}">'
        metas += f'<meta name="pypi:project-status-reason" content="{html.escape(status[1])}">' if status[1] else ""
    anchors = "\n".join(_anchor(url, file, style) for url, file in files)
    return (
        f"<!DOCTYPE html>\n<html>\n  <head>\n    {metas}\n    <title>Links for {escaped}</title>\n  </head>\n"
        f"  <body>\n    <h1>Links for {escaped}</h1>\n{anchors}\n  </body>\n</html>\n"
    ).encode()


def _anchor(url: str, file: Offered, style: PageStyle) -> str:
    digests = hashes_of(file, style)
    fragment = next((f"#{algorithm}={digest}" for algorithm, digest in digests.items()), "")
    attributes = [f'href="{html.escape(url + fragment)}"']
    if file.requires_python is not None:
        attributes.append(f'data-requires-python="{html.escape(file.requires_python)}"')
    if style.sidecars and file.sidecar is not None:
        value = next((f"{a}={d}" for a, d in sidecar_hashes_of(file).items()), "true")
        attributes.append(f'data-dist-info-metadata="{value}" data-core-metadata="{value}"')
    if file.yanked is not None:
        attributes.append(f'data-yanked="{html.escape(file.yanked)}"')
    return f"    <a {' '.join(attributes)}>{html.escape(file.filename)}</a><br />"


def hashes_of(file: Offered, style: PageStyle) -> dict[str, str]:
    """The digests that a page in this style gives for the file."""
    if file.hashes is not None:
        return file.hashes
    return {algorithm: hashlib.new(algorithm, file.data).hexdigest() for algorithm in style.hashes}


def sidecar_hashes_of(file: Offered) -> dict[str, str]:
    """The digests that a page gives for the sidecar."""
    if file.sidecar_hashes is not None:
        return file.sidecar_hashes
    return {"sha256": hashlib.sha256(file.sidecar or b"").hexdigest()}
