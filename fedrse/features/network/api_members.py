"""The members collection: the address that stands for the network in ``to``."""

from __future__ import annotations

from fedrse.activitypub.local_ids import LocalIds
from fedrse.core.errors import NotFound
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.network.service import Network
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface


def routes(*, network: Network, local_ids: LocalIds, signed_fetch: SignedFetch) -> list[Route]:
    """``/actor/members``."""
    return MembersApi(network=network, local_ids=local_ids, signed_fetch=signed_fetch).routes()


class MembersApi:
    """Serves the collection to members; who the members are is nobody else's business."""

    def __init__(self, *, network: Network, local_ids: LocalIds, signed_fetch: SignedFetch) -> None:
        self._network = network
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch

    def routes(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/actor/members",
                self.members,
                Surface.ACTIVITYPUB,
                Auth.PUBLIC,
                limit=Limit.INBOX,
            )
        ]

    async def members(self, request: Request) -> Reply:
        """The origins of all member sites. Raises NotFound for signers that are no member."""
        signer = await self._signed_fetch(request)
        if not self._network.is_member(signer.host):
            raise NotFound
        origins = self._network.all_origins()
        return signed_reply(
            {
                "@context": "https://www.w3.org/ns/activitystreams",
                "id": self._local_ids.members,
                "type": "Collection",
                "attributedTo": self._local_ids.instance_actor,
                "totalItems": len(origins),
                "items": list(origins),
            }
        )
