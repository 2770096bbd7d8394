"""Waiting until something is so, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.sites.web import Answer

T = TypeVar("T")
PATIENCE = 20.0  # seconds until what was sent must have arrived


class ApiFailed(AssertionError):
    """An answer that a test did not expect."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        super().__init__(f"{method} {path}: {answer!r}")
        self.answer = answer


def until(ask: Callable[[], T], what: object = "", *, seconds: float = PATIENCE) -> T:
    """Asks until the answer is true, and returns it. An ApiFailed counts as "not yet"."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        last: object
        try:
            last = answer = ask()
            if answer:
                return answer
        except ApiFailed as error:
            last = error
        if time.monotonic() > deadline:
            message = what() if callable(what) else what
            raise AssertionError(f"not within {seconds:g} s: {message} (last: {last!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.3)
