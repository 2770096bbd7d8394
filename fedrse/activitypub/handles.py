"""Handles of people: ``@amina@corp.example``."""

from __future__ import annotations

import re
from typing import NamedTuple

from fedrse.core.urls import BadUrl, normalise_peer

# What people may be called with any known software; never blanks, slashes or a second @.
_USERNAME = re.compile(r"[\w.~!$&'()*+,;=-]{1,128}")
_LONGEST = 512


class Handle(NamedTuple):
    """User name as written, and domain (``host[:port]``) in its one form."""

    username: str
    domain: str

    @property
    def resource(self) -> str:
        """As WebFinger asks for it: ``acct:amina@corp.example``."""
        return f"acct:{self.username}@{self.domain}"

    def is_same(self, other: Handle) -> bool:
        """User names are compared without case."""
        return self.domain == other.domain and self.username.lower() == other.username.lower()


def parse_handle(text: str) -> Handle | None:
    """Reads ``@amina@corp.example``, ``amina@corp.example`` or ``acct:amina@corp.example``.

    None for anything else.
    """
    if len(text) > _LONGEST:
        return None
    username, at, domain = text.strip().removeprefix("acct:").removeprefix("@").rpartition("@")
    if not at or _USERNAME.fullmatch(username) is None:
        return None
    try:
        return Handle(username, normalise_peer(domain))
    except BadUrl:
        return None
