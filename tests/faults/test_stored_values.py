"""Whatever a stored entry holds, its digest right, is passed over as a miss or ends in words of ours.

Another release of this program may have written it under the same layout by mistake.  What is remembered of whole runs
is in `tests.run.memo.test_stored_outcomes`.
"""

from __future__ import annotations

import pytest

from piptools_clone.store.cache import FACTS, METADATA, PAGES
from tests.faults.stored import hold
from tests.support.packages import make_sdist, make_wheel
from tests.support.project import Project
from tests.support.simple_index import SimpleIndex


@pytest.fixture
def world(project: Project, index: SimpleIndex) -> Project:
    for package in (
        make_wheel("a", "2.0", requires=["b"]),
        make_wheel("a", "1.0"),
        make_sdist("a", "1.5", static=True),
        make_wheel("b", "1.0"),
    ):
        index.add(package)
    return project.want("a")


@pytest.mark.parametrize("kind", [PAGES, METADATA, FACTS])
@pytest.mark.parametrize("format_", ["json", "html"])
def test_any_value_at_any_place_of_what_a_compile_reads(
    format_: str, kind: str, world: Project, index: SimpleIndex
) -> None:
    index.formats = (format_,)

    def run() -> None:
        assert world.compile("--generate-hashes", "-U", "-o", "-").code in {0, 1, 2}

    run()
    hold(world.cache, kind, run, 60)


def test_any_value_at_any_place_of_what_is_known_of_an_archive(world: Project, index: SimpleIndex) -> None:
    world.want(f"a @ {index.url.removesuffix('/simple/')}/files/a-1.5.tar.gz", "b")

    def run() -> None:
        assert world.compile("--generate-hashes", "-o", "-").code in {0, 1, 2}

    run()
    hold(world.cache, FACTS, run, 60)
