"""What a pushed notification says: a title in the language of its reader, and the text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from fedrse.core.html import excerpt, html_to_text
from fedrse.features.notifications.model import Notification
from fedrse.features.notifications.service_entities import NotificationEntities
from fedrse.store.database import Transaction
from fedrse.web.languages import translatable

LONGEST_TITLE: Final = 120
LONGEST_BODY: Final = 280
TITLES: Final = {
    "mention": translatable("%(name)s mentions you"),
    "quote": translatable("%(name)s quotes you"),
    "status": translatable("%(name)s has a new post"),
    "reblog": translatable("%(name)s shares your post"),
    "follow": translatable("%(name)s follows you"),
    "follow_request": translatable("%(name)s asks to follow you"),
    "favourite": translatable("%(name)s likes your post"),
    "poll": translatable("A poll has ended"),
    "update": translatable("%(name)s changed a post"),
    "quoted_update": translatable("%(name)s changed a post that you quoted"),
    "added_to_collection": translatable("%(name)s put you into a collection"),
    "collection_update": translatable("%(name)s changed a collection in which you are"),
    "expertise_confirmed": translatable("%(name)s confirms your expertise"),
}
OTHER_TITLE: Final = translatable("Something new from %(name)s")

Locale = Callable[[Transaction, int], Awaitable[str]]
"""The language of a person of this site."""
Translate = Callable[[str, str], str]
"""A sentence (second) in a language (first)."""
ByIds = Callable[[Transaction, Sequence[int]], Awaitable[list[Notification]]]


class Contents:
    """Implements ``jobs.Contents``."""

    def __init__(
        self,
        *,
        by_ids: ByIds,
        entities: NotificationEntities,
        locale: Locale,
        translate: Translate,
    ) -> None:
        self._by_ids = by_ids
        self._entities = entities
        self._locale = locale
        self._translate = translate

    async def __call__(
        self, tx: Transaction, notification_id: int
    ) -> tuple[int, dict[str, Any]] | None:
        """See ``jobs.Contents``."""
        rendered = await self._entities.render(tx, await self._by_ids(tx, [notification_id]))
        if not rendered:
            return None
        item, text = rendered[0]
        entity = msgspec.json.decode(text)
        account, status = entity["account"], entity.get("status")
        locale = await self._locale(tx, item.account_id)
        name = account["display_name"] or account["username"]
        title = self._translate(locale, TITLES.get(item.kind, OTHER_TITLE)) % {"name": name}
        return item.from_id, {
            "preferred_locale": locale,
            "notification_id": item.id,
            "notification_type": item.kind,
            "icon": account["avatar_static"],
            "title": excerpt(title, LONGEST_TITLE),
            "body": _body(account, status),
        }


def _body(account: dict[str, Any], status: dict[str, Any] | None) -> str:
    """What a notification is about; behind a content warning only the warning."""
    if status is None:
        return excerpt(html_to_text(account["note"]), LONGEST_BODY)
    return excerpt(status["spoiler_text"] or html_to_text(status["content"]), LONGEST_BODY)
