"""Turns what somebody wrote into HTML, and finds the people, tags and emoji in it."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from fedrse.core.markdown import MentionTarget, find_entities, render
from fedrse.core.text import Hashtag as TagInText
from fedrse.core.text import Mention, fold_hashtag
from fedrse.features.accounts.model import Account
from fedrse.features.accounts.model_handles import Handle
from fedrse.features.posts.model import MOST_MENTIONS, MOST_TAGS, Hashtag, tag_address
from fedrse.features.posts.service_ports import EmojiSource, People
from fedrse.store.database import Transaction

_SHORTCODE = re.compile(r"(?<![a-zA-Z0-9:]):([a-zA-Z0-9_]{2,64}):(?![a-zA-Z0-9:])")
_MOST_SHORTCODES = 50


class Composed(Struct, frozen=True):
    """A text ready to be published. ``mentioned`` are accounts in the order of the text."""

    html: str
    mentioned: tuple[Account, ...]
    tags: tuple[Hashtag, ...]
    emojis: tuple[dict[str, Any], ...]


class Composer:
    """Composes texts of people of this site."""

    def __init__(
        self, *, origin: str, own_domain: str, people: People, emojis: EmojiSource | None = None
    ) -> None:
        self._origin = origin
        self._own_domain = own_domain
        self._people = people
        self._emojis = emojis

    async def compose(
        self, tx: Transaction, text: str, content_type: str, summary: str = ""
    ) -> Composed:
        """The text as HTML with what it names; unknown people stay plain text."""
        mentions: list[Mention] = []
        tags: list[TagInText] = []
        if "@" in text or "#" in text:
            entities = find_entities(text, content_type)
            mentions = [one for one in entities if isinstance(one, Mention)]
            tags = [one for one in entities if isinstance(one, TagInText)]
        known = await self._resolve(tx, mentions)

        def target(mention: Mention) -> MentionTarget | None:
            account = known.get((mention.name.casefold(), mention.host))
            if account is None:
                return None
            return MentionTarget(account.url or account.uri, account.username)

        html = render(text, content_type, target, self._tag_address) if text.strip() else ""
        mentioned = {account.id: account for account in known.values()}
        return Composed(
            html,
            tuple(mentioned.values()),
            tuple(_distinct(tags)),
            tuple(await self._shortcodes(tx, f"{text} {summary}")),
        )

    def _tag_address(self, tag: TagInText) -> str:
        return tag_address(self._origin, fold_hashtag(tag.name))

    async def _resolve(
        self, tx: Transaction, mentions: list[Mention]
    ) -> dict[tuple[str, str | None], Account]:
        asked = dict.fromkeys((one.name, one.host) for one in mentions)
        wanted = {
            Handle(name, host or self._own_domain): (name.casefold(), host)
            for name, host in list(asked)[:MOST_MENTIONS]
        }
        found = await self._people.by_handles(tx, wanted)
        return {
            wanted[handle]: account
            for handle, account in found.items()
            if not account.is_gone and (wanted[handle][1] is not None or account.local)
        }

    async def _shortcodes(self, tx: Transaction, text: str) -> list[dict[str, Any]]:
        found = [] if self._emojis is None else shortcodes_in(text)
        return await self._emojis.named(tx, found) if self._emojis and found else []


def shortcodes_in(text: str) -> list[str]:
    """The names of emoji in a text, each once."""
    if ":" not in text:
        return []
    return list(dict.fromkeys(_SHORTCODE.findall(text)))[:_MOST_SHORTCODES]


def _distinct(tags: list[TagInText]) -> list[Hashtag]:
    found: dict[str, Hashtag] = {}
    for tag in tags:
        name = fold_hashtag(tag.name)
        found.setdefault(name, Hashtag(name, tag.name))
    return list(found.values())[:MOST_TAGS]


def unknown_handles(text: str, content_type: str) -> list[tuple[str, str]]:
    """``(name, host)`` of all mentions of people elsewhere, to be looked up before publishing."""
    if "@" not in text:
        return []
    found = (
        (one.name, one.host)
        for one in find_entities(text, content_type)
        if isinstance(one, Mention) and one.host is not None
    )
    return list(dict.fromkeys(found))
