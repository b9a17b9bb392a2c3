"""The first requests are sent early, and are the same that would be sent later: no other ones, none twice."""

from __future__ import annotations

import builtins
import os

import pytest

from piptools_clone.errors import OutputError
from piptools_clone.model.compile_request import CompileRequest
from piptools_clone.model.index_options import IndexOptions
from piptools_clone.operations.compile import compile as compile_
from piptools_clone.run.compile_start import FOR_SPECULATION, CompileStart
from tests.support.packages import make_wheel
from tests.support.simple_index import Fault

BODY = ("-q", "--no-header", "--no-emit-options", "--strip-extras", "-o", "-")
PAGES = ["/simple/a/", "/simple/b/"]


@pytest.fixture
def world(project):
    for name in ("a", "b", "c"):
        project.index.add(make_wheel(name, "1", requires=["c"] if name == "a" else []))
    return project.want("a", "b")


@pytest.fixture
def begin(world):
    """Begins a compile of what the project wants; given are fields of the request."""
    begun = []

    def begin_it(**facts):
        facts = {"sources": ("requirements.in",), "output": "-", "cache_dir": str(world.cache)} | facts
        begun.append(CompileStart(CompileRequest(**facts), os.environ))
        return begun[-1] if begun[-1].has_asked() else None

    yield begin_it
    for start in begun:
        start.close()


def test_pages_are_asked_for_before_the_operation_is_there(world, begin):
    start = begin()
    start.context.early.transport.driver.run_until(lambda: len(world.index.paths) == 2, 20)
    assert sorted(world.index.paths) == PAGES


def test_each_page_is_asked_for_once(world):
    assert world.compile(*BODY).pins == {"a": "1", "b": "1", "c": "1"}
    assert sorted(path for path in world.index.paths if path.startswith("/simple/")) == [*PAGES, "/simple/c/"]


def test_answers_are_followed_before_the_compile_is_there(world, begin):
    start = begin()
    start.context.load(FOR_SPECULATION)
    start._speculate()
    start.selection.index.page("c").result()
    assert world.index.count("/simple/c/") == 1


def test_a_process_asks_for_each_thing_once(world):
    assert world.script("-q", "--no-emit-options").pins == {"a": "1", "b": "1", "c": "1"}
    assert len(world.index.paths) == len(set(world.index.paths)) == 6


@pytest.mark.parametrize(
    ("lines", "pins"),
    [
        (["a", "b", "-c bounds.txt"], {"a": "1", "b": "1", "c": "0.5"}),
        (["a ; python_version > '3'", "b"], {"a": "1", "b": "1", "c": "1"}),
        (["a==1.*", "c<1,>=0"], {"a": "1", "c": "0.5"}),
        (["a[no-such-extra] (>=1)"], {"a": "1", "c": "1"}),
    ],
)
def test_what_is_found_ahead_is_what_would_be_found_later(world, lines, pins):
    world.index.add(make_wheel("c", "0.5"))
    world.write("bounds.txt", "c<1")
    world.want(*lines)
    assert world.script("-q", "--no-emit-options").pins == pins
    assert len(world.index.paths) == len(set(world.index.paths))


def test_versions_of_the_old_lock_are_kept(world):
    world.index.add(make_wheel("c", "0.5"))
    world.write("requirements.txt", "c==0.5")
    assert world.script("-q", "--no-emit-options").pins == {"a": "1", "b": "1", "c": "0.5"}


def test_a_command_line_that_is_not_plain_is_asked_for_as_well(world):
    """The name of a newline may be written in small letters, which only click knows."""
    world.script("-q", "--no-emit-options", "--newline", "crlf")
    assert world.lock_path.read_bytes().count(b"\r\n") > 2
    assert len(world.index.paths) == len(set(world.index.paths)) == 6


def test_a_wrong_command_line_is_refused_before_anything_is_asked(world):
    run = world.script("-q", "--annotation-style", "oblique")
    assert (run.code, run.lock) == (2, None)
    assert "'oblique' is not one of" in run.err
    assert world.index.paths == []


def test_an_input_that_only_seems_plain_is_refused_once(world):
    world.want("a>=1,", "a>=>2")
    run = world.script("-q")
    assert (run.code, run.lock) == (2, None)
    assert run.err.count("requirements.in:2") == 1


def test_what_is_said_early_is_heard_once(world):
    run = world.script("--no-emit-options", "--strip-extras", "--cache-dir", "/dev/null/cache")
    assert run.pins == {"a": "1", "b": "1", "c": "1"}
    assert run.err.count("the cache is not used") == 1


def test_a_cut_off_that_is_reckoned_from_now_does_no_harm(world):
    world.compile(*BODY, "--uploaded-prior-to", "P1D")
    assert {world.index.count(path) for path in PAGES} == {1}


def test_what_the_cache_holds_is_not_asked_for(world, begin):
    world.compile(*BODY)
    del world.index.requests[:]
    assert begin() is None
    assert world.index.paths == []


@pytest.mark.parametrize(
    "facts",
    [
        {"offline": True},
        {"upgrade_packages": ("a",)},
        {"options": IndexOptions(no_index=True)},
        {"sources": ("-",)},
        {"sources": ("pyproject.toml",)},
        {"constraints": ("missing.txt",)},
        {"options": IndexOptions(index_url="ftp://idx.example/simple")},
        {"options": IndexOptions(index_url="http://[")},
    ],
)
def test_where_nothing_is_sure_nothing_is_asked(world, begin, facts):
    assert begin(**facts) is None
    assert world.index.paths == []


def test_an_index_named_in_an_input_is_the_only_one_that_is_asked(world, simple_index):
    other = simple_index()
    for name in ("a", "b"):
        other.add(make_wheel(name, "2"))
    world.write("bounds.txt", f"--index-url {other.url}")
    world.want("a", "b", "-c bounds.txt")
    assert world.compile(*BODY).pins == {"a": "2", "b": "2"}
    assert world.index.paths == []


def test_the_strategy_first_index_asks_no_other(world, simple_index):
    other = simple_index()
    world.compile(*BODY, "--extra-index-url", other.url, "--index-strategy", "first-index")
    assert other.paths == []
    world.compile(*BODY, "--extra-index-url", other.url)
    assert sorted(set(other.paths)) == [*PAGES, "/simple/c/"]


def test_a_passing_failure_of_an_early_request_is_tried_again(world):
    world.index.fail("/simple/a/", Fault(status=503))
    assert world.compile(*BODY).pins == {"a": "1", "b": "1", "c": "1"}
    assert world.index.count("/simple/a/") == 2


def test_a_command_that_fails_before_it_asks_leaves_nothing_open(world):
    """The input is plain, but the old lock cannot be read."""
    world.write("requirements.txt", "a==1").write_bytes(b"\xff\n")
    assert world.compile("-q").code != 0


def test_each_file_is_read_once(world, monkeypatch):
    """Inputs and the old lock are handed on; the lock is looked at again only where it is replaced."""
    world.write("bounds.txt", "c<2")
    world.write("requirements.txt", "a==1")
    world.want("a", "b", "-c bounds.txt")
    opened = []

    def recording(file, *others, **named):
        opened.append(str(file))
        return real(file, *others, **named)

    real = builtins.open
    monkeypatch.setattr(builtins, "open", recording)
    assert world.compile("-q", "--dry-run").code == 0
    monkeypatch.undo()
    assert [opened.count(name) for name in ("requirements.in", "bounds.txt", "requirements.txt")] == [1, 1, 1]


def test_a_start_that_found_no_way_is_no_end(world):
    """What is wrong with the output is said by the compile itself."""
    start = CompileStart(CompileRequest(("requirements.in",), "absent/requirements.txt"), os.environ)
    assert not start.has_asked()
    with pytest.raises(OutputError):
        compile_(CompileRequest(("requirements.in",), "absent/requirements.txt"), start=start)
    assert world.index.paths == []


def test_nothing_heavy_is_loaded_before_the_first_request_nor_what_a_plain_run_can_do_without(world):
    """What is loaded when the first bytes go out, and when the process ends."""
    code = f"""if True:
        import socket, sys
        names = {{"click", "packaging", "packaging.requirements", "requests", "pip", "email", "http.client"}}
        first = []
        send = socket.socket.send

        def sending(*args):
            first[:] = first or [sorted(names & set(sys.modules))]
            return send(*args)

        socket.socket.send = sending
        from piptools_clone.cli.compile_entry import main

        def end(code):
            print(code, *first, sorted(names & set(sys.modules)))
            sys.exit(code)

        sys.argv = ["pip-compile", "-q", "--cache-dir", {str(world.cache)!r}]
        main(end=end)
    """
    assert world._process("-c", code).out == "0 [] ['packaging']\n"
