"""ActivityPub: who of this site fits what somebody of another member site looks for.

The question is signed with the key of whoever asks, and the answer is what that site, and that
person, may know. Nobody is found by what is hidden from them.
"""

from __future__ import annotations

from typing import Final

from fedrse.activitypub.local_ids import LocalIds
from fedrse.activitypub.vocabulary import Json
from fedrse.core.clock import MINUTE, Clock
from fedrse.core.errors import BadRequest, NotFound
from fedrse.features.instance.model_signed_fetch import SignedFetch, signed_reply
from fedrse.features.profiles.model_elsewhere import FURTHEST, PEOPLE, write_answer
from fedrse.features.profiles.model_search import read_wish
from fedrse.features.profiles.service import Profiles
from fedrse.http.rate_limits import Window
from fedrse.http.reply import Reply
from fedrse.http.request import Request
from fedrse.http.routes import Auth, Limit, Route, Surface
from fedrse.store.database import Database, Transaction

PATH: Final = "/ap/search"
PER_PEER: Final = 120  # questions a minute
PER_PERSON: Final = 20


class SearchDocumentsApi:
    """``/ap/search``."""

    def __init__(
        self,
        *,
        database: Database,
        profiles: Profiles,
        local_ids: LocalIds,
        signed_fetch: SignedFetch,
        clock: Clock,
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._local_ids = local_ids
        self._signed_fetch = signed_fetch
        self._of_peers = Window(clock, limit=PER_PEER, length=MINUTE)
        self._of_people = Window(clock, limit=PER_PERSON, length=MINUTE)

    def routes(self) -> list[Route]:
        """The address."""
        surface, limit = Surface.ACTIVITYPUB, Limit.INBOX
        return [Route("GET", PATH, self.search, surface, Auth.PUBLIC, limit=limit)]

    async def search(self, request: Request) -> Reply:
        """``GET /ap/search?kind=people&q=&skill=&unit=&site=&language=&manager=&cursor=``.

        Raises NotFound for signers that are no members, BadRequest for what is no question,
        TooMany.
        """
        signer = await self._signed_fetch(request)
        if signer.host not in self._profiles.peers:
            raise NotFound
        self._of_peers.take(signer.host)
        self._of_people.take(signer.actor)
        if request.text("kind") != PEOPLE:
            raise BadRequest("kind_unknown", "Only people can be searched for")
        wish, cursor = read_wish(request.text), _cursor(request.text("cursor"))
        if wish.is_vague:
            raise BadRequest("query_too_short", "At least two characters are needed")

        async def unit(tx: Transaction) -> Json:
            found = await self._profiles.people_for_site(tx, signer.host, signer.actor, wish)
            owner = self._local_ids.instance_actor
            return write_answer(self._local_ids.search, found, wish, cursor, owner)

        return signed_reply(await self._database.read(unit))


def _cursor(text: str | None) -> int:
    """Where the page begins. Raises BadRequest."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < FURTHEST):
        raise BadRequest("cursor_invalid", "There is no such page")
    return int(text)
