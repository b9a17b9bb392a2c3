"""What conda or the system's package manager installed is never replaced in silence, and what stays is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from piptools_clone.errors import EnvironmentFailure
from tests.support.packages import make_wheel
from tests.sync.project import Project, pinned

NEWER = make_wheel("numpy", "2.0")
OTHER = make_wheel("alpha", "1.0")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.offer(NEWER, OTHER)
    return made


def managed(project: Project, name: str, version: str, manager: str = "conda", **more: str) -> None:
    """Put a distribution into the environment as a package manager records it."""
    info = project.site / f"{name}-{version}.dist-info"
    info.mkdir()
    files = {"INSTALLER": f"{manager}\n", "METADATA": f"Name: {name}\nVersion: {version}\n", **more}
    files["RECORD"] = "".join(f"{info.name}/{file},,\n" for file in ("INSTALLER", "METADATA", "RECORD"))
    for file, text in files.items():
        (info / file.replace("_json", ".json")).write_text(text)


@pytest.mark.parametrize("manager", ["conda", "debian", "rpm"])
@pytest.mark.parametrize("facts", [{}, {"dry_run": True}, {"force": True}])
def test_a_line_of_the_lock_replaces_no_package_of_a_manager(project: Project, manager: str, facts: dict) -> None:
    managed(project, "numpy", "1.0", manager)
    said = project.fails(pinned(NEWER), EnvironmentFailure, "would replace", **facts)
    assert f"numpy 1.0, by {manager}: is 1.0, the lock says ==2.0" in said
    assert "--break-system-packages" in said


def test_an_address_in_the_lock_replaces_none_either(project: Project) -> None:
    """Its name is known only once it was read."""
    managed(project, "numpy", "1.0")
    wheel = project.folder / "wheels" / NEWER.filename
    project.fails(f"{wheel.as_uri()}\n", EnvironmentFailure, "numpy 1.0, by conda", strict=False)


def test_one_beside_another_copy_is_not_repaired_away(project: Project) -> None:
    managed(project, "numpy", "2.0")
    managed(project, "numpy", "1.0", "pip")
    project.fails(pinned(NEWER), EnvironmentFailure, "numpy 2.0, by conda: is there more than once")


def test_it_is_replaced_where_that_is_insisted_on(project: Project) -> None:
    managed(project, "numpy", "1.0")
    project.sync(pinned(NEWER), break_system_packages=True)
    assert project.names() == ["numpy==2.0"]


def test_the_version_of_the_lock_satisfies_it_wherever_conda_built_it(project: Project) -> None:
    """Packages of conda name a folder of the machine that built them as their origin."""
    managed(project, "numpy", "2.0", direct_url_json='{"url": "file:///feedstock/work", "dir_info": {}}')
    assert project.sync(pinned(NEWER)).is_empty


def test_what_stays_for_a_manager_is_listed(project: Project) -> None:
    managed(project, "numpy", "1.0")
    managed(project, "scipy", "1.0")
    project.sync(pinned(OTHER))
    assert "Kept, since conda installed them: numpy, scipy." in project.hearer.said
    assert project.names() == ["alpha==1.0", "numpy==1.0", "scipy==1.0"]
