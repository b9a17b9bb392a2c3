"""Whatever a page, metadata or a file of settings holds ends in words of ours or in a lock.

`test_stored_values` has the same for what is stored.

`Project.compile` lets no exception through, and refuses "This is a bug"; a run that hangs fails by its own limits.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.anywhere import VALUES, changed, deep, places, replaced
from tests.support.index_pages import JSON_TYPE
from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import Fault, SimpleIndex


def law(examples: int) -> settings:
    """So many examples in one project: each run of the command begins anew."""
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


NO_CACHE = ("--pip-args", "--no-cache-dir")


def fresh(project: Project) -> tuple[str, ...]:
    """A cache of its own."""
    import tempfile

    return "--cache-dir", tempfile.mkdtemp(dir=project.root)


# pages

WHEEL, OLD, SDIST = make_wheel("a", "2.0", requires=["b"]), make_wheel("a", "1.0"), make_sdist("a", "1.5", static=True)


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    for package in (WHEEL, OLD, SDIST, make_wheel("b", "1.0")):
        index.add(package)
    return project.want("a")


def page(index: SimpleIndex) -> dict[str, Any]:
    """The page of the package, with all that a page can say."""
    made: dict[str, Any] = json.loads(index.answer("/simple/a/", {"accept": JSON_TYPE}).body)
    made["versions"] = ["1.0", "1.5", "2.0"]
    made["project-status"] = {"status": "archived", "reason": "old"}
    made["alternate-locations"] = [index.url]
    made["files"][0]["yanked"] = "broken"
    made["files"][1]["requires-python"] = ">=3.8"
    return made


def show(index: SimpleIndex, text: str) -> None:
    index.fail_always("/simple/a/", Fault(body=text.encode(), headers={"Content-Type": JSON_TYPE}))


@pytest.mark.parametrize(
    "args", [("--generate-hashes",), ("--uploaded-prior-to", "2030-01-01"), ("--only-binary", "a")]
)
def test_any_value_at_any_place_of_a_page(args: tuple[str, ...], world: Project, index: SimpleIndex) -> None:
    @law(80)
    @given(changed(page(index)))
    def holds(document: object) -> None:
        show(index, json.dumps(document))
        run = world.compile(*args, "-U", *fresh(world))
        assert run.code in {0, 1, 2}

    holds()


def test_null_and_a_number_at_every_place_of_a_page(world: Project, index: SimpleIndex) -> None:
    document = page(index)
    for path in places(document):
        for value in (None, 7):
            show(index, json.dumps(replaced(document, path, value)))
            assert world.compile("-U", *fresh(world)).code in {0, 1, 2}


def test_what_is_nested_deeper_than_can_be_read(world: Project, index: SimpleIndex) -> None:
    document = page(index)
    for path in [*places(document)][1:]:
        text = json.dumps(replaced(document, path, "HERE")).replace('"HERE"', deep())
        show(index, text)
        assert world.compile("-U", *fresh(world)).code in {0, 1, 2}


# metadata

ODD_LINES = [
    "b" + ";" + "(" * 5000 + "os_name=='posix'" + ")" * 5000,
    "b @ https://h.example/b.zip ; " + "(" * 5000 + "os_name=='posix'" + ")" * 5000,
    "b[" + "x," * 5000 + "x]",
    "b>=" + "9" * 5000,
    "b==" + "1." * 3000 + "1",
    "b (>=" + "9" * 5000 + ")",
    "b; python_version >= '" + "9" * 5000 + "'",
    "b; " + " and ".join(["os_name=='posix'"] * 5000),
    "b; 'x' in extras",
    "b; extra in 'x'",
    "b; python_version in '3.8, 3.9'",
    "b; extra > '1'",
    "b; 'posix' == 'posix'",
    "b @ http://[",
    "b @ file:///nowhere/b.zip",
    "b @ git+https://",
    "b===" + "\u202e",
    "b ~= 1",
    "b !=1.*, ==*",
    "\ufeffb",
    "b\udc80",
]


@pytest.mark.parametrize("line", ODD_LINES, ids=range(len(ODD_LINES)))
def test_odd_requirements_of_a_release(line: str, project: Project, index: SimpleIndex) -> None:
    text = f"Metadata-Version: 2.1\nName: odd\nVersion: 1.0\nProvides-Extra: x\nRequires-Dist: {line}\n"
    index.add(make_wheel("odd", "1.0", metadata=text.encode("utf-8", "surrogateescape")))
    index.add(make_wheel("b", "1.0"))
    run = project.want("odd[x]").compile("--generate-hashes")
    assert run.code in {0, 1, 2}


FIELDS = ("Name", "Version", "Requires-Dist", "Requires-Python", "Provides-Extra", "Metadata-Version", "Dynamic")


@law(80)
@given(st.lists(st.tuples(st.sampled_from(FIELDS), st.text(max_size=20) | st.sampled_from(ODD_LINES)), max_size=3))
def test_any_text_in_metadata(project: Project, index: SimpleIndex, fields: list[tuple[str, str]]) -> None:
    head = "Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n"
    text = head + "".join(f"{name}: {value}\n" for name, value in fields)
    index.projects.clear()
    index.add(make_wheel("odd", "1.0", metadata=text.encode("utf-8", "surrogateescape")))
    index.add(make_wheel("b", "1.0"))
    assert project.want("odd").compile(*fresh(project)).code in {0, 1, 2}


@law(40)
@given(
    changed(
        {
            "name": "s",
            "version": "1.0",
            "dependencies": ["b"],
            "optional-dependencies": {"x": ["b>=1"]},
            "requires-python": ">=3.8",
            "dynamic": ["readme"],
        },
        st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab[]<>=;1.", max_size=5) | st.just([]) | st.just({}),
    )
)
def test_any_value_in_the_project_table_of_a_source_distribution(
    project: Project, index: SimpleIndex, table: Any
) -> None:
    import tomli_w

    index.projects.clear()
    index.add(make_wheel("b", "1.0"))
    text = "" if table is None else tomli_w.dumps({"project": without_none(table)})
    index.add(make_sdist("s", "1.0", pyproject=text, fails="no need to build"))
    assert project.want("s").compile("--no-build", *fresh(project)).code in {0, 1, 2}


def without_none(value: Any) -> Any:
    """The same as far as TOML can hold it."""
    if isinstance(value, dict):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_none(each) for each in value if each is not None]
    return value


# chains


def test_extras_that_each_want_the_next(project: Project, index: SimpleIndex) -> None:
    count = 2000
    needs = [f'a[x{number + 1}]; extra == "x{number}"' for number in range(count)]
    index.add(make_wheel("a", "1.0", requires=[*needs, f'b; extra == "x{count}"']))
    index.add(make_wheel("b", "1.0"))
    assert project.want("a[x0]").compile("--strip-extras").pins == {"a": "1.0", "b": "1.0"}


def test_packages_that_each_want_the_next(project: Project) -> None:
    count = 700
    wheels = project.folder / "wheels"
    for number in range(count):
        make_wheel(f"p{number}", "1.0", requires=[f"p{number + 1}"] if number < count - 1 else ["gone"]).write(wheels)
    run = project.want("p0").compile("--no-index", "-f", "wheels")
    assert run.code == 1
    assert "gone" in run.err
    make_wheel("gone", "1.0").write(wheels)
    assert len(project.compile("--no-index", "-f", "wheels").pins) == count + 1


def test_packages_that_each_want_the_next_from_the_cache(project: Project, index: SimpleIndex) -> None:
    """Each answer is there at once, while another package is waited for."""
    count = 400
    for number in range(count):
        index.add(make_wheel(f"p{number}", "1.0", requires=[f"p{number + 1}"] if number < count - 1 else []))
    for name in ("first", "last"):
        index.add(make_wheel(name, "1.0"))
    assert len(project.want("p0").compile().pins) == count
    project.lock_path.unlink()
    assert len(project.want("first", "p0", "last").compile().pins) == count + 2


def test_extras_of_packages_that_each_want_the_next(project: Project) -> None:
    count = 300
    wheels = project.folder / "wheels"
    for number in range(count):
        need = [f'p{number + 1}[x]; extra == "x"'] if number < count - 1 else ['gone; extra == "x"']
        make_wheel(f"p{number}", "1.0", requires=need, extras=["x"]).write(wheels)
    run = project.want("p0[x]").compile("--no-index", "-f", "wheels")
    assert run.code == 1
    assert "gone" in run.err


def test_groups_that_each_include_the_next(project: Project) -> None:
    count = 3000
    groups = "".join(f'g{number} = [{{include-group = "g{number + 1}"}}]\n' for number in range(count))
    project.write("pyproject.toml", "[dependency-groups]", groups, f"g{count} = []")
    assert project.compile("--group", "g0", "-o", "out.txt").code in {0, 2}


def test_extras_of_a_project_that_each_want_the_next(project: Project) -> None:
    count = 3000
    extras = "".join(f'x{number} = ["p[x{number + 1}]"]\n' for number in range(count))
    project.write(
        "pyproject.toml",
        "[project]",
        'name="p"',
        'version="1"',
        "[project.optional-dependencies]",
        extras,
        f"x{count}=[]",
    )
    assert project.compile("pyproject.toml", "--extra", "x0").code in {0, 2}


def test_files_that_each_include_the_next(project: Project) -> None:
    for number in range(1500):
        project.write(f"r{number}.in", f"-r r{number + 1}.in")
    run = project.compile("r0.in")
    assert run.code == 2
    assert "files include one another" in run.err


@pytest.mark.parametrize("where", ["line", "constraint", "lock", "pyproject", "-P"])
def test_markers_and_texts_that_are_too_deep(where: str, project: Project, index: SimpleIndex) -> None:
    index.add(make_wheel("a", "1.0"))
    odd = f"a ; {'(' * 5000}os_name == 'posix'{')' * 5000}"
    project.want("a")
    args: tuple[str, ...] = ()
    if where == "line":
        project.want(odd)
    elif where == "constraint":
        project.write("c.txt", odd)
        args = ("-c", "c.txt")
    elif where == "lock":
        project.write("requirements.txt", odd.replace("a ;", "a==1.0 ;"))
    elif where == "-P":
        args = ("-P", odd)
    else:
        project.write("pyproject.toml", "[project]", 'name="p"', 'version="1"', f'dependencies=["{odd}"]')
        args = ("pyproject.toml",)
    assert project.compile(*args).code == 2


# settings

TOML = (
    st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False)
    | st.text("ab-=/ ", max_size=5)
    | st.lists(st.integers(0, 3) | st.text("ab", max_size=3) | st.just({"a": 1}), max_size=2)
    | st.just({})
    | st.just({"compile": 1})
)
KEYS = (
    "quiet", "verbose", "output-file", "extra", "find-links", "index-url", "pip-args", "upgrade-package", "src-files",
    "generate-hashes", "no-annotate", "annotation-style", "newline", "max-rounds", "build-deps-for", "cache-dir",
    "compile", "sync", "constraint", "unsafe-package", "uploaded-prior-to", "absent-status", "color", "group", "python",
)  # fmt: skip


@law(120)
@given(st.dictionaries(st.sampled_from(KEYS), TOML, min_size=1, max_size=2), st.booleans(), st.none() | TOML)
def test_any_value_in_the_configuration(world: Project, table: dict[str, Any], own: bool, tool: object) -> None:
    import tomli_w

    document: Any = {"tool": {"pip-tools": table if tool is None else tool}}
    name = ".pip-tools.toml" if own else "pyproject.toml"
    for each in (".pip-tools.toml", "pyproject.toml"):
        (world.folder / each).unlink(missing_ok=True)
    (world.folder / name).write_text(tomli_w.dumps(document), encoding="utf-8")
    assert world.compile("requirements.in", "--dry-run", "--no-index").code in {0, 1, 2}


@law(100)
@given(
    changed(
        {
            "project": {
                "name": "p",
                "version": "1",
                "dependencies": ["a"],
                "optional-dependencies": {"x": ["p[y]"], "y": ["b"]},
                "requires-python": ">=3.8",
                "dynamic": ["readme"],
            },
            "dependency-groups": {"g": ["a", {"include-group": "h"}], "h": ["b"]},
            "build-system": {"requires": ["b"], "build-backend": "x", "backend-path": ["."]},
            "tool": {"pip-tools": {"quiet": 1}},
        },
        VALUES.filter(lambda value: value is not None),
    )
)
def test_any_value_in_a_project(world: Project, document: Any) -> None:
    import tomli_w

    try:
        text = tomli_w.dumps(without_none(document))
    except (TypeError, ValueError, AttributeError, UnicodeError):
        return  # TOML has no such value
    (world.folder / "pyproject.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    args = ("pyproject.toml", "--all-extras", "--group", "g", "--no-build", "--dry-run")
    assert world.compile(*args).code in {0, 1, 2}
