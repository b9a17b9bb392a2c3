"""Whatever comes from outside is read in linear time, however hostile it is.

The texts are so long that a reader that takes quadratic time would be at it for minutes, where a linear one takes
milliseconds; an alarm ends such a reader, so that the test fails and does not hang.
"""

from __future__ import annotations

import ast
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import piptools_clone
from piptools_clone.build.login import without_login
from piptools_clone.environment.installed import metadata_values
from piptools_clone.environment.record_file import parse_record
from piptools_clone.errors import PiptoolsCloneError
from piptools_clone.formats.filenames import Filenames, split_wheel
from piptools_clone.formats.locks import requirements_txt as writer
from piptools_clone.formats.locks.lock_difference import difference
from piptools_clone.formats.locks.lock_scope import scope_of_lock
from piptools_clone.formats.locks.old_lock import parse_lock
from piptools_clone.formats.projects.project_file import read_project
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.direct_reference import read_url, split_extras, subdirectory_of, why_refused
from piptools_clone.formats.requirements.file_options import split_line
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.logical_lines import (
    Variables,
    conflict_line,
    decode_requirements,
    logical_lines,
)
from piptools_clone.formats.requirements.markers import extras_in, parse_marker
from piptools_clone.formats.requirements.plain_inputs import is_plain_lock, plain_inputs
from piptools_clone.formats.requirements.requirement_line import parse_line
from piptools_clone.formats.sanitize import harmless, inert, redact_url, without_credentials
from piptools_clone.http import download
from piptools_clone.http.address import parse_address
from piptools_clone.http.cache_control import parse_directives
from piptools_clone.http.failures import TransferFault
from piptools_clone.http.http1 import parse_chunk_size, parse_head, parse_http_date, parse_retry_after
from piptools_clone.http.transport import Response
from piptools_clone.index.metadata import directs as direct
from piptools_clone.index.metadata import tar_stream, wheel_range
from piptools_clone.index.metadata.core_metadata import parse_headers
from piptools_clone.index.pages.entries import Addresses, read_hash_text
from piptools_clone.index.pages.page import read_page
from piptools_clone.index.pages.page_html import NAMES, read_html, scan_tags
from piptools_clone.index.pages.page_json import read_json
from piptools_clone.index.pages.page_split import Sought, split_newest, split_page
from piptools_clone.index.pages.page_tags import Tag, parse_tags
from piptools_clone.model.requirement import Origin
from piptools_clone.model.target import Target
from piptools_clone.resolve import roots, slices
from piptools_clone.run import sync_start
from piptools_clone.syncing.sources import direct_url as sync_direct
from piptools_clone.wheels import checked_wheel as wheel
from piptools_clone.wheels.checked_wheel import parse_entry_points
from piptools_clone.wheels.wheel_paths import check_paths, check_script_name, starts_python

PACKAGE = Path(piptools_clone.__file__).parent
SECONDS = 20
SIZE = 300_000
URL = "https://index.example/simple/alpha/"
ORIGIN = Origin("-P", None, "-P")
REFUSALS = (PiptoolsCloneError, LineProblem, TransferFault, ValueError, wheel_range.NoRanges)


class TooSlow(BaseException):
    """Nothing that is tested catches this."""


@contextmanager
def soon() -> Iterator[None]:
    """End the block with `TooSlow` if it takes far longer than anything that is linear; expressions heed signals."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


TARGET = Target(
    {
        "python_version": "3.12",
        "python_full_version": "3.12.1",
        "os_name": "posix",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1",
        "platform_system": "Linux",
        "platform_version": "1",
        "implementation_name": "cpython",
        "implementation_version": "3.12.1",
    },
    (),
)


def html(text: str) -> None:
    read_page(text.encode(), "text/html", URL, "alpha")


def dependency(line: str) -> None:
    reader = DependencyReader(TARGET)
    found, marker = reader.read_line(line)
    reader.specifier(found.specifier).contains("1.0")
    if marker:
        reader.holds(marker)


def head(text: str) -> None:
    parse_head(text.encode("latin-1", "replace"))


def lock(text: str) -> None:
    parse_lock(text, "requirements.txt")


def inputs(text: str) -> None:
    plain_inputs(["a.in"], (), lambda _: text.encode())


def newest(body: bytes) -> None:
    split_newest(body, URL, "alpha", Sought(lambda _: True))


READERS: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "head of an answer": (head, ("HTTP/1.1 200 OK\r\na:« »x", "HTTP/1.1 200 OK\r\n«a»", "HTTP/1.1 200« »\0")),
    "size of a chunk": (lambda text: parse_chunk_size(text.encode()), ("1« »x", "«1»", "1;«;»\r")),
    "directives of a cache": (parse_directives, ("«a»", '«a="»', "«a, »", '«"»', "a=\"«a=' »")),
    "date": (parse_http_date, ("« »x", "Mon, «1»")),
    "time to wait": (lambda text: parse_retry_after(text, 0.0), ("«1»", "« »x")),
    "page in HTML": (
        html,
        (
            *("«<form »", "«<form »refresh", "«<h1 »", "«<»", "«<!»", "«<a »", "«<a »>", "«</»", "«<?»", "«<!--»"),
            *("«<![CDATA[»", '«<a x="»', "«<a x='»", "«<a x=»", "<a« »", "<a« x»", "<a «=»", "«<title>»", "«<script>»"),
            *("<html>«</html »", "<html>«</html><!--»", "<a href='«&#»'>", "<a href='&#«1»;'>x", "«<textarea>»"),
            *(
                "<a href='x-1.zip' data-requires-python='>«1»'>x</a>",
                "«&»",
                "<a href='«../»'>",
                "<a href='«alpha-».zip'>",
            ),
            *(
                "<a href='«a/»!'>",
                "<a href='«%»'>",
                "<base href='«../»'><a href='«../»a-1.zip'>",
                "«<a/»",
                "«<!-- --!>»",
            ),
        ),
    ),
    "content type": (lambda text: read_html(b"", text, URL), ("charset« »", "«charset=»", "charset=«a»")),
    "tags": (
        lambda text: (scan_tags(text), parse_tags(text, NAMES)),
        ("«<a a=\"<a '»", "«<x »", "«<a b=»<", "«<xmp>»"),
    ),
    "core metadata": (
        lambda text: parse_headers(text.encode(), "x"),
        ("Name« »x", "«Name\n»", "«Name:\n »", "«\r»", "«\r\r\n»", "Name: «-»", "Version: «1.»x", "Version:« »"),
    ),
    "metadata of a wheel": (
        lambda text: metadata_values(text, "name"),
        ("«Name\n»", "«\n »", "«\r»", "«:»", "Name:« »"),
    ),
    "dependency": (
        dependency,
        (
            *("gamma« »x« »>=1", "gamma[« »", "gamma[«a,»", "gamma (« »", "gamma« »(« »)« »x", "«a.»!", "«-»", "a;«(»"),
            *("a>=«1»", "a>=«1.»", "a«>=1,»", "a==1«+a.»", "a @ «http://»", "a; python_version >= '«1»'", "a;« »x"),
        ),
    ),
    "marker": (
        parse_marker,
        (
            *(
                "os_name« »x",
                "os_name == 'a'« »x",
                "« and »",
                "os_name« not »",
                "os_name in« »x",
                "«'»",
                "«os_name == ' »",
            ),
            *("«(os_name=='a')»", "os_name == 'a'« and os_name == 'a'»", "«a»=", "os_name == '« »"),
        ),
    ),
    "marker of a dependency": (
        lambda text: DependencyReader(TARGET).holds(text),
        ("os_name« »x", "«os_name »", "os_name in« »x", "os_name «not »", "os_name == 'a'« and os_name == 'a'»", "«)»"),
    ),
    "requirement": (
        lambda text: parse_line(text, ORIGIN),
        (
            *(
                "alpha« »x",
                "alpha« »[« »",
                "alpha«[»]",
                "alpha« »@ x",
                "alpha @« »",
                "./« »[a]",
                "./«[»]x]",
                "./a«[a]»x]",
            ),
            *(
                "«a.»",
                "«a-»!",
                "alpha==«1»",
                "alpha==«1.»",
                "alpha«,»",
                "https://x.example/«@»",
                "«a b»",
                "«=»",
                "a;«(»",
            ),
            *(
                "https://x.example/#«egg=&»",
                "https://x.example/#egg=«-»",
                "«git+»",
                "${A«A»",
                "«${A}»",
                "alpha --hash« »=",
            ),
        ),
    ),
    "options": (
        split_line,
        ("a --hash='«a»'", "a «--hash=sha256:a »", "a --«a»", "a« »-", "-«-»", "a --hash=sha256:«a»"),
    ),
    "lines": (
        lambda text: list(logical_lines(text, {})),
        ("a« »b", "a#« »#b", "« #»", "«\\\n»", "«a #\n»", "«${»", "a« »#b"),
    ),
    "lock": (
        lock,
        (
            "alpha==1« »# via",
            "alpha==1 #« »via",
            "# via« »x",
            "    #« »via\n",
            "« # via »",
            "alpha==1 # via «[»",
            "«<»",
        ),
    ),
    "lock of many environments": (
        lambda text: scope_of_lock(f"# This is a lock for many environments{text}"),
        (
            "«(Python »",
            "«, made by piptools-clone with: »",
            ", made by piptools-clone with: «--target=a »",
            ", made by piptools-clone with: «' »",
            "«\n#»",
            "«\n#    uv pip compile --universal »",
        ),
    ),
    "plain lock": (
        lambda text: is_plain_lock(text.encode()),
        (
            "« »x",
            "a==1« »x",
            "«a.»",
            "a==«1.»!",
            "--index-url« »x",
            "a[«a,»",
            "--hash=sha256:«a»",
            "a==1 ; «(»",
            "a==1 ; «python_version »",
            'a==1 ; python_version < "«1.»',
            'a==1 ; os_name == "«a»',
        ),
    ),
    "plain inputs": (
        inputs,
        (
            *("« »--hash=", "a« »x", "a[« »", "a>=« »x", "a (« »", "a« »#", "-r« »", "-r a« »x", "a>=1« -»", "«a.»!"),
            *("a --hash=«\\\n»", "a«\\\n--hash=a:a »x", "a;« »$"),
        ),
    ),
    "coding line": (
        lambda text: decode_requirements(text.encode()),
        ("#coding:« »", "#«coding:»", "# coding=punycode\n«a9-»"),
    ),
    "marks of a merge": (conflict_line, ("«<<<<<<<\n»", "«=»", "«|||||||\n»", "«<»")),
    "quoted line": (
        lambda text: (harmless(text), inert(text)),
        (
            "@ «://a:»",
            "«://»@",
            "«://a@»",
            "«://a:1/»@ «://a:b»",
            "«@»",
            "« »@",
            "https://a:«1»",
            "«\x1b»",
            "@«://a:1»",
        ),
    ),
    "address": (
        lambda text: (redact_url(text), without_credentials(text), without_login(text), parse_address(text)),
        (
            "https://«/»@",
            "«a»://@",
            "https://«a@»",
            "https://«a:»@x",
            "git+https://«a»",
            "https://a.example/«%»",
            "http«s:/»",
        ),
    ),
    "direct reference": (
        lambda text: (split_extras(text), read_url(text, text, ".")),
        (
            "https://a.example/«[»]",
            "https://a.example/« »[a]",
            "https://a.example/x#«&»",
            "file:«../»",
            "https://a/«%2».whl",
        ),
    ),
    "address on a page": (
        lambda text: Addresses(URL).join(text),
        ("«a/»!", "«a»!", "«../»", "«./»x", "https://a.example/«a/»!", "«?»", "https://«a.»/", "«../a/»x y", "«%»"),
    ),
    "name of a file": (
        lambda text: (Filenames("alpha").version(text), Filenames("a-a").version(text), split_wheel(text)),
        (
            "«alpha-».zip",
            "«a-»1.tar.gz",
            "a«-»1.zip",
            "«a».whl",
            "a-1-«1»-py3-none-any.whl",
            "alpha-«1.».zip",
            "«-».whl",
        ),
    ),
    "digest": (read_hash_text, ("sha256=«a»", "«sha256=»")),
    "page in JSON": (
        lambda text: [read(text.encode(), URL) for read in (read_json, newest)],
        (
            *('"files"« »', '«{"files"»', '"files":«[{»', '{"files":[«{"filename":"alpha-1.0.zip"},»', "«[»", "«1»"),
            *(
                '{«"filename"»',
                '"filename"« »:',
                '"filename":"«a»',
                '"filename":"a-1«1.»',
                '«{"filename":"a-1-a»',
                "«\\»",
            ),
        ),
    ),
    "page in JSON by release": (
        lambda text: [split_page(text.encode(), URL, "alpha", part) for part in (1 << 16, 1 << 30)],
        (
            '{"meta":{},"files":[{"filename":"alpha-«1.»zip","url":"x"}]}',
            '{"files":[{"filename":"«a-»","url":"«a-»"}]}',
            '{"files"« »:[]}',
            '{"files":[{"filename":"a","url":"a"}« »,« »{"filename":"a","url":"a"}]}',
            '{"files":[«{"filename":"alpha-1.zip","url":"a"},»{}]}',
        ),
    ),
    "RECORD": (parse_record, ("«,»", '«"»', '"«a»",,', "«a,,\n»", '"«\n»')),
    "entry points": (
        lambda text: parse_entry_points("a-1-py3-none-any.whl", text, "a"),
        (
            *(
                "[console_scripts]\na« »b",
                "[console_scripts]\n«a b»",
                "«[»",
                "[«]»",
                "[a]\na=«a.»!",
                "[console_scripts]\n«=»",
            ),
            "[console_scripts]\na = x:y\n« b\n»",
        ),
    ),
    "name of a script": (
        lambda text: check_script_name("a", text, "a"),
        ("«a»/", "python«1»x", "«.»", "activate.«a»!", "pip«.»!"),
    ),
    "entries of a wheel": (
        lambda text: wheel_range._metadata_entry([text], "a-1-py3-none-any.whl"),
        ("«a»", "«.dist-info/METADATA»x", "«.dist-info»"),
    ),
    "project file": (
        lambda text: read_project(text, "pyproject.toml"),
        (
            "[project]\nname='«a.»'",
            "[project]\nname='a'\nrequires-python='>=«1»'",
            "«(at line 1»",
            "[project]\nname='«-»",
        ),
    ),
    "written lock": (
        lambda text: [re.findall(each, text) for each in (writer._NAMED_EXTRAS, writer._NEEDS_QUOTES)],
        ("«[»", "«[a»]", "«a»"),
    ),
    "range of a download": (lambda text: re.fullmatch(download._CONTENT_RANGE, text), ("bytes «1»", "bytes 1-«1»")),
    "range of a wheel": (
        lambda text: wheel_range._content_range(Response(206, URL, {"content-range": text}, b"")),
        ("bytes «1»", "bytes 1-«1»/1", "bytes 1-1/«1»"),
    ),
    "commit": (
        lambda text: (direct._COMMIT.search(text), sync_direct._COMMIT.match(text), re.fullmatch(roots._COMMIT, text)),
        ("«@a»", "«a»", "«@»"),
    ),
    "extras of a marker": (
        extras_in,
        ("«extra»", "« extra =»", "extra« »==« »'", "extra == «'»", 'extra == «"a»', "«' »== extra"),
    ),
    "name in a fragment": (
        lambda text: read_url(f"https://a.example/x#egg={text}", text, "."),
        ("a«-»!", "«a»==1", "a[« »", "«.»", "a[«a,»]=="),
    ),
    "old lock beside a new one": (
        lambda text: difference(text, "# comment\n", "r.txt"),
        ("#    «pip-compile »", "#    pip-compile --a=«=»\n", "#    pip-compile «--a »\n", "«#    \n»", '#    «"»\n'),
    ),
    "subdirectory": (
        lambda text: (why_refused(text), subdirectory_of(text)),
        (
            "https://a.example/x#subdirectory=«/»",
            "https://a.example/x#«&subdirectory=»",
            "https://a.example/x#subdirectory=%«25»2e",
            "https://a.example/x#subdirectory=«a%2f»",
            "git+https://a.example/«@»-x",
        ),
    ),
    "text that may hold a value": (
        Variables(["NAME"], {"NAME": "aaaaaaaab"}).hide,
        ("«a»", "«aaaaaaaab»", "«aaaaaaaa»b"),
    ),
    "plain version": (slices._PLAIN.fullmatch, ("«1»", "«1.»", "1.«11.»")),
    "header of a source archive": (
        lambda text: re.search(tar_stream._DIGITS, text.encode()),
        ("«1»", "«1»a", "«1 »", "«1234567890123456789012345678901234567890a»"),
    ),
    "hashes of a lock": (
        lambda text: (sync_start._SHA256.findall(text), re.sub(r"[-_.]+", "-", text)),
        ("«--hash=sha256:»", "--hash=sha256:«a»", "«-»", "«a-»"),
    ),
    "paths of a wheel": (
        lambda text: (check_paths("a", [text]), starts_python(text), wheel._OBJECT.match(text)),
        ("«/»", "«a/»", "«.»", "«a.»", "«a:»", "«a.»!", "python«.so»x", "python.so«.»x", "«._pth»x"),
    ),
    "path of a request": (lambda text: re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", text), ("«a»!", "«a-»", "«a-a»!")),
}
"""What reads foreign text, and texts against it, in which what stands between « and » is repeated."""

CASES = [(reader, text) for reader, (_, texts) in READERS.items() for text in texts]


def grown(text: str) -> str:
    """A hostile text: ``a« »x`` is an a, very many blanks, and an x."""
    parts = re.split("[«»]", text)
    times = SIZE // max(1, len(parts) // 2)
    return "".join(part * (times // len(part)) if number % 2 else part for number, part in enumerate(parts))


@pytest.mark.parametrize(("reader", "text"), CASES, ids=lambda value: value[:40].encode("unicode_escape").decode())
def test_foreign_text_is_read_in_linear_time(reader: str, text: str) -> None:
    with soon(), suppress(*REFUSALS):
        READERS[reader][0](grown(text))


OWN = {
    *("header_command", "platforms", "foreign_files"),
    *("build_environment", "config_options", "default_index"),
}
"""Modules whose expressions meet the user's command line and settings, and the files of pip, and nothing foreign."""
EXPRESSIONS: dict[str, str] = {
    "direct_reference '(?:\\\\A|&)subdirectory=([^&]*)'": "subdirectory",
    "direct_reference '/[A-Za-z]:'": "direct reference",
    "direct_reference '[/\\\\\\\\]'": "subdirectory",
    "direct_reference _SUBDIRECTORY": "subdirectory",
    "direct_reference f'({NAME})(\\\\[[\\\\w., -]*\\\\])?(.*)'": "name in a fragment",
    "file_options _ONLY_HASHES": "options",
    "grammar NAME": "name in a fragment",
    "grammar _NAMED_ADDRESS": "requirement",
    "grammar _PLAIN": "dependency",
    "grammar _USUAL_HASH": "requirement",
    "sanitize _ANY_USER_INFO": "quoted line",
    "sanitize _AUTHORITY": "address",
    "sanitize VARIABLE": "address",
    "sanitize _WORD": "quoted line",
    "logical_lines '|'.join(map(re.escape, longest_first))": "text that may hold a value",
    "logical_lines VARIABLE": "lines",
    "logical_lines _CODING_LINE": "coding line",
    "logical_lines _COMMENT": "lines",
    "logical_lines _CONFLICT": "marks of a merge",
    "markers _comparison": "marker of a dependency",
    "old_lock _MORE": "lock",
    "old_lock _VIA": "lock",
    "plain_inputs _ADDRESS": "plain lock",
    "plain_inputs _COMPARISON": "plain lock",
    "plain_inputs _PINNED": "plain lock",
    "project_file _TOML_PLACE": "project file",
    "requirement_line _OPERATOR": "requirement",
    "requirement_line _REPOSITORY": "requirement",
    "requirements_txt _NAMED_EXTRAS": "written lock",
    "requirements_txt _NEEDS_QUOTES": "written lock",
    "lock_header _COMMAND": "old lock beside a new one",
    "lock_difference _VALUED": "old lock beside a new one",
    "address '127(\\\\.\\\\d{1,3}){3}'": "address",
    "address _HOST": "address",
    "address _PLAIN": "address",
    "address _PLAIN_TARGET": "address",
    "cache_control _DIRECTIVE": "directives of a cache",
    "core_metadata _BLANK_LINE": "core metadata",
    "core_metadata _FIELDS": "core metadata",
    "directs _COMMIT": "commit",
    "download _CONTENT_RANGE": "range of a download",
    "entries _HEX": "digest",
    "entries _ODD_IN_URL": "address on a page",
    "entries _USUAL_ADDRESS": "address on a page",
    "entries _USUAL_BASE": "address on a page",
    "entries _USUAL_DIGEST": "digest",
    "entries _USUAL_WAY": "address on a page",
    "filenames '\\\\d*'": "name of a file",
    "filenames _SAFE": "name of a file",
    "filenames _WHEEL": "name of a file",
    "http1 _CHUNK": "size of a chunk",
    "http1 _HEADER": "head of an answer",
    "http1 _STATUS_LINE": "head of an answer",
    "http1 '[0-9]{1,9}'": "time to wait",
    "http1 _IMF": "date",
    "login _ADDRESS": "address",
    "page '[\\\\s/:\\'\\\\\"]+'": "page in HTML",
    "page _FORM": "page in HTML",
    "page _HEADING": "page in HTML",
    "page _OF_A_LIST": "page in HTML",
    "page _SCRIPT": "page in HTML",
    "page b'<[^>]*+>'": "page in HTML",
    "page_html 'charset\\\\s*+=\\\\s*+[\\\\\"\\']?([\\\\w-]++)'": "content type",
    "page_html _ATTRIBUTE": "page in HTML",
    "page_html _BEGUN": "page in HTML",
    "page_html _CONFUSING": "page in HTML",
    "page_html _ENDED": "page in HTML",
    "page_html _INTERESTING": "page in HTML",
    "page_html _LOOSE_ENTITY": "page in HTML",
    "page_html _MACHINE_MADE": "page in HTML",
    "page_html _PLAIN_TITLE": "page in HTML",
    "page_json _TIME": "page in JSON",
    "page_split _BEGINNINGS": "page in JSON by release",
    "page_split _BETWEEN": "page in JSON by release",
    "page_split _COMMA": "page in JSON by release",
    "page_split _FILES": "page in JSON by release",
    "page_split _USUAL_FOLDER": "page in JSON by release",
    "page_split _find_release": "page in JSON",
    "page_tags _OPENING": "tags",
    "page_tags _PART": "tags",
    "page_tags f'</{name}(?=[\\\\s/>])'": "tags",
    "index_proxy '[0-9]{1,9}'": "path of a request",
    "index_proxy '[a-z0-9]+(-[a-z0-9]+)*'": "path of a request",
    "tar_stream _DIGITS": "header of a source archive",
    "wheel_range _CONTENT_RANGE": "range of a wheel",
    "wheel_range _INFO": "entries of a wheel",
    "roots _COMMIT": "commit",
    "slices _PLAIN": "plain version",
    "sync_start '[-_.]+'": "hashes of a lock",
    "sync_start _SHA256": "hashes of a lock",
    "direct_url _COMMIT": "commit",
    "checked_wheel _OBJECT": "entry points",
    "wheel_paths _DRIVE": "paths of a wheel",
    "wheel_paths _ODD": "paths of a wheel",
    "wheel_paths _SCRIPT_NAME": "name of a script",
    "wheel_paths _STARTS_PIP": "name of a script",
    "wheel_paths _STARTS_PYTHON": "paths of a wheel",
}
"""Every expression of the program, and the reader above that holds it against hostile text."""


def expressions_of(path: Path) -> Iterator[str]:
    """All expressions that a module hands to `re`: the module, and the constant that holds it, or what is written."""
    module = path.stem  # which no other module has
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        id(each): ast.unparse(node.targets[0])
        for node in tree.body
        if isinstance(node, ast.Assign)
        for each in ast.walk(node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and re.match(r"re\.(?!escape)[a-z]+$", ast.unparse(node.func)):
            yield f"{module} {constants.get(id(node)) or ast.unparse(node.args[0])}"


def test_every_expression_is_held_against_hostile_text() -> None:
    """One that is added must be named here, with the reader that meets foreign text by it."""
    found = {expression for path in sorted(PACKAGE.rglob("*.py")) for expression in expressions_of(path)}
    assert {expression for expression in found if expression.split()[0] not in OWN} == EXPRESSIONS.keys()
    assert set(EXPRESSIONS.values()) <= READERS.keys()


class Parser(HTMLParser):
    """The standard library's parser, which is right wherever everything is ended."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tag] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NAMES:
            self.found.append((tag, {name: value or "" for name, value in reversed(attrs)}))


texts = st.text(st.sampled_from("ab01 =/.-_\u00e9"), max_size=6)
attributes = st.one_of(
    st.builds('{}{}"{}&amp;>"'.format, st.sampled_from(["href", "HREF", "b"]), st.sampled_from(["=", " = "]), texts),
    st.builds("{}='{}<\"'".format, st.sampled_from(["href", "c"]), texts),
    st.builds("{}={}".format, st.sampled_from(["href", "d"]), st.sampled_from(["x", "x&lt;", "1/2", "#"])),
    st.sampled_from(["e", "E", "f-g"]),
)
tags = st.builds(
    "<{} {}{}>{}</x>".format,
    st.sampled_from(["a", "A", "p", "base", "meta\n", "input", "abbr"]),
    st.lists(attributes, max_size=4).map("\n ".join),
    st.sampled_from(["", " ", " /"]),
    texts,
)
others = st.sampled_from(
    ["<!-- <a x> -->", "<!DOCTYPE html>", "<?xml a?>", "<script>'<a b>'</script>", "<br/>", "< a>", "</a\n>"]
)


@given(st.lists(tags | others, max_size=5).map("".join))
def test_tags_are_those_that_the_standard_library_finds(text: str) -> None:
    parser = Parser()
    parser.feed(text)
    parser.close()
    assert parse_tags(text, NAMES) == parser.found


@pytest.mark.parametrize(
    "text",
    [
        "<!-- <a x>",
        "<script><a x>",
        "<a x='<a y>",
        '<a x="<a y>',
        "<a x <!--",
        "<? <a x",
        "<plaintext><a x>",
        "<title><a x>",
    ],
)
def test_what_is_begun_and_not_ended_takes_in_the_rest_of_a_page(text: str) -> None:
    assert parse_tags(text, NAMES) == []
