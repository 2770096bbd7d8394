"""Token buckets: how much is left, and when there is enough again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.buckets import Buckets


def test_a_bucket_is_emptied_and_fills_evenly() -> None:
    buckets = Buckets()
    assert [buckets.take("a", 3, 3000, 0) for _ in range(4)] == [0, 0, 0, 1000]
    assert buckets.take("b", 3, 3000, 0) == 0, "others have their own"
    assert buckets.take("a", 3, 3000, 500) == 500
    assert buckets.take("a", 3, 3000, 1000) == 0
    assert buckets.level("a", 3, 3000, 100_000) == 3


def test_more_than_the_capacity_leaves_a_debt() -> None:
    buckets = Buckets()
    assert buckets.take("a", 10, 1000, 0, amount=25) == 0
    assert buckets.take("a", 10, 1000, 0) == 1600
    assert buckets.take("a", 10, 1000, 1600) == 0


def test_it_forgets_the_oldest() -> None:
    buckets = Buckets(most=2)
    for key in "abc":
        buckets.take(key, 1, 1000, 0)
    assert len(buckets) == 2
    assert buckets.level("a", 1, 1000, 0) == 1


@given(
    times=st.lists(st.integers(0, 10_000), min_size=1, max_size=60).map(sorted),
    capacity=st.integers(1, 10),
)
def test_never_more_than_the_rate(times: list[int], capacity: int) -> None:
    buckets = Buckets()
    taken = [at for at in times if buckets.take("a", capacity, 1000, at) == 0]
    for start in taken:
        within = [at for at in taken if start <= at <= start + 1000]
        assert len(within) <= 2 * capacity


@given(capacity=st.integers(1, 100), period=st.integers(1, 100_000), amount=st.integers(1, 200))
def test_whoever_waits_as_told_gets_it(capacity: int, period: int, amount: int) -> None:
    buckets = Buckets()
    assert buckets.take("a", capacity, period, 0, amount) == 0
    now = 0
    for _ in range(50):
        wait = buckets.take("a", capacity, period, now, amount)
        if wait == 0:
            return
        now += wait
    raise AssertionError("it never filled")
