"""What somebody may have meant who wrote something unknown."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like this one; None where none comes near."""
    from difflib import get_close_matches  # noqa: PLC0415  (only where something is wrong)

    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else None
