"""What people of other sites wrote before anybody here followed them: their latest posts.

When a profile is opened, the first page of the outbox is read, at most once an hour. What it lists
are claims: each post is fetched from its own address, and none of them is news.
"""

from __future__ import annotations

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.vocabulary import Json, as_int, id_of, type_of
from fedrse.core.clock import HOUR
from fedrse.core.urls import same_origin
from fedrse.features.accounts.model import Account
from fedrse.features.posts.jobs_profiles import ProfileReading

FETCH_OUTBOX = "posts.fetch_outbox"
MOST_POSTS = 20
_MOST_ITEMS = 60
_PAGES = 3


class LatestPosts(ProfileReading):
    """Reads the outbox."""

    KIND = FETCH_OUTBOX
    PAUSE = HOUR

    async def _read(self, account: Account) -> bool:
        """Fetches the latest posts that are not known, and takes over how many there are."""
        if account.outbox is None:
            return False
        try:
            document = await self._collections.collection(account.outbox, account.uri)
        except FetchFailed as error:
            if error.temporary:
                raise
            return False
        failure = await self._fetch_unknown(await self._listed(account, document))
        total = as_int(document.get("totalItems"))
        if total is not None:
            await self._database.write(self._people.set_posts_total, account.id, total)
        if failure is not None:
            raise failure
        return True

    async def _listed(self, account: Account, document: Json) -> list[str]:
        """Addresses of the latest own posts; what was shared does not belong to them."""
        found: list[str] = []
        async for item in self._collections.items(
            document, origin=account.uri, most=_MOST_ITEMS, pages=_PAGES
        ):
            if type_of(item) != "Create":
                continue
            uri = id_of(item.get("object"))
            if uri is not None and same_origin(uri, account.uri) and uri not in found:
                found.append(uri)
            if len(found) == MOST_POSTS:
                break
        return found
