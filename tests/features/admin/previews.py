"""Previews of links, for tests of trends on a whole site."""

from __future__ import annotations

from typing import Any

from fedrse.app.community import cards_of
from fedrse.features.cards.model import Card
from fedrse.store.database import Transaction
from tests.features.whole import WholeSite


async def show_card(whole: WholeSite, status: dict[str, Any], address: str) -> None:
    """A preview as if the page had been fetched."""
    cards = cards_of(whole.site.ground, whole.site.services)
    texts = ("author_name", "author_url", "provider_name", "provider_url", "html", "embed_url")
    numbers = ("width", "height", "image_width", "image_height", "id", "fetched_at")
    nothing = ("language", "image_key", "blurhash", "published_at")
    card = Card(
        url=address,
        state="ready",
        kind="link",
        title="News",
        description="",
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(numbers, 0),
        **dict.fromkeys(nothing),
    )

    async def unit(tx: Transaction) -> None:
        await cards.show(tx, int(status["id"]), await cards.store(tx, card))

    await whole.site.ground.database.write(unit)
