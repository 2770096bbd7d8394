"""Wires what people arrange for themselves: lists."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.lists.api import ListsApi
from fedrse.http.routes import Route


def routes(ground: Ground, services: Services) -> list[Route]:
    """The addresses of lists."""
    lists = ListsApi(
        database=ground.database,
        lists=services.lists,
        people=services.accounts,
        statuses=services.posts,
    )
    return lists.routes()
