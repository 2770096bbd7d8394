"""Polls end by themselves."""

from __future__ import annotations

from fedrse.features.polls.service import END, Polls
from fedrse.jobs.runner import Runner


def register(runner: Runner, polls: Polls) -> None:
    """Takes the jobs of this feature."""
    runner.handle_in_transaction(END, polls.end)
