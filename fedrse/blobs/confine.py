"""Starts a program that reads hostile files with as few rights as the system lets us take.

Run as a script, by ``programs``: ``confine.py KEY=VALUE,... PROGRAM ARGUMENT...``. It needs nothing
but the standard library, so that it starts in a few milliseconds. Keys are names of limits of
``resource`` (``AS``, ``CPU``, ``FSIZE``, ``NOFILE``). The program gets no network where the kernel
permits that, no new privileges, a low priority, and ends with the process that started it.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys

PARENT_DEATH_SIGNAL = 1  # prctl(2)
NO_NEW_PRIVILEGES = 38
NEW_USER, NEW_IPC, NEW_NETWORK = 0x10000000, 0x08000000, 0x40000000  # unshare(2)
NICENESS = 10


def confine(limits: dict[str, int]) -> None:
    """Takes rights from this process; what the system does not know or permit is left out."""
    for name, most in {**limits, "CORE": 0}.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
        except (AttributeError, ValueError, OSError):
            continue
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.unshare(NEW_USER | NEW_IPC | NEW_NETWORK)
        library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        # Last, because the kernel forgets it when rights change.
        library.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def main(arguments: list[str]) -> None:
    """Becomes the program."""
    pairs = (pair.split("=") for pair in arguments[0].split(","))
    confine({name: int(most) for name, most in pairs})
    os.execv(arguments[1], arguments[1:])  # noqa: S606  (no shell wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
