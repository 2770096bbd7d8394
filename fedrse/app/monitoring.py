"""Wires what monitors read: numbers for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.features.instance.api_metrics import MetricsApi
from fedrse.features.instance.service_queues import Queues
from fedrse.http.health import Health
from fedrse.http.metrics import Family, Sample
from fedrse.http.routes import Route
from fedrse.store.database import Transaction

LONGEST_LIST = 200  # peers whose latency is told


def routes(ground: Ground, protocol: Protocol, health: Health) -> list[Route]:
    """Everything that monitors ask for."""
    return [*health.routes(), *metrics_of(ground, protocol).routes()]


def metrics_of(ground: Ground, protocol: Protocol) -> MetricsApi:
    """``/metrics``."""
    gauges = _Gauges(ground, protocol)
    return MetricsApi(
        settings=ground.settings.metrics,
        database=ground.database,
        requests=ground.requests,
        gauges=[gauges.waiting, gauges.peers],
    )


class _Gauges:
    """What the database, and this process, know when somebody asks."""

    def __init__(self, ground: Ground, protocol: Protocol) -> None:
        self._clock = ground.clock
        self._protocol = protocol
        self._queues = Queues(clock=ground.clock, jobs=ground.queue, audit=ground.audit)

    async def waiting(self, tx: Transaction) -> Sequence[Family]:
        """Three statements."""
        waiting: Counter[str] = Counter()
        given_up: Counter[str] = Counter()
        oldest: dict[str, int] = {}
        now = self._clock.now()
        for one in await self._queues.waiting(tx):
            (given_up if one.given_up else waiting)[one.queue] += one.count
            if not one.given_up and one.oldest is not None and one.oldest <= now:
                oldest[one.queue] = min(one.oldest, oldest.get(one.queue, one.oldest))
        ages = tuple(Sample((now - at) / 1000, {"queue": name}) for name, at in oldest.items())
        about = "How long the oldest that is due waits."
        return [
            Family("fedrse_queue_waiting", "gauge", "What waits.", _by_queue(waiting)),
            Family("fedrse_queue_given_up", "gauge", "What was given up.", _by_queue(given_up)),
            Family("fedrse_queue_oldest_seconds", "gauge", about, ages),
        ]

    async def peers(self, tx: Transaction) -> Sequence[Family]:
        """One statement."""
        protocol = self._protocol
        members = protocol.network.member_hosts()
        sites = [one for one in await protocol.sites.all(tx) if one.host in members]
        latency = sorted(protocol.measures.latency().items())[:LONGEST_LIST]
        return [
            Family(
                "fedrse_member_up",
                "gauge",
                "Whether a member of the network answered when it was asked last.",
                tuple(Sample(0 if one.last_error else 1, {"host": one.host}) for one in sites),
            ),
            Family(
                "fedrse_peer_answer_seconds",
                "gauge",
                "How long another site takes to answer a delivery, lately.",
                tuple(Sample(round(ms / 1000, 4), {"host": host}) for host, ms in latency),
            ),
        ]


def _by_queue(counts: Counter[str]) -> tuple[Sample, ...]:
    return tuple(Sample(counts[name], {"queue": name}) for name in ("inbox", "deliveries", "jobs"))
