"""How many guesses a password takes, by the lists of zxcvbn (Wheeler, USENIX Security 2016).

The library and its lists (13 MB of memory) are loaded when somebody chooses a password, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from fedrse.core.errors import Invalid

FEWEST_GUESSES = 9  # decimal logarithm
_LOOKED_AT = 72  # characters; whatever comes after makes it no weaker


def check_guesses(password: str, names: Sequence[str]) -> None:
    """Raises Invalid (``password_simple``) for what would be guessed soon.

    ``names`` are words that others try first for this person. Takes some milliseconds.
    """
    library: Any = import_module("zxcvbn")
    known = [name.casefold()[:_LOOKED_AT] for name in names if name]
    found = library.zxcvbn(password[:_LOOKED_AT], user_inputs=known)
    if float(found["guesses_log10"]) < FEWEST_GUESSES:
        raise Invalid("password_simple", "This password is among the first that others would try.")
