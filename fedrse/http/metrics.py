"""Numbers for Prometheus: counted in this process, written in its text format.

https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4). Labels are few and
fixed (surface, method, class of status, queue): nothing about people, posts or single addresses.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from fedrse.http.routes import Route

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of durations in seconds."""

_UNKNOWN: Final = "none"


class Sample(Struct, frozen=True):
    """One line: a value with its labels; ``suffix`` behind the name of its family."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(Struct, frozen=True):
    """Samples of one name; ``kind`` is counter, gauge or histogram."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


class RequestMetrics:
    """Counts requests and how long they took, by surface; two additions per request."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def observe(self, route: Route | None, status: int, seconds: float) -> None:
        """A request was answered; streams are counted but not timed, they last as they last."""
        surface, method = (_UNKNOWN, _UNKNOWN) if route is None else (route.surface, route.method)
        key = (surface, method, status // 100)
        self._counts[key] = self._counts.get(key, 0) + 1
        if route is not None and route.stream:
            return
        buckets = self._buckets.get(surface)
        if buckets is None:
            buckets = self._buckets[surface] = [0] * (len(BOUNDS) + 1)
        buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds[surface] = self._seconds.get(surface, 0.0) + seconds

    def families(self) -> list[Family]:
        """What was counted so far."""
        counts = tuple(
            Sample(count, {"surface": surface, "method": method, "status": f"{hundreds}xx"})
            for (surface, method, hundreds), count in sorted(self._counts.items())
        )
        durations = tuple(
            sample
            for surface in sorted(self._buckets)
            for sample in _histogram(
                {"surface": surface}, self._buckets[surface], self._seconds[surface]
            )
        )
        return [
            Family("fedrse_http_requests_total", "counter", "Requests answered.", counts),
            Family("fedrse_http_request_seconds", "histogram", "How long answers took.", durations),
        ]


def _histogram(labels: Mapping[str, str], buckets: list[int], total: float) -> list[Sample]:
    found, count = [], 0
    for bound, number in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
        count += number
        found.append(Sample(count, {**labels, "le": bound}, "_bucket"))
    return [*found, Sample(total, labels, "_sum"), Sample(count, labels, "_count")]


def write_metrics(families: Iterable[Family]) -> bytes:
    """The text that Prometheus reads."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {_escaped(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines.extend(_line(family.name, sample) for sample in family.samples)
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, sample: Sample) -> str:
    pairs = ",".join(f'{key}="{_quoted(text)}"' for key, text in sample.labels.items())
    labels = f"{{{pairs}}}" if pairs else ""
    value = sample.value
    number = str(int(value)) if value == int(value) else repr(float(value))
    return f"{name}{sample.suffix}{labels} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')
