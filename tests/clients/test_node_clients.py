"""Libraries that apps in browsers and on telephones are made with, run by Node.js."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.scripts import answers_of, play
from tests.clients.stage import OPERATIONS, Stage, picture

pytestmark = pytest.mark.node


@pytest.mark.parametrize("library", ["masto", "megalodon"])
def test_library(stage: Stage, library: str, tmp_path: Path) -> None:
    """The scripts assert what every answer has to be; all this counts is that they got there."""
    amina, clara = stage.lyon.newcomers(2)
    people = {"amina": amina, "clara": clara, "bruno": stage.nantes.newcomer()}
    answers = answers_of(stage, people, picture(tmp_path / "square.png"))
    steps = play(f"{library}.mjs", answers, tmp_path / "log")
    assert len(steps) >= OPERATIONS, steps
