"""Runs the benchmarks one after the other; what they print is one JSON line per figure.

``python tests/benchmarks/run.py [home post intake ...]``; without names all of them. Each is a
process of its own. Ends with 1 where a benchmark failed; a bar that is missed is told in its line
(``ok``), and ends with 1 only after ``--strict``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NAMES = (
    "home",
    "page",
    "paint",
    "timelines",
    "post",
    "intake",
    "latency",
    "live",
    "remote",
    "fanout",
    "streaming",
    "media",
    "search",
    "policy",
    "rehearsal",
    "idle",
    "audit",
)


def run(name: str) -> list[bool]:
    """Runs one benchmark and passes its lines on; whether each met its bar."""
    command = [sys.executable, "-m", f"tests.benchmarks.bench_{name}"]
    met = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            met.append(bool(json.loads(line)["ok"]))
    if process.returncode:
        raise RuntimeError(f"bench_{name} ended with {process.returncode}")
    return met


def main(arguments: Sequence[str]) -> int:
    """Runs what was asked for; returns the exit code."""
    strict = "--strict" in arguments
    wanted = [name for name in arguments if name != "--strict"]
    unknown = set(wanted) - set(NAMES)
    if unknown:
        sys.stderr.write(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}\n")
        return 2
    failed, met = False, []
    for name in wanted or NAMES:
        try:
            met += run(name)
        except RuntimeError as error:
            failed = True
            sys.stderr.write(f"{error}\n")
    return int(failed or (strict and not all(met)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
