"""``fedrse serve`` with a probe in its event loop: how long nobody else is served.

The probe asks for its turn every millisecond and notes how much processor time the thread of the
loop has used since its last one. That is how long others had to wait for the loop, whatever else
the machine is busy with. Arguments: the file for the longest time in milliseconds (when it is
removed, the probe begins anew), then those of fedrse.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

EVERY = 0.001


def main() -> None:
    """Becomes the site."""
    from fedrse.app.entry import main as serve
    from fedrse.http.server import HttpServer

    target = Path(sys.argv.pop(1))
    start = HttpServer.start

    async def probed(server: HttpServer) -> Any:
        found = await start(server)
        _Probe(target).tick()
        return found

    HttpServer.start = probed  # type: ignore[method-assign]
    serve()


class _Probe:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._used = time.thread_time()
        self._longest = 0.0

    def tick(self) -> None:
        now = time.thread_time()
        if not self._target.exists():  # somebody begins to measure
            self._longest = 0.0
            self._target.write_text("0")
        elif now - self._used > self._longest:
            self._longest = now - self._used
            self._target.write_text(str(self._longest * 1000))
        self._used = time.thread_time()
        self._loop.call_later(EVERY, self.tick)


if __name__ == "__main__":
    main()
