"""Whole files: includes, roles, options, origins."""

import pytest

from piptools_clone.errors import InputError
from piptools_clone.formats.requirements.include import INCLUDE_DEPTH
from piptools_clone.formats.requirements.requirements_in import (
    Wanted,
    parse_all_requirements,
    parse_requirements,
    written_address,
)
from piptools_clone.model.requirement import Requirement


def reader(files: dict[str, str], log: list[str] | None = None):
    def read(path: str) -> bytes:
        if log is not None:
            log.append(path)
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path].encode()

    return read


def parse(
    files: dict[str, str], path: str = "r.in", *, exists=None, constraint: bool = False, **environ: str
) -> Wanted:
    return parse_requirements(
        path, reader(files), environ=environ, working_folder="/w/proj", constraint=constraint, exists=exists
    )


def places(requirements: tuple[Requirement, ...]) -> list[tuple[str | None, str, str]]:
    return [(found.name, str(found.origin), found.origin.annotation) for found in requirements]


def test_nested_files_are_relative_to_the_file_that_names_them() -> None:
    files = {
        "r.in": "# top\n-r sub/base.in\nalpha",
        "sub/base.in": "-r ../other.in\n-rdeep/x.in\nbeta",
        "other.in": "gamma",
        "sub/deep/x.in": "--requirement=/abs/y.in\ndelta",
        "../../abs/y.in": "epsilon",
    }
    wanted = parse(files)
    assert places(wanted.requirements) == [
        ("gamma", "other.in:1", "-r other.in"),
        ("epsilon", "../../abs/y.in:1", "-r ../../abs/y.in"),
        ("delta", "sub/deep/x.in:2", "-r sub/deep/x.in"),
        ("beta", "sub/base.in:3", "-r sub/base.in"),
        ("alpha", "r.in:3", "-r r.in"),
    ]
    assert wanted.files == ("r.in", "sub/base.in", "other.in", "sub/deep/x.in", "../../abs/y.in")


@pytest.mark.parametrize(
    ("given", "root", "nested"),
    [
        ("./r.in", "-r r.in", "-r base.in"),
        ("sub//r.in", "-r sub/r.in", "-r sub/base.in"),
        ("../r.in", "-r ../r.in", "-r ../base.in"),
        ("a/../r.in", "-r a/../r.in", "-r base.in"),
        ("/w/proj/r.in", "-r /w/proj/r.in", "-r /w/proj/base.in"),
    ],
)
def test_places_are_shown_as_the_root_was_given(given: str, root: str, nested: str) -> None:
    files = {root.removeprefix("-r "): "-r base.in\nalpha", nested.removeprefix("-r "): "beta"}
    wanted = parse(files, given)
    assert [found.origin.annotation for found in wanted.requirements] == [nested, root]


def test_standard_input_includes_from_the_working_folder() -> None:
    wanted = parse({"-": "alpha\n-r base.in", "base.in": "beta"}, "-")
    assert places(wanted.requirements) == [("alpha", "-:1", "-r -"), ("beta", "base.in:1", "-r base.in")]


def test_includes_over_http_are_relative_to_their_url() -> None:
    files = {
        "r.in": "-c https://u:secret@h.example/c/all.txt",
        "https://u:secret@h.example/c/all.txt": "-c ../more.txt\nalpha<2",
        "https://u:secret@h.example/more.txt": "beta<2",
    }
    wanted = parse(files)
    assert places(wanted.constraints) == [
        ("beta", "https://h.example/more.txt:1", "-c https://h.example/more.txt"),
        ("alpha", "https://h.example/c/all.txt:2", "-c https://h.example/c/all.txt"),
    ]


def test_a_variable_in_an_included_address_is_shown_as_typed() -> None:
    files = {"r.in": "-r https://${T}@h.example/x.in", "https://token@h.example/x.in": "alpha"}
    assert parse(files, T="token").requirements[0].origin.path == "https://${T}@h.example/x.in"


def test_a_file_url_is_read_as_a_path_and_shown_as_typed() -> None:
    wanted = parse({"r.in": "-r file:///abs/my%20x.in", "/abs/my x.in": "alpha"})
    assert places(wanted.requirements) == [("alpha", "file:///abs/my%20x.in:1", "-r file:///abs/my%20x.in")]


def test_constraints_lose_extras_and_requirements_inside_constraints_are_requirements() -> None:
    """As in pip, the role of a file is said by the option that names it, not by the file around it."""
    files = {"r.in": "-c c.txt\nalpha", "c.txt": "beta[x]<2\n-r d.txt\n-c e.txt", "d.txt": "gamma", "e.txt": "delta"}
    wanted = parse(files)
    assert places(wanted.constraints) == [("beta", "c.txt:1", "-c c.txt"), ("delta", "e.txt:1", "-c e.txt")]
    assert places(wanted.requirements) == [("gamma", "d.txt:1", "-r d.txt"), ("alpha", "r.in:2", "-r r.in")]
    assert wanted.constraints[0].extras == ()
    assert all(found.is_constraint for found in wanted.constraints)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-e ./pkg", "c.txt:1: '-e ./pkg' is editable, which a constraint cannot be"),
        ("./pkg", "c.txt:1: './pkg' has no name, which a constraint needs"),
        ("git+https://u:secret@h.example/r", "has no name"),
    ],
)
def test_refused_constraints(line: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse({"c.txt": line}, "c.txt", constraint=True)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_named_address_may_be_a_constraint() -> None:
    (found,) = parse({"c.txt": "n @ https://h.example/x.zip"}, "c.txt", constraint=True).constraints
    assert (found.name, found.url) == ("n", "https://h.example/x.zip")


def test_each_file_is_read_once_in_each_role() -> None:
    log: list[str] = []
    files = {"a.in": "-r base.in\n-r base.in\n-c base.in", "b.in": "-r ./base.in\n-r a.in", "base.in": "alpha"}
    wanted = parse_all_requirements(
        [("a.in", False), ("b.in", False)], reader(files, log), environ={}, working_folder="/w"
    )
    assert log == ["a.in", "base.in", "base.in", "b.in"]
    assert len(wanted.requirements) == len(wanted.constraints) == 1


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"r.in": "\n-r r.in"}, "r.in:2: 'r.in' includes itself: r.in -> r.in"),
        (
            {"r.in": "-r a/b.in", "a/b.in": "-c ../c.in", "c.in": "x\n-r a/b.in"},
            "c.in:2: 'a/b.in' includes itself: a/b.in -> c.in -> a/b.in",
        ),
    ],
)
def test_a_circle_shows_its_chain(files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(files)
    assert caught.value.message == message


def test_depth_is_bounded() -> None:
    files = {f"{n}.in": f"-r {n + 1}.in" for n in range(INCLUDE_DEPTH + 1)}
    with pytest.raises(InputError, match="more than 100 files include one another"):
        parse(files, "0.in")
    files[f"{INCLUDE_DEPTH - 1}.in"] = "alpha"
    assert len(parse(files, "0.in").requirements) == 1


@pytest.mark.parametrize("line", ["-r 'a\tb.in'", "-c '\x1b[31m.txt'"])
def test_file_names_with_control_characters_are_refused(line: str) -> None:
    with pytest.raises(InputError, match=r"r.in:1: the file name '.*' holds a control character"):
        parse({"r.in": line})


def test_a_missing_file_is_reported_where_it_is_named() -> None:
    with pytest.raises(InputError) as caught:
        parse({"r.in": "alpha\n-c nope.txt"})
    assert caught.value.message == "r.in:2: cannot open constraints file 'nope.txt': No such file or directory"
    with pytest.raises(InputError) as caught:
        parse({}, "nope.in")
    assert caught.value.message == "cannot open requirements file 'nope.in': No such file or directory"


def test_every_option_of_the_format() -> None:
    text = """
    -i https://idx.example/simple --extra-index-url https://b.example/simple
    --extra-index-url=https://c.example/simple
    --no-index
    -f https://links.example/ --find-links=/wheels
    --trusted-host a.example --trusted-host b.example:81
    --no-binary :all: --only-binary=a,b --no-binary :none:
    --prefer-binary --pre --require-hashes
    --all-releases a --only-final :all:
    --use-feature fast-deps
    """
    options = parse({"r.in": text}).options
    assert options.index_url == "https://idx.example/simple"
    assert options.extra_index_urls == ("https://b.example/simple", "https://c.example/simple")
    assert options.find_links == ("https://links.example/", "/wheels")
    assert options.trusted_hosts == ("a.example", "b.example:81")
    assert options.format_control == (("no_binary", ":all:"), ("only_binary", "a,b"), ("no_binary", ":none:"))
    assert options.release_control == (("all_releases", "a"), ("only_final", ":all:"))
    assert (options.no_index, options.prefer_binary, options.pre, options.require_hashes) == (True,) * 4
    assert options.use_feature == ("fast-deps",)


def test_options_reach_up_from_includes_and_a_new_index_replaces_all_before_it() -> None:
    files = {
        "r.in": "--extra-index-url https://a.example\n-r base.in\n--extra-index-url https://c.example",
        "base.in": "--pypi-url https://b.example\n--no-require-hashes",
    }
    options = parse(files).options
    assert (options.index_url, options.extra_index_urls) == ("https://b.example", ("https://c.example",))
    assert options.require_hashes is False


def test_nothing_said_is_none() -> None:
    assert parse({"r.in": "alpha"}).options == parse({"r.in": ""}).options
    assert parse({"r.in": ""}) == Wanted(files=("r.in",))


def test_addresses_are_written_back_as_typed() -> None:
    text = "-i https://${U}:${P}@idx.example/simple\n--extra-index-url https://u:p@b.example"
    wanted = parse({"r.in": text}, U="me", P="secret")
    assert wanted.options.index_url == "https://me:secret@idx.example/simple"
    assert written_address(wanted.options.index_url, wanted.typed) == "https://${U}:${P}@idx.example/simple"
    assert written_address(wanted.options.extra_index_urls[0], wanted.typed) == "https://b.example"


@pytest.mark.parametrize(
    ("line", "there", "expected"),
    [
        ("-f wheels", "/w/proj/sub/wheels", "sub/wheels"),
        ("-f ../wheels", "/w/proj/wheels", "wheels"),
        ("-f wheels", "/w/proj/wheels", "wheels"),
        ("-f ./wheels", "", "./wheels"),
        ("-f /wheels", "/wheels", "/wheels"),
        ("-f https://links.example", "", "https://links.example"),
    ],
)
def test_find_links_are_looked_for_beside_their_file(line: str, there: str, expected: str) -> None:
    """pip's documentation: a local path is relative to the file if it exists there, else to the working folder."""
    files = {"r.in": "-r sub/base.in", "sub/base.in": line}
    assert parse(files, exists=lambda path: path == there).options.find_links == (expected,)


def test_find_links_beside_the_root_stay_as_typed() -> None:
    assert parse({"r.in": "-f ./wheels"}, exists=lambda _: True).options.find_links == ("./wheels",)


def test_paths_begin_at_the_working_folder_and_must_exist() -> None:
    files = {"r.in": "-r sub/base.in", "sub/base.in": "-e ./pkg"}
    assert parse(files).requirements[0].url == "file:///w/proj/pkg"
    with pytest.raises(InputError) as caught:
        parse(files, exists=lambda path: path == "/w/proj/sub/pkg")
    assert caught.value.message == "sub/base.in:1: './pkg' does not exist: there is no /w/proj/pkg"
    assert "working folder" in caught.value.hint
    assert parse({"r.in": "./pkg ; os_name == 'nt'"}, exists=lambda _: False).requirements


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("foo --pre", "r.in:1: '--pre' has no effect on this line and is ignored"),
        ("--hash sha256:ab", "r.in:1: '--hash' has no effect on this line and is ignored"),
        ("--pre foo", "r.in:1: 'foo' has no effect on this line and is ignored"),
        ("-e ./pkg --hash=sha256:ab", "r.in:1: '--hash' has no effect on this line and is ignored"),
        ("-r b.in --pre", "r.in:1: '--pre' has no effect on this line and is ignored"),
    ],
)
def test_what_pip_ignores_in_silence_is_noted(text: str, note: str) -> None:
    wanted = parse({"r.in": text, "b.in": ""})
    assert wanted.notes == (note,)


def test_a_variable_may_hold_more_than_one_word() -> None:
    wanted = parse(
        {"r.in": "${OPTIONS}\n${LINE}"}, OPTIONS="-i https://idx.example", LINE="a @ https://h.example/x.zip"
    )
    assert wanted.options.index_url == "https://idx.example"
    assert wanted.requirements[0].shown == "https://h.example/x.zip"


@pytest.mark.parametrize(
    "text",
    ["alpha==1\r\nbeta==2\r\n", "alpha==1\rbeta==2", "\ufeffalpha==1\nbeta==2", "alpha==1 \\\n  # c\n\nbeta==2"],
)
def test_line_ends_and_marks(text: str) -> None:
    assert [found.name for found in parse({"r.in": text}).requirements] == ["alpha", "beta"]


def test_an_error_names_file_and_line_and_quotes_the_text() -> None:
    with pytest.raises(InputError) as caught:
        parse({"r.in": "-r sub/x.in", "sub/x.in": "ok\n\nfoo \\\n = 1"})
    assert caught.value.message.startswith("sub/x.in:3: 'foo  = 1' is not a valid requirement: ")
    assert caught.value.hint == "= is not an operator; did you mean == ?"


@pytest.mark.parametrize("path", ["a\nb.in", "a\x1b.in"])
def test_a_root_with_a_control_character_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="holds a control character"):
        parse({path: ""}, path)


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "|||||||", "=======", ">>>>>>> a branch"])
def test_a_merge_conflict_is_named(mark: str) -> None:
    with pytest.raises(InputError) as caught:
        parse({"r.in": "-r sub/a.in", "sub/a.in": f"alpha \\\n{mark}\nbeta"})
    assert str(caught.value).startswith("sub/a.in:2: the file is in a merge conflict: this line is one of its marks\n")
    assert "delete the marks" in caught.value.hint


def test_what_only_looks_like_a_conflict() -> None:
    assert len(parse({"r.in": "# =======\n # <<<<<<< HEAD\nalpha  # =======\n"}).requirements) == 1


def test_a_variable_that_is_not_set_is_named_once() -> None:
    text = "-i https://${USER}:${TOKEN}@h.example/${USER}\na @ https://h.example/${TOKEN}/a.zip  # ${NOBODY}"
    wanted = parse({"r.in": text}, USER="u", TOKEN="")
    assert wanted.warnings == ("r.in:1: the variable TOKEN is not set or empty: ${TOKEN} stays as it is, as in pip",)
    assert parse({"r.in": "alpha ; os_name == '${A}'"}, A="${B}").warnings == ()
