"""How the allocator of the system treats memory that large answers have used."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of malloc.h
_KEPT = 2 * 1024 * 1024  # bytes that may lie unused at the end of the heap
_LARGE = 1024 * 1024  # from this size on memory comes from the kernel and goes back at once


def keep_freed_memory() -> None:
    """Keeps up to two megabytes of freed memory instead of giving them back to the kernel.

    An answer of a hundred kilobytes is built of several pieces of that size. glibc would give each
    back and get it anew as empty pages: 25 microseconds a piece, more than all copying. Does
    nothing where the C library is another one (mallopt(3)).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
