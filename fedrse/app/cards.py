"""Wires what people say about their work: cards for people, apps and other sites."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.protocol import Protocol
from fedrse.app.services import Services
from fedrse.core.urls import origin_of
from fedrse.features.profiles.api import CardsApi
from fedrse.features.profiles.api_documents import CardDocumentsApi
from fedrse.features.profiles.api_search import SearchDocumentsApi
from fedrse.features.profiles.jobs_cards import CardFetcher
from fedrse.features.profiles.jobs_search import Elsewhere
from fedrse.features.profiles.pages import CardPages
from fedrse.features.profiles.pages_chart import ChartPage
from fedrse.features.profiles.pages_confirmations import ConfirmationPages
from fedrse.features.profiles.pages_directory import DirectoryPage, Lookup
from fedrse.features.profiles.service_chart import Chart
from fedrse.features.sites.api_inbox import SignedFetches
from fedrse.http.routes import Route
from fedrse.web.renderer import Renderer


class Cards:
    """Cards on all surfaces; ``pages.about`` is what the profile page shows."""

    def __init__(
        self,
        ground: Ground,
        protocol: Protocol,
        services: Services,
        renderer: Renderer,
        *,
        lookup: Lookup,
    ) -> None:
        self._ground = ground
        self._protocol = protocol
        self._services = services
        self._renderer = renderer
        self._lookup = lookup
        self._me = me_of(services, renderer)
        self._fetcher = CardFetcher(
            database=ground.database, profiles=services.profiles, fetcher=protocol.documents
        )
        self.pages = CardPages(
            database=ground.database,
            profiles=services.profiles,
            confirmations=services.confirmations,
            renderer=renderer,
            me=self._me,
            refresh=self._fetcher.refresh,
        )

    def routes(self) -> list[Route]:
        """All their addresses."""
        api = CardsApi(
            database=self._ground.database,
            profiles=self._services.profiles,
            refresh=self._fetcher.refresh,
        )
        return [*api.routes(), *self._documents(), *self.pages.routes(), *self._people()]

    def _documents(self) -> list[Route]:
        """What other sites ask for."""
        ground, profiles = self._ground, self._services.profiles
        signed = SignedFetches(self._protocol.verifier, (origin_of(ground.settings.origin),))
        cards = CardDocumentsApi(
            database=ground.database,
            profiles=profiles,
            confirmations=self._services.confirmations,
            local_ids=ground.local_ids,
            signed_fetch=signed,
        )
        search = SearchDocumentsApi(
            database=ground.database,
            profiles=profiles,
            local_ids=ground.local_ids,
            signed_fetch=signed,
            clock=ground.clock,
        )
        return [*cards.routes(), *search.routes()]

    def _people(self) -> list[Route]:
        """Pages of many people."""
        elsewhere = Elsewhere(
            fetcher=self._protocol.documents,
            origins=self._protocol.network.member_origins,
            clock=self._ground.clock,
        )
        directory = DirectoryPage(
            database=self._ground.database,
            profiles=self._services.profiles,
            people=self._services.accounts,
            elsewhere=elsewhere,
            lookup=self._lookup,
            renderer=self._renderer,
        )
        chart = ChartPage(
            database=self._ground.database,
            chart=Chart(accounts=self._services.accounts, profiles=self._services.profiles),
            people=self._services.accounts,
            refresh=self._fetcher.refresh,
            renderer=self._renderer,
        )
        confirming = ConfirmationPages(
            database=self._ground.database,
            confirmations=self._services.confirmations,
            renderer=self._renderer,
            me=self._me,
        )
        return [*directory.routes(), *chart.routes(), *confirming.routes()]
