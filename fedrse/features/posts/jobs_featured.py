"""What people of other sites pinned before anybody here followed them.

``Add`` and ``Remove`` tell of changes, and some software sends neither: when a profile is opened,
the collection is read again, at most once a day.
"""

from __future__ import annotations

from fedrse.activitypub.document_client import FetchFailed
from fedrse.activitypub.quotas import caused_by
from fedrse.core.clock import DAY
from fedrse.features.accounts.model import Account
from fedrse.features.posts.jobs_profiles import ProfileReading
from fedrse.store.database import Transaction

FETCH_FEATURED = "posts.fetch_featured"
MOST_FEATURED = 10
_PAGES = 2


class FeaturedPosts(ProfileReading):
    """Reads the collection ``featured``."""

    KIND = FETCH_FEATURED
    PAUSE = DAY

    async def _read(self, account: Account) -> bool:
        """Fetches posts that are not known, and pins exactly these."""
        if account.featured_uri is None:
            return False
        found = self._collections.ids(
            account.featured_uri, origin=account.uri, most=MOST_FEATURED, pages=_PAGES
        )
        try:
            uris = [uri async for uri in found]
        except FetchFailed as error:
            if error.temporary:
                raise
            return False
        with caused_by(account.host):
            failure = await self._fetch_unknown(uris)
        await self._database.write(self._pin, account.id, uris)
        if failure is not None:
            raise failure
        return True

    async def _pin(self, tx: Transaction, account_id: int, uris: list[str]) -> None:
        known = await self._posts.by_uris(tx, uris)
        listed = [known[uri] for uri in uris if uri in known]
        await self._posts.marks.set_remote_pins(tx, account_id, listed)
