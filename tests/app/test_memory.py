"""Memory that large answers have used is not given back and taken anew each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
from fedrse.app.memory import keep_freed_memory

if "keep" in sys.argv:
    keep_freed_memory()
pieces = [b"a" * 2400 for _ in range(50)]

def answer():
    together = b",".join(pieces)
    return b"[" + together + b"]"

for _ in range(20):
    answer()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    answer()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _faults(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, *arguments], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of the GNU C library")
def test_pages_are_kept() -> None:
    assert _faults() > 2000, "this C library keeps them by itself"
    assert _faults("keep") < 100
