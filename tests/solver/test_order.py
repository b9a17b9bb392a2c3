"""How experience changes the order of decisions."""

from __future__ import annotations

from piptools_clone.solver.order import FIRST_RESTART, PATIENCE, RESTART_GROWTH, DecisionOrder


def order_of(*packages: str) -> DecisionOrder:
    order = DecisionOrder(lambda package: ())
    for package in packages:
        order.push(package)
    return order


def times_until(what: object, limit: int = 1000) -> int:
    return next(count for count in range(1, limit) if what())  # type: ignore[operator]


def test_a_victim_goes_first_when_patience_ends_and_each_pair_needs_twice_as_much_the_next_time() -> None:
    order = order_of("a", "b")
    assert order.first({"a", "b"}) == "a"
    assert times_until(lambda: order.blame("b", "a")) == PATIENCE
    assert order.first({"a", "b"}) == "b"
    assert times_until(lambda: order.blame("a", "b")) == PATIENCE
    assert order.first({"a", "b"}) == "a"
    assert times_until(lambda: order.blame("b", "a")) == 2 * PATIENCE
    assert order.first({"a", "b"}) == "b"


def test_one_that_goes_first_already_changes_no_places() -> None:
    order = order_of("a", "b")
    assert not any(order.blame("a", "b") for _ in range(4 * PATIENCE))
    assert order.first({"a", "b"}) == "a"


def test_restarts_come_later_each_time_and_put_first_what_took_part_in_conflicts() -> None:
    order = order_of("a", "b", "c")
    assert times_until(lambda: order.count_conflict(["c"])) == FIRST_RESTART
    assert [order.first(open_packages) for open_packages in ({"a", "b", "c"}, {"a", "b"})] == ["c", "a"]
    assert times_until(lambda: order.count_conflict(["b"])) == int(FIRST_RESTART * RESTART_GROWTH)
    assert order.first({"a", "b", "c"}) == "b"


def test_scores_stay_finite() -> None:
    order = order_of("a", "b")
    for _ in range(20_000):
        order.count_conflict(["b"])
    assert order.first({"a", "b"}) == "b"
