"""What a public index is known to answer for projects that it does not have ends no run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from piptools_clone.http.absent_status import KNOWN
from tests.support.packages import make_wheel
from tests.support.project import Project
from tests.support.simple_index import Answer, Fault, SimpleIndex

[(HOST, STATUS)] = KNOWN
"""The one host that is known, which stands in the source in one place."""


@pytest.fixture
def proxy(simple_index: Callable[..., SimpleIndex], index: SimpleIndex) -> SimpleIndex:
    """A proxy that leads to the known host, which has torch and refuses all else, and to the index of the test."""
    made = simple_index()
    package = make_wheel("torch", "2.0+cpu", requires=["a"])
    made.add(package, url=f"http://{HOST}/files/{package.filename}")
    direct = made.answer

    def answer(path: str, headers: dict[str, str]) -> Answer:
        if headers["host"] != HOST:
            return index.answer(path, headers)
        found = direct(path.replace("/whl/", "/simple/"), headers)
        return Answer(STATUS, b"AccessDenied") if found.status == 404 else found

    made.answer = answer  # type: ignore[method-assign] # this server is made for it
    return made


@pytest.mark.parametrize("extra", [True, False])
def test_what_the_known_index_refuses_it_does_not_have(
    extra: bool, project: Project, index: SimpleIndex, proxy: SimpleIndex
) -> None:
    index.add(make_wheel("a", "1.0"))
    place = f"http://{HOST}/whl/"
    lines = [f"--extra-index-url {place}"] if extra else [f"-i {place}", f"--extra-index-url {index.url}"]
    run = project.want(*lines, f"--trusted-host {HOST}", "torch").compile("--pip-args", f"--proxy {proxy.root}")
    assert run.pins == {"torch": "2.0+cpu", "a": "1.0"}


def test_that_it_refused_all_is_said(project: Project, index: SimpleIndex, proxy: SimpleIndex) -> None:
    """It may be blocked: then what it has would come from elsewhere."""
    index.add(make_wheel("a", "1.0"))
    project.want(f"--extra-index-url http://{HOST}/whl/", f"--trusted-host {HOST}", "a")
    run = project.compile("--pip-args", f"--proxy {proxy.root}")
    assert run.pins == {"a": "1.0"}
    assert "refused the one page that it was asked for (403)" in run.err


def test_other_statuses_of_the_host_and_other_hosts_end_the_run(project: Project, proxy: SimpleIndex) -> None:
    project.want(f"-i http://{HOST}/whl/", f"--trusted-host {HOST}", "torch")
    proxy.fail_always("/whl/torch/", Fault(status=401))
    run = project.compile("--pip-args", f"--proxy {proxy.root}")
    assert run.code == 2
    assert "401" in run.err
    project.index.fail_always("/simple/torch/", Fault(status=STATUS))
    assert project.want("torch").compile().code == 2
