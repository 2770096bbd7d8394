"""Wires what apps show beside posts and people: conversations, tags, scheduled posts and so on."""

from __future__ import annotations

from dataclasses import dataclass

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.features.conversations.api import ConversationsApi
from fedrse.features.conversations.service import Conversations
from fedrse.http.routes import Route


@dataclass(frozen=True, slots=True)
class ClientParts:
    """Services of the features that nothing below depends on."""

    conversations: Conversations


def make_parts(ground: Ground, protocol: Protocol, services: Services) -> ClientParts:
    """Makes them, and registers their handlers of events, activities and jobs."""
    del protocol
    return ClientParts(
        conversations=Conversations(
            ids=ground.ids,
            events=ground.events,
            people=services.accounts,
            statuses=services.posts,
        ),
    )


def routes(ground: Ground, services: Services, parts: ClientParts) -> list[Route]:
    """Their addresses."""
    del services
    database = ground.database
    return [
        *ConversationsApi(database=database, conversations=parts.conversations).routes(),
    ]
