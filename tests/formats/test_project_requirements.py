"""Static project files: what is read, what is wrong with it, and what it requires."""

import pytest

from piptools_clone.errors import InputError, UsageError
from piptools_clone.formats.projects.project_file import DeclaredProject, read_project
from piptools_clone.formats.projects.project_requirements import project_requirements

TEXT = """
[build-system]
requires = ["hatchling>=1"]
build-backend = "hatchling.build"

[project]
name = "My_Proj"
version = "1"
requires-python = ">=3.9"
dependencies = [
    "alpha>=1",
    "alpha-extra; extra == 'dev' or os_name == 'nt'",
    "direct[x] @ https://u:secret@h.example/d.zip#egg=direct ; os_name == 'nt'",
]

[project.optional-dependencies]
dev = ["beta[Two_B]", "my.proj[test]"]
Test_It = ["gamma; python_version < '3.10'"]
test = ["my-proj[test-it] ; os_name == 'nt'", "delta"]
all = ["My_Proj[dev,all]"]

[dependency-groups]
lint = ["ruff", {include-group = "Typing_X"}]
typing-x = ["mypy ; os_name == 'posix'", "my-proj[test]"]
"""


NAMED = "[project]\nname = 'a'\n"


def project(text: str = TEXT, path: str = "./sub/pyproject.toml") -> DeclaredProject:
    return read_project(text, path)


def wanted(*extras: str, groups: tuple[str, ...] = (), text: str = TEXT, **options: bool) -> list[str]:
    found = project_requirements(project(text), extras, groups, **options)
    return [
        f"{one.name}{list(one.extras) or ''}{one.specifier}" + (f" ; {one.marker}" if one.marker else "")
        for one in found
    ]


def test_what_is_read() -> None:
    found = project()
    assert (found.path, found.name, found.requires_python) == ("sub/pyproject.toml", "My_Proj", ">=3.9")
    assert (found.build_requires, found.build_backend) == (("hatchling>=1",), "hatchling.build")
    assert sorted(found.optional_dependencies) == ["all", "dev", "test", "test-it"]
    assert found.groups["lint"] == ("ruff", "->typing-x")
    assert found.is_static


def test_base_dependencies() -> None:
    assert wanted() == [
        "alpha>=1",
        'alpha-extra ; os_name == "nt"',
        "direct['x'] ; os_name == \"nt\"",
    ]


def test_origins_and_addresses() -> None:
    alpha, _, direct = project_requirements(project())
    assert str(alpha.origin) == "sub/pyproject.toml:11"
    assert alpha.origin.annotation == "My_Proj (sub/pyproject.toml)"
    assert (direct.url, direct.shown) == ("https://u:secret@h.example/d.zip", "https://h.example/d.zip")


def test_an_extra_needs_no_extra_marker() -> None:
    """`extra == "dev" or os_name == "nt"` with dev chosen holds everywhere."""
    assert wanted("dev") == [
        "alpha>=1",
        "alpha-extra",
        "direct['x'] ; os_name == \"nt\"",
        "beta['two-b']",
        'gamma ; os_name == "nt" and python_version < "3.10"',
        "delta",
    ]


def test_references_to_itself_leave_nothing_of_it_and_circles_end() -> None:
    assert wanted("all") == wanted("dev")
    assert 'gamma ; python_version < "3.10"' in wanted(all_extras=True)


def test_extras_are_named_in_any_spelling_and_order_follows_the_caller() -> None:
    assert wanted("TEST.it")[-1] == 'gamma ; python_version < "3.10"'
    assert wanted("dev", "dev") == wanted("dev")


def test_groups() -> None:
    found = project_requirements(project(), groups=["Lint"], with_dependencies=False)
    assert [one.name for one in found] == ["ruff", "mypy", "gamma", "delta"]
    assert found[0].origin.annotation == "My_Proj (sub/pyproject.toml:lint)"
    assert found[1].origin.annotation == "My_Proj (sub/pyproject.toml:lint)"


def test_groups_without_a_project() -> None:
    found = project_requirements(project('[dependency-groups]\nx = ["alpha"]'), groups=["x"])
    assert [one.origin.annotation for one in found] == ["(sub/pyproject.toml:x)"]
    assert not project("").is_static


@pytest.mark.parametrize(
    ("extras", "groups", "message", "hint"),
    [
        (["tset"], [], "defines no extra 'tset'; it has all, dev, test, test-it", "did you mean --extra test?"),
        (["nope"], [], "defines no extra 'nope'", "known extras: all, dev, test, test-it"),
        ([], ["lnit"], "defines no group 'lnit'; it has lint, typing-x", "did you mean --group lint?"),
    ],
)
def test_unknown_extras_and_groups(extras: list[str], groups: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        project_requirements(project(), extras, groups)
    assert (caught.value.message, caught.value.hint) == (f"sub/pyproject.toml {message}", hint)


@pytest.mark.parametrize(
    ("dynamic", "static"), [('["version"]', True), ('["dependencies"]', False), ('["optional-dependencies"]', False)]
)
def test_what_the_file_alone_cannot_tell(dynamic: str, static: bool) -> None:
    assert project(f'[project]\nname = "x"\ndynamic = {dynamic}').is_static is static


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project", "not valid TOML: Expected"),
        ("[project]\nversion = '1'", "project.name is missing"),
        ("[project]\nname = 'a b'", "project.name is wrong: 'a b' is not the name of a project"),
        ('[project]\nname = "a\\u001b"', r"project.name is wrong: 'a\x1b'"),
        ("[project]\nname = 1", "project.name must be a string"),
        ("project = 1", "project must be a table"),
        (NAMED + "dependencies = 'b'", "project.dependencies must be a list"),
        (NAMED + "dependencies = ['b', 1]", "project.dependencies[1] must be a string"),
        (NAMED + "dependencies = ['b', 'c = 1']", "project.dependencies[1] is wrong: 'c = 1' is not"),
        (NAMED + "requires-python = '3'", "project.requires-python is wrong: '3'"),
        (NAMED + "optional-dependencies = []", "project.optional-dependencies must be a table"),
        (
            NAMED + "[project.optional-dependencies]\nA_b = []\na-b = []",
            "project.optional-dependencies.A_b is defined twice",
        ),
        ("[dependency-groups]\na = [{include-group = 1}]", "dependency-groups.a[0] must be a requirement"),
        ("[dependency-groups]\na = [1]", "dependency-groups.a[0] must be a requirement"),
        ("[build-system]\nrequires = ['=']", "build-system.requires[0] is wrong"),
    ],
)
def test_mistakes_name_their_key(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_project(text, "p.toml")
    assert caught.value.message.startswith(f"p.toml: {message}")


def test_broken_toml_names_its_line() -> None:
    with pytest.raises(InputError, match=r"^p\.toml:2: not valid TOML: "):
        read_project("a = 1\na = 2\n", "p.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            NAMED + "[project.optional-dependencies]\nx = [\n'a[nope]']",
            "p.toml:5: 'a[nope]' names the extra 'nope', which is not defined",
        ),
        (
            "[dependency-groups]\nx = [{include-group = 'y'}]\ny = [{include-group = 'x'}]",
            "p.toml: dependency-groups.x includes itself: x -> y -> x",
        ),
        (
            "[dependency-groups]\nx = [{include-group = 'y'}]",
            "p.toml: dependency-groups.x includes 'y', which is not defined",
        ),
        (NAMED + "dependencies = ['b @ ./b']", "p.toml:3: 'b @ ./b' does not name a URL after '@'"),
    ],
)
def test_mistakes_between_parts(text: str, message: str) -> None:
    found = read_project(text, "p.toml")
    with pytest.raises(InputError) as caught:
        project_requirements(found, found.optional_dependencies, ["x"] if found.groups else [])
    assert caught.value.message == message
