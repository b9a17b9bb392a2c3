"""Each example runs as its README says, in a copy of its folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its annotations are a package of their own

from tests.support.packages import Package, make_wheel
from tests.world import engine
from tests.world.place import Place, shell_blocks
from tests.world.wheelhouse import ROOT, copy_checkout

EXAMPLES = ROOT / "examples"
SPELLED = "xn--mnchen-3ya"  # what the application of several examples makes of a name


def begin(place: Place, name: str) -> list[str]:
    """Copy an example, and return the blocks of commands of its README."""
    place.copy(EXAMPLES / name)
    return shell_blocks(EXAMPLES / name / "README.md")


def pins(place: Place, name: str) -> dict[str, str]:
    """The versions in a lock."""
    lines = (line.split() for line in place.read(name).splitlines() if "==" in line and line[0] not in " #")
    found = (words[0].partition("==") for words in lines)
    return {package: version for package, _, version in found}


def idna(version: str, *, broken: bool = False) -> Package:
    """A release of the package that the application uses."""
    code = "raise RuntimeError" if broken else 'return b"xn--" + name.encode("punycode")'
    return make_wheel("idna", version, files={"idna/__init__.py": f"def encode(name):\n    {code}\n"})


def test_every_example_has_a_test() -> None:
    tested = {name.removeprefix("test_the_").removesuffix("_example").replace("_", "-") for name in globals()}
    assert {path.name for path in EXAMPLES.iterdir()} <= tested


def test_the_quickstart_example(place: Place) -> None:
    (commands,) = begin(place, "quickstart")
    place.run(commands)
    locked = pins(place, "requirements.txt")
    assert {"flask", "requests", "urllib3"} <= set(locked)
    assert place.installed() == set(locked)
    assert place.read("requirements.txt").count("--hash=sha256:") >= len(locked)


def test_the_layered_example(place: Place) -> None:
    """An upgrade in the lock of production is followed by the lock of development."""
    compile_all, sync, upgrade = begin(place, "layered")
    place.run(compile_all)
    place.run(sync)
    assert place.installed() == set(pins(place, "dev.txt"))
    place.offer([make_wheel("requests", "99.0", requires=["idna", "urllib3", "certifi", "charset-normalizer"])])
    before = pins(place, "dev.txt")
    place.run(compile_all)
    assert pins(place, "dev.txt") == before
    place.run(upgrade)
    assert pins(place, "production.txt")["requests"] == "99.0"
    assert pins(place, "dev.txt") == before | {"requests": "99.0"}


def test_the_pyproject_example(place: Place) -> None:
    compile_all, sync = begin(place, "pyproject")
    place.run(compile_all)
    plain, cli, dev = (pins(place, f"requirements{suffix}.txt") for suffix in ("", "-cli", "-dev"))
    assert set(cli) - set(plain) == {"click"}
    assert {"pytest", "tomli-w"} <= set(dev) - set(plain)
    assert all("--hash=sha256:" in place.read(path.name) for path in place.work.glob("requirements*.txt"))
    place.run(sync)
    assert place.installed() == set(dev)


def test_the_pre_commit_example(place: Place, tmp_path: Path) -> None:
    """The address of the repository is the only thing that a test has to put in place of another."""
    checkout = copy_checkout(tmp_path / "checkout")
    place.run(f"cd {checkout} && git init --quiet && git add . && git commit --quiet -m one && git tag v0.1.0")
    place.run(f"git config --global url.{checkout}.insteadOf https://git.example/piptools-clone")
    place.run("git init --quiet")
    first, in_ci = begin(place, "pre-commit")
    place.run(first)
    place.run("git add requirements.* .pre-commit-config.yaml && git commit --quiet -m begin")
    place.run(in_ci)
    place.run("git checkout --quiet -b more")
    assert place.installed() == {"idna"}
    place.write("requirements.in", "idna\nflask\n")
    assert place.attempt(in_ci).returncode == 1
    assert place.attempt("git commit --quiet --all -m 'Ask for flask'").returncode == 1
    place.run("git commit --quiet --all -m 'Ask for flask'")
    place.run("git checkout --quiet main && git merge --quiet more")
    assert place.installed() == {"idna", "flask", "click"}


def test_the_docker_example(place: Place, tmp_path: Path) -> None:
    """Without an engine the same commands run in the same order, each image in a clean folder."""
    engine.install(tmp_path / "bin", tmp_path / "images")
    place.env["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{place.env['PATH']}"
    lock, docker = begin(place, "docker")
    place.run(lock)
    assert place.run(docker).count(SPELLED) == 1
    final = tmp_path / "images" / "app"
    assert {path.name.partition("-")[0] for path in (final / "venv").rglob("*.dist-info")} == {"idna"}
    assert not list((final / "venv" / "bin").glob("pip*"))
    assert place.run("docker run --rm app-single").strip() == SPELLED


def test_the_github_actions_example(place: Place) -> None:
    """The steps of each job run in a checkout of their own, with a Python of their own."""
    (commands,) = begin(place, "github-actions")
    place.run(commands)
    checkout = place.root / "checkout"
    shutil.copytree(place.work, checkout, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    workflow = yaml.safe_load((checkout / ".github/workflows/ci.yml").read_text("utf-8"))
    for name, job in workflow["jobs"].items():
        place.work = place.root / name
        shutil.copytree(checkout, place.work)
        place.run(f"python -m virtualenv --quiet {place.root}/python-{name}")
        env = {
            variable: value.replace("${{ github.workspace }}", str(place.work))
            for variable, value in workflow["env"].items()
        }
        for step in job["steps"]:
            if "run" in step:
                place.run(step["run"], **env, PATH=f"{place.root}/python-{name}/bin:/usr/bin:/bin")
        assert (place.work / kept(job)).is_dir()


def kept(job: dict[str, list[dict[str, dict[str, str]]]]) -> str:
    """The folder that a job caches."""
    (path,) = (step["with"]["path"] for step in job["steps"] if "cache" in step.get("uses", ""))
    return path


def test_the_actions_have_versions_and_the_caches_have_keys() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github-actions/.github/workflows/ci.yml").read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(step["uses"].rpartition("@v")[2].isdigit() for step in steps if "uses" in step)
    keys = {
        name: next(step["with"]["key"] for step in job["steps"] if "key" in step.get("with", {}))
        for name, job in workflow["jobs"].items()
    }
    assert "github.run_id" in keys["lock"]
    assert "hashFiles('requirements.txt')" in keys["test"]


def test_the_tox_example(place: Place) -> None:
    (commands,) = begin(place, "tox")
    place.run(commands)
    place.write("requirements.in", "idna\nflask\n")
    stale = place.attempt("tox run -e lock")
    assert stale.returncode
    assert "+flask==" in stale.stdout


def test_the_update_example(place: Place) -> None:
    """It commits an upgrade that passes the tests, and goes back from one that does not."""
    first, update = begin(place, "update")
    place.run(first)
    assert "There is nothing to upgrade." in place.run(update)
    place.offer([idna("99.0")])
    assert "Upgrade idna" in place.run(update)
    assert pins(place, "requirements.txt") == {"idna": "99.0"}
    place.offer([idna("100.0", broken=True)])
    refused = place.attempt(update)
    assert refused.returncode == 1
    assert "the old lock is back" in refused.stdout
    assert pins(place, "requirements.txt") == {"idna": "99.0"}
    assert place.run("git status --porcelain --untracked-files=no; git log --oneline | wc -l").strip() == "2"
    assert "99.0" in place.run(".venv/bin/python -c 'from importlib.metadata import version; print(version(\"idna\"))'")


@pytest.mark.parametrize("folder", sorted(path.name for path in EXAMPLES.iterdir()))
def test_a_second_sync_of_any_example_has_nothing_to_do(folder: str, place: Place) -> None:
    """Whether it remembers that it did so before (the second), or looks at everything again (the third)."""
    commands = [line for block in begin(place, folder) for line in block.splitlines()]
    for command in commands:
        if command.startswith("pip-compile "):
            place.run(command)
    locks = sorted(path.name for path in place.work.glob("*.txt"))
    assert locks
    for lock in locks:
        place.run("python -m venv --clear --without-pip again")
        sync = f"pip-sync --python-executable again/bin/python {lock}"
        assert "add " in place.run(sync)
        assert place.installed("again") == set(pins(place, lock))
        assert place.run(sync) == place.run(f"{sync} --verify") == "Everything up-to-date\n"


@pytest.mark.parametrize("folder", sorted(path.name for path in EXAMPLES.iterdir()))
def test_no_example_names_a_real_index(folder: str) -> None:
    text = "".join(path.read_text("utf-8") for path in (EXAMPLES / folder).rglob("*") if path.is_file())
    assert "--index-url" not in text
