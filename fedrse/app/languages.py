"""The catalogues of the interface, once for pages, pushed messages and apps."""

from __future__ import annotations

from functools import cache

from fedrse.web.languages import Languages


@cache
def languages() -> Languages:
    """All languages; each is read when it is first needed."""
    return Languages()
