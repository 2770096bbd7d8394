"""What an examination finds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(Struct, frozen=True):
    """One thing that was looked at; ``advice`` says what to do where something is wrong."""

    state: State
    subject: str
    message: str
    advice: str = ""

    @property
    def is_problem(self) -> bool:
        """The site does not work, or will soon not work."""
        return self.state is State.PROBLEM

    def facts(self) -> dict[str, str]:
        """For JSON."""
        return {
            "state": self.state.value,
            "subject": self.subject,
            "message": self.message,
            "advice": self.advice,
        }


def ok(subject: str, message: str) -> Finding:
    """It is as it should be."""
    return Finding(State.OK, subject, message)


def warning(subject: str, message: str, advice: str) -> Finding:
    """It works, but should be looked after."""
    return Finding(State.WARNING, subject, message, advice)


def problem(subject: str, message: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(State.PROBLEM, subject, message, advice)
