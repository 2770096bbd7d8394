"""Asks another site for the card of one of its people, when somebody here wants to see it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import id_of
from fedrse.core.clock import SECOND
from fedrse.core.ports import Protocol
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.profiles.model import NOTHING, Card
from fedrse.features.profiles.model_confirmations import Confirmed, read_confirmations
from fedrse.features.profiles.model_wire import read_document
from fedrse.features.profiles.service import Profiles
from fedrse.store.database import Database

PATIENCE: Final = 2 * SECOND
"""So long a page waits for another site; later it shows what is known."""
PROPERTY: Final = "contactCard"


class Fetcher(Protocol):
    """Signed fetches; implemented by ``activitypub.document_client.DocumentClient``."""

    async def fetch(self, uri: str) -> Any:
        """A document from its own origin. Raises FetchFailed."""


class CardFetcher:
    """Keeps copies fresh."""

    def __init__(self, *, database: Database, profiles: Profiles, fetcher: Fetcher) -> None:
        self._database = database
        self._profiles = profiles
        self._fetcher = fetcher

    async def refresh(self, account_id: int) -> None:
        """Asks again where that is due; a site that does not answer changes nothing."""
        account = await self._database.read(self._profiles.to_ask, account_id)
        if account is None:
            return
        try:
            async with asyncio.timeout(PATIENCE / SECOND):
                card, confirmed = await self._ask(account)
        except TimeoutError:
            return
        except FetchFailed as error:
            if error.temporary:
                return
            card, confirmed = NOTHING, {}
        await self._database.write(self._profiles.store_copy, account.id, card, confirmed)

    async def _ask(self, account: Account) -> tuple[Card, dict[str, Confirmed]]:
        actor = (await self._fetcher.fetch(account.uri)).document
        address = id_of(actor.get(PROPERTY))
        if address is None or not same_origin(address, account.uri):
            return NOTHING, {}
        document = (await self._fetcher.fetch(address)).document
        card = read_document(document, account.uri)
        if card is None:
            return NOTHING, {}
        return card, read_confirmations(document.get("confirmations"))
