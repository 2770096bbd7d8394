"""Compares JSON with what the public documentation of the Mastodon API says about an entity."""

from __future__ import annotations

from typing import Any

import msgspec

ACCOUNT = {
    "id": str,
    "username": str,
    "acct": str,
    "url": str,
    "uri": str,
    "display_name": str,
    "note": str,
    "avatar": str,
    "avatar_static": str,
    "avatar_description": str,
    "header": str,
    "header_static": str,
    "header_description": str,
    "locked": bool,
    "fields": list[dict[str, Any]],
    "emojis": list[dict[str, Any]],
    "bot": bool,
    "group": bool,
    "discoverable": bool | None,
    "public_profile": bool,
    "indexable": bool,
    "noindex": bool | None,
    "moved": dict[str, Any] | None,
    "memorial": bool,
    "suspended": bool,
    "limited": bool,
    "created_at": str,
    "last_status_at": str | None,
    "statuses_count": int,
    "followers_count": int,
    "following_count": int,
    "hide_collections": bool | None,
    "show_media": bool,
    "show_media_replies": bool,
    "show_featured": bool,
    "roles": list[dict[str, Any]] | None,
    "feature_approval": dict[str, Any],
}
SOURCE = {
    "attribution_domains": list[str],
    "note": str,
    "fields": list[dict[str, Any]],
    "privacy": str,
    "sensitive": bool,
    "language": str | None,
    "follow_requests_count": int,
    "hide_collections": bool | None,
    "discoverable": bool | None,
    "indexable": bool,
    "quote_policy": str,
}
RELATIONSHIP = {
    "id": str,
    "following": bool,
    "showing_reblogs": bool,
    "notifying": bool,
    "languages": list[str] | None,
    "followed_by": bool,
    "blocking": bool,
    "blocked_by": bool,
    "muting": bool,
    "muting_notifications": bool,
    "muting_expires_at": str | None,
    "requested": bool,
    "requested_by": bool,
    "domain_blocking": bool,
    "endorsed": bool,
    "note": str,
}
FIELD = {"name": str, "value": str, "verified_at": str | None}


def check(entity: Any, expected: dict[str, Any]) -> None:
    """All attributes are there, of the right types, and nothing else is."""
    assert set(entity) == set(expected)
    for name, kind in expected.items():
        msgspec.convert(entity[name], kind, strict=True)
