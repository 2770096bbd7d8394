"""Several processes of one site that share its addresses: started, replaced, stopped together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import structlog

FIRST_PAUSE = 0.5  # seconds before a process that ended is replaced, doubled while that repeats
LONGEST_PAUSE = 30.0
STEADY = 60.0  # seconds after which a process counts as having started well
LOOK = 0.2  # seconds between looks
COULD_NOT_START = 3
"""Exit code of a process that said why it cannot work, as any other in its place would."""
log = structlog.get_logger(__name__)


def join_supervisor() -> None:
    """To be called first in a supervised process: it stops when its supervisor tells it or dies.

    Ctrl-C goes to the supervisor only: a second signal would end the process at once.
    """
    os.setsid()
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None  # noqa: S101  (we are in a process that it started)

    def watch() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


@dataclass(slots=True)
class _Place:
    """One of the processes, or where its successor will be."""

    process: BaseProcess
    started: float
    pause: float = FIRST_PAUSE
    is_first: bool = True
    again_at: float | None = None
    told: bool = False


class Supervisor:
    """Keeps ``count`` processes running ``target``, which has to be importable by name."""

    def __init__(self, count: int, target: Callable[[], None]) -> None:
        self._target = target
        self._count = count
        self._context = multiprocessing.get_context("spawn")
        self._places: list[_Place] = []
        self._stopping = False
        self._failed = False

    def run(self) -> bool:
        """Returns after SIGTERM or SIGINT, when all have ended; False if they cannot start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        self._places = [_Place(self._start(), time.monotonic()) for _ in range(self._count)]
        while not self._stopping:
            self._rest()
            for place in self._places:
                self._look_after(place)
        while any(place.process.is_alive() for place in self._places):
            self._tell()
            self._rest()
        return not self._failed

    def _signalled(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _start(self) -> BaseProcess:
        process = self._context.Process(target=self._target, daemon=False)
        process.start()
        return process

    def _rest(self) -> None:
        alive = [place.process.sentinel for place in self._places if place.process.is_alive()]
        if alive:
            wait(alive, timeout=LOOK)
        else:
            time.sleep(LOOK)

    def _look_after(self, place: _Place) -> None:
        if self._stopping or place.process.is_alive():
            return
        now = time.monotonic()
        if place.again_at is None:
            self._ended(place, now)
        elif now >= place.again_at:
            place.process, place.started = self._start(), now
            place.again_at, place.is_first = None, False

    def _ended(self, place: _Place, now: float) -> None:
        code, lasted = place.process.exitcode, now - place.started
        if place.is_first and code == COULD_NOT_START:
            self._failed = self._stopping = True
            return
        place.pause = FIRST_PAUSE if lasted > STEADY else min(place.pause * 2, LONGEST_PAUSE)
        place.again_at = now + place.pause
        log.error("worker_ended", exit_code=code, after_seconds=int(lasted))

    def _tell(self) -> None:
        for place in self._places:
            if not place.told and place.process.is_alive():
                place.process.terminate()
                place.told = True
