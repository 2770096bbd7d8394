"""Numbers for Prometheus: counted by surface, written as its text format says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fedrse.http.metrics import BOUNDS, Family, RequestMetrics, Sample, write_metrics
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Route, Surface


async def nothing(_request: Request) -> Reply:
    return Reply()


API = Route("GET", "/api/v1/x", nothing, Surface.API, Auth.PUBLIC)
STREAM = Route("GET", "/live", nothing, Surface.PAGE, Auth.PUBLIC, stream=True)


def lines(metrics: RequestMetrics) -> list[str]:
    return write_metrics(metrics.families()).decode().splitlines()


def test_requests_are_counted_and_timed() -> None:
    metrics = RequestMetrics()
    for seconds in (0.004, 0.02, 0.02, 99.0):
        metrics.observe(API, 200, seconds)
    metrics.observe(API, 404, 0.001)
    metrics.observe(None, 404, 0.001)
    found = lines(metrics)
    assert 'fedrse_http_requests_total{surface="api",method="GET",status="2xx"} 4' in found
    assert 'fedrse_http_requests_total{surface="api",method="GET",status="4xx"} 1' in found
    assert 'fedrse_http_requests_total{surface="none",method="none",status="4xx"} 1' in found
    assert 'fedrse_http_request_seconds_bucket{surface="api",le="0.005"} 2' in found
    assert 'fedrse_http_request_seconds_bucket{surface="api",le="0.025"} 4' in found
    assert 'fedrse_http_request_seconds_bucket{surface="api",le="10.0"} 4' in found
    assert 'fedrse_http_request_seconds_bucket{surface="api",le="+Inf"} 5' in found
    assert 'fedrse_http_request_seconds_count{surface="api"} 5' in found


def test_streams_are_counted_and_not_timed() -> None:
    metrics = RequestMetrics()
    metrics.observe(STREAM, 200, 4000.0)
    assert not any("_bucket" in line for line in lines(metrics))
    assert 'fedrse_http_requests_total{surface="page",method="GET",status="2xx"} 1' in lines(
        metrics
    )


def test_the_text_has_help_type_and_escapes() -> None:
    family = Family("x_total", "counter", "Two\nlines \\", (Sample(1.5, {"host": 'a"b\\c\nd'}),))
    assert write_metrics([family, Family("empty", "gauge", "None", ())]).decode() == (
        "# HELP x_total Two\\nlines \\\\\n"
        "# TYPE x_total counter\n"
        'x_total{host="a\\"b\\\\c\\nd"} 1.5\n'
    )


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=40))
def test_buckets_are_cumulative(durations: list[float]) -> None:
    metrics = RequestMetrics()
    for seconds in durations:
        metrics.observe(API, 200, seconds)
    buckets = [float(line.rpartition(" ")[2]) for line in lines(metrics) if "_bucket" in line]
    assert len(buckets) == len(BOUNDS) + 1
    assert buckets == sorted(buckets)
    assert buckets[-1] == len(durations)
    for bound, count in zip(BOUNDS, buckets, strict=False):
        assert count == sum(seconds <= bound for seconds in durations)
