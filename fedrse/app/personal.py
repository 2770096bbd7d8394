"""Wires what people arrange for themselves: lists and filters."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.services import Services
from fedrse.features.filters.api import FiltersApi
from fedrse.features.filters.api_old import OldFiltersApi
from fedrse.features.lists.api import ListsApi
from fedrse.http.routes import Route


def routes(ground: Ground, services: Services) -> list[Route]:
    """The addresses of lists and filters."""
    filters = FiltersApi(database=ground.database, filters=services.filters)
    old_filters = OldFiltersApi(database=ground.database, filters=services.filters)
    lists = ListsApi(
        database=ground.database,
        lists=services.lists,
        people=services.accounts,
        statuses=services.posts.statuses,
    )
    return [*lists.routes(), *filters.routes(), *old_filters.routes()]
