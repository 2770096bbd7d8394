"""What stands around pages is drawn once for equal values."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fedrse.web import remembered as module
from fedrse.web.remembered import Remembered


@dataclass
class Macro:
    name: str
    drawn: int = 0

    def __call__(self, *arguments: object) -> str:
        self.drawn += 1
        return f"<{self.name} {arguments}>"


def test_equal_values_are_drawn_once() -> None:
    remembered, menu = Remembered(), Macro("menu")
    first = remembered(menu, ("a", "b"), {"/x": 1})
    assert remembered(menu, ("a", "b"), {"/x": 1}) == first
    assert menu.drawn == 1
    assert remembered(menu, ("a", "b"), {"/x": 2}) != first
    assert menu.drawn == 2
    assert remembered(Macro("other"), ("a", "b"), {"/x": 1}) != first


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    remembered, menu = Remembered(), Macro("menu")
    for number in range(4):
        remembered(menu, number)
    remembered(menu, 3)
    assert menu.drawn == 4
    remembered(menu, 0)
    assert menu.drawn == 5
