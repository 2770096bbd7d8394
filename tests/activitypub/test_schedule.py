"""When hosts are tried again, and what answers mean."""

from __future__ import annotations

import random

import pytest

from fedrse.activitypub.schedule import JITTER, STEPS, Verdict, delay, judge, lifetime
from fedrse.core.clock import DAY


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ((200, 201, 202, 204), Verdict.DELIVERED),
        ((301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504, 599), Verdict.HOST_LATER),
        ((401,), Verdict.MAYBE_LATER),
        ((410,), Verdict.INBOX_GONE),
        ((400, 403, 404, 405, 406, 413, 415, 422, 451, 501), Verdict.REFUSED),
    ],
)
def test_verdicts(statuses: tuple[int, ...], verdict: Verdict) -> None:
    assert {judge(status) for status in statuses} == {verdict}


def test_a_certificate_that_does_not_do_is_no_matter_of_one_message() -> None:
    body = '{"error":"It has expired.","error_code":"client_certificate_expired"}'
    assert judge(401, body) is Verdict.HOST_LATER
    assert judge(401, body.replace("client_certificate", "signature")) is Verdict.MAYBE_LATER


def test_waiting_grows_and_is_spread() -> None:
    dice = random.Random(7)
    for failures in range(1, 20):
        step = STEPS[min(failures, len(STEPS)) - 1]
        waits = {delay(failures, dice) for _ in range(50)}
        assert len(waits) > 20
        assert step * (1 - JITTER) <= min(waits) <= max(waits) <= step * (1 + JITTER)


def test_what_takes_something_back_is_kept_longest() -> None:
    assert lifetime("Create", member=False) == 14 * DAY
    assert lifetime("Create", member=True) == 30 * DAY
    for kind in ("Delete", "Block", "Reject", "Move"):
        assert lifetime(kind, member=False) == 90 * DAY
