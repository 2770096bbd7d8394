"""ActivityPub: the card of somebody of this site, for each site what is meant for it."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.profiles.model_confirmations import write_confirmations
from fedrse.features.profiles.model_wire import write_document
from fedrse.features.profiles.service import Profiles
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction


class CardDocumentsApi:
    """``/ap/u/{id}/card``."""

    def __init__(
        self,
        *,
        database: Database,
        profiles: Profiles,
        confirmations: Confirmations,
        local_ids: LocalIds,
        signed_fetch: SignedFetch,
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._confirmations = confirmations
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        """The address."""
        surface, limit = Surface.ACTIVITYPUB, Limit.INBOX
        return [Route("GET", "/ap/u/{id}/card", self.card, surface, Auth.PUBLIC, limit=limit)]

    async def card(self, request: Request) -> Reply:
        """``GET /ap/u/{id}/card``; 404 for signers that are no member of the network."""
        signer = await self._signed_fetch(request)
        account_id = request.path_id()

        async def unit(tx: Transaction) -> Json:
            account, card = await self._profiles.access_card_for_site(
                tx, signer.host, account_id, signer.actor
            )
            uri = self._local_ids.uri("actor", account.id, "card")
            document = write_document(uri, account.uri, card)
            confirmed = await self._confirmations.of_local(tx, account.id)
            told = write_confirmations(card, confirmed)
            return document | {"confirmations": told} if told else document

        return signed_reply(await self._database.read(unit))
