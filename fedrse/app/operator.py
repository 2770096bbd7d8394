"""Who acts at the command line, for the log of administrative acts."""

from __future__ import annotations

import os
import pwd

from fedrse.core.clock import SystemClock
from fedrse.features.audit.model import Actor, Origin
from fedrse.features.audit.service import Audit


def operator() -> Actor:
    """The user of the operating system who runs the command; behind ``sudo`` who called it."""
    user = os.environ.get("SUDO_USER") or _user()
    return Actor(Origin.COMMAND, user, user)


def commands_log() -> Audit:
    """The log, for commands that open nothing but the database."""
    return Audit(clock=SystemClock())


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.getuid())
