"""Answers that the client may already have (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib

from fedrse.http.reply import Reply


def entity_tag(body: bytes) -> str:
    """A weak entity tag of these bytes; weak, because a proxy may compress them."""
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether the client has this version: weak comparison, a list of tags or ``*``."""
    if not if_none_match:
        return False
    opaque = tag.removeprefix("W/")
    candidates = (part.strip() for part in if_none_match.split(","))
    return any(part == "*" or part.removeprefix("W/") == opaque for part in candidates)


def conditional(if_none_match: str | None, reply: Reply) -> Reply:
    """The reply with its entity tag, or 304 without a body where the client has it."""
    tag = reply.headers.setdefault("ETag", entity_tag(reply.body))
    if reply.status == 200 and matches(if_none_match, tag):
        kept = {name: value for name, value in reply.headers.items() if name in _KEPT}
        return Reply(status=304, headers=kept, media_type=reply.media_type)
    return reply


_KEPT = frozenset({"ETag", "Cache-Control", "Vary", "Content-Location", "Expires"})
