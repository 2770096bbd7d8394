"""The addresses of this site's own ActivityPub objects: opaque, never with a user name."""

from __future__ import annotations

import re
from typing import NamedTuple

_PATH = re.compile(
    r"/ap/(?P<kind>u|n|f|l|b|x|a|q|c|r|k|i|s)/(?P<id>[0-9]{1,19})(?:/(?P<part>[a-z-]+))?(?:#.*)?\Z"
)
KINDS = {
    "u": "actor",
    "n": "post",
    "f": "follow",
    "l": "reaction",
    "b": "boost",
    "x": "block",
    "a": "activity",
    "q": "quote-authorization",
    "c": "context",
    "r": "report",
    "k": "collection",
    "i": "collection-item",
    "s": "feature-authorization",
}
_LETTERS = {kind: letter for letter, kind in KINDS.items()}


class LocalId(NamedTuple):
    """What one of our addresses names: kind (see KINDS), row id, part (``followers``) or ""."""

    kind: str
    id: int
    part: str


class LocalIds:
    """Makes and reads our addresses for one origin (``https://lyon.corp.example``)."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.instance_actor = f"{origin}/actor"
        self.shared_inbox = f"{origin}/inbox"
        self.members = f"{origin}/actor/members"
        self.search = f"{origin}/ap/search"

    def uri(self, kind: str, identifier: int, part: str = "") -> str:
        """``uri("actor", 7, "followers")`` -> ``https://lyon.../ap/u/7/followers``."""
        address = f"{self.origin}/ap/{_LETTERS[kind]}/{identifier}"
        return f"{address}/{part}" if part else address

    def parse(self, uri: str) -> LocalId | None:
        """What the address names, None if it is not one of ours."""
        if not uri.startswith(self.origin + "/"):
            return None
        match = _PATH.match(uri[len(self.origin) :])
        if match is None:
            return None
        return LocalId(KINDS[match["kind"]], int(match["id"]), match["part"] or "")

    def is_local(self, uri: str) -> bool:
        """The address lies on this site, whether it names something or not."""
        return uri == self.origin or uri.startswith(self.origin + "/")
