"""Windows that count, end, and never grow without bound."""

from __future__ import annotations

import pytest

from fedrse.core.clock import ManualClock
from fedrse.core.errors import TooMany
from fedrse.core.settings import LimitSettings
from fedrse.http import rate_limits
from fedrse.http.rate_limits import RateLimits, Window
from fedrse.http.routes import Limit


def test_a_window_counts_and_ends() -> None:
    clock = ManualClock(1_000_500)
    window = Window(clock, limit=2, length=1000)
    assert window.take("a") == (2, 1, "1970-01-01T00:16:41.000Z")
    assert window.take("a").remaining == 0
    assert window.take("b").remaining == 1
    with pytest.raises(TooMany) as caught:
        window.take("a")
    assert caught.value.retry_after == 1
    clock.advance(500)
    assert window.take("a").remaining == 1


def test_a_clock_set_back_does_not_lock_anybody_out() -> None:
    clock = ManualClock(10_000_000)
    window = Window(clock, limit=1, length=1000)
    window.take("a")
    clock.advance(-5_000_000)
    assert window.take("a").remaining == 0


def test_a_flood_of_keys_shares_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_KEYS", 10)
    monkeypatch.setattr(rate_limits, "SHARED_BUCKETS", 4)
    window = Window(ManualClock(), limit=3, length=1000)
    refused = 0
    for number in range(1000):
        try:
            window.take(f"key{number}")
        except TooMany:
            refused += 1
    assert refused == 1000 - 10 - 4 * 3
    assert window.take("key0").remaining == 1


def test_classes_count_apart() -> None:
    limits = RateLimits(
        LimitSettings(requests_per_5_minutes=1, logins_per_5_minutes=1, inbox_per_minute=1),
        ManualClock(),
    )
    for limit in (Limit.API, Limit.LOGIN, Limit.INBOX):
        limits.take(limit, account_id=1, address="1.1.1.1")
        with pytest.raises(TooMany):
            limits.take(limit, account_id=1, address="1.1.1.1")
    limits.take(Limit.API, account_id=2, address="1.1.1.1")
    limits.take(Limit.API, account_id=None, address="1.1.1.1")
    with pytest.raises(TooMany):
        limits.take(Limit.LOGIN, account_id=2, address="1.1.1.1")
    limits.take_for(Limit.INBOX, "nantes.test")
    with pytest.raises(TooMany):
        limits.take_for(Limit.INBOX, "nantes.test")
    assert limits.take(Limit.NONE, account_id=None, address="1.1.1.1") is None


def test_switched_off_nothing_is_counted() -> None:
    limits = RateLimits(LimitSettings(enabled=False, logins_per_5_minutes=1), ManualClock())
    for _ in range(5):
        assert limits.take(Limit.LOGIN, account_id=None, address="1.1.1.1") is None
        assert limits.take_for(Limit.INBOX, "x") is None
