"""What is remembered about hosts ends, and never grows beyond its bound."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.net.errors import HostBusy
from fedrse.net.expiring import ExpiringMap
from fedrse.net.host_state import HostLimits, HostState

LIMITS = HostLimits(parallel=2, per_minute=6)


async def ask(state: HostState, peer: str) -> None:
    async with state.turn(peer, LIMITS):
        pass


async def test_requests_per_minute_are_refilled_evenly() -> None:
    clock = ManualClock()
    state = HostState(clock)
    for _ in range(6):
        await ask(state, "a.example")
    with pytest.raises(HostBusy) as caught:
        await ask(state, "a.example")
    assert caught.value.retry_after == 10
    await ask(state, "b.example")
    clock.advance(9_999)
    with pytest.raises(HostBusy):
        await ask(state, "a.example")
    clock.advance(1)
    await ask(state, "a.example")
    clock.advance(HOUR)
    for _ in range(6):
        await ask(state, "a.example")
    with pytest.raises(HostBusy):
        await ask(state, "a.example")


async def test_turns_are_taken_in_order_and_given_back() -> None:
    state = HostState(ManualClock())
    order: list[int] = []
    release = asyncio.Event()

    async def use(number: int) -> None:
        async with state.turn("a.example", LIMITS):
            order.append(number)
            await release.wait()

    tasks = [asyncio.create_task(use(number)) for number in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order == [0, 1]
    assert state.active_hosts == 1
    tasks[2].cancel()
    tasks[0].cancel()
    await asyncio.gather(tasks[0], tasks[2], return_exceptions=True)
    await asyncio.sleep(0)
    assert order == [0, 1, 3]
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 3, 4]
    assert state.active_hosts == 0


def test_failures_by_kind() -> None:
    clock = ManualClock()
    state = HostState(clock)
    for status in (200, 301, 400, 401, 403, 404, 410, 429, 500, 503):
        state.remember_failure(f"https://h.example/{status}", "a/b", status)

    def remembered() -> set[int]:
        statuses = (200, 301, 400, 401, 403, 404, 410, 429, 500, 503)
        found = {state.known_failure(f"https://h.example/{status}", "a/b") for status in statuses}
        return {status for status in found if status is not None}

    assert remembered() == {404, 410, 500, 503}
    clock.advance(10 * MINUTE)
    assert remembered() == {404, 410}
    clock.advance(50 * MINUTE)
    assert remembered() == {410}
    clock.advance(30 * DAY)
    assert remembered() == set()


def test_the_way_of_signing_is_remembered_for_thirty_days() -> None:
    clock = ManualClock()
    state = HostState(clock)
    assert state.signature_scheme("a.example") is None
    state.remember_signature_scheme("a.example", "rfc9421")
    clock.advance(30 * DAY - 1)
    assert state.signature_scheme("a.example") == "rfc9421"
    assert state.signature_scheme("a.example:8443") is None
    clock.advance(1)
    assert state.signature_scheme("a.example") is None


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "get", "forget"]), st.integers(0, 9), st.integers(0, 50)),
    max_size=60,
)


@given(STEPS)
def test_the_memory_is_bounded_and_never_stale(steps: list[tuple[str, int, int]]) -> None:
    clock = ManualClock(0)
    memory: ExpiringMap[int, int] = ExpiringMap(clock, max_entries=4)
    expires: dict[int, int] = {}
    for action, key, time in steps:
        clock.advance(time // 10)
        if action == "put":
            memory.put(key, clock.now() + time, lifetime=time)
            expires[key] = clock.now() + time
        elif action == "forget":
            memory.forget(key)
            expires.pop(key, None)
        else:
            value = memory.get(key)
            assert value is None or value == expires[key]
            assert value is None or value > clock.now()
        assert len(memory) <= 4


def test_the_least_recently_used_goes_first() -> None:
    memory: ExpiringMap[str, int] = ExpiringMap(ManualClock(), max_entries=2)
    memory.put("a", 1, lifetime=DAY)
    memory.put("b", 2, lifetime=DAY)
    assert memory.get("a") == 1
    memory.put("c", 3, lifetime=DAY)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)
