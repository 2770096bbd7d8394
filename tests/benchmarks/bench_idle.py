"""A site that nobody uses: memory, and the time from its start to its first answer.

Byte code is there, as after an installation: a first start that is not counted writes it.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from tests.benchmarks.measure import SERVER_CORE, report, resident
from tests.benchmarks.stage import make_stage, start_on

STORED = 1000
STARTS = 3
IDLE_SECONDS = 5
MEGABYTES, SECONDS = 100.0, 1.5


def main() -> None:
    """Prints the figures."""
    times = []
    with make_stage(STORED) as stage, tempfile.TemporaryDirectory() as byte_code:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = byte_code
        start_on(stage.site, SERVER_CORE)
        stage.site.stop()
        for number in range(STARTS):
            started = time.perf_counter()
            start_on(stage.site, SERVER_CORE)
            times.append(time.perf_counter() - started)
            try:
                if number == STARTS - 1:
                    time.sleep(IDLE_SECONDS)
                    before = stage.cpu
                    time.sleep(IDLE_SECONDS)
                    used = (stage.cpu - before) / IDLE_SECONDS * 1000
                    memory = resident(stage.site.pids[0])
            finally:
                stage.site.stop()
    report("idle_memory", memory, "MB", MEGABYTES, 1.0, higher=False, cpu_ms_per_s=used)
    report("start", statistics.median(times), "s", SECONDS, 1.0, higher=False)


if __name__ == "__main__":
    main()
