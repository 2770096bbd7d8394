"""What apps say about a subscription, whatever its shape."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.core.clock import ManualClock
from fedrse.core.errors import Invalid
from fedrse.core.settings import PushSettings
from fedrse.core.urls import BadUrl, UrlRules
from fedrse.features.push.jobs import LONGEST_WAIT, _fitting, _retry_after
from fedrse.features.push.model import ALERTS, Policy, read_alerts, read_policy
from fedrse.features.push.model_encryption import MOST_CLEAR
from fedrse.features.push.service import Push
from fedrse.net.client import Response
from fedrse.store.events import Events
from tests.features.fakes import ORIGIN, FakeQueue

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(json_values | st.dictionaries(st.sampled_from([*ALERTS, "admin"]), json_values))
def test_alerts_are_names_that_are_known(value: object) -> None:
    assert read_alerts(value) <= set(ALERTS)


@pytest.mark.parametrize(
    ("value", "on"),
    [
        ({"mention": True, "follow": False, "else": True}, {"mention"}),
        ({"mention": "1", "poll": "on", "status": "0"}, {"mention", "poll"}),
        ({"admin.report": "true"}, {"admin.report"}),
        ({"admin": {"sign_up": "true"}}, {"admin.sign_up"}),
        ([], set()),
    ],
)
def test_alerts(value: object, on: set[str]) -> None:
    assert read_alerts(value) == on


@given(json_values)
def test_policies(value: object) -> None:
    with contextlib.suppress(Invalid):
        assert read_policy(value) in set(Policy)


def push(settings: PushSettings) -> Push:
    return Push(
        settings=settings,
        clock=ManualClock(),
        cipher=None,  # type: ignore[arg-type]
        rules=UrlRules.of_site(ORIGIN, {}),
        queue=FakeQueue(),
        events=Events(),
    )


@pytest.mark.parametrize(
    ("allowed", "endpoint", "permitted"),
    [
        ([], "https://push.example/x", True),
        (["push.example"], "https://push.example/x", True),
        (["push.example"], "https://push.example.evil.example/x", False),
        (["push.example"], "https://other.example/x", False),
        (["*.push.example"], "https://eu.push.example/x", True),
        (["*.push.example"], "https://evilpush.example/x", False),
        (["push.example"], "https://push.example:8443/x", True),
    ],
)
def test_push_services(allowed: list[str], endpoint: str, permitted: bool) -> None:
    assert push(PushSettings(allowed_hosts=allowed)).permits(endpoint) is permitted
    assert not push(PushSettings(enabled=False, allowed_hosts=allowed)).permits(endpoint)


@pytest.mark.parametrize("endpoint", ["", "x", "http://push.example/", "ftp://push.example/x"])
def test_what_is_no_push_service(endpoint: str) -> None:
    with pytest.raises(BadUrl):
        push(PushSettings()).permits(endpoint)


@pytest.mark.parametrize(
    ("header", "wait"),
    [("120", 120_000), ("0", 1000), ("999999", 21_600_000), ("-5", None), ("²", None)],
)
def test_retry_after(header: str, wait: int | None) -> None:
    assert _retry_after(Response(429, {"retry-after": header}, b"", "")) == wait


@given(st.text(max_size=12))
def test_any_retry_after_is_a_time_or_nothing(header: str) -> None:
    wait = _retry_after(Response(429, {"retry-after": header}, b"", ""))
    assert wait is None or 0 < wait <= LONGEST_WAIT


@given(st.text(max_size=6000))
def test_messages_fit_into_one_record(body: str) -> None:
    assert len(_fitting({"title": "x", "body": body})) <= MOST_CLEAR
