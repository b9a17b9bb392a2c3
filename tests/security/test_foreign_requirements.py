"""What comes from outside is never expanded, and is no part of a lock's syntax."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piptools_clone.environment.targets import running_target
from piptools_clone.errors import MetadataError, OutputError
from piptools_clone.formats.locks.old_lock import as_written, parse_lock
from piptools_clone.formats.locks.requirements_txt import LockStyle, render_lock
from piptools_clone.formats.requirements.dependencies import DependencyReader
from piptools_clone.formats.requirements.grammar import LineProblem
from piptools_clone.formats.requirements.requirement_line import check_reference
from piptools_clone.model.candidate import CoreMetadata
from piptools_clone.model.lock import Lock, Pin
from tests.support.packages import make_sdist, make_wheel, write_project
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex

SEPARATORS = ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
"""Where `str.splitlines`, and so every reader of a requirements file, ends a line."""
STYLE = LockStyle(generate_hashes=True)


@pytest.mark.parametrize("host", ["{host}", "${{API_TOKEN}}.{host}", "user:${{API_TOKEN}}@{host}"])
@pytest.mark.parametrize("kind", ["http", "git+http"])
def test_an_address_of_metadata_that_holds_a_variable_is_refused(
    kind: str, host: str, project: Project, index: SimpleIndex
) -> None:
    path = "/${API_TOKEN}/x-1.0-py3-none-any.whl" if host == "{host}" else "/x-1.0-py3-none-any.whl"
    url = f"{kind}://{host.format(host=index.host)}{path}"
    index.add(make_wheel("a", "1.0", requires=[f"x @ {url}"]))
    run = project.want("a").compile(env={"API_TOKEN": "s3cret"})
    assert (run.code, run.lock) == (2, None)
    assert "a 1.0 requires x" in run.err
    assert "variable" in run.err
    assert not [path for path in index.paths if "s3cret" in path or "API_TOKEN" in path]


def test_a_variable_of_an_address_that_is_not_needed_refuses_nothing(project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("a", "1.0", requires=['x @ http://h.example/${TOKEN}/x.whl ; sys_platform == "none"']))
    assert project.want("a").compile().pins == {"a": "1.0"}


def test_a_variable_of_metadata_that_a_build_made_is_refused(project: Project, index: SimpleIndex) -> None:
    """The backend of a project comes from an index, though the project is the user's own."""
    write_project(project.folder, "mine", "1.0", requires=['x ; platform_machine != "${API_TOKEN}"'])
    index.add(make_wheel("x", "1.0"))
    run = project.compile("pyproject.toml", "--no-build-isolation")
    assert (run.code, run.lock) == (2, None)
    assert "variable" in run.err


def test_credentials_of_an_address_of_metadata_are_not_written(project: Project, index: SimpleIndex) -> None:
    wheel = make_wheel("x", "1.0")
    url = index.serve(f"/x/{wheel.filename}", wheel.data)
    index.add(make_wheel("a", "1.0", requires=[f"x @ {url.replace('//', '//user:s3cret@')}"]))
    run = project.want("a").compile()
    assert f"x @ {url}\n" in (run.lock or b"").decode()
    assert b"s3cret" not in (run.lock or b"")


@pytest.mark.parametrize("separator", SEPARATORS)
@pytest.mark.parametrize("continued", [True, False])
def test_an_address_of_metadata_injects_no_line(
    separator: str, continued: bool, project: Project, index: SimpleIndex
) -> None:
    wheel = make_wheel("x", "1.0")
    url = index.serve(f"/x/{wheel.filename}", wheel.data)
    metadata = f"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: x @ {url}#a{separator}"
    metadata += "\\" if continued else "--index-url=http://evil.example"
    index.add(make_wheel("a", "1.0", metadata=f"{metadata}\n\n"))
    run = project.want("a").compile("--no-emit-options")
    lines = (run.lock or b"").decode().splitlines()
    assert all(re.match(r"#|\s+#|[ax](==| @ )|$", line) for line in lines)
    assert not any("evil" in line for line in lines if not line.startswith("x @ "))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", (run.lock or b"").decode() + run.err)


def test_a_sync_reads_an_address_as_pip_does(project: Project, index: SimpleIndex) -> None:
    """A semicolon that is no marker for pip is none for anyone."""
    with pytest.raises(LineProblem):
        check_reference("x", 'https://h.example/x.whl;sys_platform=="none"')


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/x-1.0-py3-none-any.whl",
        "https://h.example/%24%7BTOKEN%7D/x.zip#sha256=" + "0" * 64,
        "https://user:word@h.example/x.zip#subdirectory=a&egg=x",
        "git+https://h.example/x.git@main#egg=x",
        "git+ssh://git@h.example/x.git@v1.0",
        "file:///srv/x",
        "file:./x",
        "https://h.example/\u00e4$x/{y}.zip?a=b&c=d",
    ],
)
def test_odd_addresses_that_are_honest(url: str) -> None:
    check_reference("x", url)


def test_an_extra_of_metadata_is_one_name() -> None:
    reader = DependencyReader(running_target())
    for line in ("x[a b]", "x[a\x0b-e\x0bfoo]", "x[a --pre]", "x[-e]", "x[a\tb]", "x[b,]"):
        with pytest.raises(MetadataError):
            reader.read(CoreMetadata("a", "1.0", (line,)))
    assert reader.read(CoreMetadata("a", "1.0", ("x[ b , a.B ]",)))[0].extras == ("a-b", "b")


# the last gate: whatever a pin holds, the lock says what the model says, or is not written

odd = st.text(st.sampled_from([*"ab #;\\'\"-=[]$@/:.\x1b\x00\x7f\u202e\xa0", *SEPARATORS]), max_size=12)
anything = odd | st.text(max_size=8)
names = st.sampled_from(["a", "b-c", "x"])


@st.composite
def pins(draw: st.DrawFn) -> Pin:
    url = draw(st.sampled_from(["", "http://h.example/x.zip", "./x"]))
    return Pin(
        draw(names),
        "1.0",
        url=url and url + draw(anything),
        marker=draw(st.just("") | st.builds('os_name == "{}"'.format, anything)),
        via=tuple(draw(st.lists(st.builds("-r {}".format, anything) | names, max_size=2))),
    )


@given(st.lists(pins(), max_size=3, unique_by=lambda pin: pin.name))
def test_a_rendered_lock_holds_the_lines_of_its_model_only(given_pins: list[Pin]) -> None:
    lock = Lock(tuple(given_pins))
    try:
        text = render_lock(lock, STYLE).text
    except OutputError:
        return
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
    assert text.splitlines() == text.split("\n")[:-1]
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) == len(given_pins)
    assert not any(line.startswith("-") or line.endswith("\\") for line in lines)


fields = st.lists(
    st.tuples(st.sampled_from(["x", "y[z]", "x @ http://h.example/x.zip", "y>=1"]), anything).map("".join), max_size=3
)


@given(fields, anything, anything)
def test_whatever_metadata_says_the_lock_holds_no_more(requires: list[str], requires_python: str, extra: str) -> None:
    """Each requirement that is understood, pinned as a resolution would pin it, is one line, or is refused."""
    reader = DependencyReader(running_target())
    try:
        found = reader.read(CoreMetadata("a", "1.0", tuple(requires), requires_python, (extra,)))
    except MetadataError:
        return
    written = []
    for dependency in found:
        if dependency.url is not None:
            try:
                check_reference(dependency.name, dependency.url)
            except LineProblem:
                continue
        written.append(Pin(dependency.name, "1.0", dependency.extras, url=dependency.url or "", via=("a",)))
    for pin in written:
        lock = Lock((pin,))
        text = render_lock(lock, STYLE).text
        assert "${" not in text
        assert len([line for line in text.splitlines() if not line.lstrip().startswith("#")]) == 1
        assert parse_lock(text, "lock.txt").lock == as_written(lock, STYLE)


def test_escape_characters_of_a_specifier_reach_no_terminal(project: Project, index: SimpleIndex) -> None:
    odd_text = "1.0\x1b]0;evil\x07"
    metadata = f"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: b==={odd_text}\n\n"
    index.add(make_wheel("a", "1.0", metadata=metadata))
    index.add(make_wheel("b", "1.0"))
    run = project.want("a").compile("-v")
    assert run.code == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", run.err + run.out)


def test_a_source_distribution_is_no_other_way(project: Project, index: SimpleIndex) -> None:
    index.add(make_sdist("a", "1.0", static=True, requires=[f"x @ {index.root}/${{HOME}}/x.zip"]))
    run = project.want("a").compile()
    assert (run.code, run.lock) == (2, None)
    assert "${HOME}" in run.err
