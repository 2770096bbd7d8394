"""How other sites do: measured in memory, written now and then, said in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.envelopes import Direction
from fedrse.core.clock import DAY, HOUR, MINUTE, ManualClock
from fedrse.core.urls import UrlRules
from fedrse.features.sites.model import ProbeResult, Site, Standing
from fedrse.features.sites.model_chart import HEIGHT, HOURS, Hour, by_day, by_hour
from fedrse.features.sites.model_health import concerns_of, plain_error
from fedrse.features.sites.service import Sites
from fedrse.features.sites.service_measures import KEPT, Measures
from fedrse.store.database import Database

NANTES = "nantes.corp.example"
NOW = 1_790_000_000_000


def site(host: str, **more: object) -> Site:
    known: dict[str, object] = dict.fromkeys(Site.__struct_fields__)
    texts = {"software": "fedrse", "version": "1", "capabilities_json": "[]", "last_error": ""}
    return Site(**{**known, **texts, "host": host, "first_seen_at": NOW, **more})  # type: ignore[arg-type]


async def test_traffic_adds_up_over_writes(database: Database, clock: ManualClock) -> None:
    measures, now = Measures(database=database, clock=clock), clock.now()
    hour = now - now % HOUR
    for _ in range(2):
        measures.count([NANTES, "oslo.example"], now, incoming=False)
        measures.count([NANTES], now, incoming=True, many=3)
        await measures.flush()
    await measures.flush()
    assert await database.read(measures.hours_of, NANTES, 0) == [Hour(hour, 6, 2)]
    assert await database.read(measures.hours, now + HOUR) == {}
    found = await database.read(measures.hours, 0)
    assert found == {NANTES: [Hour(hour, 6, 2)], "oslo.example": [Hour(hour, 0, 2)]}
    clock.advance(KEPT + 2 * HOUR)
    measures.count(["oslo.example"], clock.now(), incoming=True)
    await measures.flush()
    assert list(await database.read(measures.hours, 0)) == ["oslo.example"], "old hours go"


async def test_latency_is_a_running_mean(database: Database, clock: ManualClock) -> None:
    measures = Measures(database=database, clock=clock)
    for milliseconds in (100, 200, 100):
        measures.answered(NANTES, milliseconds)
    assert measures.latency() == {NANTES: pytest.approx(116, abs=0.1)}
    await measures.flush()  # of a site that was never met: nothing to write to


class NoPolicy:
    """Nothing is said about anybody."""

    def standing(self, host: str, direction: Direction | None = None) -> Standing:
        del host, direction
        return Standing.OPEN

    def role(self, host: str) -> str:
        del host
        return ""


async def test_until_when_certificates_are_valid(database: Database, clock: ManualClock) -> None:
    sites = Sites(policy=NoPolicy(), rules=UrlRules(), clock=clock)
    await database.write(sites.probed, NANTES, ProbeResult(software="fedrse"))
    measures = Measures(database=database, clock=clock)
    measures.saw_certificate(NANTES, NOW + DAY)
    await measures.flush()
    measures.saw_client_certificate(NANTES, NOW + 2 * DAY)
    await measures.flush()
    known = await database.read(sites.by_host, NANTES)
    assert known is not None
    assert (known.certificate_until, known.client_certificate_until) == (NOW + DAY, NOW + 2 * DAY)


@given(st.lists(st.builds(Hour, st.integers(NOW - 3 * DAY, NOW), *[st.integers(0, 9999)] * 2)))
def test_charts_hold_what_is_in_their_time(hours: list[Hour]) -> None:
    for chart, length in ((by_hour(hours, NOW), HOURS * HOUR), (by_day(hours, NOW), 14 * DAY)):
        step = length // len(chart.bars)
        first = NOW - NOW % step - length + step
        inside = [one for one in hours if one.at >= first]
        assert chart.received == sum(one.received for one in inside)
        assert chart.sent == sum(one.sent for one in inside)
        for bar in chart.bars:
            assert 0 <= bar.received_height <= HEIGHT
            assert (bar.received_height > 0) == (bar.received > 0)
            assert (bar.sent_height > 0) == (bar.sent > 0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("oslo.example did not answer in time", "did not answer in time"),
        ("No connection to oslo.example: Connection refused", "Nobody answers"),
        ("503 Service Unavailable", "an error of its own"),
        ("410 Gone", "inbox is gone"),
        ("429 Too Many Requests", "send less"),
        ("401 wrong signature", "refuses us"),
        ("The certificate of oslo.example is not trusted", "not trusted"),
        ("The other side closed the connection", "closed the connection"),
    ],
)
def test_errors_in_plain_words(error: str, words: str) -> None:
    assert words in plain_error(error)


def test_what_is_not_known_stays_as_it_is() -> None:
    assert plain_error("") == plain_error("strange") == ""


def test_only_members_are_a_concern() -> None:
    wrong = {"last_error": "x", "clock_drift": -5 * MINUTE, "certificate_until": NOW + DAY}
    sites = [site("a.example", **wrong), site("b.example", **wrong), site("c.example")]
    found = concerns_of(sites, {"a.example", "c.example"}, NOW)
    assert [(one.name, one.kind) for one in found] == [
        ("a.example", "danger"),
        ("a.example", "warning"),
        ("a.example", "warning"),
    ]
    shows = site("a.example", client_certificate_until=NOW + DAY)
    assert ["shows here" in one.words for one in concerns_of([shows], {"a.example"}, NOW)] == [True]
    silent = site("a.example", last_inbound_at=NOW - 8 * DAY, certificate_until=NOW + 90 * DAY)
    assert [one.kind for one in concerns_of([silent], {"a.example"}, NOW)] == ["info"]
