"""The whole examination, in the order in which things depend on each other."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fedrse.app.doctor.certificates import examine_certificates
from fedrse.app.doctor.files import examine_files
from fedrse.app.doctor.findings import Finding, ok, problem
from fedrse.app.doctor.network import examine_network
from fedrse.app.doctor.store import examine_store
from fedrse.app.doctor.transport import examine_transport
from fedrse.core.clock import Clock, SystemClock
from fedrse.core.configuration import load_settings
from fedrse.core.configuration_sources import ConfigurationError

EARLIEST = 1_767_225_600_000  # 2026-01-01: an older time is a machine without a clock


async def examine(
    path: Path | None, *, offline: bool = False, clock: Clock | None = None
) -> list[Finding]:
    """Everything that was found. With a configuration that is wrong there is nothing to look at.

    ``offline`` leaves out names, the own addresses and the peers.
    """
    clock = clock or SystemClock()
    try:
        settings = load_settings(path, os.environ)
    except ConfigurationError as error:
        return [
            problem("configuration", str(trouble), "Change this setting.")
            for trouble in error.problems
        ]
    found = [ok("configuration", str(path or "environment"))]
    if clock.now() < EARLIEST:
        found.append(problem("clock", "the clock is years behind", "Set the clock by NTP."))
    found += await asyncio.to_thread(lambda: list(examine_files(settings, clock)))
    found += await asyncio.to_thread(lambda: list(examine_transport(settings, clock)))
    found += await examine_store(settings)
    if any(finding.subject == "database" and finding.is_problem for finding in found):
        return found
    found += await examine_certificates(settings, clock)
    if not offline:
        found += await examine_network(settings, clock)
    return found
