"""Wires the pages of messages."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.conversations.pages import ChatPages
from fedrse.features.conversations.pages_new import NewChatPages
from fedrse.features.conversations.pages_sending import Sending
from fedrse.features.conversations.service_chats import Chats
from fedrse.features.conversations.service_typing import TypingSigns
from fedrse.features.posts.api import LookUp
from fedrse.features.posts.model_drawing import Drawing
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer


def routes(
    ground: Ground,
    services: Services,
    renderer: Renderer,
    drawing: Drawing,
    look_up: LookUp,
) -> list[Route]:
    """The addresses of these pages."""
    chats = Chats(marks=services.posts.marks)
    sending = Sending(
        database=ground.database,
        chats=chats,
        posts=services.posts,
        people=services.accounts,
        library=services.uploads.library,
        files=services.uploads.files,
        urls=services.media_urls,
    )

    async def find(tx: Transaction, viewer: int, text: str, most: int) -> list[int]:
        """People whose name begins so; whom the viewer follows while nothing is typed."""
        if not text:
            return (await services.relationships.followed_ids(tx, viewer))[:most]
        return await services.accounts.search(tx, text, limit=most)

    beginning = NewChatPages(
        database=ground.database,
        chats=chats,
        sending=sending,
        people=services.accounts,
        find=find,
        look_up=look_up,
        drawing=drawing,
        renderer=renderer,
    )
    pages = ChatPages(
        database=ground.database,
        chats=chats,
        sending=sending,
        typing=TypingSigns(clock=ground.clock, events=ground.events),
        people=services.accounts,
        drawing=drawing,
        renderer=renderer,
    )
    return [*beginning.routes(), *pages.routes()]
