"""Posts and people as pages draw them, made from what apps get: one rendering, one set of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from fedrse.core.clock import from_iso
from fedrse.web.languages import translatable
from fedrse.web.views import Action, Attachment, Person, Post

AUDIENCES = {
    "public": ("globe", translatable("Everybody, also outside of the network")),
    "network": ("network", translatable("All sites of the network")),
    "site": ("building", translatable("This site only")),
    "group": ("people", translatable("Members of the group")),
    "followers": ("lock", translatable("Followers")),
    "direct": ("mail", translatable("The people named")),
}
SHOWN_KINDS = frozenset({"image", "video", "audio"})


def person_of(account: Mapping[str, Any]) -> Person:
    """An Account entity as a person; the profile is shown here, wherever its home is."""
    return Person(
        name=account["display_name"] or account["username"],
        handle="@" + account["acct"],
        path=f"/@{account['acct']}",
        avatar=account["avatar"],
        is_bot=account["bot"],
    )


def card_of(status: Mapping[str, Any]) -> Post:
    """A Status entity as a card; of a boost, the original with who shared it."""
    shown = status["reblog"] or status
    path = f"/@{shown['account']['acct']}/{shown['id']}"
    icon, label = AUDIENCES[shown["audience"]]
    return Post(
        path=path,
        author=person_of(shown["account"]),
        published=from_iso(shown["created_at"]),
        content=Markup(shown["content"]),  # noqa: S704  (sanitised when it came in)
        audience_icon=icon,
        audience_label=label,
        language=shown["language"],
        edited=from_iso(shown["edited_at"]) if shown["edited_at"] else None,
        warning=shown["spoiler_text"],
        attachments=[_attachment(media) for media in shown["media_attachments"]],
        actions=_actions(shown, path),
        boosted_by=person_of(status["account"]) if status["reblog"] else None,
        reply_to=_parent(shown),
    )


def _parent(status: Mapping[str, Any]) -> Person | None:
    """Whom a reply answers, as far as the entity tells."""
    wanted = status["in_reply_to_account_id"]
    if wanted is None:
        return None
    if wanted == status["account"]["id"]:
        return person_of(status["account"])
    for mention in status["mentions"]:
        if mention["id"] == wanted:
            handle = mention["acct"]
            return Person(name="@" + handle, handle="@" + handle, path=f"/@{handle}")
    return None


def _attachment(media: Mapping[str, Any]) -> Attachment:
    original = media["meta"].get("original", {})
    kind = media["type"] if media["type"] in SHOWN_KINDS else "file"
    return Attachment(
        kind="video" if media["type"] == "gifv" else kind,
        url=media["url"] or media["remote_url"] or "",
        preview=media["preview_url"],
        description=media["description"] or "",
        width=original.get("width"),
        height=original.get("height"),
    )


def _actions(status: Mapping[str, Any], path: str) -> list[Action]:
    base = f"/posts/{status['id']}"
    liked, shared = bool(status.get("favourited")), bool(status.get("reblogged"))
    actions = [
        Action(
            name="reply",
            label=translatable("Replies"),
            icon="reply",
            path=path,
            method="get",
            count=status["replies_count"],
        )
    ]
    if status["visibility"] in {"public", "unlisted"}:
        actions.append(
            Action(
                name="boost",
                label=translatable("Share"),
                icon="boost",
                path=f"{base}/{'unshare' if shared else 'share'}",
                count=status["reblogs_count"],
                is_active=shared,
            )
        )
    actions.append(
        Action(
            name="like",
            label=translatable("Like"),
            icon="heart",
            path=f"{base}/{'unlike' if liked else 'like'}",
            count=status["favourites_count"],
            is_active=liked,
        )
    )
    return actions
