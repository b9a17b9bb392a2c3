"""Content codings of HTTP (RFC 9110, section 8.4): undone piece by piece, in bounded memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from piptools_clone.http.failures import TooLarge, TransferFault

_STEP = 256 * 1024
"""Decoded bytes handed on at a time, so that a small piece that swells is stopped early."""
_GZIP, _ZLIB, _RAW = 31, 15, -15
_MEMBERS = 1024
"""Parts of a compressed body that follow one another (RFC 1952): nearly all bodies are one."""


def collect(pieces: Iterable[bytes], coding: str, limit: int) -> bytes:
    """Return the decoded body; raises `TooLarge` when it, or what was sent for it, is longer than ``limit`` bytes."""
    found: bytes | bytearray = b""
    for piece in decoded(bounded(pieces, limit), coding):
        if len(found) + len(piece) > limit:
            raise TooLarge
        found = joined(found, piece)
    return bytes(found)


def joined(whole: bytes | bytearray, piece: bytes | memoryview) -> bytes | bytearray:
    """What has come with a piece more: one object, so that very many tiny pieces take no more memory than a large one.

    A single piece is not copied.
    """
    if not whole:
        return bytes(piece)
    grown = whole if isinstance(whole, bytearray) else bytearray(whole)
    grown += piece
    return grown


def bounded(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Return the same pieces; raises `TooLarge` past ``limit`` bytes."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise TooLarge
        yield piece


def decoded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Undo one content coding; raises `TransferFault` for an unknown, broken or cut one."""
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return iter(pieces)
    if coding in {"gzip", "x-gzip"}:
        return _inflated(pieces, _GZIP)
    if coding == "deflate":
        return _deflated(pieces)
    raise TransferFault("the answer has a content coding that was not asked for", passing=False)


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Undo deflate: some servers send raw deflate data where the standard asks for zlib's wrapping: byte one tells."""
    source = iter(pieces)
    first = next((piece for piece in source if piece), b"")
    window = _ZLIB if first[:1] and first[0] & 0x0F == 8 else _RAW
    yield from _inflated(_chained(first, source), window)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _sliced(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are small enough for what is left of one to be copied again and again."""
    for piece in pieces:
        if len(piece) <= _STEP:
            yield piece
        else:
            yield from (piece[at : at + _STEP] for at in range(0, len(piece), _STEP))


def _inflated(pieces: Iterable[bytes], window: int) -> Iterator[bytes]:
    stage = zlib.decompressobj(window)
    used, members = False, 1
    for piece in _sliced(pieces):
        data = piece
        while data:
            if stage.eof:  # gzip members may follow one another (RFC 1952)
                stage, members = zlib.decompressobj(window), members + 1
            if members > _MEMBERS:
                raise TransferFault(f"the answer is compressed in more than {_MEMBERS:,} parts", passing=False)
            used = True
            try:
                out = stage.decompress(data, _STEP)
            except zlib.error:
                raise TransferFault("the compression of the answer is broken") from None
            data = stage.unused_data if stage.eof else stage.unconsumed_tail
            yield out
    while used and not stage.eof:
        out = stage.decompress(b"", _STEP)
        if not out:
            raise TransferFault("the answer was cut off")
        yield out
