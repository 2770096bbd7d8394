"""Wires what people say about their work: cards for people, apps and other sites."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.urls import origin_of
from fedrse.features.profiles.api import CardsApi
from fedrse.features.profiles.api_documents import CardDocumentsApi
from fedrse.features.profiles.jobs_cards import CardFetcher
from fedrse.features.profiles.pages import CardPages
from fedrse.features.profiles.pages_directory import DirectoryPage
from fedrse.features.sites.api_inbox import SignedFetches
from fedrse.http.routes import Route
from fedrse.store.database import Transaction
from fedrse.web.renderer import Renderer
from fedrse.web.views import Person


class Cards:
    """Cards on all surfaces; ``pages.about`` is what the profile page shows."""

    def __init__(
        self, ground: Ground, protocol: Protocol, services: Services, renderer: Renderer
    ) -> None:
        database, profiles = ground.database, services.profiles
        fetcher = CardFetcher(database=database, profiles=profiles, fetcher=protocol.documents)

        async def person(tx: Transaction, account_id: int) -> Person:
            found = await services.accounts.entities(tx, [account_id])
            return renderer.faces.person(found[account_id])

        self.pages = CardPages(
            database=database,
            profiles=profiles,
            renderer=renderer,
            me=person,
            refresh=fetcher.refresh,
        )
        self._directory = DirectoryPage(
            database=database,
            profiles=profiles,
            people=services.accounts,
            renderer=renderer,
        )
        self._api = CardsApi(database=database, profiles=profiles, refresh=fetcher.refresh)
        self._documents = CardDocumentsApi(
            database=database,
            profiles=profiles,
            local_ids=ground.local_ids,
            signed_fetch=SignedFetches(protocol.verifier, (origin_of(ground.settings.origin),)),
        )

    def _pages(self) -> list[Route]:
        return [*self.pages.routes(), *self._directory.routes()]

    def routes(self) -> list[Route]:
        """All their addresses."""
        return [*self._api.routes(), *self._documents.routes(), *self._pages()]
