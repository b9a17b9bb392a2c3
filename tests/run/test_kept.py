"""What of an old lock stays, and what is told of it, where a name stands several times."""

from __future__ import annotations

from packaging.version import Version

from piptools_clone.formats.locks.old_lock import OldLock, parse_lock
from piptools_clone.model.compile_request import Change, CompileRequest
from piptools_clone.model.lock import Lock
from piptools_clone.resolve.explain.details import dropped, hashed
from piptools_clone.run.kept import changes, lines_for_unmet, upgrade_bounds, what_stays

AA, BB = "a" * 64, "b" * 64
SEVERAL = f"""\
abc==1
numpy==2.3.1 ; python_version >= "3.11" \\
    --hash=sha256:{AA}
numpy==2.2.6 ; python_version < "3.11" \\
    --hash=sha256:{BB}
"""
REQUEST = CompileRequest(("r.in",), "r.txt", generate_hashes=True)


def lock(text: str) -> Lock:
    return parse_lock(text, "r.txt").lock


def stays(text: str = SEVERAL, request: CompileRequest = REQUEST):
    """What stays for a target with Python 3.10."""
    return what_stays(parse_lock(text, "r.txt"), request, upgrade_bounds(request), lambda marker: ">=" not in marker)


def test_a_single_target_keeps_what_holds_there() -> None:
    kept = stays()
    assert kept.versions == {"abc": Version("1"), "numpy": Version("2.2.6")}
    assert [each.pin.version for each in kept.pins] == ["1", "2.2.6"]


def test_many_environments_keep_every_pin_with_its_marker() -> None:
    found = {name: [(each.pin.version, each.pin.marker) for each in pins] for name, pins in stays().by_name.items()}
    assert found == {
        "abc": [("1", "")],
        "numpy": [("2.3.1", 'python_version >= "3.11"'), ("2.2.6", 'python_version < "3.11"')],
    }


def test_what_is_to_be_upgraded_does_not_stay_anywhere() -> None:
    kept = stays(request=REQUEST._replace(upgrade_packages=("numpy",)))
    assert (*kept.versions, *kept.by_name) == ("abc", "abc")
    assert kept.hashes == {}
    assert stays(request=REQUEST._replace(upgrade=True)).by_name == {}


def test_pins_of_the_lock_itself_come_before_those_that_it_includes() -> None:
    old = parse_lock("abc==1\n", "r.txt")._replace(included=parse_lock("abc==2\nb==1\n", "base.txt").pins)
    kept = what_stays(old, REQUEST, [], lambda _: True)
    assert {name: [each.pin.version for each in pins] for name, pins in kept.by_name.items()} == {
        "abc": ["1"],
        "b": ["1"],
    }


def test_each_version_keeps_its_hashes() -> None:
    assert stays().hashes == {("numpy", "2.3.1"): (f"sha256:{AA}",), ("numpy", "2.2.6"): (f"sha256:{BB}",)}
    same = SEVERAL.replace("2.2.6", "2.3.1")
    assert stays(same).hashes == {("numpy", "2.3.1"): (f"sha256:{AA}", f"sha256:{BB}")}


def test_changes_of_several_versions_are_one_line_for_a_name() -> None:
    old = parse_lock(SEVERAL, "r.txt")
    assert changes(old, lock("abc==1\nnumpy==2.10\n"), ()) == (Change("numpy", "2.2.6, 2.3.1", "2.10"),)
    assert changes(OldLock(), old.lock, ()) == (Change("abc", "", "1"), Change("numpy", "", "2.2.6, 2.3.1"))
    other_markers = SEVERAL.replace("3.11", "3.12").replace(
        "abc==1", "abc==1 ; os_name == 'nt'\nabc==1 ; os_name == 'x'"
    )
    assert changes(old, lock(other_markers), ()) == ()
    assert changes(old, lock(""), ()) == (Change("abc", "1", ""), Change("numpy", "2.2.6, 2.3.1", ""))


def test_details_name_each_version_and_each_name_once() -> None:
    new = lock("numpy==2.3.1 ; os_name == 'nt'\nnumpy==2.4 ; os_name != 'nt'\n")
    pairs = [("numpy", Version("2.3.1")), ("numpy", Version("2.2.6")), ("abc", Version("1"))]
    assert list(dropped(pairs, new.pins)) == [
        "Dropping abc==1 of the old lock: nothing needs it any more.",
        "Dropping numpy==2.2.6 of the old lock: it does not fit any more.",
    ]
    assert list(hashed(new.pins)) == ["Generating hashes:", "  numpy"]


def test_the_name_that_was_meant_is_named_once() -> None:
    bounds = upgrade_bounds(REQUEST._replace(upgrade_packages=("nunpy",)))
    assert lines_for_unmet(bounds, lock(SEVERAL)) == [
        "--upgrade-package nunpy upgrades nothing: nothing needs that package; did you mean numpy?"
    ]
