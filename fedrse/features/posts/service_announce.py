"""Boosts by people of other sites."""

from __future__ import annotations

from fedrse.activitypub.dispatch import Ignored, Refused
from fedrse.activitypub.vocabulary import Json, first_str
from fedrse.core.clock import Clock, from_iso
from fedrse.core.ids import EARLIEST, IdMaker
from fedrse.features.accounts.model import Account
from fedrse.features.posts.model import Audience, Post
from fedrse.features.posts.model_rules import may_boost, narrow
from fedrse.features.posts.model_wire import SenderFacts, audience_from_wire, read_addressing
from fedrse.features.posts.service_access import Access
from fedrse.features.posts.service_boost import Booster, boost_row
from fedrse.features.posts.service_border import Border
from fedrse.features.posts.service_ports import People
from fedrse.store.database import Transaction


class RemoteBooster:
    """Stores an ``Announce``, if whoever made it may share the post."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdMaker,
        people: People,
        border: Border,
        access: Access,
        booster: Booster,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._people = people
        self._border = border
        self._access = access
        self._booster = booster

    async def announce(
        self, tx: Transaction, account: Account, activity: Json, uri: str, original: Post
    ) -> str:
        """Stores a boost. Raises Ignored and Refused with the reason.

        An Announce to the world of something narrower widens nothing.
        """
        if account.is_gone:
            raise Ignored("author_gone")
        if original.boost_of_id is not None:
            raise Ignored("boost_of_boost")
        if not await self._access.may_actor_see(tx, account.host, account.id, original.id):
            raise Refused("not_visible")
        own = original.account_id == account.id
        if not may_boost(Audience(original.audience), by_author=own):
            raise Refused("boost_denied")
        if await self._booster.boost_by(tx, account.id, original.id) is not None:
            return "duplicate"
        if await self._access.by_uri(tx, uri) is not None:
            raise Refused("id_taken")
        author = await self._people.by_id(tx, original.account_id)
        if author is None or author.is_gone:
            raise Ignored("author_gone")
        members = await self._border.members_uri_of(tx, account.host)
        announced, listed = audience_from_wire(
            read_addressing(activity),
            SenderFacts(followers=account.followers_uri, members=members),
        )
        now = self._clock.now()
        at = min(max(_published(activity) or now, EARLIEST), now)
        boost = boost_row(
            self._ids.at(at),
            uri,
            account,
            original,
            audience=narrow(announced, self._booster.limit(original, author)),
            listed=listed,
            at=at,
            received_at=now,
        )
        await self._booster.add(tx, boost, original, fresh=True)
        return "created"


def _published(activity: Json) -> int | None:
    try:
        return from_iso(first_str(activity.get("published")))
    except ValueError:
        return None
