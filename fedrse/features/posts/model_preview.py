"""What other places show of a link to a public page: Open Graph (https://ogp.me)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from fedrse.core.html import excerpt, html_to_text

TITLE, DESCRIPTION = 90, 300
Entity = Mapping[str, Any]


class Preview(Struct, frozen=True, kw_only=True):
    """Of a page that visitors see. ``address`` is its own, ``feed`` that of the author's feeds.

    ``image`` is a complete address or empty; ``is_large`` where it is of the post, not a portrait.
    ``published`` is ISO 8601 or empty. ``is_indexed``: search engines may keep the page.
    """

    kind: str
    title: str
    description: str
    address: str
    feed: str
    image: str = ""
    image_description: str = ""
    is_large: bool = False
    published: str = ""
    is_indexed: bool = False


def name_of(account: Entity) -> str:
    """How somebody is called."""
    return str(account["display_name"] or account["username"])


def title_of(status: Entity) -> str:
    """A line that says what a post is about: its warning, or how it begins."""
    text = status["spoiler_text"] or html_to_text(status["content"])
    return excerpt(text, TITLE) or name_of(status["account"])


def preview_of_profile(account: Entity) -> Preview:
    """Of a profile."""
    avatar = str(account["avatar"])
    return Preview(
        kind="profile",
        title=name_of(account),
        description=excerpt(html_to_text(account["note"]), DESCRIPTION),
        address=account["url"],
        feed=f"{account['url']}/feed",
        image=avatar,
        is_indexed=account["indexable"],
    )


def preview_of_post(status: Entity) -> Preview:
    """Of a post; what stands behind a warning is not told."""
    account, warning = status["account"], status["spoiler_text"]
    hidden = bool(warning or status["sensitive"])
    pictures = [
        one
        for one in status["media_attachments"]
        if one["type"] == "image" and one["url"] and not hidden
    ]
    picture = pictures[0] if pictures else None
    text = warning or html_to_text(status["content"])
    return Preview(
        kind="article",
        title=name_of(account),
        description=excerpt(text, DESCRIPTION),
        address=status["url"] or status["uri"],
        feed=f"{account['url']}/feed",
        image=account["avatar"] if picture is None else picture["url"],
        image_description="" if picture is None else picture["description"] or "",
        is_large=picture is not None,
        published=status["created_at"],
        is_indexed=account["indexable"],
    )
